"""Many hand-offs at once, for lists: never their words. Reads only."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from bot.store.tables import Case, CaseMember, Contact, District, Handoff, OnCall, Staff, StaffRole, Student

Row = Any
"""A row with its columns by name."""


def tasks(
    conn: Connection,
    district_id: str,
    *,
    staff_id: str,
    roles: Sequence[str],
    case_ids: Sequence[str],
    closed_since: datetime | None = None,
    limit: int = 300,
) -> Sequence[Row]:
    """Hand-offs that are this person's, nobody's yet and for one of these roles, or of one of these cases; what is due first on top.

    :param closed_since: the ones closed since then, newest first, instead of the open ones.
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
        .where(
            Handoff.district_id == district_id,
            sa.or_(
                Handoff.owner_id == staff_id,
                sa.and_(sa.or_(Handoff.owner_id.is_(None), Handoff.to_role == "on_call"), Handoff.to_role.in_(roles)),
                Handoff.case_id.in_(case_ids),
            ),
        )
    )
    if closed_since is None:
        query = query.where(Handoff.state != "closed").order_by(Handoff.due_at, Handoff.id)
    else:
        query = query.where(Handoff.state == "closed", Handoff.closed_at >= closed_since).order_by(Handoff.closed_at.desc(), Handoff.id)
    return conn.execute(query.limit(limit)).all()


def turns_now(conn: Connection, district_id: str, staff_id: str, now: datetime) -> set[str | None]:
    """The schools this person is on call for now; None is the whole district."""
    query = sa.select(OnCall.school_id).where(
        OnCall.district_id == district_id,
        OnCall.staff_id == staff_id,
        sa.or_(OnCall.starts_at.is_(None), OnCall.starts_at <= now),
        sa.or_(OnCall.ends_at.is_(None), OnCall.ends_at > now),
    )
    return set(conn.execute(query).scalars())


def staff_with_roles(conn: Connection, district_id: str) -> Sequence[Row]:
    """Active staff of a district, one row a role."""
    query = (
        sa.select(Staff.id, Staff.name, StaffRole.role, StaffRole.school_id)
        .join(StaffRole, StaffRole.staff_id == Staff.id)
        .where(Staff.district_id == district_id, Staff.active.is_(True))
    )
    return conn.execute(query.order_by(Staff.id, StaffRole.role)).all()


def team(conn: Connection, case_id: str, now: datetime) -> set[str]:
    """Who is on this case's team now, its lead and liaison included."""
    members = sa.select(CaseMember.staff_id).where(
        CaseMember.case_id == case_id, CaseMember.since <= now, sa.or_(CaseMember.until.is_(None), CaseMember.until > now)
    )
    case = conn.execute(sa.select(Case.lead_id, Case.liaison_id).where(Case.id == case_id)).one()
    return {*conn.execute(members).scalars(), *filter(None, case)}


def children_of(conn: Connection, case_ids: Sequence[str]) -> dict[str, str]:
    """The first names of these cases' children by case."""
    query = sa.select(Case.id, Student.first_name).join(Student, Student.id == Case.student_id).where(Case.id.in_(case_ids))
    return {row.id: row.first_name for row in conn.execute(query)}
