"""Trained staff end a safety flag: messages about the child may leave again, with who did it, when and why on record (F23).

What raised the flag stays `safety_only`. Words that came in while it was open stay tasks until somebody has read them.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from bot.errors import Conflict, NotAllowed
from bot.log import get_log
from bot.service import access, audit
from bot.service.runtime import Runtime
from bot.service.staff_entry import Book
from bot.service.viewer import Viewer
from bot.store import safety

WHY = ("safe_now", "plan_in_place", "reported", "false_alarm")
"""Why a flag may end: everybody is safe, a plan is in place, it was reported as the law wants, or it was none."""

log = get_log("release")


def may_release(conn: Connection, who: Viewer, case: Any, now: datetime) -> bool:
    """Whether this person is trained staff for this case: who may read what raised the flag may also end it."""
    return access.reader(conn, who, case.school_id, now).may_read("safety_only", "safety_flag")


def release(conn: Connection, runtime: Runtime, who: Viewer, code: str, why: str, now: datetime, note: str = "") -> list[str]:
    """End the flag of a case; the ids of what it held, to be looked at now.

    Raises `NotFound` for a case this person may not open, `NotAllowed` when they are not trained staff, and `Conflict` with a word for the
    page: no_reason, not_held.
    """
    case = access.case(conn, who, code, now)
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
