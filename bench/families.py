"""Families for the turn bench: one open case each, and a shipped flow begun with every one of them, written set by set.

`start_flow` does one family in a dozen statements; here the same steps are taken for a few hundred at once, so that seeding does not
outlast what is measured.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import Connection

from bot.service.apply import run
from bot.service.doing import Doing
from bot.service.ring import place_of
from bot.service.runtime import Runtime
from bot.service.seed import SeededFamily, seed_demo, seed_families
from bot.service.turn import Stage
from bot.service.who import Batch
from bot.store import inbound
from bot.store.turn_rows import TurnRows

FLOW = "home-observations", "core"
_AT_ONCE = 250


def seed(runtime: Runtime, count: int) -> list[SeededFamily]:
    """The demo district and `count` Spanish-speaking families beside its own, each with F07 begun. In many transactions: the server that
    will be measured starts meanwhile, and writes too."""
    now = datetime.now(UTC)
    with runtime.database.begin() as conn:
        seed_demo(conn, runtime.vault, now, runtime.ids.new)
    with runtime.database.begin() as conn:
        families = seed_families(conn, runtime.vault, now, runtime.ids.new, count)
    for at in range(0, count, _AT_ONCE):
        with runtime.database.begin() as conn:
            _start(conn, runtime, [one.contact_id for one in families[at : at + _AT_ONCE]], now)
    return families


def _start(conn: Connection, runtime: Runtime, contacts: Sequence[str], now: datetime) -> None:
    batch = Batch(conn, runtime.vault, now)
    addresses = {row.contact_id: row for row in inbound.endpoints_of(conn, contacts)}
    places = [place for contact in contacts if (place := place_of(batch, [addresses[contact]], None)) is not None]
    batch.know(places)
    stage, rows = Stage(runtime, batch), TurnRows()
    for place in places:
        run(Doing(stage, rows, place, replying=False), stage.scene(place, prompt="start", start=FLOW))
    batch.close(rows)
    rows.write(conn)
    assert len(rows.session) == len(contacts), "a family without a talk would be answered quickly and measure nothing"
