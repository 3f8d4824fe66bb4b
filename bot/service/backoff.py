"""How long to wait before a message is tried again."""

from __future__ import annotations

from datetime import timedelta

LONGEST = 300.0
"""Seconds between two tries at most."""

MOST_TRIES = 12
"""After that a message is given up and a person is told: about half an hour of a provider that refuses."""


def wait(attempts: int, chance: float, asked: float = 0.0) -> timedelta:
    """How long before the next try: 1, 2, 4 ... seconds by the number of tries, never less than the provider asked for.

    :param chance: 0-1, fresh for each row: rows that failed together do not come back together (full jitter).
    """
    backoff = min(LONGEST, float(2 ** max(0, attempts - 1)))
    return timedelta(seconds=asked + backoff * (0.5 + 0.5 * chance if not asked else chance))
