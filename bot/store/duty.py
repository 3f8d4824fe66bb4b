"""The on-call rota and what was paged: who is on duty now, whom a page has reached, and the page a text answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from bot.store.tables import Case, Handoff, OnCall, Outbox

Row = Any
"""A row with its columns by name."""

PAGE = "page"
ACCEPTED = ("sent", "delivered")
"""Where an outbox row stands once a provider has taken it."""


def on_duty(now: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    """Conditions that a turn of the rota is now; without a beginning or an end it is open there."""
    return sa.or_(OnCall.starts_at.is_(None), OnCall.starts_at <= now), sa.or_(OnCall.ends_at.is_(None), OnCall.ends_at > now)


def on_call_now(conn: Connection, district_id: str, school_id: str, now: datetime) -> Sequence[str]:
    """Staff ids, first to page first."""
    query = (
        sa.select(OnCall.staff_id)
        .where(
            OnCall.district_id == district_id,
            sa.or_(OnCall.school_id.is_(None), OnCall.school_id == school_id),
            *on_duty(now),
        )
        .order_by(OnCall.position, OnCall.id)
    )
    return conn.execute(query).scalars().all()


_TASK = sa.select(
    Handoff.id,
    Handoff.district_id,
    Handoff.school_id,
    Handoff.case_id,
    Handoff.contact_id,
    Handoff.message_id,
    Handoff.owner_id,
    Handoff.reason,
    Handoff.state,
    Handoff.visibility,
    Handoff.due_at,
    Handoff.created_at,
    Case.code,
).outerjoin(Case, Case.id == Handoff.case_id)


def task(conn: Connection, handoff_id: str) -> Row | None:
    """The hand-off behind a page, locked: who acknowledges and who escalates come one after the other."""
    return conn.execute(_TASK.where(Handoff.id == handoff_id).with_for_update(of=Handoff)).one_or_none()


def give_to(conn: Connection, handoff_id: str, staff_id: str) -> None:
    """Whom it is with now, as long as nobody has said "I have it"."""
    conn.execute(sa.update(Handoff).where(Handoff.id == handoff_id, Handoff.state == "open").values(owner_id=staff_id))


def has_it(conn: Connection, case_id: str | None, contact_id: str | None) -> str:
    """Who has acknowledged a page about this case (or, without one, this contact) and not closed it yet; "" when nobody has."""
    whose = Handoff.case_id == case_id if case_id else sa.and_(Handoff.case_id.is_(None), Handoff.contact_id == contact_id)
    query = sa.select(Handoff.owner_id).where(whose, Handoff.reason.in_(("danger", "danger_below")), Handoff.state == "acknowledged")
    return conn.execute(query.order_by(Handoff.acknowledged_at.desc()).limit(1)).scalar() or ""


def open_distress(conn: Connection, contact_id: str, since: datetime) -> Row | None:
    """What waits for the person who shall call this contact."""
    query = sa.select(Handoff.id, Handoff.to_role, Handoff.owner_id, Handoff.due_at).where(
        Handoff.contact_id == contact_id, Handoff.reason == "distress", Handoff.state == "open", Handoff.created_at >= since
    )
    return conn.execute(query.order_by(Handoff.created_at.desc()).limit(1)).one_or_none()


def waiting(conn: Connection, district_id: str, same: Mapping[str, Any], now: datetime) -> Row | None:
    """The newest task with these columns that nobody has taken yet and that is not past its time: id, words and due time."""
    query = sa.select(Handoff.id, Handoff.body, Handoff.due_at).where(
        Handoff.district_id == district_id,
        Handoff.state == "open",
        Handoff.due_at >= now,
        *(getattr(Handoff, name).is_not_distinct_from(value) for name, value in same.items()),
    )
    return conn.execute(query.order_by(Handoff.created_at.desc()).limit(1)).one_or_none()


def undecided(conn: Connection, district_id: str, contact_id: str, reason: str) -> datetime | None:
    """By when the newest task with this reason about a contact was to be done, while it is not closed."""
    query = sa.select(Handoff.due_at).where(
        Handoff.district_id == district_id, Handoff.contact_id == contact_id, Handoff.reason == reason, Handoff.state != "closed"
    )
    return conn.execute(query.order_by(Handoff.created_at.desc()).limit(1)).scalar_one_or_none()


def waits_already(conn: Connection, contact_id: str, reason: str, owner_id: str, since: datetime) -> bool:
    """Whether this person was given something of this contact's for the same reason since then, and has not closed it."""
    query = sa.select(Handoff.id).where(
        Handoff.contact_id == contact_id,
        Handoff.reason == reason,
        Handoff.owner_id == owner_id,
        Handoff.state != "closed",
        Handoff.created_at >= since,
    )
    return conn.execute(query.limit(1)).first() is not None


def move(conn: Connection, handoff_id: str, to_role: str, owner_id: str) -> None:
    """Give what nobody has taken to somebody else."""
    conn.execute(
        sa.update(Handoff).where(Handoff.id == handoff_id, Handoff.state == "open").values(to_role=to_role, owner_id=owner_id or None)
    )


def paged(conn: Connection, handoff_id: str) -> set[str]:
    """The people paged for this so far."""
    query = sa.select(Outbox.staff_id).where(Outbox.handoff_id == handoff_id, Outbox.purpose == PAGE)
    return {one for one in conn.execute(query.distinct()).scalars() if one}


def pages(conn: Connection, handoff_id: str) -> Sequence[str]:
    """Ids of the Slack messages that carry this page's button."""
    query = sa.select(Outbox.id).where(Outbox.handoff_id == handoff_id, Outbox.purpose == PAGE, Outbox.channel == "slack")
    return conn.execute(query.order_by(Outbox.id)).scalars().all()


def accepted_at(conn: Connection, handoff_id: str) -> datetime | None:
    """When a provider first took a page for this; None while nobody was told."""
    query = sa.select(sa.func.min(Outbox.handed_at)).where(
        Outbox.handoff_id == handoff_id, Outbox.purpose == PAGE, Outbox.state.in_(ACCEPTED)
    )
    return conn.execute(query).scalar()


def crisis_texts(conn: Connection, message_id: str, contact_id: str | None, since: datetime) -> Sequence[Row]:
    """The fixed texts a message was answered with: where a second text may follow them. Found by contact, for which there is an index."""
    whose = Outbox.contact_id.is_(None) if contact_id is None else Outbox.contact_id == contact_id
    query = sa.select(Outbox.__table__).where(
        whose,
        Outbox.created_at >= since,
        Outbox.message_id == message_id,
        Outbox.audience == "family",
        Outbox.message_class == "F",
        Outbox.ref.startswith("crisis/"),
    )
    return conn.execute(query.order_by(Outbox.seq, Outbox.id)).all()


def pages_to(conn: Connection, district_id: str, address_index: bytes, since: datetime) -> Sequence[Row]:
    """Pages texted to this number since then, who has the number, and how each page stands; oldest first."""
    query = (
        sa.select(Handoff.id, Handoff.created_at, Handoff.state, Handoff.owner_id, Outbox.staff_id, Case.code)
        .join(Outbox, Outbox.handoff_id == Handoff.id)
        .outerjoin(Case, Case.id == Handoff.case_id)
        .where(
            Handoff.district_id == district_id,
            Handoff.created_at >= since,
            Handoff.to_role == "on_call",
            Outbox.purpose == PAGE,
            Outbox.channel == "sms",
            Outbox.address_index == address_index,
        )
        .distinct()
        .order_by(Handoff.created_at, Handoff.id)
    )
    return conn.execute(query).all()
