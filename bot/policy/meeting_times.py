"""When a family is reminded of a meeting (F13): a week before, two days before, and on the day; on the family's own clock (fault 15)."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple

from bot.policy.hours import DEFAULT, closes_at, is_open, next_open, zone_of

AT = time(10, 0)
EVENING = time(18, 0)
BEFORE_A_CALL = timedelta(hours=2)
ENOUGH = timedelta(hours=1)
"""A morning text must leave this long before the meeting, else the evening before is kinder."""

STALE = timedelta(hours=12)
LAST_CALL = timedelta(minutes=15)


class Reminder(NamedTuple):
    """`kind`: week | two_days | day. After `not_after` it is no text any more but a task for a person."""

    kind: str
    due_at: datetime
    not_after: datetime


def reminders(starts_at: datetime, mode: str, zone: str, now: datetime, window: tuple[str, str] = DEFAULT) -> list[Reminder]:
    """The reminders that are still to come. `starts_at` is UTC, `zone` the family's, `mode` in_person | phone | video."""
    here = zone_of(zone)
    day = starts_at.astimezone(here).date()
    moments = {
        "week": _wall(day - timedelta(days=7), AT, zone),
        "two_days": _wall(day - timedelta(days=2), AT, zone),
        "day": _on_the_day(starts_at, mode, day, zone, window),
    }
    last = starts_at - LAST_CALL
    return [Reminder(kind, due, min(due + STALE, last)) for kind, due in moments.items() if now < due < last]


def _on_the_day(starts_at: datetime, mode: str, day: date, zone: str, window: tuple[str, str]) -> datetime:
    if mode == "phone" and is_open(starts_at - BEFORE_A_CALL, zone, window):
        return starts_at - BEFORE_A_CALL
    morning = next_open(_wall(day, time(0), zone), zone, window)
    return morning if starts_at - morning >= ENOUGH else _evening(day - timedelta(days=1), zone, window)


def _evening(day: date, zone: str, window: tuple[str, str]) -> datetime:
    """Six in the evening; where the hours end before, an hour before they do."""
    evening = _wall(day, EVENING, zone)
    if is_open(evening, zone, window):
        return evening
    opens = next_open(_wall(day, time(0), zone), zone, window)
    return max(opens, closes_at(opens, zone, window) - ENOUGH)


def _wall(day: date, moment: time, zone: str) -> datetime:
    """That wall time in UTC. A time the clock change skips is counted with the offset before it; of one that comes twice, the first."""
    return datetime.combine(day, moment, zone_of(zone)).astimezone(UTC)
