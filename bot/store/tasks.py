"""Hand-offs as the people who take them need them. Writes here never commit."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.orm import aliased

from bot.store.tables import Case, Contact, District, Endpoint, Guardianship, Handoff, Message, Outbox, Staff
from bot.store.types import Plain

Row = Any
"""A row with its columns by name."""


def _relation(contact_id: Any) -> Any:
    """What a contact is to a child, by their newest link."""
    return (
        sa.select(Guardianship.relation)
        .where(Guardianship.contact_id == contact_id)
        .order_by(Guardianship.valid_from.desc(), Guardianship.id)
        .limit(1)
        .scalar_subquery()
    )


def _query() -> Any:
    return (
        sa.select(
            Handoff.id,
            Handoff.district_id,
            Handoff.school_id,
            Handoff.to_role,
            Handoff.owner_id,
            Handoff.reason,
            Handoff.body,
            Handoff.lang,
            Handoff.visibility,
            Handoff.state,
            Handoff.outcome,
            Handoff.case_id,
            Handoff.contact_id,
            Handoff.entry_id,
            Handoff.message_id,
            Handoff.due_at,
            Handoff.created_at,
            Handoff.closed_at,
            Case.code,
            Case.student_id,
            Contact.name.label("contact"),
            Contact.lang_written.label("contact_lang"),
            _relation(Handoff.contact_id).label("relation"),
            Staff.name.label("owner"),
            District.zone,
        )
        .join(District, District.id == Handoff.district_id)
        .outerjoin(Case, Case.id == Handoff.case_id)
        .outerjoin(Contact, Contact.id == Handoff.contact_id)
        .outerjoin(Staff, Staff.id == Handoff.owner_id)
    )


def task(conn: Connection, district_id: str, handoff_id: str) -> Row | None:
    """One task of this district."""
    return conn.execute(_query().where(Handoff.district_id == district_id, Handoff.id == handoff_id)).one_or_none()


def reword(conn: Connection, task_id: str, body: Plain) -> None:
    """Other words for a task."""
    conn.execute(sa.update(Handoff).where(Handoff.id == task_id).values(body=body))


def of_number(conn: Connection, district_id: str, address_index: bytes, reasons: Sequence[str]) -> Row | None:
    """The newest task made for a message of an unknown number that we answered, id and words; None when it is closed, or there is none."""
    theirs = Outbox.district_id == district_id, Outbox.contact_id.is_(None), Outbox.address_index == address_index
    query = sa.select(Handoff.id, Handoff.body).join(Outbox, Outbox.message_id == Handoff.message_id).where(*theirs)
    return conn.execute(query.where(Handoff.reason.in_(reasons), Handoff.state != "closed").order_by(Handoff.id.desc()).limit(1)).first()


def with_address(conn: Connection, district_id: str, address_index: bytes) -> Sequence[Row]:
    """The contacts with this address, and a phone of each."""
    phone = aliased(Endpoint)
    first = (
        sa.select(phone.address)
        .where(phone.contact_id == Contact.id, phone.channel == "sms", phone.state == "active")
        .order_by(phone.preferred, phone.id)
        .limit(1)
        .scalar_subquery()
    )
    query = (
        sa.select(Contact.id, Contact.name, Contact.lang_written, _relation(Contact.id).label("relation"), first.label("phone"))
        .join(Endpoint, Endpoint.contact_id == Contact.id)
        .where(Endpoint.district_id == district_id, Endpoint.address_index == address_index)
    )
    return conn.execute(query.order_by(Contact.id).distinct()).all()


def raw_of(conn: Connection, message_id: str) -> str | None:
    """A message as its provider gave it."""
    return conn.scalar(sa.select(Message.raw).where(Message.id == message_id))


def take(conn: Connection, handoff_id: str, staff_id: str, now: datetime) -> bool:
    """One compare-and-set, so that of two people one has it."""
    done = conn.execute(
        sa.update(Handoff)
        .where(Handoff.id == handoff_id, Handoff.state == "open")
        .values(state="acknowledged", owner_id=staff_id, acknowledged_at=now)
    )
    return done.rowcount == 1


def set_free(conn: Connection, staff_id: str) -> list[str]:
    """Who left has no tasks any more: what they had is open again, for its role; a teacher's is for who answers for the case. The ids."""
    liaison = sa.select(Case.liaison_id).where(Case.id == Handoff.case_id, Case.liaison_id != staff_id).scalar_subquery()
    freed = conn.execute(
        sa.update(Handoff)
        .where(Handoff.owner_id == staff_id, Handoff.state != "closed")
        .values(state="open", owner_id=sa.case((Handoff.to_role == "teacher", liaison), else_=None), acknowledged_at=None)
        .returning(Handoff.id)
    )
    return list(freed.scalars())


def close(conn: Connection, handoff_id: str, staff_id: str, outcome: Plain, now: datetime) -> bool:
    """Done, if this person has it."""
    done = conn.execute(
        sa.update(Handoff)
        .where(Handoff.id == handoff_id, Handoff.state == "acknowledged", Handoff.owner_id == staff_id)
        .values(state="closed", outcome=outcome, closed_at=now)
    )
    return done.rowcount == 1


def end(conn: Connection, handoff_id: str, now: datetime) -> None:
    """Done by having been taken: there is nothing more to do."""
    taken = Handoff.id == handoff_id, Handoff.state == "acknowledged"
    conn.execute(sa.update(Handoff).where(*taken).values(state="closed", closed_at=now))


def give(conn: Connection, handoff_id: str, owner_id: str | None, staff_id: str) -> bool:
    """Another owner, who must take it anew, if it is still with whom it was."""
    done = conn.execute(
        sa.update(Handoff)
        .where(Handoff.id == handoff_id, Handoff.state != "closed", Handoff.owner_id.is_not_distinct_from(owner_id))
        .values(state="open", owner_id=staff_id)
    )
    return done.rowcount == 1
