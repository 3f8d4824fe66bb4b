"""A meeting that staff move or call off tells the family by itself, and an old reminder neither leaves nor is answered as if it stood."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest

from bot.i18n import say_day
from bot.service import meeting, timers
from bot.service.runtime import Runtime
from bot.store import meetings
from bot.store import tables as t
from tests.service.receiving import ES, change, rows, runtime_for, sms, take
from tests.service.test_meeting import NOON, at, house, later, plan, said

__all__ = ["house"]
MOTHER = "con_demo_es"


def moved(house: Runtime, old: meetings.MeetingRow, days: float = 12) -> meetings.MeetingRow:
    with house.database.begin() as conn:
        return meeting.move(
            conn,
            house,
            old,
            code="CV-1002",
            wall=at(days),
            place="Room 4",
            mode="in_person",
            interpreter=True,
            by="stf_demo_liaison",
            now=house.clock.now(),
        )


def called_off(house: Runtime, old: meetings.MeetingRow) -> None:
    with house.database.begin() as conn:
        meeting.end(conn, house, old, "cancelled", by="stf_demo_liaison", now=house.clock.now())


def texts(house: Runtime, *where: Any) -> Sequence[str]:
    return [row["body"] for row in rows(house, t.Outbox, t.Outbox.audience == "family", t.Outbox.channel == "sms", *where)]


def test_the_new_day_is_told_by_text_and_mail_in_their_language(house: Runtime) -> None:
    new = moved(house, plan(house))
    timers.ring(later(house, minutes=1))
    text, by_mail = said(house)
    assert text == by_mail
    assert text.startswith("La reunión para hablar de Diego cambió. Ahora es el ")
    assert text.endswith("a las 3:30 p. m., en Room 4. Intérprete: Sí. 1 OK 2 Cambiar 3 Llego tarde")
    queued = rows(house, t.Outbox)
    assert [(row["channel"], row["message_class"], row["answers_family"], row["case_id"]) for row in queued] == [
        ("sms", "A", False, "cas_demo_diego"),
        ("email", "A", False, "cas_demo_diego"),
    ]
    assert new.state == "planned"


def test_a_reminder_of_the_old_day_that_waits_for_its_hour_never_leaves_and_another_meeting_s_does(house: Runtime) -> None:
    old, other = plan(house), plan(house, days=5)
    then = later(house, days=3)
    timers.ring(then)
    change(then, t.Outbox, t.Outbox.channel == "email", state="held")
    moved(then, old, days=15)
    states = {(row["state"], row["channel"]) for row in rows(then, t.Outbox) if old_day(old) in row["body"]}
    assert states == {("cancelled", "sms"), ("cancelled", "email")}
    assert [row["state"] for row in rows(then, t.Outbox) if old_day(other) in row["body"]] == ["queued"]
    assert {row["reason"] for row in rows(then, t.Outbox, t.Outbox.state == "cancelled")} == {"meeting_changed"}


def old_day(one: meetings.MeetingRow) -> str:
    return say_day(datetime.fromisoformat(one.wall).date(), "es")


@pytest.mark.parametrize(
    ("answer", "tells"),
    [("1", "Gracias. El {day} a las 3:30 p. m. nos dará gusto verle."), ("3", "Ahora la reunión es a las 3:30 p. m. el {day}.")],
)
def test_an_answer_to_the_old_reminder_says_again_when_the_meeting_is(house: Runtime, answer: str, tells: str) -> None:
    old = plan(house)
    timers.ring(later(house, days=3))
    new = moved(later(house, days=4), old, days=14)
    after = later(house, days=4, minutes=1)
    timers.ring(after)
    take(after, sms(answer, ES))
    assert tells.format(day=old_day(new)) in texts(after)[-1]
    assert [row["kind"] for row in rows(after, t.CaseEntry)] == ["reminder_ack"]
    take(after, sms("Gracias", ES))
    assert not [text for text in texts(after)[-1:] if "Recordatorio" in text]  # the old question does not come back


@pytest.mark.parametrize(
    ("answer", "tells", "task"),
    [
        ("1", "No hace falta que venga.", []),
        ("otro día", "le llamará a más tardar", ["meeting_change"]),
        ("3", "La reunión se canceló y no hace falta que venga.", ["running_late"]),
        ("llego tarde", "La reunión se canceló y no hace falta que venga.", ["running_late"]),
    ],
)
def test_a_meeting_that_is_called_off_says_so_and_whoever_is_on_the_way_hears_it_again(
    house: Runtime, answer: str, tells: str, task: list[str]
) -> None:
    old = plan(house)
    timers.ring(later(house, days=3))
    called_off(later(house, days=4), old)
    after = later(house, days=4, minutes=1)
    timers.ring(after)
    assert f"del {old_day(old)} a las 3:30 p. m. se canceló." in texts(after)[-1]
    take(after, sms(answer, ES))
    assert tells in texts(after)[-1]
    assert [row["reason"] for row in rows(after, t.Handoff)] == task


def test_who_wants_no_reminders_still_hears_that_the_day_has_changed(house: Runtime) -> None:
    change(house, t.Consent, stopped_for="topic:reminders")
    moved(house, plan(house))
    timers.ring(later(house, minutes=1))
    assert len(said(house)) == 2


@pytest.mark.parametrize(
    ("table", "values"),
    [
        (t.Consent, {"state": "stopped"}),
        (t.Consent, {"state": "paused"}),
        (t.Endpoint, {"state": "unreachable"}),
        (t.Case, {"safety_hold": True}),
    ],
)
def test_whom_no_text_may_reach_is_a_person_s_to_tell(house: Runtime, table: Any, values: dict[str, Any]) -> None:
    old = plan(house)
    change(house, table, **values)
    moved(house, old)
    timers.ring(later(house, minutes=1))
    assert said(house) == []
    assert [(row["reason"], row["contact_id"], row["case_id"]) for row in rows(house, t.Handoff)] == [
        ("meeting_news", MOTHER, "cas_demo_diego")
    ]


def test_who_may_not_hear_of_the_child_hears_of_no_change(house: Runtime) -> None:
    old = plan(house)
    change(house, t.Guardianship, t.Guardianship.contact_id == MOTHER, restriction="court_order")
    moved(house, old)
    called_off(house, plan(house, days=20))
    timers.ring(later(house, minutes=1))
    assert said(house) == []


def test_a_meeting_moved_twice_is_told_once_with_its_last_day(house: Runtime) -> None:
    last = moved(house, moved(house, plan(house)), days=16)
    timers.ring(later(house, minutes=1))
    assert [old_day(last) in text for text in said(house)] == [True, True]


def test_a_meeting_whose_hour_has_come_is_called_off_without_a_word(house: Runtime) -> None:
    old = plan(house, days=1)
    called_off(runtime_for(house.database, type(house.clock)(NOON + timedelta(days=1, hours=6))), old)
    assert [row["state"] for row in rows(house, t.Timer, t.Timer.step_id == "called_off")] == []
