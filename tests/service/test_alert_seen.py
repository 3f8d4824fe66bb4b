"""An alert that nobody presses a button of within one school day is a task of the liaison (F27)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from bot.service import timers
from bot.store.tables import Handoff, Outbox, Timer
from channels.base import StaffAction
from tests.service.receiving import EN, change, rows, runtime_for, sms, start, take

LINES = ("Dinosaurs", "1 and 5", "music", "English", "Grandma", "That she reads", "1")


def told(runtime) -> list[dict[str, Any]]:
    return rows(runtime, Handoff, Handoff.reason == "alert_unseen")


def finish_a_talk(runtime) -> dict[str, Any]:
    """The family answers everything; the alert, as the provider took it."""
    start(runtime, "con_demo_en", "cas_demo_maya")
    for line in LINES:
        take(runtime, sms(line, EN))
    change(runtime, Outbox, Outbox.purpose == "alert", state="sent", provider_id="C0DEMO:17.1")
    return rows(runtime, Outbox, Outbox.purpose == "alert")[-1]


def wait(runtime, clock, **time: float) -> None:
    clock.advance(**time)
    timers.ring(runtime)


def test_after_one_school_day_the_liaison_is_told_once(lite, clock) -> None:
    alert = finish_a_talk(lite)
    (due,) = rows(lite, Timer, Timer.kind == "alert")
    assert due["due_at"] - clock.now() > timedelta(hours=12)
    wait(lite, clock, seconds=(due["due_at"] - clock.now()).total_seconds() - 60)
    assert told(lite) == []
    for _ in range(3):
        wait(lite, clock, minutes=2)
    (task,) = told(lite)
    assert (task["to_role"], task["owner_id"], task["case_id"]) == ("liaison", "stf_demo_liaison", "cas_demo_maya")
    assert (task["contact_id"], task["visibility"], task["body"]) == (alert["contact_id"], "team", None)


@pytest.mark.parametrize("action", ["acknowledge", "say_thanks", "ask_liaison"])
def test_whoever_pressed_a_button_has_seen_it(lite, clock, action: str) -> None:
    alert = finish_a_talk(lite)
    take(lite, StaffAction("slack", "Ev1", "U0DEMOTEACH", action, alert["id"]))
    wait(lite, clock, days=4)
    assert told(lite) == []
    assert {one["state"] for one in rows(lite, Timer, Timer.kind == "alert")} == {"done"}


def test_two_alerts_of_a_case_are_one_task_and_one_that_failed_has_its_own(lite, clock) -> None:
    finish_a_talk(lite)
    finish_a_talk(lite)
    wait(lite, clock, days=4)
    assert len(told(lite)) == 1
    change(lite, Handoff, Handoff.reason == "alert_unseen", state="closed")
    finish_a_talk(lite)
    change(lite, Outbox, Outbox.purpose == "alert", state="failed")
    wait(lite, clock, days=4)
    assert len(told(lite)) == 1


def test_a_wish_for_a_person_is_a_task_anyway(lite, clock) -> None:
    take(lite, sms("PERSON", EN))
    assert rows(lite, Outbox, Outbox.purpose == "alert") != []
    wait(lite, clock, days=4)
    assert told(lite) == []


def test_without_slack_the_alert_itself_is_a_task(world_sqlite, clock) -> None:
    runtime = runtime_for(world_sqlite, clock, slack=False)
    start(runtime, "con_demo_en", "cas_demo_maya")
    for line in LINES:
        take(runtime, sms(line, EN))
    assert [row["reason"] for row in rows(runtime, Handoff)] == ["alert"]
    wait(runtime, clock, days=4)
    assert told(runtime) == []
