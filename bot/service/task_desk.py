"""What waits for whom: a person's own tasks, those of their teams, and what was done lately. Lists hold no words of families."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from bot.service import access, handoff
from bot.service.viewer import Viewer
from bot.store import task_lists

LATELY = timedelta(days=14)
PAGE = 50
FIRST = 20
"""How much of a list is shown before one asks for all of it."""


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
class Part:
    """A part of one list. `which`: mine (this person has it, or it is for a role of theirs and nobody has it yet) | teams (of their
    cases, with somebody else) | done (lately). `total` counts the whole list, or what of it has the reason `kind`. `kinds` are the reasons
    in a list longer than this part, with how many of each: those that may not wait in front."""

    which: str
    rows: tuple[TaskRow, ...]
    total: int
    page: int = 1
    size: int = PAGE
    kind: str = ""
    kinds: tuple[tuple[str, int], ...] = ()

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // self.size))


URGENT = handoff.SAFETY - {"held"}
"""Reasons that stand above all others until somebody has taken the task."""


def _place(kind: tuple[str, int]) -> int:
    """Danger, then requests for an evaluation, then the rest as they are due."""
    return 0 if kind[0] in URGENT else 1 if kind[0].startswith("evaluation") else 2


LISTS = (task_lists.MINE, task_lists.TEAMS, task_lists.DONE)


class Desk:
    """One person's lists; each part costs a fixed number of queries however long its list is."""

    def __init__(self, conn: Connection, who: Viewer, now: datetime, cases: list[Any] | None = None) -> None:
        """:param cases: `access.open_cases` where the caller has it already."""
        self.conn, self.who, self.now = conn, who, now
        self.cases: Mapping[str, Any] = {row.id: row for row in (access.open_cases(conn, who, now) if cases is None else cases)}
        self.scope = _scope(conn, who, now, self.cases)

    def part(self, which: str, *, page: int = 1, size: int = PAGE, kind: str = "") -> Part:
        since = self.now - LATELY
        first = sorted(URGENT)
        rows = task_lists.tasks(self.conn, self.scope, which, since, limit=size, offset=(page - 1) * size, kind=kind, first=first)
        shown = tuple(self._row(one) for one in rows)
        if page == 1 and len(rows) < size and not kind:
            return Part(which, shown, len(rows), page, size)
        kinds = task_lists.kinds(self.conn, self.scope, which, since)
        total = kinds.get(kind, 0) if kind else sum(kinds.values())
        return Part(which, shown, total, page, size, kind, tuple(sorted(kinds.items(), key=_place)))

    def waiting(self) -> dict[str, task_lists.Waiting]:
        """What nobody has taken yet in this person's cases, as far as they may know of it, by case."""
        return task_lists.waiting(self.conn, self.scope, self.now) if self.cases else {}

    def _row(self, row: Any) -> TaskRow:
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


def _scope(conn: Connection, who: Viewer, now: datetime, cases: Mapping[str, Any]) -> task_lists.Scope:
    turns = task_lists.turns_now(conn, who.district_id, who.staff_id, now)
    grants = access.grants(conn, who)
    schools = {row.school_id for row in cases.values()}
    return task_lists.Scope(
        who.district_id, who.staff_id, tuple(grants), frozenset(turns), list(cases), access.readable(grants, schools, turns)
    )
