"""Forms that staff sent, by a hash of who, where and what."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy import Connection

from bot.store.outbox import insert_ignoring
from bot.store.tables import Press

_TABLE: sa.Table = Press.__table__  # type: ignore[assignment]  # declared as what any selectable is

KEPT = timedelta(days=1)
GIVEN_UP = timedelta(seconds=30)
"""After so long whoever was doing it was ended in the middle, and nothing of it is there."""


def claim(conn: Connection, press_id: str, district_id: str, now: datetime) -> bool:
    """Whether this is the first of its kind, and ours to do."""
    conn.execute(sa.delete(Press).where(Press.at < now - KEPT))
    conn.execute(sa.delete(Press).where(Press.id == press_id, Press.location.is_(None), Press.at < now - GIVEN_UP))
    row = {"id": press_id, "district_id": district_id, "location": None, "at": now}
    return conn.execute(insert_ignoring(conn, _TABLE).values(row).returning(_TABLE.c.id)).first() is not None


def location(conn: Connection, press_id: str) -> str | None:
    """Where the one before was led; "" while it is being done, None when it came to nothing and may be tried."""
    found = conn.execute(sa.select(Press.location).where(Press.id == press_id)).one_or_none()
    return None if found is None else found.location or ""


def finish(conn: Connection, press_id: str, where: str) -> None:
    conn.execute(sa.update(Press).where(Press.id == press_id).values(location=where))


def forget(conn: Connection, press_id: str) -> None:
    """It was refused or failed: the same may be sent again."""
    conn.execute(sa.delete(Press).where(Press.id == press_id))
