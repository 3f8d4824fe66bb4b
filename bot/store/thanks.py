"""A thank-you to a family: where it may go, whether its words were checked, and the row. Never commits."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from bot.store.tables import CatalogueApproval, Contact, Endpoint, Guardianship, Outbox, Sender, Session, Student

Row = Any
"""A row with its columns by name."""


def family(conn: Connection, contact_id: str, student_id: str, session_id: str | None) -> Row | None:
    """The family's own channel (the one the talk was on, else the preferred one) with the right that allows the message."""
    talk = conn.execute(sa.select(Session.endpoint_id).where(Session.id == session_id)).scalar() if session_id else None
    query = (
        sa.select(
            Contact.lang_written.label("lang"),
            Endpoint.id.label("endpoint_id"),
            Endpoint.channel,
            Endpoint.address_index,
            Sender.address.label("sender"),
            Guardianship.id.label("guardianship_id"),
            Student.first_name.label("child"),
        )
        .join(Endpoint, Endpoint.contact_id == Contact.id)
        .join(Sender, sa.and_(Sender.district_id == Contact.district_id, Sender.channel == Endpoint.channel))
        .join(Guardianship, sa.and_(Guardianship.contact_id == Contact.id, Guardianship.student_id == student_id))
        .join(Student, Student.id == student_id)
        .where(Contact.id == contact_id, Endpoint.state == "active")
        .order_by(sa.case((Endpoint.id == (talk or ""), 0), else_=1), Endpoint.preferred, Guardianship.valid_from.desc())
    )
    return conn.execute(query).first()


def is_approved(conn: Connection, district_id: str, lang: str, digest: str) -> bool:
    """Whether this very catalogue was approved by the district."""
    query = sa.select(CatalogueApproval.id).where(
        CatalogueApproval.district_id == district_id,
        CatalogueApproval.subject == "flows",
        CatalogueApproval.lang == lang,
        CatalogueApproval.hash == digest,
    )
    return conn.execute(query).first() is not None


def queue(conn: Connection, **values: Any) -> bool:
    """Queue it unless the same alert was thanked for before."""
    key = values["dedupe_key"]
    if conn.execute(sa.select(Outbox.id).where(Outbox.dedupe_key == key)).first() is not None:
        return False
    fixed = {
        "audience": "family",
        "message_class": "C",
        "purpose": "notice",
        "answers_family": False,
        "ref": "staff_thanks",
        "priority": 5,
        "seq": 0,
        "state": "queued",
    }
    conn.execute(sa.insert(Outbox).values(**{**fixed, **values}))
    return True
