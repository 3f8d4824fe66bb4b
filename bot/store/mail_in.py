"""What a mail that comes in needs to know: the row its reply address named, and our words and theirs that it may quote."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy import Connection

from bot.store.outbox import insert_ignoring
from bot.store.tables import Handoff, Message, Outbox, SeenEvent

_SEEN = cast("sa.Table", SeenEvent.__table__)

QUOTABLE = 40
"""The newest messages of an exchange; what is older is quoted by nobody."""


def named(conn: Connection, outbox_ids: Sequence[str]) -> dict[str, Any]:
    """The rows that signed reply addresses named, by id."""
    columns = (Outbox.id, Outbox.district_id, Outbox.contact_id, Outbox.case_id, Outbox.session_id, Outbox.audience)
    return {row.id: row for row in conn.execute(sa.select(*columns).where(Outbox.id.in_(outbox_ids)))}


def quotable(conn: Connection, contact_id: str, but: str) -> list[str]:
    """What we mailed to a contact and what they mailed to us, newest first: words that were read when they were new.

    The channel is named in the statement itself, as `ix_message_contact` asks for it."""
    ours = sa.select(Outbox.body).where(Outbox.contact_id == contact_id, Outbox.audience == "family", Outbox.channel == "email")
    theirs = sa.select(Message.body).where(
        Message.contact_id == contact_id, Message.id != but, Message.channel == sa.literal_column("'email'")
    )
    return [
        *conn.execute(ours.order_by(Outbox.created_at.desc()).limit(QUOTABLE)).scalars(),
        *conn.execute(theirs.order_by(Message.received_at.desc()).limit(QUOTABLE)).scalars(),
    ]


def first_alarm(conn: Connection, who: str, now: datetime) -> bool:
    """Whether this is the first time this hour that this somebody is told of."""
    event_id = f"{who}:{now:%Y-%m-%dT%H}"[:160]
    added = insert_ignoring(conn, _SEEN).values(provider="mail_alarm", event_id=event_id, seen_at=now).returning(_SEEN.c.event_id)
    return conn.execute(added).first() is not None


def tasks_since(conn: Connection, district_id: str, reason: str, since: datetime) -> int:
    """How many tasks with this reason were made since then."""
    query = sa.select(sa.func.count()).select_from(Handoff)
    return conn.scalar(query.where(Handoff.district_id == district_id, Handoff.reason == reason, Handoff.created_at > since)) or 0


def open_task(conn: Connection, district_id: str, reason: str) -> Any:
    """The newest task with this reason that nobody has closed: id and words; None if there is none."""
    mine = sa.and_(Handoff.district_id == district_id, Handoff.reason == reason, Handoff.state != "closed")
    return conn.execute(sa.select(Handoff.id, Handoff.body).where(mine).order_by(Handoff.created_at.desc(), Handoff.id.desc())).first()


def open_tasks(conn: Connection, district_id: str, reason: str) -> int:
    """How many tasks with this reason nobody has closed."""
    query = sa.select(sa.func.count()).select_from(Handoff)
    return conn.scalar(query.where(Handoff.district_id == district_id, Handoff.reason == reason, Handoff.state != "closed")) or 0
