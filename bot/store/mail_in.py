"""What a mail that comes in needs to know: the row its reply address named, and our words and theirs that it may quote."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from bot.store.tables import Handoff, Message, Outbox

QUOTABLE = 40
"""The newest messages of an exchange; what is older is quoted by nobody."""


def named(conn: Connection, outbox_ids: Sequence[str]) -> dict[str, Any]:
    """The rows that signed reply addresses named, by id."""
    columns = (Outbox.id, Outbox.district_id, Outbox.contact_id, Outbox.case_id, Outbox.session_id, Outbox.audience)
    return {row.id: row for row in conn.execute(sa.select(*columns).where(Outbox.id.in_(outbox_ids)))}


def quotable(conn: Connection, contact_id: str, but: str = "") -> list[str]:
    """What we mailed to a contact and what they mailed to us, newest first: words that were read when they were new."""
    ours = sa.select(Outbox.body).where(Outbox.contact_id == contact_id, Outbox.audience == "family", Outbox.channel == "email")
    theirs = sa.select(Message.body).where(Message.contact_id == contact_id, Message.id != but, Message.channel == "email")
    return [
        *conn.execute(ours.order_by(Outbox.created_at.desc()).limit(QUOTABLE)).scalars(),
        *conn.execute(theirs.order_by(Message.received_at.desc()).limit(QUOTABLE)).scalars(),
    ]


def open_tasks(conn: Connection, district_id: str, reason: str) -> int:
    """How many tasks with this reason nobody has closed."""
    query = sa.select(sa.func.count()).select_from(Handoff)
    return conn.scalar(query.where(Handoff.district_id == district_id, Handoff.reason == reason, Handoff.state != "closed")) or 0
