"""Who is on call now, for a school: the rota's rows whose time it is, in their order."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import Connection

from bot.store.tables import OnCall


def on_call_now(conn: Connection, district_id: str, school_id: str, now: datetime) -> Sequence[str]:
    """Staff ids, first to page first."""
    query = (
        sa.select(OnCall.staff_id)
        .where(
            OnCall.district_id == district_id,
            sa.or_(OnCall.school_id.is_(None), OnCall.school_id == school_id),
            sa.or_(OnCall.starts_at.is_(None), OnCall.starts_at <= now),
            sa.or_(OnCall.ends_at.is_(None), OnCall.ends_at > now),
        )
        .order_by(OnCall.position, OnCall.id)
    )
    return conn.execute(query).scalars().all()
