"""The cases a staff member may open, as the first page of the console shows them: no words of families, only who waits for what."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from bot.policy import permissions
from bot.service import access, task_desk
from bot.service.sign_in import Viewer
from bot.store import staff_queries


@dataclass(frozen=True, slots=True)
class CaseCard:
    """One case on the page. `waiting` counts open hand-offs this reader may know of, `late` those past their time, `due_at` the first."""

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

    @property
    def needs_a_person(self) -> bool:
        return bool(self.safety_hold or self.waiting)


@dataclass(frozen=True, slots=True)
class FirstPage:
    """What waits for this person, then their cases: those that need a person first, then who was heard last."""

    tasks: tuple[task_desk.TaskRow, ...]
    cards: tuple[CaseCard, ...]
    total: int


def my_cases(conn: Connection, who: Viewer, now: datetime, wanted: str = "") -> FirstPage:
    """The page.

    :param wanted: part of a child's name or of a case code; the names are compared here, because the database cannot read them.
    """
    rows = access.open_cases(conn, who, now)
    desk = task_desk.desk(conn, who, now, rows)
    cards = _cards(conn, access.grants(conn, who), rows, [*desk.mine, *desk.teams])
    key = _folded(wanted)
    shown = [card for card in cards if key in _folded(card.child) or key in card.code.lower()] if key else cards
    return FirstPage(desk.mine, tuple(sorted(shown, key=_urgency)), len(cards))


def _urgency(card: CaseCard) -> tuple[Any, ...]:
    heard = card.heard_at.timestamp() if card.heard_at else 0.0
    first = card.due_at.timestamp() if card.due_at else float("inf")
    return (not card.safety_hold, -card.late, not card.waiting, first, -heard, card.code)


def _folded(text: str) -> str:
    """For finding: case and accents do not matter."""
    return "".join(sign for sign in unicodedata.normalize("NFKD", text.strip().casefold()) if not unicodedata.combining(sign))


def _cards(
    conn: Connection, grants: Sequence[permissions.Grant], rows: Sequence[Any], tasks: Sequence[task_desk.TaskRow]
) -> list[CaseCard]:
    children = staff_queries.children(conn, [row.student_id for row in rows])
    heard = staff_queries.last_words(conn, [row.id for row in rows])
    waiting: dict[str, list[task_desk.TaskRow]] = {}
    for task in tasks:
        if task.code and task.state == "open":
            waiting.setdefault(task.code, []).append(task)
    return [
        CaseCard(
            code=row.code,
            child=children.get(row.student_id, ""),
            school=row.school,
            zone=row.zone,
            domains=tuple(row.domains),
            waiting=len(waiting.get(row.code, ())),
            late=sum(task.late for task in waiting.get(row.code, ())),
            due_at=min((task.due_at for task in waiting.get(row.code, ())), default=None),
            heard_at=heard.get(row.id),
            # that danger was raised is told to nobody who may not read of it: not by a label and not by the order of the page
            safety_hold=bool(row.safety_hold) and _may_know(grants, row.school_id),
        )
        for row in rows
    ]


def _may_know(grants: Sequence[permissions.Grant], school_id: str) -> bool:
    return permissions.may_read(grants, school_id=school_id, visibility="team", kind="safety_flag", own=False, on_call=False)
