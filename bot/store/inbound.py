"""What a batch of inbound messages needs to know, read in sets: one statement a kind, whatever the number of messages.

Locks are taken contact -> case -> session, each by id, so that two batches never wait for each other in a circle. Each later read is
its own statement on purpose: on PostgreSQL a statement that waited for a lock sees the locked row anew but its joined rows as they
were before the wait.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache, partial
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import aliased

from bot.store import rights
from bot.store.database import only_reads
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
    WordSharing,
)
from bot.store.together import Request, read_together
from bot.store.types import Json

Row = Any
"""A row as read; its fields are the columns the statement names."""


def padded(values: Sequence[Any]) -> Sequence[Any]:
    """The values, the last one repeated up to a power of two: few different statements, so that prepared ones are met again."""
    size = 1 << max(0, len(values) - 1).bit_length()
    return [*values, *[values[-1]] * (size - len(values))]


def _within(dialect: str, column: Any, name: str) -> Any:
    """`column` is one of many values, given as one parameter: the statement is then the same for any number, and prepared once."""
    if dialect == "postgresql":
        return column == sa.any_(sa.bindparam(name, type_=postgresql.ARRAY(column.type)))
    if isinstance(column.type, sa.LargeBinary):  # JSON holds no bytes
        return column.in_(sa.bindparam(name, expanding=True))
    given = sa.func.json_each(sa.bindparam(name, type_=Json)).table_valued("value")
    return column.in_(sa.select(given.c.value))


def _within_pairs(dialect: str, first: Any, firsts: str, second: Any, seconds: str) -> Any:
    """Both columns are a pair of those given as two lists side by side. PostgreSQL must be told that they are pairs: given two lists
    it looks up the first column alone and reads every message of a provider (measured: 200 ms at 20,000 messages)."""
    if dialect != "postgresql":
        return sa.and_(_within(dialect, first, firsts), _within(dialect, second, seconds))
    columns = (sa.bindparam(name, type_=postgresql.ARRAY(column.type)) for column, name in ((first, firsts), (second, seconds)))
    given = sa.func.unnest(*columns).table_valued("first", "second").render_derived()
    return sa.tuple_(first, second).in_(sa.select(given.c.first, given.c.second))


def _side_by_side(pairs: Iterable[tuple[Any, Any]]) -> tuple[list[Any], list[Any]]:
    """Pairs as two lists."""
    firsts, seconds = zip(*padded(sorted(set(pairs))), strict=True)
    return list(firsts), list(seconds)


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
        Contact.lang_by,
        Contact.zone,
        Contact.identity,
    )
    .join(Contact, Contact.id == Endpoint.contact_id)
    .order_by(Contact.id, Endpoint.id)
)
_TEACHER = (
    sa.select(CaseMember.staff_id)
    .where(CaseMember.case_id == Case.id, CaseMember.role == "teacher", CaseMember.until.is_(None))
    .order_by(CaseMember.since, CaseMember.id)
    .limit(1)
    .scalar_subquery()
    .label("teacher_id")
)
_ANOTHER = aliased(Guardianship)
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
        Guardianship.rights_holder,
        Guardianship.relation,
        sa.type_coerce(Student.birth_date, sa.LargeBinary).label("birth_sealed"),
        Student.first_name,
        sa.type_coerce(Student.last_name, sa.LargeBinary).label("last_name_sealed"),
        sa.exists().where(_ANOTHER.student_id == Case.student_id, _ANOTHER.contact_id != Guardianship.contact_id).label("with_others"),
        _TEACHER,
    )
    .join(Guardianship, Guardianship.student_id == Case.student_id)
    .join(Student, Student.id == Case.student_id)
    .where(
        Guardianship.restriction == "",
        *rights.in_force(Guardianship, sa.bindparam("now")),
        sa.not_(rights.restricted(Guardianship.contact_id, Case.student_id, sa.bindparam("now"))),
        Case.state == "open",
    )
    .order_by(Case.id, Guardianship.contact_id, Guardianship.id)
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
    .where(Session.status != sa.literal_column("'done'"))  # a literal: only then the index of open talks is used
    .order_by(Session.id)
)
_CONSENTS = sa.select(Consent.district_id, Consent.address_index, Consent.medium, Consent.state, Consent.until, Consent.stopped_for)
_CHOICES = sa.select(CaseChoice.contact_id, CaseChoice.case_id).where(CaseChoice.until > sa.bindparam("now"))
_APPROVALS = sa.select(CatalogueApproval.district_id, CatalogueApproval.subject, CatalogueApproval.lang, CatalogueApproval.hash)

_ADULTS = (
    sa.select(
        Case.id.label("case_id"),
        Contact.id,
        Contact.name,
        sa.and_(
            Contact.identity != "wrong_number", Guardianship.restriction == "", Guardianship.may_receive, Guardianship.hold == ""
        ).label("open"),
    )
    .join(Guardianship, Guardianship.student_id == Case.student_id)
    .join(Contact, Contact.id == Guardianship.contact_id)
    .where(*rights.in_force(Guardianship, sa.bindparam("now")))
    .order_by(Case.id, Contact.id)
)
_SHARINGS = sa.select(WordSharing.case_id, WordSharing.writer_id, WordSharing.reader_id, WordSharing.state, WordSharing.changed_at)


@cache
def _statements(dialect: str, *, hold: bool = True) -> Mapping[str, Any]:
    """Every reading statement once per process; `hold`: contacts, cases and talks are locked until the transaction ends."""
    within, pairs = partial(_within, dialect), partial(_within_pairs, dialect)
    endpoint = _ENDPOINT.with_for_update(of=Contact) if hold else _ENDPOINT
    cases, talks = (_CASES.with_for_update(of=Case), _SESSIONS.with_for_update()) if hold else (_CASES, _SESSIONS)
    return {
        "known": sa.select(Message.provider, Message.provider_id, Message.id).where(
            pairs(Message.provider, "providers", Message.provider_id, "ids")
        ),
        "by_address": endpoint.where(pairs(Endpoint.district_id, "districts", Endpoint.address_index, "indexes")),
        "by_contact": endpoint.where(within(Endpoint.contact_id, "contacts")),
        "cases": cases.where(within(Guardianship.contact_id, "contacts")),
        "sessions": talks.where(within(Session.contact_id, "contacts")),
        "consents": _CONSENTS.where(pairs(Consent.district_id, "districts", Consent.address_index, "indexes")),
        "choices": _CHOICES.where(within(CaseChoice.contact_id, "contacts")),
        "approvals": _APPROVALS.where(within(CatalogueApproval.district_id, "districts")),
        "adults": _ADULTS.where(within(Case.id, "cases")),
        "sharings": _SHARINGS.where(within(WordSharing.case_id, "cases")),
        "said": sa.select(Outbox.dedupe_key).where(within(Outbox.dedupe_key, "keys")),
    }


def _read(conn: Connection, name: str, **given: Any) -> Sequence[Row]:
    return read_together(conn, [_request(conn, name, **given)])[0]


def _request(conn: Connection, name: str, **given: Any) -> Request:
    """Nobody waits for a page that only looks."""
    if only_reads(conn):
        return f"{name}_seen", _statements(conn.dialect.name, hold=False)[name], given
    return name, _statements(conn.dialect.name)[name], given


def _known_request(conn: Connection, keys: Sequence[tuple[str, str]]) -> Request:
    providers, ids = _side_by_side(keys)
    return _request(conn, "known", providers=providers, ids=ids)


class Facts(NamedTuple):
    """What is known about a batch's writers. `messages`: (provider, provider id) -> id of those we have already. `sessions`: by contact.

    `consents`: by (district, address index, medium). `approvals`: (subject, language, hash) by district; read each time, so that one
    taken back counts at once. `cases`: open ones with a live, unrestricted right, locked; `hold` and `may_receive` are for the caller.
    """

    messages: Mapping[tuple[str, str], str]
    cases: Sequence[Row]
    sessions: Mapping[str, Row]
    consents: Mapping[tuple[str, bytes, str], Row]
    approvals: Mapping[str, frozenset[tuple[str, str, str]]]


def facts(
    conn: Connection,
    keys: Sequence[tuple[str, str]],
    contact_ids: Sequence[str],
    addresses: Sequence[tuple[str, bytes]],
    now: datetime,
) -> Facts:
    """Everything about these writers, their contacts being locked: then no copy of a message can slip in either."""
    contacts = padded(contact_ids or [""])
    districts, indexes = _side_by_side(addresses)
    known, cases, talks, consents, approvals = read_together(
        conn,
        [
            _known_request(conn, keys or [("", "")]),
            _request(conn, "cases", contacts=contacts, now=now),
            _request(conn, "sessions", contacts=contacts),
            _request(conn, "consents", districts=districts, indexes=indexes),
            _request(conn, "approvals", districts=padded(sorted(set(districts)))),
        ],
    )
    approved: dict[str, set[tuple[str, str, str]]] = {}
    for row in approvals:
        approved.setdefault(row.district_id, set()).add((row.subject, row.lang, row.hash))
    return Facts(
        messages={(row.provider, row.provider_id): row.id for row in known},
        cases=cases,
        sessions={row.contact_id: row for row in talks},
        consents={(row.district_id, bytes(row.address_index), row.medium): row for row in consents},
        approvals={district_id: frozenset(rows) for district_id, rows in approved.items()},
    )


def endpoints(conn: Connection, addresses: Sequence[tuple[str, bytes]]) -> Sequence[Row]:
    """Who may be writing from these (district, address index), with the contacts locked. A shared number has several."""
    districts, indexes = _side_by_side(addresses)
    return _read(conn, "by_address", districts=districts, indexes=indexes)


def endpoints_of(conn: Connection, contact_ids: Sequence[str]) -> Sequence[Row]:
    """All addresses of these contacts, with the contacts locked."""
    return _read(conn, "by_contact", contacts=padded(sorted(set(contact_ids))))


def consents(conn: Connection, addresses: Sequence[tuple[str, bytes]]) -> Mapping[tuple[str, bytes, str], Row]:
    """Where consent stands at these (district, address index), by that and the medium."""
    districts, indexes = _side_by_side(addresses)
    return {
        (row.district_id, bytes(row.address_index), row.medium): row
        for row in _read(conn, "consents", districts=districts, indexes=indexes)
    }


def open_cases(conn: Connection, contact_ids: Sequence[str], now: datetime) -> Sequence[Row]:
    """Open cases these contacts have a live, unrestricted right to, locked. `hold` and `may_receive` are the caller's to mind."""
    return _read(conn, "cases", contacts=padded(contact_ids), now=now)


