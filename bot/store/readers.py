"""Who is there to read along: staff with a Slack account, their roles, and the teams of cases."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.store.case_people import on_team
from bot.store.tables import Case, CaseMember, Staff, StaffRole


class Home(NamedTuple):
    """Where a case belongs, and who answers for it."""

    id: str
    district_id: str
    school_id: str
    lead_id: str | None
    liaison_id: str


class Colleague(NamedTuple):
    """One role of one active staff member with a Slack account; `role` is None for somebody without any."""

    staff_id: str
    district_id: str
    slack_user: str
    role: str | None
    school_id: str | None


def homes(conn: Connection, case_ids: Sequence[str]) -> list[Home]:
    """The cases with these ids."""
    query = sa.select(Case.id, Case.district_id, Case.school_id, Case.lead_id, Case.liaison_id).where(Case.id.in_(case_ids))
    return [Home._make(row) for row in conn.execute(query.order_by(Case.id))]


def members(conn: Connection, case_ids: Sequence[str], now: datetime) -> set[tuple[str, str]]:
    """(case, staff member) of everybody who is on these teams today."""
    query = sa.select(CaseMember.case_id, CaseMember.staff_id).where(CaseMember.case_id.in_(case_ids), *on_team(now))
    return {(row.case_id, row.staff_id) for row in conn.execute(query)}


def colleagues(conn: Connection, district_ids: Sequence[str]) -> list[Colleague]:
    """Everybody of these districts whom Slack knows, once a role."""
    query = (
        sa.select(Staff.id, Staff.district_id, Staff.slack_user, StaffRole.role, StaffRole.school_id)
        .outerjoin(StaffRole, StaffRole.staff_id == Staff.id)
        .where(Staff.district_id.in_(district_ids), Staff.active.is_(True), Staff.slack_user != "")
    )
    return [Colleague._make(row) for row in conn.execute(query)]
