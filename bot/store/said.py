"""What we said last to somebody at one address: read only when they say that they did not understand it."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy import Connection

from bot.store.tables import Outbox

WITHIN = timedelta(days=14)
GONE_OUT = ("queued", "claimed", "handed", "in_doubt", "sent", "delivered")


LATELY = 5


def refs(conn: Connection, contact_id: str, endpoint_id: str, now: datetime) -> list[tuple[str, str]]:
    """(class, which text it was) of our newest messages there, the newest first."""
    query = sa.select(Outbox.message_class, Outbox.ref).where(
        Outbox.contact_id == contact_id,
        Outbox.created_at >= now - WITHIN,
        Outbox.endpoint_id == endpoint_id,
        Outbox.audience == "family",
        Outbox.state.in_(GONE_OUT),
    )
    rows = conn.execute(query.order_by(Outbox.created_at.desc(), Outbox.seq.desc(), Outbox.id.desc()).limit(LATELY))
    return [(row.message_class, row.ref) for row in rows]


def last(conn: Connection, contact_id: str, endpoint_id: str, now: datetime) -> tuple[str, str, str] | None:
    """(class, language, text) of our newest message there; None when there is none of the last two weeks."""
    query = sa.select(Outbox.message_class, Outbox.lang, Outbox.body).where(
        Outbox.contact_id == contact_id,
        Outbox.created_at >= now - WITHIN,
        Outbox.endpoint_id == endpoint_id,
        Outbox.audience == "family",
        Outbox.state.in_(GONE_OUT),
    )
    row = conn.execute(query.order_by(Outbox.created_at.desc(), Outbox.seq.desc(), Outbox.id.desc()).limit(1)).one_or_none()
    return None if row is None else (row.message_class, row.lang, row.body)
