"""A meeting's reminders: set when it is planned, gone when it is not, said to those who may hear of the child, in their language."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from bot.errors import Conflict, NotFound
from bot.service import hand_over, meeting, pace, timers
from bot.service.runtime import Runtime
from bot.store import meetings
from bot.store import tables as t
from bot.store.database import Database
from tests.fakes.clock import START, TickingClock
from tests.service.receiving import ES, change, rows, runtime_for, sms, start, take

NOON = START.replace(hour=19, minute=0)
"""Midday in Denver."""


@pytest.fixture
def house(world: Database) -> Runtime:
    with world.begin() as conn:
        conn.execute(sa.update(t.District).values(zone="America/Denver"))
        conn.execute(sa.update(t.School).values(zone="America/Denver"))
        conn.execute(sa.update(t.Contact).values(zone="America/Denver"))
        conn.execute(sa.delete(t.Meeting))
    return runtime_for(world, TickingClock(NOON))


def at(days: float) -> datetime:
    """A wall time in Denver so many days from now, at half past three."""
    return (NOON + timedelta(days=days)).replace(hour=15, minute=30, tzinfo=None)


def plan(house: Runtime, code: str = "CV-1002", days: float = 10, **more: Any) -> meetings.MeetingRow:
    known = {
        "district_id": "dst_demo",
        "place": "Room 12",
        "mode": "in_person",
        "interpreter": True,
        "by": "stf_demo_liaison",
        "now": house.clock.now(),
    }
    with house.database.begin() as conn:
        return meeting.plan(conn, house, code=code, wall=at(days), **(known | more))


def pending(house: Runtime) -> list[tuple[str, str]]:
    return [(row["contact_id"], row["step_id"]) for row in rows(house, t.Timer, t.Timer.kind == "remind", t.Timer.state == "pending")]


def later(house: Runtime, **ahead: float) -> Runtime:
    return runtime_for(house.database, TickingClock(NOON + timedelta(**ahead)))


def said(house: Runtime) -> list[str]:
    return [row["body"] for row in rows(house, t.Outbox, t.Outbox.audience == "family")]


def test_a_meeting_whose_day_has_passed_is_planned_no_more(house: Runtime) -> None:
    old, coming = plan(house, days=1), plan(house, days=5)

    def next_after(hours: float) -> str | None:
        with house.database.read() as conn:
            found = meetings.next_of(conn, [coming.case_id], old.starts_at + timedelta(hours=hours))
        return found.id if found is not None else None

    with house.database.read() as conn:
        assert [meeting.due(conn, old.id, old.starts_at - left) is not None for left in (timedelta(seconds=1), timedelta(0))] == [
            True,
            False,
        ]
    assert next_after(-1) == old.id
    assert next_after(3) == coming.id
    assert meeting.end_past(later(house, days=1.5)) == 0
    assert meeting.end_past(later(house, days=2.5)) == 1
    assert [one["state"] for one in rows(house, t.Meeting, t.Meeting.id == old.id)] == ["over"]
    with house.database.begin() as conn:
        meeting.end(conn, house, coming, "cancelled", by="stf_demo_liaison", now=NOON)
        assert meetings.next_of(conn, [coming.case_id], old.starts_at + timedelta(hours=1)) is None
    assert rows(house, t.Audit)[-2]["actor_kind"] == "operator"


def test_a_planned_meeting_sets_three_reminders_for_everybody_with_a_live_right(house: Runtime) -> None:
    made = plan(house)
    assert (made.wall[-5:], made.zone, made.place, made.state) == ("15:30", "America/Denver", "Room 12", "planned")
    assert sorted(pending(house)) == [("con_demo_es", "day"), ("con_demo_es", "two_days"), ("con_demo_es", "week")]


def test_a_reminder_rings_in_the_family_s_language_and_the_answer_is_kept(house: Runtime) -> None:
    plan(house)
    then = later(house, days=3)
    timers.ring(then)
    text, by_mail = said(then)
    assert by_mail == text  # a week before, by both
    assert text.startswith("Recordatorio: reunión para hablar de Diego el ")
    assert text.endswith("a las 3:30 p. m. en Room 12. Intérprete: Sí. Responda 1 OK 2 Cambiar 3 Llego tarde")
    assert [(row["channel"], row["message_class"], row["case_id"]) for row in rows(then, t.Outbox)] == [
        ("sms", "A", "cas_demo_diego"),
        ("email", "A", "cas_demo_diego"),
    ]
    take(then, sms("3", ES))
    (task,) = rows(then, t.Handoff)
    assert (task["reason"], task["owner_id"]) == ("running_late", "stf_demo_teacher")  # who leads the meeting
    assert [row["kind"] for row in rows(then, t.CaseEntry)] == ["reminder_ack"]


def test_change_asks_for_better_times_and_gives_them_to_the_liaison(house: Runtime) -> None:
    plan(house)
    then = later(house, days=3)
    timers.ring(then)
    take(then, sms("no puedo ir", ES))
    take(then, sms("los martes después de las 4", ES))
    assert [(row["reason"], row["body"]) for row in rows(then, t.Handoff)] == [("meeting_change", "los martes después de las 4")]
    assert [(row["kind"], row["answer_raw"]) for row in rows(then, t.CaseEntry)][-1] == ("rsvp", "los martes después de las 4")


def test_a_cancelled_meeting_reminds_of_nothing(house: Runtime) -> None:
    made = plan(house)
    with house.database.begin() as conn:
        meeting.end(conn, house, made, "cancelled", by="stf_demo_liaison", now=NOON)
        with pytest.raises(Conflict):
            meeting.end(conn, house, made, "cancelled", by="stf_demo_liaison", now=NOON)
    assert pending(house) == [("con_demo_es", "called_off")]
    timers.ring(later(house, days=9))
    assert not [text for text in said(house) if "Recordatorio" in text]
    assert [row["action"] for row in rows(house, t.Audit)] == ["plan_meeting", "meeting_cancelled"]


def test_who_lost_the_right_after_the_planning_is_not_reminded(house: Runtime) -> None:
    plan(house)
    change(house, t.Guardianship, t.Guardianship.contact_id == "con_demo_es", restriction="court_order")
    timers.ring(later(house, days=3))
    assert said(house) == []


def test_two_days_before_one_way_is_enough(house: Runtime) -> None:
    plan(house, days=5)
    for minutes in (0, 1):
        timers.ring(later(house, days=3, minutes=minutes))
        assert [row["channel"] for row in rows(house, t.Outbox)] == ["sms"], "and once"


def test_who_stopped_texts_is_reminded_by_mail(house: Runtime) -> None:
    plan(house)
    change(house, t.Consent, t.Consent.medium == "phone", state="stopped")
    timers.ring(later(house, days=3))
    assert [row["channel"] for row in rows(house, t.Outbox)] == ["email"]


@pytest.mark.parametrize("state", ["stopped", "refused", "paused"])
def test_who_asked_for_no_messages_is_not_reminded(house: Runtime, state: str) -> None:
    plan(house)
    change(house, t.Consent, state=state)
    change(house, t.Endpoint, t.Endpoint.channel == "email", state="unreachable")
    timers.ring(later(house, days=3))
    assert [row["body"] for row in rows(house, t.Outbox, t.Outbox.audience == "family", t.Outbox.state == "queued")] == []


@pytest.mark.parametrize(("late", "leaves", "told"), [(-5, [("sms", 300)], []), (5, [], ["message_too_late"])])
def test_a_reminder_the_provider_did_not_take_leaves_before_the_meeting_or_not_at_all(
    house: Runtime, late: float, leaves: list[tuple[str, int]], told: list[str]
) -> None:
    made = plan(house, days=1)
    (morning,) = rows(house, t.Timer, t.Timer.kind == "remind")
    last = morning["not_after"]
    assert last < made.starts_at < morning["due_at"] + timedelta(hours=12)
    timers.ring(runtime_for(house.database, TickingClock(morning["due_at"] + timedelta(minutes=1))))
    now = last + timedelta(minutes=late)
    with house.database.begin() as conn:
        queued, _ = pace.claim(conn, owner="one", now=now, lease_until=now + timedelta(minutes=1), limit=9)
        going = hand_over.hand_over(conn, house, [one.id for one in queued], owner="one", now=now, lease_until=now + timedelta(minutes=1))
    assert [(one.message.channel, one.message.valid_seconds) for one in going] == leaves
    assert [row["reason"] for row in rows(house, t.Handoff)] == told


def test_after_a_long_outage_a_late_reminder_is_a_task_and_a_past_meeting_is_nothing(house: Runtime) -> None:
    plan(house)
    timers.ring(later(house, days=4))
    assert said(house) == []
    assert [row["reason"] for row in rows(house, t.Handoff)] == ["late_timer"]
    timers.ring(later(house, days=11))
    assert said(house) == []


def test_a_meeting_that_was_ended_while_its_reminder_rang_is_not_mentioned(house: Runtime) -> None:
    made = plan(house)
    with house.database.begin() as conn:
        meetings.set_state(conn, made.id, "held")
    timers.ring(later(house, days=3))
    assert said(house) == []


def test_reminders_need_a_planned_meeting_and_an_open_case(house: Runtime) -> None:
    with pytest.raises(Conflict, match="no planned meeting"):
        start(house, "con_demo_es", flow="reminder")
    with pytest.raises(NotFound):
        plan(house, code="CV-9999")
    with pytest.raises(Conflict, match="passed"):
        plan(house, days=-1)


def test_a_district_s_own_hours_decide_when_the_morning_begins(house: Runtime) -> None:
    change(house, t.District, settings={"hours.allowed": "09:30-19:00"})
    plan(house)
    (morning,) = [row["due_at"] for row in rows(house, t.Timer, t.Timer.step_id == "day")]
    assert morning.astimezone(UTC).strftime("%H:%M") in ("15:30", "16:30")
