"""The rest of a thought comes in a text of its own."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.store.tables import CaseEntry, Endpoint, Handoff, Outbox
from tests.service.receiving import change, rows, said, sms, start, take


def steps(runtime) -> list[tuple[str, str]]:
    return [(one["step_id"], one["answer_raw"]) for one in rows(runtime, CaseEntry)]


@pytest.mark.parametrize(("seconds", "kept_with"), [(3, "1"), (60, "2")])
def test_what_comes_soon_after_our_question_is_the_rest_of_the_answer(lite, clock, seconds: int, kept_with: str):
    start(lite)
    take(lite, sms("She loves horses"))
    clock.advance(seconds=seconds)
    take(lite, sms("and all kinds of birds"))
    assert steps(lite) == [("1", "She loves horses"), (kept_with, "and all kinds of birds")]
    assert len(said(lite)) == 3


@pytest.mark.parametrize(("seconds", "step"), [(1, "4"), (20, "5")])
def test_what_nobody_can_have_read_is_not_answered(lite, clock, seconds: int, step: str):
    patient = replace(lite, settings=replace(lite.settings, unread_seconds=5.0))
    start(patient)
    for text in ("Horses", "2", "1", "English with me"):
        clock.advance(seconds=60)
        take(patient, sms(text))
    before = len(said(patient))
    clock.advance(seconds=seconds)
    take(patient, sms("Spanish with grandma"))
    assert (step, "Spanish with grandma") in steps(patient)
    assert len(said(patient)) - before == (step == "5")


def test_who_asks_for_a_person_again_is_one_task_one_alert_and_hears_the_same_day(runtime, clock):
    start(runtime)
    take(runtime, sms("PERSON"))
    clock.advance(hours=20)
    take(runtime, sms("please call me, it is about the bus"))
    (task,) = rows(runtime, Handoff, Handoff.reason == "person")
    assert task["body"] == "PERSON\n\nplease call me, it is about the bus"
    assert len(rows(runtime, Outbox, Outbox.purpose == "alert")) == 1
    first, second = said(runtime)[-2:]
    assert second.startswith(first.replace("will call you", "has your message and will call you"))
    change(runtime, Handoff, Handoff.id == task["id"], state="acknowledged")
    take(runtime, sms("PERSON"))  # somebody has taken the first: this is told anew
    assert len(rows(runtime, Handoff, Handoff.reason == "person")) == 2


def test_a_blocked_number_has_one_task_however_often_it_writes(lite):
    change(lite, Endpoint, Endpoint.contact_id == "con_demo_en", state="blocked")
    for text in ("hello", "who is this", "stop calling"):
        take(lite, sms(text))
    (task,) = rows(lite, Handoff, Handoff.reason == "blocked_number")
    assert task["body"].startswith("hello\n\n")


def test_who_is_upset_twice_is_told_to_the_principal_as_well(lite, clock):
    start(lite)
    take(lite, sms("You people never listen to us"))
    assert [one["to_role"] for one in rows(lite, Handoff)] == ["liaison"]
    clock.advance(minutes=30)
    take(lite, sms("I am so angry with this school"))
    assert sorted(one["to_role"] for one in rows(lite, Handoff)) == ["liaison", "principal"]
