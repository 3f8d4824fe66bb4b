"""No more than three bot-started, non-urgent messages per contact and week, across all flows (domain.md 3.0, Rhythm).

What counts: each flow the bot starts unasked, and each nudge. What does not: answers, later parts of a talk the family is in, reminders of
a meeting they accepted, the confirmation of a STOP, and class F.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from bot.policy import classes

DEFAULT = 3
WEEK = timedelta(days=7)
_STARTS = frozenset({"ask", "nudge", "notice"})


def weekly(settings: Mapping[str, Any]) -> int:
    """The district's cap (`cap.weekly`), three unless it says otherwise."""
    value = settings.get("cap.weekly", DEFAULT)
    return value if isinstance(value, int) and value >= 0 else DEFAULT


def counts(*, message_class: str, purpose: str, answers_family: bool, accepted_meeting: bool = False) -> bool:
    """Whether a message counts against the cap."""
    return purpose in _STARTS and not answers_family and not accepted_meeting and not classes.always(message_class, purpose)


def free_at(started: Iterable[datetime], now: datetime, limit: int = DEFAULT) -> datetime | None:
    """From when on the bot may start one more: `now`, or the moment the oldest of the last `limit` is a week old.

    None when the district allows none at all.
    """
    if limit <= 0:
        return None
    recent = sorted(moment for moment in started if moment > now - WEEK)
    return now if len(recent) < limit else recent[-limit] + WEEK
