"""Trained staff end a safety flag: messages about the child may leave again, with who did it, when and why on record (F23).

What raised the flag stays `safety_only`. Words that came in while it was open stay tasks until somebody has read them.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from bot.errors import Conflict, NotAllowed
from bot.log import get_log
from bot.policy import permissions
from bot.service import audit, case_timeline
from bot.service.runtime import Runtime
from bot.service.sign_in import Viewer
from bot.service.staff_entry import Book
from bot.store import safety, staff_queries
from bot.store.duty import on_call_now

WHY = ("safe_now", "plan_in_place", "reported", "false_alarm")
"""Why a flag may end: everybody is safe, a plan is in place, it was reported as the law wants, or it was none."""

log = get_log("release")


def may_release(conn: Connection, who: Viewer, case: Any, now: datetime) -> bool:
    """Whether this person is trained staff for this case: who may read what raised the flag may also end it."""
    grants = [(row.role, row.school_id) for row in staff_queries.grants(conn, who.staff_id)]
    on_call = who.staff_id in on_call_now(conn, case.district_id, case.school_id, now)
    return permissions.may_read(grants, school_id=case.school_id, visibility="safety_only", kind="safety_flag", own=False, on_call=on_call)


def release(conn: Connection, runtime: Runtime, who: Viewer, code: str, why: str, now: datetime, note: str = "") -> list[str]:
    """End the flag of a case; the ids of what it held, to be looked at now.

    Raises `NotFound` for a case this person may not open, `NotAllowed` when they are not trained staff, and `Conflict` with a word for the
    page: no_reason, not_held.
    """
    case = case_timeline.find(conn, who, code, now)
    if not may_release(conn, who, case, now):
        raise NotAllowed
    if why not in WHY:
        raise Conflict("no_reason")
    book = Book(conn, runtime, case.id, now)
    if not safety.lift(conn, case.id):
        raise Conflict("not_held")
    safety.lift_requests(conn, case.student_id)
    safety.close_tasks(conn, case.id, who.staff_id, now)
    safety.end_talks(conn, case.student_id, now)
    book.entry("safety_flag", {"state": "released", "why": why}, staff_id=who.staff_id, visibility="safety_only", words=note)
    book.close()
    held = list(safety.let_go(conn, case.id, now))
    log.info("safety_hold_released", case_id=case.id, staff_id=who.staff_id, reason=why, count=len(held))
    audit.by_staff(conn, runtime, who, "release_safety_hold", case.id, now, message_class="F", reason=why)
    return held
