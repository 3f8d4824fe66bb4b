"""What came of a task, as it is kept: a word for what was done and a note, sealed together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson

from bot.store.types import Plain

HOW = ("called", "wrote", "met", "passed_on", "not_needed")
"""What a person did about it."""

MAX_NOTE = 2000


@dataclass(frozen=True, slots=True)
class Outcome:
    """`how` is "" while nothing came of it yet."""

    how: str = ""
    note: str = ""


def read(kept: str | None) -> Outcome:
    """The outcome in a row."""
    if not kept:
        return Outcome()
    found: dict[str, Any] = orjson.loads(kept)
    return Outcome(str(found.get("how", "")), str(found.get("note", "")))


def sealed(district_id: str, how: str, note: str) -> Plain:
    """The outcome for a row."""
    return Plain(district_id, orjson.dumps({"how": how, "note": note.strip()}).decode())
