"""What happens when the school begins, and when it may not."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.errors import Conflict, FlowUnknown, NotFound
from bot.service import timers
from bot.service.rhythm import leaves_at
from bot.store.tables import (
    Case,
    CaseChoice,
    CaseEntry,
    Consent,
    Contact,
    Endpoint,
    Guardianship,
    Handoff,
    Outbox,
    Session,
    Student,
)
from bot.store.types import Plain
from tests.service.receiving import ES, SIBLINGS, change, rows, sms, start, take
from tests.service.test_receive_again import due


def test_the_school_starts_a_talk_with_its_first_question(runtime):
    queued = start(runtime, variant="reading")
    (talk,) = rows(runtime, Session)
    assert (talk["flow_id"], talk["status"], talk["case_id"], talk["contact_id"]) == (
        "home-observations",
        "waiting",
        "cas_demo_maya",
        "con_demo_en",
    )
    (question,) = rows(runtime, Outbox)
    assert queued == [question["id"]]
    assert (question["purpose"], question["priority"], question["channel"], question["guardianship_id"]) == (
        "ask",
        5,
        "sms",
        "gua_demo_en_demo_maya",
    )


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"flow": "nonsense"}, FlowUnknown, "nonsense"),
        ({"variant": "music"}, FlowUnknown, "no variant music"),
        ({"contact": "con_nobody"}, NotFound, "con_nobody"),
        ({"case": "cas_demo_diego"}, NotFound, "no live right"),
    ],
)
def test_what_does_not_exist_cannot_be_started(lite, arguments, error, words):
    with pytest.raises(error, match=words):
        start(lite, **arguments)


@pytest.mark.parametrize(
    ("table", "where", "values", "words"),
    [
        (Consent, Consent.state == "granted", {"state": "stopped"}, "START"),
        (Consent, Consent.state == "granted", {"state": "reminders_only"}, "reminders"),
        (Consent, Consent.state == "granted", {"state": "unknown"}, "welcome"),
        (Contact, Contact.id == "con_demo_en", {"identity": "wrong_number"}, "who has this number"),
        (Case, Case.id == "cas_demo_maya", {"safety_hold": True}, "on hold"),
        (Guardianship, Guardianship.contact_id == "con_demo_en", {"hold": "teen"}, "on hold"),
        (Endpoint, Endpoint.contact_id == "con_demo_en", {"state": "unreachable"}, "No address"),
    ],
)
def test_a_family_that_may_not_be_written_to_is_not_and_staff_are_told_why(lite, table, where, values, words):
    change(lite, table, where, **values)
    with pytest.raises(Conflict, match=words):
        start(lite)
    assert rows(lite, Outbox) == []


def test_the_welcome_may_be_started_before_anybody_said_yes(lite):
    change(lite, Consent, Consent.state == "granted", state="unknown")
    start(lite, flow="welcome")
    assert len(rows(lite, Outbox)) == 1


def test_a_family_without_a_case_can_be_welcomed(lite):
    change(lite, Case, Case.id == "cas_demo_maya", state="closed")
    start(lite, flow="welcome")
    assert [talk["case_id"] for talk in rows(lite, Session)] == [None]


def test_a_talk_that_is_open_is_not_begun_twice_and_another_variant_comes_before_its_rest(lite):
    start(lite)
    for variant in ("", "core"):
        with pytest.raises(Conflict, match="open with the family already"):
            start(lite, variant=variant)
    start(lite, variant="reading")
    assert rows(lite, Outbox)[-1]["body"].startswith("What does Maya like to read")
    start(lite, flow="question")


def test_nobody_is_asked_on_about_a_child_whose_link_to_them_has_ended(lite, clock):
    start(lite, variant="reading")
    take(lite, sms("Comics"))
    asked = len(rows(lite, Outbox, Outbox.audience == "family"))
    change(lite, Guardianship, Guardianship.contact_id == "con_demo_en", valid_to=clock.now())
    due(lite, "nudge")
    assert len(rows(lite, Outbox, Outbox.audience == "family")) == asked
    start(lite, "con_demo_es", variant="reading")
    change(lite, Guardianship, Guardianship.contact_id == "con_demo_es", restriction="court order")
    take(lite, sms("Comics", ES))
    last = rows(lite, Outbox, Outbox.contact_id == "con_demo_es")[-1]
    assert (last["message_class"], last["ref"]) == ("A", "common/no_case")


def test_the_talk_with_a_parent_ends_with_the_childs_eighteenth_birthday_by_the_districts_clock(lite, clock):
    start(lite, variant="reading")
    change(lite, Student, Student.id == "stu_demo_maya", birth_date=Plain("dst_demo", "2008-11-18"))
    clock.set(datetime(2026, 11, 18, 6, 50, tzinfo=UTC))  # ten to midnight there
    take(lite, sms("Comics"))
    assert rows(lite, Outbox, Outbox.audience == "family")[-1]["ref"] == "home-observations/R2"
    clock.set(datetime(2026, 11, 18, 7, 1, tzinfo=UTC))
    take(lite, sms("2"))
    assert rows(lite, Outbox, Outbox.audience == "family")[-1]["ref"] == "common/no_case"


def test_a_pause_asks_nothing_meanwhile_and_takes_the_talk_up_again(lite, clock):
    start(lite)
    take(lite, sms("PAUSE"))
    take(lite, sms("1"))
    before = len(rows(lite, Outbox))
    for _ in range(4):  # both nudges of the days in between
        clock.advance(days=1)
        timers.ring(lite)
    assert len(rows(lite, Outbox)) == before
    clock.advance(days=3, minutes=5)
    timers.ring(lite)
    texts = [row["body"] for row in rows(lite, Outbox)[before:]]
    assert [text[:45] for text in texts] == ["Hello again. Here is the next question about "]
    take(lite, sms("1"))  # no wish for a call that was never offered
    assert "call_wish" not in [row["reason"] for row in rows(lite, Handoff)]


def test_a_reminder_laid_over_a_talk_does_not_let_it_begin_a_second_time(lite):
    start(lite, variant="reading")
    start(lite, flow="question")
    start(lite, flow="early-concern")
    with pytest.raises(Conflict, match="open with the family already"):
        start(lite, variant="reading")


def test_what_the_school_begins_at_night_leaves_in_the_morning(lite, clock):
    with lite.database.begin() as conn:
        assert leaves_at(conn, "con_demo_en", clock.now()) <= clock.now()
        clock.advance(hours=15)
        opens = leaves_at(conn, "con_demo_en", clock.now())
    assert (opens.hour, opens.minute, opens.tzinfo.key) == (8, 0, "America/Denver")


def test_starting_about_one_of_two_children_remembers_which(lite):
    start(lite, "con_demo_siblings")
    assert [choice["case_id"] for choice in rows(lite, CaseChoice)] == ["cas_demo_ana"]
    change(lite, Contact, Contact.id == "con_demo_siblings", lang_written="en")
    take(lite, sms("She sings", SIBLINGS))
    assert [entry["case_id"] for entry in rows(lite, CaseEntry)] == ["cas_demo_ana"]
