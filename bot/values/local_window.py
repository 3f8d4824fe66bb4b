"""A part of the day on somebody's own clock, such as the hours in which a family may be texted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time


@dataclass(frozen=True, slots=True, order=True)
class LocalWindow:
    """From `opens` up to, and not including, `closes`, both on the same day."""

    opens: time
    closes: time

    @classmethod
    def read(cls, text: str) -> LocalWindow | None:
        """Read "08:00-20:00"; None when it is none, or ends before it begins."""
        opens, _, closes = text.partition("-")
        try:
            window = cls(time.fromisoformat(opens.strip()), time.fromisoformat(closes.strip()))
        except ValueError:
            return None
        return window if window.opens < window.closes else None

    def within(self, other: LocalWindow) -> LocalWindow | None:
        """What both have in common, None if nothing."""
        opens, closes = max(self.opens, other.opens), min(self.closes, other.closes)
        return LocalWindow(opens, closes) if opens < closes else None

    def holds(self, wall: time) -> bool:
        """Whether a wall clock time lies in it."""
        return self.opens <= wall < self.closes
