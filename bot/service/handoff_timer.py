"""The timers a hand-off sets: one row of each kind, whose id is made of the hand-off's, so that setting it twice moves it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any


def timer(kind: str, handoff_id: str, district_id: str, due_at: datetime, step: str = "") -> dict[str, Any]:
    """`kind`: page (next of the rota) | told (the line about staff) | eval (a request nobody took) | alert (one nobody acted on: its id is
    that of the text)."""
    return {
        "id": f"tmr_{handoff_id.partition('_')[2]}_{kind}",
        "district_id": district_id,
        "session_id": None,
        "contact_id": None,
        "subject_id": handoff_id,
        "kind": kind,
        "step_id": step,
        "due_at": due_at,
        "not_after": None,
        "state": "pending",
    }


def evaluation_moment(now: datetime, due_at: datetime) -> datetime:
    """When an evaluation request nobody took is told again: an hour before school ends, or half of what is left of the day."""
    return due_at - min(timedelta(hours=1), (due_at - now) / 2)
