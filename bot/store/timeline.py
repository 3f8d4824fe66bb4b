"""Reading one case for the timeline: the case, its record, what was handed to people, what the team was told. Reads only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from bot.store.outbox import TO_STAFF
from bot.store.tables import (
    Attachment,
    Case,
    CaseEntry,
    Consent,
    Contact,
    Endpoint,
    EntryMark,
    FamilyPin,
    Guardianship,
    Handoff,
    Message,
    Outbox,
    School,
    Staff,
    Student,
)

Row = Any
"""A row with its columns by name."""


def case_by_code(conn: Connection, district_id: str, code: str) -> Row | None:
    """The case with its child and school, within one district only: a code of another district is a code that does not exist."""
    query = (
        sa.select(
            Case.id,
            Case.district_id,
            Case.code,
            Case.state,
            Case.domains,
            Case.school_id,
            Case.student_id,
            Case.lead_id,
            Case.liaison_id,
            Case.safety_hold,
            Case.chain_seq,
            Case.opened_at,
            Student.first_name.label("child"),
            Student.grade,
            School.name.label("school"),
            School.zone.label("zone"),
        )
        .join(Student, Student.id == Case.student_id)
        .join(School, School.id == Case.school_id)
        .where(Case.district_id == district_id, Case.code == code)
    )
    return conn.execute(query).one_or_none()


def case_by_id(conn: Connection, district_id: str, case_id: str) -> Row | None:
    """The same for who has its id."""
    code = conn.execute(sa.select(Case.code).where(Case.id == case_id, Case.district_id == district_id)).scalar()
    return None if code is None else case_by_code(conn, district_id, code)


def entries(conn: Connection, case_id: str) -> Sequence[Row]:
    """Every line of the record, oldest first."""
    query = (
        sa.select(
            CaseEntry.id,
            CaseEntry.seq,
            CaseEntry.kind,
            CaseEntry.source_role,
            CaseEntry.contact_id,
            CaseEntry.entered_by,
            CaseEntry.message_id,
            CaseEntry.channel,
            CaseEntry.flow_id,
            CaseEntry.flow_version,
            CaseEntry.step_id,
            CaseEntry.asked_text_ref,
            CaseEntry.answer_raw,
            CaseEntry.answer_lang,
            CaseEntry.answer_norm,
            CaseEntry.media,
            CaseEntry.visibility,
            CaseEntry.corrects_id,
            CaseEntry.created_at,
        )
        .where(CaseEntry.case_id == case_id)
        .order_by(CaseEntry.seq)
    )
    return conn.execute(query).all()


def marks(conn: Connection, case_id: str) -> Sequence[Row]:
    """What was said about entries later, oldest first: the last of a kind stands."""
    query = (
        sa.select(EntryMark.entry_id, EntryMark.kind, EntryMark.value, EntryMark.created_at)
        .where(EntryMark.case_id == case_id)
        .order_by(EntryMark.seq)
    )
    return conn.execute(query).all()


def handoffs(conn: Connection, case_id: str) -> Sequence[Row]:
    """What people were asked to take, what is due first on top."""
    query = (
        sa.select(
            Handoff.id,
            Handoff.to_role,
            Handoff.owner_id,
            Handoff.reason,
            Handoff.body,
            Handoff.lang,
            Handoff.visibility,
            Handoff.state,
            Handoff.entry_id,
            Handoff.message_id,
            Handoff.contact_id,
            Handoff.outcome,
            Handoff.due_at,
            Handoff.created_at,
        )
        .where(Handoff.case_id == case_id)
        .order_by(Handoff.due_at, Handoff.id)
    )
    return conn.execute(query).all()


def staff_messages(conn: Connection, case_id: str) -> Sequence[Row]:
    """What staff were sent about this case, without its words."""
    query = (
        sa.select(
            Outbox.id,
            Outbox.channel,
            Outbox.purpose,
            Outbox.staff_id,
            Outbox.state,
            Outbox.message_class,
            Outbox.handoff_id,
            Outbox.reason,
            Outbox.created_at,
        )
        .where(Outbox.case_id == case_id, TO_STAFF, Outbox.purpose.not_in(("update", "open")))
        .order_by(Outbox.created_at, Outbox.id)
    )
    return conn.execute(query).all()


def contacts(conn: Connection, district_id: str, student_id: str) -> Sequence[Row]:
    """The adults of this child, whatever their rights today: who wrote a line must stay readable."""
    query = (
        sa.select(Contact.id, Contact.name, Contact.lang_written, Contact.modality, Guardianship.relation)
        .add_columns(FamilyPin.contact_id.is_not(None).label("has_pin"))
        .join(Guardianship, Guardianship.contact_id == Contact.id)
        .outerjoin(FamilyPin, FamilyPin.contact_id == Contact.id)
        .where(Guardianship.student_id == student_id, Contact.district_id == district_id)
        .order_by(Contact.id)
    )
    return conn.execute(query).all()


def ways(conn: Connection, contact_ids: Sequence[str]) -> Sequence[Row]:
    """The addresses of these contacts, best liked first, without what they are, and what was said about being written to there."""
    if not contact_ids:
        return ()
    written = sa.case({"sms": "phone", "whatsapp": "phone"}, value=Endpoint.channel, else_=Endpoint.channel)
    here = sa.and_(Consent.district_id == Endpoint.district_id, Consent.address_index == Endpoint.address_index, Consent.medium == written)
    query = sa.select(Endpoint.contact_id, Endpoint.channel, Endpoint.state.label("address_state"), Consent.state, Consent.until)
    kept = query.outerjoin(Consent, here).where(Endpoint.contact_id.in_(contact_ids), Endpoint.channel != "webchat")
    return conn.execute(kept.order_by(Endpoint.contact_id, Endpoint.preferred, Endpoint.id)).all()


def staff_names(conn: Connection, district_id: str) -> dict[str, str]:
    """Names of this district's staff by id."""
    return {row.id: row.name for row in conn.execute(sa.select(Staff.id, Staff.name).where(Staff.district_id == district_id))}


def attachments(conn: Connection, message_ids: Sequence[str]) -> Sequence[Row]:
    """The photos and voice notes of these messages, without their bytes."""
    if not message_ids:
        return ()
    query = sa.select(Attachment.id, Attachment.message_id, Attachment.content_type, Attachment.state)
    # a mail as it came is kept beside them, and is no photo
    wanted = query.where(Attachment.message_id.in_(message_ids), Attachment.content_type != "message/rfc822")
    return conn.execute(wanted.order_by(Attachment.id)).all()


def mails(conn: Connection, message_ids: Sequence[str]) -> Sequence[Row]:
    """These messages as they were received."""
    if not message_ids:
        return ()
    return conn.execute(sa.select(Message.id, Message.raw, Message.visibility).where(Message.id.in_(message_ids))).all()


def version(conn: Connection, case_id: str) -> str:
    """Changes whenever the timeline would: cheap enough to ask every three seconds, and it reads no content."""
    seq = conn.execute(sa.select(Case.chain_seq).where(Case.id == case_id)).scalar_one()
    tasks = conn.execute(
        sa.select(
            sa.func.count(),
            sa.func.sum(sa.case((Handoff.state == "open", 1), else_=0)),
            sa.func.sum(sa.case((Handoff.state == "acknowledged", 1), else_=0)),
        ).where(Handoff.case_id == case_id)
    ).one()
    told = conn.execute(sa.select(sa.func.count(), sa.func.sum(Outbox.rank)).where(Outbox.case_id == case_id, TO_STAFF)).one()
    return "-".join(str(part or 0) for part in (seq, *tasks, *told))
