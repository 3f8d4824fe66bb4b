"""The school's calendar: which days are school days, and by when a person has promised to answer.

District settings: `hours.school` ("08:00-15:30"), `calendar.closed` (a list of dates without school). Saturdays and Sundays are none.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from bot.policy.hours import zone_of
from bot.values.local_window import LocalWindow

SCHOOL_HOURS = LocalWindow(time(8, 0), time(15, 30))
_LOOK_AHEAD = 120
"""Days: longer than any summer. A calendar without a school day in them is a mistake, and then any weekday counts."""


def due(within: str, now: datetime, zone: str, settings: Mapping[str, Any]) -> datetime:
    """By when (UTC) a hand-off made now must be taken; the day of it on the school's clock is what the family is told.

    now: at once. same_day: before school ends today, on the next school day when it has ended or there is none.
    four_school_hours: four hours of open school from now. school_day, dated and anything else: before the next school day after today ends.
    """
    if within == "now":
        return now.astimezone(UTC)
    here = zone_of(zone)
    hours, closed = school_hours(settings), closed_days(settings)
    local = now.astimezone(here)
    if within == "four_school_hours":
        return _after_open_time(local, timedelta(hours=4), hours, closed, here)
    today = local.date()
    if within == "same_day" and is_school_day(today, closed) and local.time() < hours.closes:
        return _at(today, hours.closes, here)
    return _at(next_school_day(today, closed), hours.closes, here)


def is_school_day(day: date, closed: frozenset[date] = frozenset()) -> bool:
    return day.weekday() < 5 and day not in closed


@lru_cache(maxsize=4096)
def next_school_day(after: date, closed: frozenset[date]) -> date:
    """The first school day later than `after`."""
    days = [after + timedelta(days=ahead) for ahead in range(1, _LOOK_AHEAD)]
    return next((day for day in days if is_school_day(day, closed)), next(day for day in days if is_school_day(day)))


def school_days_on(after: date, count: int, closed: frozenset[date]) -> date:
    """The school day so many school days later."""
    for _ in range(count):
        after = next_school_day(after, closed)
    return after


def is_school_open(now: datetime, zone: str, settings: Mapping[str, Any]) -> bool:
    """Whether somebody is at school now."""
    local = now.astimezone(zone_of(zone))
    return is_school_day(local.date(), closed_days(settings)) and school_hours(settings).holds(local.time())


def opens_next(now: datetime, zone: str, settings: Mapping[str, Any]) -> datetime:
    """When somebody is at school again (UTC); `now` while it is open."""
    here = zone_of(zone)
    hours, closed = school_hours(settings), closed_days(settings)
    local = now.astimezone(here)
    today = local.date()
    if is_school_day(today, closed) and local.time() < hours.closes:
        return max(now, _at(today, hours.opens, here)).astimezone(UTC)
    return _at(next_school_day(today, closed), hours.opens, here)


def school_hours(settings: Mapping[str, Any]) -> LocalWindow:
    return LocalWindow.read(str(settings.get("hours.school", ""))) or SCHOOL_HOURS


def closed_days(settings: Mapping[str, Any]) -> frozenset[date]:
    """Days without school; what is no date is passed over (`hearthline doctor` names it)."""
    return frozenset(_dates(settings.get("calendar.closed") or ()))


def unreadable(settings: Mapping[str, Any]) -> bool:
    """Whether the closed days hold something that is no date."""
    words = list(settings.get("calendar.closed") or ())
    return len(list(_dates(words))) != len(words)


def _dates(words: Iterable[Any]) -> Iterable[date]:
    for word in words:
        try:
            yield date.fromisoformat(str(word))
        except ValueError:
            continue


def _at(day: date, wall: time, here: ZoneInfo) -> datetime:
    return datetime.combine(day, wall, here).astimezone(UTC)


def _after_open_time(local: datetime, needed: timedelta, hours: LocalWindow, closed: frozenset[date], here: ZoneInfo) -> datetime:
    day = local.date()
    start = local.astimezone(UTC)
    while True:
        if is_school_day(day, closed):
            opens, closes = max(_at(day, hours.opens, here), start), _at(day, hours.closes, here)
            if opens < closes:
                if closes - opens >= needed:
                    return opens + needed
                needed -= closes - opens
        day = next_school_day(day, closed)
