"""The family's page: its link, the number on file, and what was said in the chat. Writes here never commit."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from bot.store.tables import (
    Case,
    CaseEntry,
    Contact,
    District,
    Endpoint,
    EntryMark,
    FamilyLink,
    Guardianship,
    Handoff,
    Message,
    Outbox,
    School,
    Sender,
    Session,
    Student,
)

Row = Any
"""A row with its columns by name."""

SHOWN_STATES = ("sent", "delivered")
"""A chat text is on the page once it passed the checks at hand-over, not when it was queued."""


def contact(conn: Connection, contact_id: str) -> Row | None:
    query = (
        sa.select(
            Contact.id,
            Contact.district_id,
            Contact.name,
            Contact.lang_written,
            Contact.zone,
            Contact.identity,
            District.name.label("district"),
        )
        .join(District, District.id == Contact.district_id)
        .where(Contact.id == contact_id)
    )
    return conn.execute(query).one_or_none()


def school_of(conn: Connection, contact_id: str) -> Row | None:
    """The school the family knows us by, and the phone a person answers."""
    query = (
        sa.select(School.name, School.phone)
        .join(Student, Student.school_id == School.id)
        .join(Guardianship, Guardianship.student_id == Student.id)
        .where(Guardianship.contact_id == contact_id)
        .order_by(School.id)
    )
    return conn.execute(query).first()


def number_on_file(conn: Connection, contact_id: str) -> Row | None:
    """The active phone address a code may go to, and the number of ours it goes from."""
    query = (
        sa.select(Endpoint.id, Endpoint.channel, Endpoint.address_index, Sender.address.label("sender"))
        .join(Sender, sa.and_(Sender.district_id == Endpoint.district_id, Sender.channel == Endpoint.channel))
        .where(Endpoint.contact_id == contact_id, Endpoint.state == "active", Endpoint.channel.in_(("sms", "whatsapp")))
        .order_by(sa.case((Endpoint.channel == "sms", 0), else_=1), Endpoint.preferred, Endpoint.id)
    )
    return conn.execute(query).first()


def add_link(conn: Connection, **values: Any) -> None:
    conn.execute(sa.insert(FamilyLink).values(**values))


def link(conn: Connection, token_hash: bytes) -> Row | None:
    query = sa.select(
        FamilyLink.token_hash,
        FamilyLink.district_id,
        FamilyLink.contact_id,
        FamilyLink.code_hash,
        FamilyLink.code_tries,
        FamilyLink.code_expires_at,
        FamilyLink.expires_at,
        FamilyLink.session_hash,
        FamilyLink.pin_ok_at,
    ).where(FamilyLink.token_hash == token_hash)
    return conn.execute(query).one_or_none()


def set_code(conn: Connection, token_hash: bytes, code_hash: bytes, until: datetime) -> None:
    """A new code. The tries are counted over the link's whole life, so asking again gives no more guesses."""
    conn.execute(sa.update(FamilyLink).where(FamilyLink.token_hash == token_hash).values(code_hash=code_hash, code_expires_at=until))


def count_try(conn: Connection, token_hash: bytes, most: int) -> bool:
    """Count one try before it is looked at; False when there were `most` already, also of browsers that try at the same moment."""
    counted = conn.execute(
        sa.update(FamilyLink)
        .where(FamilyLink.token_hash == token_hash, FamilyLink.code_tries < most)
        .values(code_tries=FamilyLink.code_tries + 1)
    )
    return counted.rowcount == 1


def open_session(conn: Connection, token_hash: bytes, code_hash: bytes, session_hash: bytes, now: datetime) -> bool:
    """Use the code up and remember the browser, which has given no PIN yet, whoever was in before; False when somebody used it first."""
    done = conn.execute(
        sa.update(FamilyLink)
        .where(FamilyLink.token_hash == token_hash, FamilyLink.code_hash == code_hash)
        .values(code_hash=None, code_expires_at=None, code_tries=0, session_hash=session_hash, opened_at=now, pin_ok_at=None)
    )
    return done.rowcount == 1


def codes_since(conn: Connection, contact_id: str, since: datetime) -> int:
    query = sa.select(sa.func.count()).select_from(Outbox)
    found = conn.execute(query.where(Outbox.contact_id == contact_id, Outbox.ref == "chat_code", Outbox.created_at >= since))
    return int(found.scalar_one())


def link_under_way(conn: Connection, contact_id: str, since: datetime) -> bool:
    """Whether a link to their page has left, or is about to leave, for this contact since then."""
    gone = ("failed", "undelivered", "cancelled", "expired")
    query = sa.select(Outbox.id).where(
        Outbox.contact_id == contact_id, Outbox.ref == "chat_link", Outbox.created_at > since, Outbox.state.not_in(gone)
    )
    return conn.execute(query.limit(1)).first() is not None


def queue_code(conn: Connection, **values: Any) -> None:
    fixed = {
        "audience": "family",
        "message_class": "A",
        "purpose": "notice",
        "answers_family": True,
        "ref": "chat_code",
        "segments": 1,
        "priority": 1,
        "seq": 0,
        "state": "queued",
    }
    conn.execute(sa.insert(Outbox).values(**{**fixed, **values}))


_WRITTEN_HERE = Message.channel == sa.literal_column("'webchat'")  # a literal: only then the index of these messages is used


