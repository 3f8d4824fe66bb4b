"""No more than three bot-started, non-urgent messages per contact and week, across all flows (domain.md 3.0, Rhythm).

What counts: each flow the bot starts unasked, each nudge, each letter. What does not: answers and what follows on them, later parts of a
talk the family is in, meetings, and what keeps a family safe or gives it its rights.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

DEFAULT = 3
WEEK = timedelta(days=7)

FREE = frozenset({"reminder", "meeting-news", "crisis", "identity", "evaluation-request", "stop-help", "may-read"})
"""Flows that no cap holds back, and that leave room for others."""


def weekly(settings: Mapping[str, Any]) -> int:
    """The district's cap (`cap.weekly`), three unless it says otherwise."""
    value = settings.get("cap.weekly", DEFAULT)
    return value if isinstance(value, int) and value > 0 else DEFAULT


def counts(flow_id: str) -> bool:
    """Whether a start of this flow, or a nudge of its talk, is one of the week's."""
    return flow_id not in FREE


def free_at(started: Iterable[datetime], now: datetime, limit: int = DEFAULT) -> datetime:
    """From when on the bot may start one more: `now`, or the moment the oldest of the last `limit` is a week old."""
    recent = sorted(moment for moment in started if moment > now - WEEK)
    return now if len(recent) < limit else recent[-limit] + WEEK
