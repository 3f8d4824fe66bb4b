"""A rota drill: a page marked as one goes the way of a real page, is acknowledged the same way, and the minutes are on record.

A district may not go live before its rota has been tried, and it is tried again while it is live (domain.md 11).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy import Connection

from bot.errors import Conflict, NotAllowed
from bot.log import get_log
from bot.policy import permissions
from bot.service import audit, page
from bot.service.handoff_timer import timer
from bot.service.runtime import Runtime
from bot.store import staff_queries
from bot.store.tables import Handoff, Timer
from bot.store.turn_rows import TurnRows

LEVEL = 1
"""A drill climbs as fast as the worst there is."""

ONE_AT_A_TIME = timedelta(hours=1)
log = get_log("drill")


@dataclass(frozen=True, slots=True)
class Drill:
    """One drill. `seconds` from the page to "I have it", None while nobody has said so; `by` is a staff id or ""."""

    id: str
    started_at: datetime
    seconds: int | None
    by: str


def start(conn: Connection, runtime: Runtime, district_id: str, by: str, now: datetime, *, actor: str = "staff") -> list[str]:
    """Page the rota as in an emergency, marked as a drill; the outbox ids.

    Raises `NotAllowed` when this staff member may not, `Conflict` with a word: nobody_on_call, drill_running.

    :param by: who started it, a staff id; `actor` says when it was the command line instead.
    """
    if actor == "staff" and not may_start(conn, by):
        raise NotAllowed
    if any(one.seconds is None and now - one.started_at < ONE_AT_A_TIME for one in drills(conn, district_id)):
        raise Conflict("drill_running")
    people = page.rota(conn, runtime, district_id, "", now)
    if not people:
        raise Conflict("nobody_on_call")
    rows = TurnRows()
    handoff_id = runtime.ids.new("hnd")
    task = {"id": handoff_id, "district_id": district_id, "to_role": "on_call", "owner_id": people[0].id, "reason": "drill", "lang": ""}
    about = dict.fromkeys(
        ("school_id", "case_id", "contact_id", "entry_id", "message_id", "body", "outcome", "acknowledged_at", "closed_at")
    )
    rows.handoff.append({**about, **task, "visibility": "staff_only", "state": "open", "due_at": now, "created_at": now})
    rows.outbox += page.rows(conn, runtime, people[0], handoff_id, None, "", now, drill=True)
    rows.write(conn)
    conn.execute(sa.insert(Timer), [timer("page", handoff_id, district_id, now + page.NEXT_PERSON[LEVEL], f"{LEVEL}/1")])
    log.info("drill_started", district_id=district_id, handoff_id=handoff_id)
    audit.record(
        conn,
        district_id=district_id,
        actor_kind=actor,
        actor_id=by,
        action="start_drill",
        object_kind="handoff",
        object_id=handoff_id,
        message_class="F",
        now=now,
        new_id=runtime.ids.new,
    )
    return [one["id"] for one in rows.outbox]


def may_start(conn: Connection, staff_id: str) -> bool:
    return permissions.may_try_rota([(row.role, row.school_id) for row in staff_queries.grants(conn, staff_id)])


def drills(conn: Connection, district_id: str) -> list[Drill]:
    """Every drill of a district, the newest first."""
    query = sa.select(Handoff.id, Handoff.created_at, Handoff.acknowledged_at, Handoff.owner_id).where(
        Handoff.district_id == district_id, Handoff.reason == "drill"
    )
    found = []
    for row in conn.execute(query.order_by(Handoff.created_at.desc(), Handoff.id.desc())):
        seconds = int((row.acknowledged_at - row.created_at).total_seconds()) if row.acknowledged_at else None
        found.append(Drill(row.id, row.created_at, seconds, (row.owner_id or "") if seconds is not None else ""))
    return found
