"""A staff member's press and a family's turn about the same child wait for each other in one order: adults first, then the case."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Event

import sqlalchemy as sa

from bot.store import inbound, meetings
from bot.store.database import Database
from bot.store.tables import Case, Contact
from tests.fakes.clock import START

WHO, CASE = "con_demo_es", "cas_demo_diego"


def test_neither_waits_for_what_the_other_has(world: Database) -> None:
    if world.is_sqlite:  # one writer at a time: there is no order to keep
        with world.begin() as conn:
            meetings.lock_case(conn, CASE)
        return
    family_has_adult, staff_waits = Event(), Event()

    def family() -> None:
        with world.begin() as conn:
            inbound.endpoints_of(conn, [WHO])
            family_has_adult.set()
            staff_waits.wait(0.5)
            inbound.open_cases(conn, [WHO], START)
            conn.execute(sa.update(Case).where(Case.id == CASE).values(chain_seq=Case.chain_seq + 1))

    def staff() -> None:
        family_has_adult.wait(10)
        with world.begin() as conn:
            meetings.lock_case(conn, CASE)
            inbound.endpoints_of(conn, [WHO])
            conn.execute(sa.update(Contact).where(Contact.id == WHO).values(lang_by="staff"))

    with ThreadPoolExecutor(2) as threads:
        for one in [threads.submit(family), threads.submit(staff)]:
            one.result()
    with world.read() as conn:
        assert conn.scalar(sa.select(Contact.lang_by).where(Contact.id == WHO)) == "staff"
