"""What we began to say to a family unasked, and starts that wait until they have room for it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from bot.store.tables import Outbox, Timer

STARTS = "start:"
"""How the `dedupe_key` of the first text of a talk begins that the school started."""

NEVER_WENT = ("cancelled", "expired", "failed", "undelivered")


def begun(conn: Connection, contact_id: str, since: datetime) -> list[datetime]:
    """When each message left, or is to leave, that nobody had asked for: starts, nudges and letters queued since then."""
    query = sa.select(Outbox.created_at, Outbox.not_before).where(
        Outbox.contact_id == contact_id,
        Outbox.created_at > since,
        Outbox.state.not_in(NEVER_WENT),
        sa.or_(Outbox.purpose.in_(("nudge", "letter")), Outbox.dedupe_key.startswith(STARTS, autoescape=True)),
    )
    return [max(row.created_at, row.not_before) for row in conn.execute(query)]


def waiting(conn: Connection, contact_id: str, subject: str) -> datetime | None:
    """Until when this start waits; None when it does not."""
    query = sa.select(Timer.due_at).where(
        Timer.contact_id == contact_id, Timer.kind == "start", Timer.subject_id == subject, Timer.state == "pending"
    )
    return conn.execute(query.limit(1)).scalar()


def wait(conn: Connection, **timer: Any) -> None:
    conn.execute(sa.insert(Timer), [{"session_id": None, "kind": "start", "state": "pending", **timer}])
