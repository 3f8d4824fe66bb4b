"""A task that staff make for staff, and a word to its owner that holds a case code and nothing else."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from bot.policy import calendar
from bot.service import directory, staff_post
from bot.service.runtime import Runtime
from bot.store.tables import Handoff


def due(conn: Connection, case: Any, within: str, now: datetime) -> datetime:
    """`bot.policy.calendar.due` at the case's school."""
    return calendar.due(within, now, case.zone, directory.district(conn, case.district_id, now).settings)


def assign(
    conn: Connection, runtime: Runtime, case: Any, role: str, owner_id: str, reason: str, due_at: datetime, now: datetime, **known: Any
) -> str:
    """Make the task; its id. `known`: more columns, and what is not for the whole team."""
    row = {
        "id": runtime.ids.new("hnd"),
        "district_id": case.district_id,
        "school_id": case.school_id,
        "case_id": case.id,
        "to_role": role,
        "owner_id": owner_id,
        "reason": reason,
        "lang": "",
        "visibility": "team",
        "state": "open",
        "due_at": due_at,
        "created_at": now,
        **known,
    }
    conn.execute(sa.insert(Handoff), [row])
    return str(row["id"])


def tell(conn: Connection, runtime: Runtime, case: Any, handoff_id: str, owner_id: str, due_at: datetime, now: datetime) -> list[str]:
    """A word to the owner by the first way they have; the outbox ids."""
    person = directory.staff(conn, [owner_id], now).get(owner_id)
    text = staff_post.waiting(runtime, person.lang if person else "en", case.code, handoff_id, due_at, case.zone)
    return staff_post.post(conn, runtime, owner_id, text, now=now, case_id=case.id, handoff_id=handoff_id, purpose="handoff", ref="handoff")