def heard(conn: Connection, contact_id: str, limit: int) -> Sequence[Row]:
    """What the family wrote in the chat, newest first; never what raised a danger level (F23)."""
    query = (
        sa.select(Message.id, Message.body, Message.lang, Message.received_at.label("at"))
        .where(Message.contact_id == contact_id, _WRITTEN_HERE, Message.visibility != "safety_only")
        .order_by(Message.received_at.desc(), Message.id.desc())
        .limit(limit)
    )
    return conn.execute(query).all()


_ABOUT = (Outbox.case_id, Outbox.endpoint_id, Outbox.message_class, Outbox.purpose, Outbox.words_of)
"""What decides whether its reader may still see a text."""


def said(conn: Connection, contact_id: str, limit: int, crisis_since: datetime) -> Sequence[Row]:
    """What we said in the chat, newest first; class F only as long as it may help: somebody else may open the page tomorrow (F23)."""
    query = (
        sa.select(Outbox.id, Outbox.body, Outbox.lang, Outbox.blocks, Outbox.created_at.label("at"), Outbox.seq, Outbox.ref, *_ABOUT)
        .where(Outbox.contact_id == contact_id, Outbox.channel == "webchat", Outbox.state.in_(SHOWN_STATES))
        .where(sa.or_(Outbox.message_class != "F", Outbox.created_at >= crisis_since))
        .order_by(Outbox.created_at.desc(), Outbox.seq.desc(), Outbox.id.desc())
        .limit(limit)
    )
    return conn.execute(query).all()


def evaluation_requests(conn: Connection, contact_id: str) -> Sequence[Row]:
    """The entries by which this contact asked for an evaluation, in order; found by the cases they have a right to."""
    students = sa.select(Guardianship.student_id).where(Guardianship.contact_id == contact_id).scalar_subquery()
    cases = sa.select(Case.id).where(Case.student_id.in_(students)).scalar_subquery()
    hidden = sa.exists().where(EntryMark.entry_id == CaseEntry.id, EntryMark.kind == "visibility")
    query = sa.select(CaseEntry.answer_raw, CaseEntry.answer_norm).where(
        ~hidden,
        CaseEntry.case_id.in_(cases),
        CaseEntry.contact_id == contact_id,
        CaseEntry.kind == "eval_request",
        CaseEntry.visibility != "safety_only",
    )
    return conn.execute(query.order_by(CaseEntry.created_at, CaseEntry.id)).all()


def requests_without_case(conn: Connection, contact_id: str) -> Sequence[Row]:
    """Requests of a contact without an open case: the task is the record then. (words, when), newest first."""
    query = (
        sa.select(Handoff.body, Handoff.created_at.label("at"))
        .join(Message, Message.id == Handoff.message_id)
        .where(Handoff.contact_id == contact_id, Handoff.case_id.is_(None), Handoff.body.is_not(None))
        .where(Handoff.to_role == "evaluation_contact", Handoff.reason == "evaluation", Message.visibility != "safety_only")
    )
    return conn.execute(query.order_by(Handoff.created_at.desc(), Handoff.id.desc())).all()


def open_talk(conn: Connection, contact_id: str) -> Row | None:
    """The talk that is open with a contact."""
    query = sa.select(Session.id, Session.state).where(Session.contact_id == contact_id, Session.status != "done")
    return conn.execute(query).one_or_none()


def newest_page(conn: Connection, contact_id: str, session_id: str) -> Row | None:
    """The newest mail or chat text that asked this talk's questions."""
    query = sa.select(Outbox.body, *_ABOUT).where(
        Outbox.contact_id == contact_id, Outbox.session_id == session_id, Outbox.purpose.in_(("ask", "nudge")), Outbox.audience == "family"
    )
    return conn.execute(query.order_by(Outbox.created_at.desc(), Outbox.id.desc()).limit(1)).one_or_none()


def newest_asked(conn: Connection, contact_id: str, session_id: str, channels: Collection[str]) -> Row | None:
    """The newest question of this talk that went out by one of these channels."""
    query = sa.select(
        Outbox.id,
        Outbox.body,
        Outbox.lang,
        Outbox.created_at.label("at"),
        Outbox.seq,
        Outbox.ref,
        *_ABOUT,
    ).where(
        Outbox.contact_id == contact_id,
        Outbox.session_id == session_id,
        Outbox.purpose.in_(("ask", "nudge", "readback")),
        Outbox.audience == "family",
        Outbox.channel.in_(channels),
        Outbox.state.in_(SHOWN_STATES),
    )
    return conn.execute(query.order_by(Outbox.created_at.desc(), Outbox.seq.desc(), Outbox.id.desc()).limit(1)).one_or_none()


def newest(conn: Connection, contact_id: str) -> str:
    """Changes whenever the chat would."""
    written = conn.execute(sa.select(sa.func.count(), sa.func.max(Message.id)).where(Message.contact_id == contact_id, _WRITTEN_HERE)).one()
    shown = conn.execute(
        sa.select(sa.func.count(), sa.func.max(Outbox.id)).where(
            Outbox.contact_id == contact_id, Outbox.channel == "webchat", Outbox.state.in_(SHOWN_STATES)
        )
    ).one()
    return "-".join(str(part or 0) for part in (*written, *shown))
