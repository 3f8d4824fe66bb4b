"""An alert that nobody acted on within one school day is a task of the liaison (F27)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from bot.service import tell_staff
from bot.service.doing import Doing
from bot.service.handoff_timer import timer
from bot.service.runtime import Runtime
from bot.store import due, staff_queries, timeline
from bot.store.due import DueTimer

KIND = "alert"
REASON = "alert_unseen"
ONCE = frozenset({"acknowledge", "say_thanks", "ask_liaison"})
"""What is done for the whole team when one of them did it: the alert offers it no more."""


def watch(doing: Doing, outbox_id: str) -> None:
    """Look again when a school day has passed."""
    due_at = doing.stage.due("school_day", doing.place.district, doing.zone)
    doing.rows.timer.append(timer(KIND, outbox_id, doing.district_id, due_at))


def ring(conn: Connection, runtime: Runtime, rung: DueTimer, now: datetime) -> list[str]:
    """Serve the timer in the caller's transaction. One open task a case is enough, and what could not be sent is a task already."""
    row = staff_queries.outbox_row(conn, rung.subject_id or "")
    if not due.finish_timer(conn, rung.id, rung.due_at) or row is None or row.state == "failed" or any(is_done(row, one) for one in ONCE):
        return []
    if not any(one.reason == REASON and one.state == "open" for one in timeline.handoffs(conn, row.case_id)):
        about = {"case_id": row.case_id, "contact_id": row.contact_id, "about": row.id}
        tell_staff.task(conn, runtime, now, REASON, district_id=row.district_id, **about)
    return []


def is_done(row: Any, action: str) -> bool:
    """Whether the message as we last left it offers this no more: somebody else was quicker, or it was pressed twice."""
    return bool(row.blocks) and f'"{action}"' not in row.blocks
