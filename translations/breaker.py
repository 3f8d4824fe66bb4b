"""A circuit breaker: an engine that fails again and again is left alone, longer each time, and tried once when the pause is over."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from translations.base import Resting

FAILURES = 3
REST_SECONDS = 60.0
LONGEST_SECONDS = 3600.0


class Breaker:
    """One engine's. `clock` counts seconds and never goes back."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._failures = 0
        self._rests = 0
        self._until = 0.0

    def ask(self) -> None:
        """Raise `Resting` while the pause lasts."""
        with self._lock:
            if self._clock() < self._until:
                raise Resting("resting")

    def worked(self) -> None:
        with self._lock:
            self._failures = self._rests = 0

    def failed(self, *, wait: float = 0.0, at_once: bool = False) -> None:
        """Count a failure. `at_once`: it asked for a pause (429, a captcha); `wait`: how long it asked for."""
        with self._lock:
            self._failures += 1
            if self._failures < FAILURES and not at_once and not self._rests:
                return
            rest = min(LONGEST_SECONDS, REST_SECONDS * 2**self._rests)
            self._until = self._clock() + min(LONGEST_SECONDS, max(rest, wait))
            self._rests += 1
            self._failures = 0
