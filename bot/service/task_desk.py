"""What waits for whom: a person's own tasks, those of their teams, and what was done lately. Lists hold no words of families."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from bot.policy import permissions
from bot.service import access
from bot.service.case_timeline import task_kind
from bot.service.sign_in import Viewer
from bot.store import task_lists

LATELY = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class TaskRow:
    """One task in a list. `code`, `child` and `who` are "" for somebody who may not open its case."""

    id: str
    reason: str
    to_role: str
    state: str
    mine: bool
    owner: str
    code: str
    child: str
    who: str
    lang: str
    late: bool
    due_at: datetime
    closed_at: datetime | None
    zone: str


@dataclass(frozen=True, slots=True)
class Desk:
    """`mine`: this person has it, or it is for a role of theirs and nobody has it yet. `teams`: of their cases, with somebody else."""

    mine: tuple[TaskRow, ...]
    teams: tuple[TaskRow, ...]
    done: tuple[TaskRow, ...] = ()


def desk(conn: Connection, who: Viewer, now: datetime, cases: list[Any] | None = None, *, done: bool = False) -> Desk:
    """The tasks of this person, what is due first on top; a fixed number of queries however many there are.

    :param cases: `access.open_cases` where the caller has it already.
    :param done: what was closed lately as well.
    """
    found = _Found(conn, who, now, access.open_cases(conn, who, now) if cases is None else cases)
    rows = found.rows(None)
    return Desk(
        tuple(found.row(one) for one in rows if found.is_mine(one)),
        tuple(found.row(one) for one in rows if not found.is_mine(one) and found.may_read(one)),
        tuple(found.row(one) for one in found.rows(now - LATELY) if found.is_mine(one) or found.may_read(one)) if done else (),
    )


class _Found:
    """The lists' rows and what decides about each."""

    def __init__(self, conn: Connection, who: Viewer, now: datetime, cases: list[Any]) -> None:
        self.conn, self.who, self.now = conn, who, now
        self.cases: Mapping[str, Any] = {row.id: row for row in cases}
        self.grants = access.grants(conn, who)
        self.turns = task_lists.turns_now(conn, who.district_id, who.staff_id, now)

    def rows(self, closed_since: datetime | None) -> list[Any]:
        roles = [role for role, _ in self.grants] + (["on_call"] if self.turns else [])
        found = task_lists.tasks(
            self.conn,
            self.who.district_id,
            staff_id=self.who.staff_id,
            roles=roles,
            case_ids=list(self.cases),
            closed_since=closed_since,
        )
        return list(found)

    def is_mine(self, row: Any) -> bool:
        if row.to_role == "on_call" and row.state == "open" and (None in self.turns or row.school_id in self.turns):
            return True  # whoever is quickest takes a page, whoever was paged first
        if row.owner_id is not None:
            return bool(row.owner_id == self.who.staff_id)
        return any(role == row.to_role and where in (None, row.school_id) for role, where in self.grants)

    def may_read(self, row: Any) -> bool:
        return row.case_id in self.cases and permissions.may_read(
            self.grants,
            school_id=row.school_id or "",
            visibility=row.visibility,
            kind=task_kind(row.reason),
            own=row.owner_id == self.who.staff_id,
            on_call=None in self.turns or row.school_id in self.turns,
        )

    def row(self, row: Any) -> TaskRow:
        known = row.case_id in self.cases
        return TaskRow(
            id=row.id,
            reason=row.reason,
            to_role=row.to_role,
            state=row.state,
            mine=row.owner_id == self.who.staff_id,
            owner=row.owner or "",
            code=row.code if known else "",
            child=row.child if known else "",
            who=(row.contact or "") if known or row.case_id is None else "",
            lang=row.lang or row.contact_lang or "",
            late=row.state != "closed" and row.due_at < self.now,
            due_at=row.due_at,
            closed_at=row.closed_at,
            zone=row.zone,
        )
