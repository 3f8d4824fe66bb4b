"""The cases a staff member may open, as the first page of the console shows them: no words of families, only who waits for what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from bot.policy import permissions
from bot.screen.fold import fold
from bot.service import access, task_desk
from bot.service.viewer import Viewer
from bot.store import staff_queries, task_lists


@dataclass(frozen=True, slots=True)
class CaseCard:
    """One case on the page. `waiting` counts open hand-offs this reader may know of, `late` those past their time, `due_at` the first;
    `unread`: the family was heard since this reader last looked."""

    code: str
    child: str
    school: str
    zone: str
    domains: tuple[str, ...]
    waiting: int
    late: int
    due_at: datetime | None
    heard_at: datetime | None
    safety_hold: bool
    unread: bool

    @property
    def needs_a_person(self) -> bool:
        return bool(self.safety_hold or self.waiting)


@dataclass(frozen=True, slots=True)
class FirstPage:
    """What waits for this person, then their cases: those that need a person first, then who was heard last.

    `cards` is one page of `found` cases; `total` are all of theirs.
    """

    tasks: tuple[task_desk.TaskRow, ...]
    waiting: int
    cards: tuple[CaseCard, ...]
    found: int
    total: int
    page: int = 1

    @property
    def pages(self) -> int:
        return max(1, -(-self.found // PAGE))


PAGE = 60
TASKS = 5


def my_cases(conn: Connection, who: Viewer, now: datetime, wanted: str, page: int) -> FirstPage:
    """The page.

    :param wanted: part of a child's name or of a case code; the names are compared here, because the database cannot read them.
    """
    rows = access.open_cases(conn, who, now)
    desk = task_desk.Desk(conn, who, now, rows)
    mine = desk.part(task_lists.MINE, size=TASKS)
    cards = _cards(conn, who, rows, desk.waiting())
    key = fold(wanted).strip()
    shown = [card for card in cards if key in fold(card.child) or key in card.code.lower()] if key else cards
    part = sorted(shown, key=_urgency)[(page - 1) * PAGE : page * PAGE]
    return FirstPage(mine.rows, mine.total, tuple(part), len(shown), len(cards), page)


def _urgency(card: CaseCard) -> tuple[Any, ...]:
    heard = card.heard_at.timestamp() if card.heard_at else 0.0
    first = card.due_at.timestamp() if card.due_at else float("inf")
    return (not card.safety_hold, -card.late, not card.waiting, first, -heard, card.code)


def _cards(conn: Connection, who: Viewer, rows: Sequence[Any], waiting: Mapping[str, task_lists.Waiting]) -> list[CaseCard]:
    grants = access.grants(conn, who)
    children = staff_queries.children(conn, [row.student_id for row in rows])
    heard = staff_queries.last_words(conn, [row.id for row in rows])
    looked = staff_queries.last_looks(conn, who.staff_id, [row.id for row in rows])
    return [
        CaseCard(
            code=row.code,
            child=children.get(row.student_id, ""),
            school=row.school,
            zone=row.zone,
            domains=tuple(row.domains),
            waiting=waits.number if (waits := waiting.get(row.id)) else 0,
            late=waits.late if waits else 0,
            due_at=waits.due_at if waits else None,
            heard_at=heard.get(row.id),
            # that danger was raised is told to nobody who may not read of it: not by a label and not by the order of the page
            safety_hold=bool(row.safety_hold) and _may_know(grants, row.school_id),
            unread=row.id in heard and (row.id not in looked or looked[row.id] < heard[row.id]),
        )
        for row in rows
    ]


def _may_know(grants: Sequence[permissions.Grant], school_id: str) -> bool:
    return permissions.may_read(grants, school_id=school_id, visibility="team", kind="safety_flag", own=False, on_call=False)
