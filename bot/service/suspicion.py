"""Staff think a disability may be behind it (F26): it goes the way of a family's request, to the same two people, on the same day.

The words are dated by when they were written, kept from the whole team, and told to nobody of the family by a program: a person does.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.errors import Conflict, NotAllowed, NotFound
from bot.policy import calendar
from bot.service import access, audit, directory, staff_post
from bot.service.handoff_timer import evaluation_moment, timer
from bot.service.runtime import Runtime
from bot.service.sign_in import Viewer
from bot.service.staff_entry import Book
from bot.store import duty
from bot.store.tables import Timer
from bot.store.types import Plain

MAX_WORDS = 2_000
REASON = "evaluation"


def form(conn: Connection, who: Viewer, code: str, now: datetime) -> Any:
    """The case, where this person may raise it. Raises `NotFound` and `NotAllowed`."""
    case = access.case(conn, who, code, now)
    if not access.reader(conn, who, case.school_id, now).may_send("C"):
        raise NotAllowed
    if case.state != "open":
        raise NotFound
    return case


def tell(conn: Connection, runtime: Runtime, who: Viewer, code: str, words: str, now: datetime) -> list[str]:
    """Write it down, for the evaluation contact and the liaison to have today; ids of what tells them. Raises `Conflict` without words."""
    case = form(conn, who, code, now)
    said = words.strip()
    if not said:
        raise Conflict("words")
    book = Book(conn, runtime, case.id, now)
    today = now.astimezone(ZoneInfo(case.zone)).date().isoformat()
    entry = book.entry(
        "eval_request", {"date": today, "by": "staff"}, staff_id=who.staff_id, visibility="staff_only", words=said, step="staff"
    )
    book.close()
    roles = directory.roles(conn, case.district_id, now)
    contact = roles.holder("evaluation_contact", case.school_id) or roles.holder("coordinator", case.school_id) or case.liaison_id
    wake: list[str] = []
    for role, owner in (("evaluation_contact", contact), ("liaison", case.liaison_id)):
        wake += _task(conn, runtime, case, role, owner, said, entry, now)
    audit.by_staff(conn, runtime, who, "raise_evaluation", case.id, now, message_class="E")
    return wake


def _task(conn: Connection, runtime: Runtime, case: Any, role: str, owner: str, words: str, entry_id: str, now: datetime) -> list[str]:
    """One person's task for today, told by every way they have; nobody taking it climbs before school ends, as a family's request does."""
    due = calendar.due("same_day", now, case.zone, directory.district(conn, case.district_id, now).settings)
    row = {
        "id": runtime.ids.new("hnd"),
        "district_id": case.district_id,
        "school_id": case.school_id,
        "case_id": case.id,
        "contact_id": None,
        "entry_id": entry_id,
        "to_role": role,
        "owner_id": owner,
        "reason": REASON,
        "body": Plain(case.district_id, words),
        "lang": "",
        "visibility": "staff_only",
        "state": "open",
        "due_at": due,
        "created_at": now,
    }
    duty.add_task(conn, row)
    if role == "evaluation_contact":
        conn.execute(sa.insert(Timer), [timer("eval", str(row["id"]), case.district_id, evaluation_moment(now, due))])
    person = directory.staff(conn, [owner], now).get(owner)
    text = staff_post.waiting(runtime, person.lang if person else "en", case.code, str(row["id"]), due, case.zone)
    known = {"case_id": case.id, "handoff_id": row["id"], "purpose": "handoff", "ref": "handoff"}
    return staff_post.post(conn, runtime, owner, text, now=now, **known)
