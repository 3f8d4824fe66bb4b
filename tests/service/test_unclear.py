"""A "?" to a message that asked nothing: what we said last at this address is said again, and only there."""

from __future__ import annotations

import pytest

from bot.service import write_family
from bot.store.tables import Outbox
from tests.service.receiving import EN, change, runtime_for, said, sms, start, take
from tests.service.translating import viewer

TEXT = "Maya read to the class today. She was proud. We were proud too."


@pytest.fixture
def runtime(world_sqlite, clock):
    return runtime_for(world_sqlite, clock)


def letter(runtime):
    who = viewer("stf_demo_liaison")
    with runtime.database.begin() as conn:
        code = conn.exec_driver_sql("select code from cases where id = 'cas_demo_maya'").scalar_one()
        made = write_family.draft(conn, runtime, who, code, "con_demo_en", "C", TEXT, runtime.clock.now())
        write_family.send(conn, runtime, who, made.id, runtime.clock.now())


def test_a_letter_that_is_not_understood_is_said_again_in_parts(runtime):
    letter(runtime)
    take(runtime, sms("?", EN))
    again, question = said(runtime)[-2:]
    assert again.split("\n") == ["Let me try another way.", *TEXT.replace(". ", ".\n").split("\n")]
    assert question.startswith("Is it clear now?")
    take(runtime, sms("1", EN))
    assert said(runtime)[-1] == "Good. Write me any time."


def test_with_a_talk_open_the_question_counts_and_not_the_letter(runtime):
    letter(runtime)
    start(runtime)
    take(runtime, sms("?", EN))
    assert "What does Maya like to do?" in said(runtime)[-1]


@pytest.mark.parametrize("why", [{"endpoint_id": "end_other"}, {"state": "cancelled"}])
def test_what_never_reached_this_address_is_not_repeated(runtime, why):
    letter(runtime)
    change(runtime, Outbox, **why)
    take(runtime, sms("?", EN))
    assert "proud" not in said(runtime)[-1]