def sessions(conn: Connection, contact_ids: Sequence[str]) -> dict[str, Row]:
    """The open talk of each contact, locked."""
    return {row.contact_id: row for row in _read(conn, "sessions", contacts=padded(contact_ids))}


def choices(conn: Connection, contact_ids: Sequence[str], now: datetime) -> dict[str, str]:
    """Which child each contact said they write about, while that may be assumed."""
    return {row.contact_id: row.case_id for row in _read(conn, "choices", contacts=padded(contact_ids), now=now)}


class Readers(NamedTuple):
    """Who might read what is written about some cases. `adults`: name by id, by case: those with a right in force, no link of theirs to
    this child being barred or held. `asked`: what a writer said about a reader, by (case, writer, reader).
    """

    adults: Mapping[str, Mapping[str, str]]
    asked: Mapping[tuple[str, str, str], Row]


def readers(conn: Connection, case_ids: Sequence[str], now: datetime) -> Readers:
    """The adults of these cases and what they said about each other."""
    cases = padded(sorted(case_ids))
    links, asked = read_together(conn, [_request(conn, "adults", cases=cases, now=now), _request(conn, "sharings", cases=cases)])
    adults: dict[str, dict[str, str]] = {}
    for link in links:
        adults.setdefault(link.case_id, {})[link.id] = link.name
    for link in links:
        if not link.open:  # the strictest of several links counts
            adults[link.case_id].pop(link.id, None)
    return Readers(adults, {(row.case_id, row.writer_id, row.reader_id): row for row in asked})


def already_said(conn: Connection, dedupe_keys: Sequence[str]) -> set[str]:
    """Which of these one-time texts are in the outbox already."""
    return {row.dedupe_key for row in _read(conn, "said", keys=padded(dedupe_keys))}


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
        Timer.id,
        Timer.district_id,
        Timer.session_id,
        Timer.contact_id,
        Timer.subject_id,
        Timer.kind,
        Timer.step_id,
        Timer.due_at,
        Timer.not_after,
    ).where(Timer.id == timer_id, Timer.state == "pending")
    return conn.execute(query).one_or_none()


def timer_served(conn: Connection, timer_id: str, due_at: datetime) -> bool:
    """Mark a timer done; False when somebody else did, or it was moved meanwhile."""
    change = sa.update(Timer).where(Timer.id == timer_id, Timer.state == "pending", Timer.due_at == due_at).values(state="done")
    return conn.execute(change).rowcount == 1
