"""What time it is and what the next thing is called: the two questions nothing may ask by itself.

Services take both from `Runtime`; pure rooms get `now` and `new_id` as arguments. Tests use `tests.fakes.clock`.
"""

from __future__ import annotations

import os
import threading
import time
from datetime import UTC, datetime
from typing import Protocol

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_PAIRS = tuple(a + b for a in ALPHABET for b in ALPHABET)
_TIME_BITS = 50  # 48 are used: ten letters
_RANDOM_BITS = 80
_TAIL_BITS = 20
_TAIL = (1 << _TAIL_BITS) - 1
"""Within a millisecond only the last four letters change: the rest is written once."""


class Clock(Protocol):
    """The time now, aware and in UTC."""

    def now(self) -> datetime: ...


class Ids(Protocol):
    """New ids: a short kind, "_" and a ULID ("ent_01J..."); ids made later in one process sort later."""

    def new(self, kind: str) -> str: ...


class RealClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class RealIds:
    """ULIDs that only grow within a process and start afresh after a fork, so that a child never repeats its parent."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._millis = 0
        self._moment = ""
        self._head = ""
        self._low = 0
        os.register_at_fork(after_in_child=self._forget)

    def _forget(self) -> None:
        self._lock = threading.Lock()
        self._millis = 0
        self._moment = ""
        self._head = ""
        self._low = 0

    def new(self, kind: str) -> str:
        with self._lock:
            millis = time.time_ns() // 1_000_000
            if millis > self._millis:
                self._millis = millis
                self._moment = letters(millis, _TIME_BITS)
                # one bit is left free, so that counting up within a millisecond cannot overflow
                self._low = int.from_bytes(os.urandom(10)) >> 1
                self._head = self._moment + letters(self._low >> _TAIL_BITS, _RANDOM_BITS - _TAIL_BITS)
            else:
                self._low += 1
                if not self._low & _TAIL:
                    self._head = self._moment + letters(self._low >> _TAIL_BITS, _RANDOM_BITS - _TAIL_BITS)
            tail = self._low & _TAIL
            return f"{kind}_{self._head}{_PAIRS[tail >> 10]}{_PAIRS[tail & 1023]}"


def letters(number: int, bits: int) -> str:
    """The lowest bits in Crockford's alphabet, ten bits (two letters) a step."""
    return "".join([_PAIRS[number >> shift & 1023] for shift in range(bits - 10, -1, -10)])
