"""When the bot may begin to write: the family's own clock decides, daylight saving included (G7, fault 15).

Hours bind what the bot starts. An answer within ten minutes of the family's message, the confirmation of a STOP and class F leave at any
hour. A district may narrow its hours; beyond 08:00-21:00 it cannot widen them.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.policy import classes
from bot.values.local_window import LocalWindow

DEFAULT = ("08:00", "20:00")
PRODUCT = LocalWindow(time(8, 0), time(20, 0))
LAWFUL = LocalWindow(time(8, 0), time(21, 0))
ANSWER_WITHIN = timedelta(minutes=10)
ANSWER_VALID = 600
LONGEST_VALID = 36_000
"""Seconds: the longest a provider may keep a text before it gives up (its own limit)."""

FALLBACK_ZONE = "America/Chicago"
"""For a zone this machine does not know (the district file was read on another): the middle of the country is least wrong."""


def window_of(settings: Mapping[str, Any]) -> tuple[str, str]:
    """The district's allowed hours (`hours.allowed`, "08:00-20:00"), the product's where it names none."""
    opens, _, closes = str(settings.get("hours.allowed") or "-".join(DEFAULT)).partition("-")
    return opens.strip(), closes.strip()


def opens_at(
    *,
    message_class: str,
    purpose: str,
    answers_family: bool,
    created_at: datetime,
    zone: str,
    now: datetime,
    window: tuple[str, str] = DEFAULT,
) -> datetime:
    """The first moment from `now` on at which this may leave: `now` itself when it may leave now."""
    if _any_hour(message_class, purpose, answers_family=answers_family, created_at=created_at, now=now):
        return now
    return next_open(now, zone, window)


def valid_seconds(
    *,
    message_class: str,
    purpose: str,
    answers_family: bool,
    zone: str,
    now: datetime,
    window: tuple[str, str] = DEFAULT,
    created_at: datetime | None = None,
) -> int:
    """How long a provider may try (1 to 36,000 s): until the family's window closes, 600 s for what leaves at any hour."""
    if _any_hour(message_class, purpose, answers_family=answers_family, created_at=created_at or now, now=now):
        return ANSWER_VALID
    left = (closes_at(now, zone, window) - now).total_seconds()
    return max(1, min(LONGEST_VALID, int(left)))


def is_open(moment: datetime, zone: str, window: tuple[str, str] = DEFAULT) -> bool:
    """Whether the family's wall clock stands inside the window."""
    return _window(*window).holds(moment.astimezone(zone_of(zone)).time())


def next_open(now: datetime, zone: str, window: tuple[str, str] = DEFAULT) -> datetime:
    """The first moment from `now` on inside the window, in UTC."""
    if is_open(now, zone, window):
        return now
    here, hours = zone_of(zone), _window(*window)
    today = now.astimezone(here).date()
    return next(
        moment
        for day in (today, today + timedelta(days=1), today + timedelta(days=2))
        for moment in _moments(day, hours, here, opening=True)
        if moment >= now
    )


def closes_at(now: datetime, zone: str, window: tuple[str, str] = DEFAULT) -> datetime:
    """The end of the window that `now` lies in, or of the next one, in UTC."""
    here, hours = zone_of(zone), _window(*window)
    start = next_open(now, zone, window)
    day = start.astimezone(here).date()
    return next(moment for moment in _moments(day, hours, here, opening=False) if moment > start)


def _any_hour(message_class: str, purpose: str, *, answers_family: bool, created_at: datetime, now: datetime) -> bool:
    return classes.always(message_class, purpose) or (answers_family and now - created_at <= ANSWER_WITHIN)


def _moments(day: date, hours: LocalWindow, here: ZoneInfo, *, opening: bool) -> list[datetime]:
    """When the wall clock shows the window's edge on a day, earliest first: twice when clocks go back.

    A time that a clock change skips gives the same minute counted with the offset before the change, an hour later on the wall.
    """
    wall = datetime.combine(day, hours.opens if opening else hours.closes)
    return sorted({wall.replace(fold=fold, tzinfo=here).astimezone(UTC) for fold in (0, 1)})


@lru_cache(maxsize=256)
def _window(opens: str, closes: str) -> LocalWindow:
    """The district's hours within the lawful ones; the product's default where they are no hours."""
    read = LocalWindow.read(f"{opens}-{closes}")
    return (read.within(LAWFUL) if read else None) or PRODUCT


@lru_cache(maxsize=256)
def zone_of(name: str) -> ZoneInfo:
    """The zone of this name, the fall-back for one that does not exist."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo(FALLBACK_ZONE)
