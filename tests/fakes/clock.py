"""A clock that ticks one second a call, and ids that count."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

START = datetime(2026, 11, 17, 16, 0, tzinfo=UTC)
"""A Tuesday, 09:00 in Denver: school is open and texts may be sent."""


class TickingClock:
    """Every call is a second later than the one before; `set` and `advance` move it."""

    def __init__(self, start: datetime = START, step: timedelta = timedelta(seconds=1)) -> None:
        self._now = start
        self.step = step

    def now(self) -> datetime:
        now = self._now
        self._now += self.step
        return now

    def set(self, moment: datetime) -> None:
        self._now = moment

    def advance(self, **delta: float) -> None:
        self._now += timedelta(**delta)


class CountingIds:
    """ent_00000000000000000000000001, ent_...2: fixed, sorted, each kind counted for itself."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()

    def new(self, kind: str) -> str:
        self._counts[kind] += 1
        return f"{kind}_{self._counts[kind]:026d}"
