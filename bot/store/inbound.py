"""What a batch of inbound messages needs to know, read in sets: one statement a kind, whatever the number of messages.

Locks are taken contact -> case -> session, each by id, so that two batches never wait for each other in a circle. Each later read is
its own statement on purpose: on PostgreSQL a statement that waited for a lock sees the locked row anew but its joined rows as they
were before the wait.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from bot.store.tables import (
    Case,
    CaseChoice,
    CaseMember,
    CatalogueApproval,
    Consent,
    Contact,
    Endpoint,
    Guardianship,
    Message,
    Outbox,
    Session,
    Student,
    Timer,
)

Row = Any
"""A row as read; its fields are the columns the statement names."""


def padded(values: Sequence[Any]) -> Sequence[Any]:
    """The values, the last one repeated up to a power of two: few different statements, so that prepared ones are met again."""
    size = 1 << max(0, len(values) - 1).bit_length()
    return [*values, *[values[-1]] * (size - len(values))]


def _many(name: str) -> Any:
    return sa.bindparam(name, expanding=True)


_KNOWN = sa.select(Message.provider, Message.provider_id, Message.id).where(
    Message.provider.in_(_many("providers")), Message.provider_id.in_(_many("ids"))
)

_ENDPOINT = (
    sa.select(
        Endpoint.id,
        Endpoint.district_id,
        Endpoint.contact_id,
        Endpoint.channel,
        Endpoint.address_index,
        Endpoint.state,
        Endpoint.shared,
        Endpoint.confirmed_at,
        Endpoint.last_inbound_at,
        Endpoint.preferred,
        Contact.name,
        Contact.lang_written,
        Contact.zone,
        Contact.identity,
    )
    .join(Contact, Contact.id == Endpoint.contact_id)
    .order_by(Contact.id, Endpoint.id)
    .with_for_update(of=Contact)
)
_BY_ADDRESS = _ENDPOINT.where(Endpoint.district_id.in_(_many("districts")), Endpoint.address_index.in_(_many("indexes")))
_BY_CONTACT = _ENDPOINT.where(Endpoint.contact_id.in_(_many("contacts")))

_TEACHER = (
    sa.select(CaseMember.staff_id)
    .where(CaseMember.case_id == Case.id, CaseMember.role == "teacher", CaseMember.until.is_(None))
    .order_by(CaseMember.since, CaseMember.id)
    .limit(1)
    .scalar_subquery()
    .label("teacher_id")
)
_CASES = (
    sa.select(
        Case.id,
        Case.district_id,
        Case.code,
        Case.student_id,
        Case.school_id,
        Case.liaison_id,
        Case.lead_id,
        Case.slack_channel,
        Case.safety_hold,
        Case.chain_seq,
        Case.chain_head,
        Guardianship.id.label("guardianship_id"),
        Guardianship.contact_id,
        Guardianship.may_receive,
        Guardianship.hold,
        Student.first_name,
        sa.type_coerce(Student.last_name, sa.LargeBinary).label("last_name_sealed"),
        _TEACHER,
    )
    .join(Guardianship, Guardianship.student_id == Case.student_id)
    .join(Student, Student.id == Case.student_id)
    .where(
        Guardianship.contact_id.in_(_many("contacts")),
        Guardianship.restriction == "",
        Guardianship.valid_from <= sa.bindparam("now"),
        sa.or_(Guardianship.valid_to.is_(None), Guardianship.valid_to > sa.bindparam("now")),
        Case.state == "open",
    )
    .order_by(Case.id, Guardianship.contact_id)
    .with_for_update(of=Case)
)
_SESSIONS = (
    sa.select(
        Session.id,
        Session.contact_id,
        Session.case_id,
        Session.channel,
        Session.endpoint_id,
        Session.flow_id,
        Session.flow_version,
        Session.status,
        Session.state,
        Session.version,
        Session.opened_at,
        Session.updated_at,
    )
    .where(Session.contact_id.in_(_many("contacts")), Session.status != "done")
    .order_by(Session.id)
    .with_for_update()
)
_CONSENTS = sa.select(Consent.district_id, Consent.address_index, Consent.medium, Consent.state, Consent.until).where(
    Consent.district_id.in_(_many("districts")), Consent.address_index.in_(_many("indexes"))
)
_CHOICES = sa.select(CaseChoice.contact_id, CaseChoice.case_id).where(
    CaseChoice.contact_id.in_(_many("contacts")), CaseChoice.until > sa.bindparam("now")
)
_APPROVALS = sa.select(CatalogueApproval.district_id, CatalogueApproval.subject, CatalogueApproval.lang, CatalogueApproval.hash).where(
    CatalogueApproval.district_id.in_(_many("districts"))
)
_SAID = sa.select(Outbox.dedupe_key).where(Outbox.dedupe_key.in_(_many("keys")))


def known(conn: Connection, keys: Sequence[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """Which (provider, provider id) we have already, and as which message. Ask after the contacts are locked: then no copy can slip in."""
    given = {"providers": padded(sorted({provider for provider, _ in keys})), "ids": padded([one for _, one in keys])}
    return {(row.provider, row.provider_id): row.id for row in conn.execute(_KNOWN, given)}


def endpoints(conn: Connection, addresses: Sequence[tuple[str, bytes]]) -> Sequence[Row]:
    """Who may be writing from these (district, address index), with the contacts locked. A shared number has several."""
    given = {
        "districts": padded(sorted({district for district, _ in addresses})),
        "indexes": padded(sorted({index for _, index in addresses})),
    }
    return conn.execute(_BY_ADDRESS, given).all()


def endpoints_of(conn: Connection, contact_ids: Sequence[str]) -> Sequence[Row]:
    """All addresses of these contacts, with the contacts locked."""
    return conn.execute(_BY_CONTACT, {"contacts": padded(sorted(set(contact_ids)))}).all()


def open_cases(conn: Connection, contact_ids: Sequence[str], now: datetime) -> Sequence[Row]:
    """Open cases these contacts have a live, unrestricted right to, locked. `hold` and `may_receive` are the caller's to mind."""
    return conn.execute(_CASES, {"contacts": padded(contact_ids), "now": now}).all()


