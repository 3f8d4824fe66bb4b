"""What happens when a turn raises, and when a timer comes due."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from bot.service import failed_turn
from bot.service.receive import Outcome, committer_for, rescue, retry, ring
from bot.store import inbound
from bot.store.tables import (
    Attachment,
    Case,
    CaseEntry,
    Consent,
    Endpoint,
    Handoff,
    Message,
    Outbox,
    SeenEvent,
    Session,
    Timer,
)
from bot.store.turn_rows import TurnRows
from channels.base import MediaRef, StaffAction, StatusUpdate
from tests.service.receiving import EN, change, family_rows, rows, sms, start, take, without_library


def again(runtime, message_id: str) -> list[str]:
    with runtime.database.begin() as conn:
        return retry(conn, runtime, message_id, runtime.clock.now())


def due(runtime, kind: str, *, fresh: bool = False) -> list[str]:
    """Let the clock come to a timer of this kind and ring it."""
    timer = [one for one in rows(runtime, Timer) if one["kind"] == kind and one["state"] == "pending"][-1]
    runtime.clock.set(timer["due_at"])
    with runtime.database.begin() as conn:
        return ring(conn, runtime, timer["id"], runtime.clock.now())


# --- a turn that raises -------------------------------------------------------------------------------------------------------


def test_a_turn_that_raises_keeps_the_raw_message_and_a_later_try_does_the_turn(runtime):
    start(runtime)
    broken = committer_for(without_library(runtime))
    outcome = broken.submit(sms("She loves dinosaurs", media=(MediaRef("image/jpeg", data=b"jpeg"),)))
    broken.close()
    assert (outcome.state, outcome.wake) == ("failed", ())
    (message,) = rows(runtime, Message)
    assert (message["state"], message["attempts"], message["error"], message["contact_id"]) == ("failed", 1, "AttributeError", None)
    assert message["body"] == "She loves dinosaurs"
    (attachment,) = rows(runtime, Attachment)
    assert (attachment["state"], attachment["data"], attachment["size"]) == ("stored", b"jpeg", 4)
    woken = again(runtime, outcome.message_id)
    (message,) = rows(runtime, Message)
    assert (message["state"], message["attempts"], message["contact_id"], message["error"]) == ("done", 2, "con_demo_en", "")
    (entry,) = rows(runtime, CaseEntry)
    assert (entry["answer_raw"], entry["media"]) == ("She loves dinosaurs", [attachment["id"]])
    assert woken == [rows(runtime, Outbox)[-1]["id"]]
    assert again(runtime, outcome.message_id) == []


def test_a_poison_message_does_not_fail_its_neighbours_and_is_quarantined_after_five_tries(lite):
    broken = without_library(lite)
    with lite.database.begin() as conn:
        outcome = rescue(conn, broken, sms("PERSON"), ValueError("no"), lite.clock.now())
    for attempt in range(2, 6):
        assert again(broken, outcome.message_id) == []
        (message,) = rows(lite, Message)
        assert message["attempts"] == attempt
    assert (message["state"], message["error"]) == ("quarantined", "AttributeError")
    (task,) = rows(lite, Handoff)
    assert (task["to_role"], task["reason"], task["message_id"], task["body"]) == ("office", "quarantine", message["id"], None)
    assert (task["contact_id"], task["case_id"]) == ("con_demo_en", "cas_demo_maya")
    assert again(lite, outcome.message_id) == []


@pytest.mark.parametrize(
    ("words", "sender", "told"),
    [
        ("I want to kill myself", EN, [("on_call", "danger")]),
        ("I want to kill myself", "+15550109999", [("on_call", "danger")]),
        ("I want my child tested for special education", EN, [("evaluation_contact", "evaluation_possible")]),
        ("my father died last week and I cannot cope", EN, [("counselor", "distress")]),
        ("we have no food in the house and no money until friday", EN, [("liaison", "basic_need")]),
        ("STOP", EN, [("liaison", "stopped")]),
        ("She loves dinosaurs", EN, []),
    ],
)
def test_what_must_not_wait_is_heard_though_the_turn_fails(lite, words, sender, told):
    start(lite)
    broken = without_library(lite)
    with lite.database.begin() as conn:
        outcome = rescue(conn, broken, sms(words, sender), ValueError("no"), lite.clock.now())
    for _ in range(3):
        again(broken, outcome.message_id)
    assert [(one["to_role"], one["reason"]) for one in rows(lite, Handoff)] == told
    assert bool(rows(lite, Outbox, Outbox.purpose == "page")) == (("on_call", "danger") in told)
    assert [row["state"] for row in family_rows(lite)] == ["cancelled" if words == "STOP" else "queued"]
    assert rows(lite, Message)[0]["state"] == "failed"


def test_where_even_that_fails_the_tries_go_on(lite, monkeypatch):
    monkeypatch.setattr(failed_turn, "page", lambda *_, **__: 1 / 0)
    broken = without_library(lite)
    with lite.database.begin() as conn:
        outcome = rescue(conn, broken, sms("I want to kill myself"), ValueError("no"), lite.clock.now())
    for _ in range(4):
        again(broken, outcome.message_id)
    assert [(one["to_role"], one["reason"]) for one in rows(lite, Handoff)] == [("office", "quarantine")]


def test_a_try_that_fails_leaves_nothing_of_itself(lite, monkeypatch):
    with lite.database.begin() as conn:
        outcome = rescue(conn, lite, sms("PERSON"), ValueError("no"), lite.clock.now())
    written = TurnRows.write

    def half(self, conn):
        written(self, conn)
        raise ValueError("no")

    monkeypatch.setattr(TurnRows, "write", half)
    again(lite, outcome.message_id)
    assert (family_rows(lite), rows(lite, CaseEntry), rows(lite, Handoff)) == ([], [], [])
    assert rows(lite, Message)[0]["attempts"] == 2


def test_a_message_that_arrived_again_while_its_turn_had_failed_is_a_duplicate(lite):
    once = sms("PERSON")
    with lite.database.begin() as conn:
        rescue(conn, lite, once, ValueError("no"), lite.clock.now())
    assert take(lite, once)[0].state == "duplicate"


def test_a_failed_message_for_nobody_is_not_kept(lite):
    with lite.database.begin() as conn:
        conn.execute(
            sa.text(
                "insert into district (id, name, zone, settings, demo, created_at) select 'dst_two', 'Two', zone, settings, demo, created_at from district"
            )
        )
        assert rescue(conn, lite, sms("PERSON", to="+15550100777"), ValueError("no"), lite.clock.now()) == Outcome("failed")


def test_news_about_our_own_messages_that_raise_are_looked_up_later(lite):
    with lite.database.begin() as conn:
        assert rescue(conn, lite, StatusUpdate("twilio", "SM1", "sent"), ValueError("no"), lite.clock.now()) == Outcome("failed")


def test_the_request_is_dated_by_the_first_message_although_the_turn_came_later(lite, clock):
    with lite.database.begin() as conn:
        outcome = rescue(conn, lite, sms("I want my child tested for special education"), ValueError("no"), clock.now())
    heard = rows(lite, Message)[0]["received_at"]
    clock.advance(days=2)
    again(lite, outcome.message_id)
    assert {task["created_at"] for task in rows(lite, Handoff)} == {heard}
    take(lite, sms("He cannot read yet"))
    said = [row["body"] for row in family_rows(lite)]
    assert [text for text in said if "November 17" in text], said


def test_a_message_stored_by_another_process_meanwhile_is_found_on_the_replay(lite, monkeypatch):
    once = sms("PERSON")
    take(lite, once)
    looked = inbound.facts
    asked: list[int] = []

    def late(conn, keys, *more):
        asked.append(len(keys))
        return looked(conn, [] if len(asked) == 1 else keys, *more)

    monkeypatch.setattr(inbound, "facts", late)
    committer = committer_for(lite)
    assert committer.submit(once).state == "duplicate"
    committer.close()
    assert len(rows(lite, Message)) == 1


# --- through the committer ----------------------------------------------------------------------------------------------------


def test_messages_status_news_and_staff_actions_share_the_committer_and_replies_are_woken(lite):
    woken: list[str] = []
    runtime = replace(lite, wake=woken.extend)
    start(runtime)
    committer = committer_for(runtime)
    answers: list[Outcome] = []
    items = [
        sms("She loves dinosaurs"),
        StatusUpdate("twilio", "SM" + "0" * 32, "delivered"),
        StaffAction("slack", "Ev1", "U0DEMOTEACH", "unknown"),
    ]
    threads = [threading.Thread(target=lambda item=item: answers.append(committer.submit(item))) for item in items]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    committer.close()
    assert sorted(answer.state for answer in answers) == ["acted", "done", "settled"]
    assert woken == [rows(runtime, Outbox)[-1]["id"]]
    assert [event["event_id"] for event in rows(runtime, SeenEvent, SeenEvent.provider == "slack")] == ["Ev1"]


# --- timers -------------------------------------------------------------------------------------------------------------------


def test_a_nudge_is_queued_for_its_hours_and_sets_the_next_one(runtime):
    start(runtime)
    (first,) = [one for one in rows(runtime, Timer) if one["kind"] == "nudge"]
    queued = due(runtime, "nudge")
    texts = rows(runtime, Outbox)
    assert queued == [texts[-1]["id"]]
    assert (texts[-1]["purpose"], texts[-1]["priority"], texts[-1]["answers_family"]) == ("nudge", 5, False)
    (moved,) = [one for one in rows(runtime, Timer) if one["kind"] == "nudge"]
    assert (moved["id"], moved["state"]) == (first["id"], "pending")
    assert moved["due_at"] > first["due_at"]


def test_a_talk_nobody_answers_is_closed_and_keeps_what_was_said(runtime):
    start(runtime)
    take(runtime, sms("She loves dinosaurs"))
    due(runtime, "close")
    (talk,) = rows(runtime, Session)
    assert (talk["status"], talk["state"]) == ("done", None)
    assert [entry["answer_raw"] for entry in rows(runtime, CaseEntry)] == ["She loves dinosaurs"]


def test_a_timer_that_was_moved_served_or_cancelled_does_nothing(lite):
    start(lite)
    (timer,) = [one for one in rows(lite, Timer) if one["kind"] == "nudge"]
    with lite.database.begin() as conn:
        assert ring(conn, lite, timer["id"], lite.clock.now()) == []  # not due yet
        assert ring(conn, lite, "tmr_none", timer["due_at"]) == []
    due(lite, "nudge")
    count = len(rows(lite, Outbox))
    change(lite, Timer, Timer.id == timer["id"], state="done")
    with lite.database.begin() as conn:
        assert ring(conn, lite, timer["id"], lite.clock.now() + timedelta(days=30)) == []
    assert len(rows(lite, Outbox)) == count


def test_a_timer_of_a_talk_that_is_over_does_nothing(lite):
    start(lite)
    change(lite, Session, Session.contact_id == "con_demo_en", status="done")
    count = len(rows(lite, Outbox))
    assert due(lite, "nudge") == []
    assert len(rows(lite, Outbox)) == count


def test_a_timer_that_moves_while_its_contact_is_locked_waits_for_its_new_time(lite, monkeypatch):
    from bot.service import ring as module

    start(lite)
    monkeypatch.setattr(module.inbound, "timer_served", lambda *_: False)
    count = len(rows(lite, Outbox))
    assert due(lite, "nudge") == []
    assert len(rows(lite, Outbox)) == count


def test_a_nudge_is_not_queued_for_a_family_that_stopped_or_whose_child_is_held(lite):
    start(lite)
    count = len(rows(lite, Outbox))
    change(lite, Case, Case.id == "cas_demo_maya", safety_hold=True)
    due(lite, "nudge")
    change(lite, Case, Case.id == "cas_demo_maya", safety_hold=False)
    change(lite, Consent, Consent.address_index == lite.vault.index("dst_demo", EN), state="paused", until=None)
    due(lite, "nudge")
    assert len(rows(lite, Outbox)) == count


def test_a_timer_without_an_address_that_works_does_nothing(lite):
    start(lite)
    change(lite, Endpoint, Endpoint.contact_id == "con_demo_en", state="unreachable")
    count = len(rows(lite, Outbox))
    assert due(lite, "nudge") == []
    assert len(rows(lite, Outbox)) == count


def test_a_flow_that_was_to_start_later_starts(lite, clock):
    with lite.database.begin() as conn:
        row = {
            "id": "tmr_later",
            "district_id": "dst_demo",
            "session_id": None,
            "contact_id": "con_demo_en",
            "subject_id": "home-observations/reading",
            "kind": "start",
            "step_id": "",
            "due_at": clock.now(),
            "not_after": None,
            "state": "pending",
        }
        conn.execute(sa.insert(Timer), [row])
        ring(conn, lite, "tmr_later", clock.now())
    assert rows(lite, Outbox)[0]["body"].startswith("What does Maya like to read")
