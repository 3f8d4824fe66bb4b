"""Many cases at once, for lists: what decides who may see them, and the little a list shows. Reads only."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from bot.store.case_people import on_team
from bot.store.tables import Case, CaseEntry, CaseMember, Handoff, School

Row = Any
"""A row with its columns by name."""

EVALUATION = ("evaluation", "evaluation_possible")


def cases(
    conn: Connection,
    district_id: str,
    *,
    staff_id: str,
    schools: Sequence[str],
    requests: bool,
    everything: bool,
    now: datetime,
) -> Sequence[Row]:
    """Open cases of a district that could be this person's: all of them, or by school, by team, or by an evaluation request."""
    query = (
        sa.select(
            Case.id,
            Case.code,
            Case.school_id,
            Case.student_id,
            Case.lead_id,
            Case.liaison_id,
            Case.domains,
            Case.safety_hold,
            School.name.label("school"),
            School.zone.label("zone"),
        )
        .join(School, School.id == Case.school_id)
        .where(Case.district_id == district_id, Case.state == "open")
        .order_by(Case.code)
    )
    if not everything:
        team = sa.select(CaseMember.case_id).where(CaseMember.staff_id == staff_id, *on_team(now))
        could = [Case.lead_id == staff_id, Case.liaison_id == staff_id, Case.id.in_(team)]
        if schools:
            could.append(Case.school_id.in_(schools))
        if requests:
            could.append(Case.id.in_(sa.select(Handoff.case_id).where(Handoff.district_id == district_id, Handoff.reason.in_(EVALUATION))))
            could.append(
                Case.id.in_(sa.select(CaseEntry.case_id).where(CaseEntry.district_id == district_id, CaseEntry.kind == "eval_request"))
            )
        query = query.where(sa.or_(*could))
    return conn.execute(query).all()
