"""What a family wants no more of is held at hand-over, in the ledger, and in what the school may begin (F25)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.errors import Conflict
from bot.service import meeting, timers
from bot.store.tables import Case, CaseEntry, Consent, ConsentLedger, Contact, Endpoint, Handoff, Outbox
from tests.service.receiving import SIBLINGS, change, family_rows, rows, sms, start, take

ANA, LUIS, THEM = "cas_demo_ana", "cas_demo_luis", "con_demo_siblings"


@pytest.fixture
def runtime(runtime):
    return alone_on_their_phone(runtime)


@pytest.fixture
def lite(lite):
    return alone_on_their_phone(lite)


def alone_on_their_phone(runtime):
    change(runtime, Endpoint, Endpoint.contact_id == THEM, shared=False)
    change(runtime, Contact, Contact.id == THEM, lang_written="en")
    return runtime


def now_of(runtime) -> tuple[str, str]:
    index = runtime.vault.index("dst_demo", SIBLINGS)
    (row,) = rows(runtime, Consent, Consent.address_index == index, Consent.medium == "phone")
    return row["state"], row["stopped_for"] or ""


def waits(runtime) -> list[tuple[str, str]]:
    found = rows(runtime, Outbox, Outbox.audience == "family", Outbox.purpose == "ask", Outbox.contact_id == THEM)
    return [(one["case_id"], one["state"]) for one in found]


def test_a_talk_about_the_other_child_goes_on_where_it_was(runtime):
    start(runtime, THEM, ANA)
    for text in ("She sings all day", "Please stop texting me about Luis", "1"):
        take(runtime, sms(text, SIBLINGS))
    assert "What kind of person is Ana?" in family_rows(runtime)[-1]["body"]
    take(runtime, sms("3", SIBLINGS))
    assert "stay with something hard" in family_rows(runtime)[-1]["body"]


def test_only_one_child_is_stopped_and_the_rest_goes_on(runtime):
    start(runtime, THEM, LUIS)
    take(runtime, sms("Please stop texting me about Luis", SIBLINGS))
    assert now_of(runtime) == ("stopped", "")
    take(runtime, sms("1", SIBLINGS))
    state, scope = now_of(runtime)
    assert (state, scope.partition(":")[0]) == ("granted", "student")
    assert [(one["state"], one["scope"]) for one in rows(runtime, ConsentLedger)][-2:] == [("stopped", "number"), ("stopped", scope)]
    with pytest.raises(Conflict, match="no more messages about this"):
        start(runtime, THEM, LUIS)
    start(runtime, THEM, ANA)
    assert (ANA, "queued") in waits(runtime)
    take(runtime, sms("START", SIBLINGS))
    assert now_of(runtime) == ("granted", "")
    start(runtime, THEM, LUIS, variant="reading")


def test_choose_a_child_cancels_what_waits_about_that_child_only(lite):
    start(lite, THEM, ANA)
    take(lite, sms("CHOOSE", SIBLINGS))
    take(lite, sms("3", SIBLINGS))
    take(lite, sms("Ana", SIBLINGS))
    assert now_of(lite)[1].startswith("student:")
    assert (ANA, "cancelled") in waits(lite)
    assert {why["reason"] for why in rows(lite, Outbox, Outbox.state == "cancelled")} == {"wants_less"}


def test_no_reminders_means_no_reminder_of_any_meeting(lite):
    take(lite, sms("CHOOSE", SIBLINGS))
    take(lite, sms("2", SIBLINGS))
    assert now_of(lite) == ("granted", "topic:reminders")
    (code,) = [one["code"] for one in rows(lite, Case, Case.id == ANA)]
    with lite.database.begin() as conn:
        now = lite.clock.now()
        wall = (now + timedelta(days=9)).replace(tzinfo=None, hour=15, minute=0, second=0, microsecond=0)
        meeting.plan(conn, lite, district_id="dst_demo", code=code, wall=wall, place="room 4", mode="in_person", interpreter=False,
                     by="stf_demo_office", now=now)  # fmt: skip
    with pytest.raises(Conflict, match="no more messages about this"):
        start(lite, THEM, ANA, flow="reminder")
    before = len(family_rows(lite))
    lite.clock.advance(days=8)
    timers.ring(lite)
    assert len(family_rows(lite)) == before
    start(lite, THEM, ANA)


def test_a_pause_keeps_its_end_and_two_wishes_add_up(lite):
    for text in ("PAUSE", "1", "CHOOSE", "2", "CHOOSE", "3", "Luis"):
        take(lite, sms(text, SIBLINGS))
    state, scope = now_of(lite)
    assert state == "paused"
    assert [one.partition(":")[0] for one in scope.split()] == ["student", "topic"]
    index = lite.vault.index("dst_demo", SIBLINGS)
    (row,) = rows(lite, Consent, Consent.address_index == index)
    assert row["until"] > lite.clock.now() + timedelta(days=6)


def test_what_is_about_no_child_is_kept_in_every_case_and_nobody_is_asked_to_sort_it(lite):
    for text in ("PAUSE", "1"):
        take(lite, sms(text, SIBLINGS))
    take(lite, sms("I cant take it anymore, I cry every day", SIBLINGS))
    take(lite, sms("2", SIBLINGS))
    assert "no_case" not in {one["reason"] for one in rows(lite, Handoff)}
    kept = {(one["kind"], one["case_id"]) for one in rows(lite, CaseEntry)}
    assert {("preference", ANA), ("preference", LUIS), ("feeling_note", ANA), ("feeling_note", LUIS)} <= kept