def sessions(conn: Connection, contact_ids: Sequence[str]) -> dict[str, Row]:
    """The open talk of each contact, locked."""
    return {row.contact_id: row for row in conn.execute(_SESSIONS, {"contacts": padded(contact_ids)})}


def consents(conn: Connection, addresses: Sequence[tuple[str, bytes]]) -> dict[tuple[str, bytes, str], Row]:
    """Where consent stands, by (district, address index, medium)."""
    given = {
        "districts": padded(sorted({district for district, _ in addresses})),
        "indexes": padded(sorted({index for _, index in addresses})),
    }
    return {(row.district_id, bytes(row.address_index), row.medium): row for row in conn.execute(_CONSENTS, given)}


def choices(conn: Connection, contact_ids: Sequence[str], now: datetime) -> dict[str, str]:
    """Which child each contact said they write about, while that may be assumed."""
    return {row.contact_id: row.case_id for row in conn.execute(_CHOICES, {"contacts": padded(contact_ids), "now": now})}


def approvals(conn: Connection, district_ids: Sequence[str]) -> dict[str, set[tuple[str, str, str]]]:
    """What each district has approved: (subject, language, hash). Read each time: an approval taken back counts at once."""
    found: dict[str, set[tuple[str, str, str]]] = {}
    for row in conn.execute(_APPROVALS, {"districts": padded(sorted(set(district_ids)))}):
        found.setdefault(row.district_id, set()).add((row.subject, row.lang, row.hash))
    return found


def already_said(conn: Connection, dedupe_keys: Sequence[str]) -> set[str]:
    """Which of these one-time texts are in the outbox already."""
    return {row.dedupe_key for row in conn.execute(_SAID, {"keys": padded(dedupe_keys)}) if row.dedupe_key}


def failed_message(conn: Connection, message_id: str) -> Row | None:
    """A message whose turn failed, locked, with everything needed to run it again; None when it is not (or no longer) such a one."""
    query = (
        sa.select(
            Message.id,
            Message.district_id,
            Message.provider,
            Message.provider_id,
            Message.channel,
            Message.contact_id,
            Message.body,
            Message.raw,
            Message.attempts,
            Message.received_at,
        )
        .where(Message.id == message_id, Message.state == "failed")
        .with_for_update()
    )
    return conn.execute(query).one_or_none()


def pending_timer(conn: Connection, timer_id: str) -> Row | None:
    """A timer that has not been served yet. Lock its contact before its row counts."""
    query = sa.select(
        Timer.id, Timer.district_id, Timer.session_id, Timer.contact_id, Timer.subject_id, Timer.kind, Timer.step_id, Timer.due_at
    ).where(Timer.id == timer_id, Timer.state == "pending")
    return conn.execute(query).one_or_none()


def timer_served(conn: Connection, timer_id: str, due_at: datetime) -> bool:
    """Mark a timer done; False when somebody else did, or it was moved meanwhile."""
    change = sa.update(Timer).where(Timer.id == timer_id, Timer.state == "pending", Timer.due_at == due_at).values(state="done")
    return conn.execute(change).rowcount == 1
