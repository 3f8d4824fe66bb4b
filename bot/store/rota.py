"""The on-call rota as a list to look at and to change. Writes here never commit."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from bot.store.tables import OnCall, School, Staff

Row = Any
"""A row with its columns by name."""


def turns(conn: Connection, district_id: str, now: datetime) -> Sequence[Row]:
    """Every turn that is not over, in the order of calling (`bot.store.duty.on_call_now`)."""
    query = (
        sa.select(
            OnCall.id,
            OnCall.school_id,
            OnCall.staff_id,
            OnCall.position,
            OnCall.starts_at,
            OnCall.ends_at,
            Staff.name,
            Staff.active,
            School.name.label("school"),
        )
        .join(Staff, Staff.id == OnCall.staff_id)
        .outerjoin(School, School.id == OnCall.school_id)
        .where(OnCall.district_id == district_id, sa.or_(OnCall.ends_at.is_(None), OnCall.ends_at > now))
    )
    return conn.execute(query.order_by(OnCall.position, OnCall.id)).all()


def add(conn: Connection, **values: Any) -> None:
    conn.execute(sa.insert(OnCall).values(**values))


def remove(conn: Connection, turn_id: str) -> None:
    conn.execute(sa.delete(OnCall).where(OnCall.id == turn_id))


def place(conn: Connection, turn_id: str, position: int) -> None:
    conn.execute(sa.update(OnCall).where(OnCall.id == turn_id).values(position=position))
