"""Every page and every form of the console on both databases: what one of them refuses (a lock in a transaction that only reads, a type)
the other may take, and a school has PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
import sqlalchemy as sa

from bot import app
from bot.clock import RealIds
from bot.service.runtime import Runtime
from bot.store import tables as t
from bot.store.database import Database
from tests.fakes.clock import START, TickingClock
from tests.service import record_writer
from tests.web.conftest import Browser, enter, runtime_over
from tests.web.test_everywhere import GET, POST, WORDS, _people, _texts, _things

ROLES = ("coordinator", "counselor", "language_liaison", "liaison", "privacy_officer")


@pytest.fixture
def place(compiled: Runtime, world: Database, clock: TickingClock) -> Iterator[tuple[object, Database]]:
    record_writer.write(world, {**record_writer.entry(1, WORDS), "message_id": "msg_team", "media": ["att_team"]})
    with world.begin() as conn:
        _things(conn)
        _people(conn, world, "dst_demo", "here")
        conn.execute(sa.update(t.Contact).values(identity="confirmed"))
        conn.execute(sa.update(t.Endpoint).values(confirmed_at=START, last_inbound_at=START))
        conn.execute(sa.update(t.Case).values(safety_hold=False))
    runtime = runtime_over(compiled, world, clock)
    _texts(runtime)
    site = app.create_app(replace(runtime, ids=RealIds()))
    yield site, world
    site.extensions["hearthline"].committer.close()


def test_every_page_and_every_form_is_answered(place):
    site, database = place
    for role in ROLES:
        mine = enter(Browser(site.test_client(), database), f"stf_here_on_{role}")
        pages = {name: mine.get(door.path).status_code for name, door in GET.items()}
        assert {name: status for name, status in pages.items() if status >= 500} == {}, role
        token = mine.token("/console/tasks")
        forms = {name: mine.post(door.path, csrf=token, **dict(door.form)).status_code for name, door in POST.items()}
        assert {name: status for name, status in forms.items() if status >= 500} == {}, role
        pages = {name: mine.get(door.path).status_code for name, door in GET.items()}
        assert {name: status for name, status in pages.items() if status >= 500} == {}, f"{role}, after its forms"
