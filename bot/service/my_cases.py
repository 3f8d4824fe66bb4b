"""The cases a staff member may open, as the first page of the console shows them: no words of families, only who waits for what."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from bot.policy import permissions
from bot.service.case_timeline import task_kind
from bot.service.sign_in import Viewer
from bot.store import staff_queries


@dataclass(frozen=True, slots=True)
class CaseCard:
    """One case on the page. `waiting` counts open hand-offs this reader may know of, `late` those past their time."""

    code: str
    child: str
    school: str
    zone: str
    domains: tuple[str, ...]
    waiting: int
    late: int
    heard_at: datetime | None
    safety_hold: bool


def my_cases(conn: Connection, who: Viewer, now: datetime) -> list[CaseCard]:
    """Cases in the order of what needs a person first."""
    grants = [(row.role, row.school_id) for row in staff_queries.grants(conn, who.staff_id)]
    rows = staff_queries.cases(conn, who.district_id)
    mine = set(staff_queries.memberships(conn, who.staff_id, now))
    evaluations = staff_queries.asked_for_evaluation(conn, [row.id for row in rows])
    rows = [
        row
        for row in rows
        if permissions.may_open_case(
            grants,
            school_id=row.school_id,
            on_team=row.id in mine or who.staff_id in (row.lead_id, row.liaison_id),
            asked_for_evaluation=row.id in evaluations,
        )
    ]
    ids = [row.id for row in rows]
    school_of = {row.id: row.school_id for row in rows}
    children = staff_queries.children(conn, [row.student_id for row in rows])
    heard = staff_queries.last_words(conn, ids)
    waiting: dict[str, list[datetime]] = {}
    for task in staff_queries.open_tasks(conn, ids):
        visible = permissions.may_read(
            grants, school_id=school_of[task.case_id], visibility=task.visibility, kind=task_kind(task.reason), own=False, on_call=False
        )
        if visible and task.state == "open":
            waiting.setdefault(task.case_id, []).append(task.due_at)
    cards = [
        CaseCard(
            code=row.code,
            child=children.get(row.student_id, ""),
            school=row.school,
            zone=row.zone,
            domains=tuple(row.domains),
            waiting=len(waiting.get(row.id, ())),
            late=sum(due < now for due in waiting.get(row.id, ())),
            heard_at=heard.get(row.id),
            safety_hold=bool(row.safety_hold),
        )
        for row in rows
    ]
    return sorted(cards, key=lambda card: (-card.late, -card.waiting, card.code))
