"""Staff think a disability may be behind it (F26): it goes the way of a family's request, to the same two people, on the same day.

The words are dated by when they were written, kept from the whole team, and told to nobody of the family by a program: a person does.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.errors import Conflict
from bot.service import access, assign, audit, directory
from bot.service.handoff_timer import evaluation_moment, timer
from bot.service.runtime import Runtime
from bot.service.staff_entry import Book
from bot.service.viewer import Viewer
from bot.store.tables import Handoff, Timer
from bot.store.types import Plain

MAX_WORDS = 2_000
REASON = "evaluation"
PRESSED_AGAIN = timedelta(minutes=10)


def form(conn: Connection, who: Viewer, code: str, now: datetime) -> Any:
    """The case, where this person may raise it."""
    return access.case_to_send(conn, who, code, "C", now, open_only=True)


def tell(conn: Connection, runtime: Runtime, who: Viewer, code: str, words: str, now: datetime) -> list[str]:
    """Write it down, for the evaluation contact and the liaison to have today; ids of what tells them. A button pressed twice does it
    once. Raises `Conflict` without words."""
    case = form(conn, who, code, now)
    said = words.strip()
    if not said:
        raise Conflict("words")
    book = Book(conn, runtime, case.id, now)
    begun = sa.select(Handoff.body).where(Handoff.case_id == case.id, Handoff.reason == REASON, Handoff.created_at > now - PRESSED_AGAIN)
    if said in conn.execute(begun).scalars().all():
        return []
    today = now.astimezone(ZoneInfo(case.zone)).date().isoformat()
    entry = book.entry(
        "eval_request", {"date": today, "by": "staff"}, staff_id=who.staff_id, visibility="staff_only", words=said, step="staff"
    )
    book.close()
    roles = directory.roles(conn, case.district_id, now)
    contact = roles.holder("evaluation_contact", case.school_id) or roles.holder("coordinator", case.school_id) or case.liaison_id
    due_at = assign.due(conn, case, "same_day", now)
    more = {"entry_id": entry, "body": Plain(case.district_id, said), "visibility": "staff_only"}
    wake: list[str] = []
    for role, owner in (("evaluation_contact", contact), ("liaison", case.liaison_id)):
        task_id = assign.assign(conn, runtime, case, role, owner, REASON, due_at, now, **more)
        if role == "evaluation_contact":  # nobody taking it climbs before school ends, as a family's request does
            conn.execute(sa.insert(Timer), [timer("eval", task_id, case.district_id, evaluation_moment(now, due_at))])
        wake += assign.tell(conn, runtime, case, task_id, owner, due_at, now)
    audit.by_staff(conn, runtime, who, "raise_evaluation", case.id, now, message_class="E")
    return wake
