"""What we said last to somebody at one address: read only when they did not understand it, or read it in another language from now on."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection

from bot.store.tables import Outbox

WITHIN = timedelta(days=14)
GONE_OUT = ("queued", "claimed", "handed", "in_doubt", "sent", "delivered")
LATELY = 8


class Said(NamedTuple):
    """One message of ours. `ref` is which text it was."""

    message_class: str
    purpose: str
    ref: str
    lang: str
    body: str
    created_at: datetime


_NEWEST = (Outbox.created_at.desc(), Outbox.seq.desc(), Outbox.id.desc())


def lately(conn: Connection, contact_id: str, endpoint_id: str, now: datetime) -> list[Said]:
    """Our newest messages there, the newest first."""
    query = sa.select(Outbox.message_class, Outbox.purpose, Outbox.ref, Outbox.lang, Outbox.body, Outbox.created_at).where(
        Outbox.contact_id == contact_id,
        Outbox.created_at >= now - WITHIN,
        Outbox.endpoint_id == endpoint_id,
        Outbox.audience == "family",
        Outbox.state.in_(GONE_OUT),
    )
    return [Said._make(row) for row in conn.execute(query.order_by(*_NEWEST).limit(LATELY))]


def last(conn: Connection, contact_id: str, endpoint_id: str, now: datetime) -> tuple[str, str, str] | None:
    """(class, language, text) of our newest message there; None when there is none of the last two weeks."""
    newest = next(iter(lately(conn, contact_id, endpoint_id, now)), None)
    return None if newest is None else (newest.message_class, newest.lang, newest.body)
