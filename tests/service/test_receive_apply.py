"""Single events and what they come to, with turns written by hand."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from bot.engine.events import Alert, ChooseCase, Confirm, Finished, Handoff, Page, Say, SetConsent, SetTimer, StartFlow, Write
from bot.engine.scene import Turn
from bot.service import apply, directory
from bot.service.receive import committer_for
from bot.service.wording import wording
from bot.store.tables import Case, CaseEntry, Contact, EntryMark, Guardianship, Message, Outbox, Sender, Session, Staff, StaffRole, Timer
from bot.store.tables import Handoff as HandoffRow
from tests.service.receiving import EN, SIBLINGS, change, rows, runtime_for, sms, take


@pytest.fixture
def runtime(world_sqlite, clock):
    return runtime_for(world_sqlite, clock)


@pytest.fixture
def turns(monkeypatch):
    """Say what the engine answers, one turn after the other."""
    given: list[Any] = []
    seen: list[Any] = []

    def play(_stage, scene):
        seen.append(scene)
        turn = given.pop(0)
        return turn(scene) if callable(turn) else turn

    monkeypatch.setattr(apply, "play", play)
    return given, seen


def turn(*events, session=None, case_id="cas_demo_maya", status="none", visibility="team") -> Turn:
    return Turn(session, tuple(events), status, case_id, "test", 1, visibility)


def write(text: str, kind: str = "observation", entry_id: str = "ent_1") -> Write:
    return Write(entry_id, kind, {"text": text}, text, "en", "1", "test/1@1")


def say(text: str) -> Say:
    return Say(text, "en", "C", "test/1")


def test_a_flow_that_another_starts_is_played_behind_it_in_the_same_transaction(runtime, turns):
    given, seen = turns
    given += [turn(say("one"), Finished("done"), StartFlow("second", "part")), turn(say("two"), session=b"{}", status="waiting")]
    take(runtime, sms("hello"))
    assert [row["body"] for row in rows(runtime, Outbox)] == ["one", "two"]
    assert (seen[1].prompt, seen[1].start) == ("start", ("second", "part"))
    assert [(talk["status"], talk["version"]) for talk in rows(runtime, Session)] == [("waiting", 1)]


def test_flows_that_start_each_other_end(runtime, turns):
    given, seen = turns
    given += [turn(StartFlow("again"))] * 9
    take(runtime, sms("hello"))
    assert len(seen) == 1 + apply.STARTS_AT_MOST


def test_a_flow_for_later_is_a_timer(runtime, turns, clock):
    given, _ = turns
    given.append(turn(StartFlow("second", "part", 3600)))
    take(runtime, sms("hello"))
    (timer,) = rows(runtime, Timer)
    assert (timer["kind"], timer["subject_id"], timer["contact_id"], timer["session_id"]) == ("start", "second/part", "con_demo_en", None)
    assert timedelta(0) < timer["due_at"] - clock.now() <= timedelta(hours=1)


def test_a_timer_without_a_talk_belongs_to_the_contact(runtime, turns, clock):
    given, _ = turns
    given.append(turn(SetTimer("resume", clock.now())))
    take(runtime, sms("hello"))
    assert [(one["id"], one["session_id"], one["contact_id"]) for one in rows(runtime, Timer)] == [
        ("tmr_demo_en_resume", None, "con_demo_en")
    ]


def test_words_that_belong_to_no_case_go_to_the_office_once(runtime, turns, clock):
    given, _ = turns
    change(runtime, Guardianship, Guardianship.contact_id == "con_demo_en", valid_to=clock.now())
    given.append(turn(write("one"), write("two"), write("three", "consent"), Confirm(("ent_1",)), Alert("strength", "general"), case_id=""))
    take(runtime, sms("hello"))
    assert rows(runtime, CaseEntry) == rows(runtime, EntryMark) == []
    assert [(one["to_role"], one["reason"], one["body"]) for one in rows(runtime, HandoffRow)] == [("office", "no_case", "hello")]


def test_a_row_the_database_refuses_fails_its_own_turn_and_no_neighbours(world, clock, turns):
    runtime = runtime_for(world, clock)
    given, _ = turns
    bad = turn(write("one"), write("two"))  # the same id twice

    def by_text(scene):
        return bad if scene.text == "bad" else turn(say("good"), case_id=scene.case.case_id)

    given += [by_text] * 4
    change(runtime, Contact, Contact.id == "con_demo_so", lang_written="en")
    committer = committer_for(runtime)
    held = threading.Event()
    blocker = threading.Thread(target=lambda: _hold(runtime, held))
    blocker.start()
    outcomes = {}
    threads = [
        threading.Thread(target=lambda t=text, n=number: outcomes.update({t: committer.submit(sms(t, n)).state}))
        for text, number in (("bad", EN), ("fine", "+15550101004"))
    ]
    for thread in threads:
        thread.start()
    held.set()
    for thread in (blocker, *threads):
        thread.join(60)
    committer.close()
    assert outcomes == {"bad": "failed", "fine": "done"}
    assert sorted((row["body"], row["state"]) for row in rows(runtime, Message)) == [("bad", "failed"), ("fine", "done")]
    assert rows(runtime, CaseEntry) == []


def _hold(runtime, held) -> None:
    """Keep the contact locked until both messages wait."""
    with runtime.database.begin() as conn:
        conn.execute(sa.update(Contact).where(Contact.id == "con_demo_en").values(identity="confirmed"))
        held.wait(60)
        time.sleep(0.1)


def test_a_choice_of_a_child_comes_before_the_words_about_it(runtime, turns):
    given, _ = turns
    given.append(turn(ChooseCase("cas_demo_luis"), write("he sings"), case_id="cas_demo_luis"))
    take(runtime, sms("2", SIBLINGS))
    assert [entry["case_id"] for entry in rows(runtime, CaseEntry)] == ["cas_demo_luis"]


def test_a_task_nobody_has_the_role_for_has_no_owner_and_waits_in_the_console(runtime, turns):
    given, _ = turns
    with runtime.database.begin() as conn:
        conn.execute(sa.delete(StaffRole))
    directory.forget(runtime.database.engine)
    given.append(turn(Handoff("nurse", "person")))
    take(runtime, sms("hello"))
    assert [(one["to_role"], one["owner_id"]) for one in rows(runtime, HandoffRow)] == [("nurse", None)]


def test_an_owner_without_a_slack_account_finds_the_task_in_the_console(runtime, turns):
    given, _ = turns
    change(runtime, Staff, Staff.id == "stf_demo_liaison", slack_user="")
    given.append(turn(Handoff("liaison", "person")))
    take(runtime, sms("hello"))
    assert rows(runtime, Outbox) == []
    assert [one["owner_id"] for one in rows(runtime, HandoffRow)] == ["stf_demo_liaison"]


def test_a_page_reaches_people_by_the_ways_they_have(runtime, turns):
    given, _ = turns
    change(runtime, Staff, Staff.id == "stf_demo_counselor", slack_user="", phone=None)
    given.append(turn(Page(1), Page(1)))
    take(runtime, sms("hello"))
    assert {(row["staff_id"], row["channel"]) for row in rows(runtime, Outbox)} == {
        ("stf_demo_principal", "slack"),
        ("stf_demo_principal", "sms"),
    }


def test_who_has_left_is_neither_paged_nor_given_tasks(runtime, turns):
    given, _ = turns
    for gone in ("stf_demo_counselor", "stf_demo_liaison"):
        change(runtime, Staff, Staff.id == gone, active=False)
    given.append(turn(Page(1), Handoff("liaison", "person")))
    take(runtime, sms("hello"))
    assert {row["staff_id"] for row in rows(runtime, Outbox, Outbox.purpose == "page")} == {"stf_demo_principal"}
    assert [one["owner_id"] for one in rows(runtime, HandoffRow)] == ["stf_demo_principal", "stf_demo_coordinator"]


def test_an_alert_about_feelings_does_not_say_so_in_a_channel(runtime, turns):
    given, _ = turns
    given.append(turn(Alert("observation", "feelings")))
    take(runtime, sms("hello"))
    assert rows(runtime, Outbox)[0]["body"].startswith("New family input on case CV-1001: general, observation.")


def test_where_a_translator_is_set_up_the_liaison_gets_no_task_for_it(runtime, turns):
    given, _ = turns
    change(runtime, Contact, Contact.id == "con_demo_en", lang_written="es")
    given.append(turn(Alert("strength", "general")))
    take(replace(runtime, translators=("one",)), sms("hola"))
    assert rows(runtime, HandoffRow) == []


def test_a_talk_without_words_is_no_task_to_translate(runtime, turns):
    given, _ = turns
    change(runtime, Contact, Contact.id == "con_demo_en", lang_written="es")
    given.append(turn(Alert("strength", "general", words=False)))
    take(runtime, sms("2"))
    assert rows(runtime, HandoffRow) == []


def test_a_stranger_has_neither_talk_nor_timer(runtime, monkeypatch, clock):
    from bot.service import stranger

    monkeypatch.setattr(stranger, "play", lambda *_: turn(SetTimer("nudge", clock.now()), session=b"{}", case_id=""))
    take(runtime, sms("STOP", "+15550109999"))
    assert rows(runtime, Timer) == rows(runtime, Session) == []


def test_a_district_without_a_school_still_keeps_words(runtime, turns, clock):
    given, seen = turns
    change(runtime, Guardianship, Guardianship.contact_id == "con_demo_en", valid_to=clock.now())
    given.append(turn(case_id=""))
    with runtime.database.begin() as conn:
        directory.texts(conn, clock.now())
        directory._KNOWN[conn.engine].schools.clear()
    take(runtime, sms("hello"))
    assert seen[0].values["school"] == "Cedar Valley (demo)"
    assert "phone" not in seen[0].values
    directory.forget(runtime.database.engine)


def test_an_alert_for_a_person_asks_for_no_translation(runtime, turns):
    given, _ = turns
    change(runtime, Contact, Contact.id == "con_demo_en", lang_written="es")
    given.append(turn(Alert("handoff", "general", urgent=True)))
    take(runtime, sms("hola"))
    assert rows(runtime, HandoffRow) == []


def test_a_case_without_lead_or_channel_has_its_alert_in_the_console(runtime, turns):
    given, _ = turns
    change(runtime, Case, Case.id == "cas_demo_maya", slack_channel="", lead_id=None)
    given.append(turn(Alert("strength", "general")))
    take(runtime, sms("hello"))
    assert [(one["reason"], one["to_role"]) for one in rows(runtime, HandoffRow)] == [("alert", "teacher")]


def test_languages_are_called_by_their_names_and_unknown_ones_by_their_tag():
    assert [wording("en").language(tag) for tag in ("es", "so", "zh-Hans", "xx-unknown-9", "")] == [
        "Spanish",
        "Somali",
        "Chinese (Simplified)",
        "xx-unknown-9",
        "",
    ]


def test_a_turn_that_ends_where_no_talk_was_leaves_no_talk(runtime, turns):
    given, _ = turns
    given.append(turn(SetConsent("paused", "number", None)))
    take(runtime, sms("PAUSE"))
    assert rows(runtime, Session) == []


def test_a_number_we_write_from_is_found_by_channel(runtime, clock):
    with runtime.database.begin() as conn:
        conn.execute(sa.delete(Sender).where(Sender.channel == "whatsapp"))
        directory.forget(conn.engine)
        assert directory.sender_of(conn, "dst_demo", "whatsapp", clock.now()) is None
        assert directory.first_school(conn, "dst_none", clock.now()) is None
