"""Many hand-offs at once, for lists: never their words. What a person may not know of is left out by the query, so that a page of a list is
a whole page of it and a count counts it. Reads only."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection

from bot.store.case_people import on_team
from bot.store.duty import on_duty
from bot.store.tables import Case, CaseMember, Contact, District, Handoff, OnCall, Staff, Student

Row = Any
"""A row with its columns by name."""

MINE, TEAMS, DONE = "mine", "teams", "done"
"""This person has it, or it is for a role of theirs and nobody has it yet; of their cases, with somebody else; closed lately, of both."""


class Readable(NamedTuple):
    """What somebody may read at one school: which visibilities, of lines that are closed to teachers or of all the others."""

    school_id: str
    closed: bool
    visibilities: tuple[str, ...]


class Scope(NamedTuple):
    """Whose list it is: the person, their roles where, the schools they are on call for now (None: all), the cases they may open and
    what they may read there."""

    district_id: str
    staff_id: str
    roles: Sequence[tuple[str, str | None]]
    turns: frozenset[str | None]
    case_ids: Sequence[str]
    readable: Sequence[Readable]


class Waiting(NamedTuple):
    """What is open in one case: how many, how many of them late, and when the first is due."""

    number: int
    late: int
    due_at: datetime


def _mine(scope: Scope) -> sa.ColumnElement[bool]:
    for_role = [
        Handoff.to_role == role if where is None else sa.and_(Handoff.to_role == role, Handoff.school_id == where)
        for role, where in scope.roles
    ]
    ways = [Handoff.owner_id == scope.staff_id]
    if for_role:
        ways.append(sa.and_(Handoff.owner_id.is_(None), sa.or_(*for_role)))
    if scope.turns:
        # whoever is quickest takes a page, whoever was paged first
        page = sa.and_(Handoff.to_role == "on_call", Handoff.state == "open")
        ways.append(page if None in scope.turns else sa.and_(page, Handoff.school_id.in_(sorted(filter(None, scope.turns)))))
    return sa.or_(*ways)


def _theirs(scope: Scope) -> sa.ColumnElement[bool]:
    """Of a case this person opens, and of a kind they may read there."""
    evaluation = Handoff.reason.like("evaluation%")
    reads = [
        sa.and_(
            Handoff.school_id == one.school_id, evaluation if one.closed else sa.not_(evaluation), Handoff.visibility.in_(one.visibilities)
        )
        for one in scope.readable
        if one.visibilities
    ]
    return sa.and_(Handoff.case_id.in_(scope.case_ids), sa.or_(*reads)) if reads else sa.false()


def _of(scope: Scope, which: str, since: datetime, kind: str = "") -> sa.ColumnElement[bool]:
    found = _all_of(scope, which, since)
    return sa.and_(found, Handoff.reason == kind) if kind else found


def _all_of(scope: Scope, which: str, since: datetime) -> sa.ColumnElement[bool]:
    mine, theirs, is_open = _mine(scope), _theirs(scope), Handoff.state != "closed"
    here = Handoff.district_id == scope.district_id
    if which == MINE:
        return sa.and_(here, is_open, mine)
    if which == TEAMS:
        # "not mine" by a case: a comparison with an empty owner is neither true nor false
        return sa.and_(here, is_open, theirs, sa.case((mine, 1), else_=0) == 0)
    return sa.and_(here, Handoff.state == "closed", Handoff.closed_at >= since, sa.or_(mine, theirs))


def tasks(
    conn: Connection, scope: Scope, which: str, since: datetime, *, limit: int, offset: int = 0, kind: str = "", first: Sequence[str] = ()
) -> Sequence[Row]:
    """A part of a list: what is due first on top; of what is done, the newest.

    :param since: from when on what is done counts.
    :param kind: only tasks with this reason.
    :param first: reasons that stand above all others while nobody has taken the task.
    """
    query = (
        sa.select(
            Handoff.id,
            Handoff.case_id,
            Handoff.school_id,
            Handoff.to_role,
            Handoff.owner_id,
            Handoff.reason,
            Handoff.lang,
            Handoff.visibility,
            Handoff.state,
            Handoff.due_at,
            Handoff.created_at,
            Handoff.closed_at,
            Case.code,
            Student.first_name.label("child"),
            Contact.name.label("contact"),
            Contact.lang_written.label("contact_lang"),
            Staff.name.label("owner"),
            District.zone,
        )
        .join(District, District.id == Handoff.district_id)
        .outerjoin(Case, Case.id == Handoff.case_id)
        .outerjoin(Student, Student.id == Case.student_id)
        .outerjoin(Contact, Contact.id == Handoff.contact_id)
        .outerjoin(Staff, Staff.id == Handoff.owner_id)
        .where(_of(scope, which, since, kind))
    )
    above = sa.case((sa.and_(Handoff.reason.in_(first), Handoff.state == "open"), 0), else_=1)
    order = (Handoff.closed_at.desc(), Handoff.id) if which == DONE else (above, Handoff.due_at, Handoff.id)
    return conn.execute(query.order_by(*order).limit(limit).offset(offset)).all()


def kinds(conn: Connection, scope: Scope, which: str, since: datetime) -> dict[str, int]:
    """How many tasks of a list there are with each reason, what is due first in front."""
    query = sa.select(Handoff.reason, sa.func.count().label("number")).where(_of(scope, which, since)).group_by(Handoff.reason)
    rows = conn.execute(query.order_by(sa.func.min(Handoff.due_at), Handoff.reason))
    return {row.reason: int(row.number) for row in rows}


def waiting(conn: Connection, scope: Scope, now: datetime) -> dict[str, Waiting]:
    """What nobody has taken yet, by case."""
    late = sa.func.sum(sa.case((Handoff.due_at < now, 1), else_=0))
    query = (
        sa.select(Handoff.case_id, sa.func.count().label("number"), late.label("late"), sa.func.min(Handoff.due_at).label("due_at"))
        .where(
            Handoff.district_id == scope.district_id,
            Handoff.state == "open",
            Handoff.case_id.in_(scope.case_ids),
            sa.or_(_mine(scope), _theirs(scope)),
        )
        .group_by(Handoff.case_id)
    )
    return {str(row.case_id): Waiting(int(row.number), int(row.late or 0), row.due_at) for row in conn.execute(query)}


def turns_now(conn: Connection, district_id: str, staff_id: str, now: datetime) -> set[str | None]:
    """The schools this person is on call for now; None is the whole district."""
    query = sa.select(OnCall.school_id).where(
        OnCall.district_id == district_id,
        OnCall.staff_id == staff_id,
        *on_duty(now),
    )
    return set(conn.execute(query).scalars())


def team(conn: Connection, case_id: str, now: datetime) -> set[str]:
    """Who is on this case's team now, its lead and liaison included."""
    members = sa.select(CaseMember.staff_id).where(CaseMember.case_id == case_id, *on_team(now))
    case = conn.execute(sa.select(Case.lead_id, Case.liaison_id).where(Case.id == case_id)).one()
    return {*conn.execute(members).scalars(), *filter(None, case)}


def children_of(conn: Connection, case_ids: Sequence[str]) -> dict[str, str]:
    """The first names of these cases' children by case."""
    query = sa.select(Case.id, Student.first_name).join(Student, Student.id == Case.student_id).where(Case.id.in_(case_ids))
    return {row.id: row.first_name for row in conn.execute(query)}
