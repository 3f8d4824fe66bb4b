"""A form of the console sent twice is done once, on both databases, one after the other and at the same moment."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from bot import app
from bot.service import early_concern, suspicion
from bot.service.runtime import Runtime
from bot.store import tables as t
from bot.store.database import Database
from tests.fakes.clock import START, TickingClock
from tests.web.conftest import Browser, enter, runtime_over
from tests.web.test_concern import ES, form

LINK = "/console/cases/CV-1002/write/con_demo_es/chat-link"
WRITE = "/console/cases/CV-1002/write/con_demo_es"
ASK = "/console/cases/CV-1002/evaluation"


@dataclass
class House:
    site: Flask
    runtime: Runtime
    database: Database

    def browser(self) -> Browser:
        return enter(Browser(self.site.test_client(), self.database), "stf_demo_liaison")

    def count(self, table: Any, **where: Any) -> int:
        query = sa.select(sa.func.count()).select_from(table).filter_by(**where)
        with self.database.read() as conn:
            return int(conn.execute(query).scalar_one())


@pytest.fixture
def house(compiled: Runtime, world: Database, clock: TickingClock) -> Iterator[House]:
    runtime = runtime_over(compiled, world, clock)
    with world.begin() as conn:
        conn.execute(sa.update(t.Contact).values(identity="confirmed"))
        conn.execute(sa.update(t.Endpoint).values(confirmed_at=START, last_inbound_at=START))
    made = app.create_app(runtime)
    made.testing = False
    yield House(made, runtime, world)
    made.extensions["hearthline"].committer.close()


def test_a_concern_told_twice_is_told_once(house: House) -> None:
    mine = house.browser()
    said = {"do": "tell", "csrf": mine.token(ES), **form()}
    first, second = mine.post(ES, **said), mine.post(ES, **said)
    assert first.status_code == second.status_code == 303
    assert first.headers["Location"] == second.headers["Location"] == "/console/cases/CV-1002?done=concern"
    assert house.count(t.CaseEntry) == 3
    assert house.count(t.Outbox, audience="family") == 1


def test_what_is_sent_at_the_same_moment_is_done_once(house: House) -> None:
    mine = house.browser()
    said = {"do": "tell", "csrf": mine.token(ES), **form()}
    pages = [mine, *(enter(Browser(house.site.test_client(), house.database), "stf_demo_liaison") for _ in range(3))]
    visitor = mine.client.get_cookie("hl_visit", domain="hearthline.example")
    for one in pages[1:]:
        one.client.set_cookie("hl_visit", visitor.value, domain="hearthline.example", secure=True)
    with ThreadPoolExecutor(len(pages)) as threads:
        answers = list(threads.map(lambda one: one.post(ES, **said), pages))
    assert {(one.status_code, one.headers.get("Location")) for one in answers} == {(303, "/console/cases/CV-1002?done=concern")}
    assert house.count(t.CaseEntry) == 3
    assert house.count(t.Outbox, audience="family") == 1


def test_other_words_from_a_page_that_sent_some_already_are_another_letter(house: House) -> None:
    mine = house.browser()
    token = mine.token(WRITE)
    words = {"text": "Diego read two pages today.", "class": "C"}
    one, again = mine.post(WRITE, csrf=token, **words), mine.post(WRITE, csrf=token, **words)
    assert one.headers["Location"] == again.headers["Location"]
    assert house.count(t.FamilyText) == 1
    assert mine.post(WRITE, csrf=token, **{**words, "text": "Diego read three pages today."}).status_code == 307
    assert house.count(t.FamilyText) == 2


def test_what_was_refused_or_failed_may_be_sent_again(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = house.browser()
    said = {"do": "tell", "csrf": mine.token(ES), **form()}
    with monkeypatch.context() as broken:
        broken.setattr(early_concern, "begin", lambda *_: 1 / 0)
        assert mine.post(ES, **said).status_code == 500
    assert house.count(t.Press) == 0
    assert mine.post(ES, **said).status_code == 303
    assert house.count(t.CaseEntry) == 3


def test_what_was_ended_in_the_middle_is_given_up_and_old_presses_go(house: House, clock: TickingClock) -> None:
    mine = house.browser()
    said = {"do": "tell", "csrf": mine.token(ES), **form()}
    assert mine.post(ES, **said).status_code == 303
    with house.database.begin() as conn:
        conn.execute(sa.update(t.Press).values(location=None))
    clock.advance(minutes=11)  # the service itself knows the same words for ten minutes
    assert mine.post(ES, **said).status_code == 303
    assert house.count(t.CaseEntry) == 6, "nobody is known to have finished it"
    clock.advance(days=2)
    mine.post(ASK, words="He cannot read yet", do="tell")
    assert house.count(t.Press) == 1


def test_two_people_who_write_the_same_both_write(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(suspicion, "PRESSED_AGAIN", timedelta(0))
    for who in ("stf_demo_liaison", "stf_demo_teacher"):
        mine = enter(Browser(house.site.test_client(), house.database), who)
        assert mine.post(ASK, words="He cannot read yet", do="tell").status_code == 303
    assert house.count(t.CaseEntry, kind="eval_request") == 2
