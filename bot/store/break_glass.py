"""Cases opened in an emergency. Writes here never commit."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.orm import aliased

from bot.store.tables import BreakGlass, Case, Staff

Row = Any
"""A row with its columns by name."""


def ends_at(conn: Connection, staff_id: str, case_id: str, now: datetime) -> datetime | None:
    """Until when this person has this case open; None when they have not."""
    query = sa.select(sa.func.max(BreakGlass.ends_at)).where(
        BreakGlass.staff_id == staff_id, BreakGlass.case_id == case_id, BreakGlass.opened_at <= now, BreakGlass.ends_at > now
    )
    found: datetime | None = conn.execute(query).scalar()
    return found


def add(conn: Connection, **values: Any) -> None:
    conn.execute(sa.insert(BreakGlass).values(**values))


def end(conn: Connection, staff_id: str, case_id: str, now: datetime) -> bool:
    """Close it before its time."""
    live = (BreakGlass.staff_id == staff_id, BreakGlass.case_id == case_id, BreakGlass.ends_at > now)
    return conn.execute(sa.update(BreakGlass).where(*live).values(ends_at=now)).rowcount > 0


def listed(conn: Connection, district_id: str, limit: int) -> Sequence[Row]:
    """The newest, those nobody has looked at first."""
    reviewer = aliased(Staff)
    query = (
        sa.select(
            BreakGlass.id,
            BreakGlass.staff_id,
            BreakGlass.why,
            BreakGlass.note,
            BreakGlass.opened_at,
            BreakGlass.ends_at,
            BreakGlass.reviewed_at,
            Staff.name,
            Case.code,
            reviewer.name.label("reviewer"),
        )
        .join(Staff, Staff.id == BreakGlass.staff_id)
        .join(Case, Case.id == BreakGlass.case_id)
        .outerjoin(reviewer, reviewer.id == BreakGlass.reviewed_by)
        .where(BreakGlass.district_id == district_id)
        .order_by(BreakGlass.reviewed_at.is_not(None), BreakGlass.opened_at.desc(), BreakGlass.id)
    )
    return conn.execute(query.limit(limit)).all()


def review(conn: Connection, district_id: str, glass_id: str, staff_id: str, now: datetime) -> bool:
    """Somebody else has looked at it; once."""
    open_one = (
        BreakGlass.id == glass_id,
        BreakGlass.district_id == district_id,
        BreakGlass.reviewed_at.is_(None),
        BreakGlass.staff_id != staff_id,
    )
    return conn.execute(sa.update(BreakGlass).where(*open_one).values(reviewed_by=staff_id, reviewed_at=now)).rowcount == 1
