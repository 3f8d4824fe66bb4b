"""What a roster import reads and writes. Everything a district has is read once, by its blind indexes, never a query a row."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, cast

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.store.tables import Case, Consent, Contact, District, Endpoint, FamilyLink, Guardianship, Outbox, RosterImport, School, Student
from bot.store.vault import Vault


class StudentRow(NamedTuple):
    id: str
    school_id: str
    first_name: str
    last_name: str
    birth_date: str
    grade: str


class ContactRow(NamedTuple):
    id: str
    name: str
    lang_written: str
    lang_spoken: str
    modality: str
    lang_by: str
    interpreter: bool
    identity: str


class LinkRow(NamedTuple):
    """A guardianship in force today, or not ended yet."""

    id: str
    contact_id: str
    student_id: str
    relation: str
    rights_holder: bool
    restriction: str


class AddressRow(NamedTuple):
    id: str
    contact_id: str
    channel: str
    address_index: bytes
    state: str
    shared: bool
    confirmed_at: datetime | None


class Present(NamedTuple):
    """The people a district has now: students and contacts by the blind index of the roster's own id."""

    schools: Mapping[str, tuple[str, str]]
    students: Mapping[bytes, StudentRow]
    contacts: Mapping[bytes, ContactRow]
    links: Mapping[tuple[str, str], LinkRow]
    addresses: Sequence[AddressRow]
    consents: Collection[tuple[bytes, str]]


def present(conn: Connection, district_id: str, now: datetime) -> Present:
    """Everything of this district an import is compared with. `schools`: name in lower case -> (id, zone)."""
    schools = conn.execute(sa.select(School.id, School.name, School.zone).where(School.district_id == district_id))
    students = conn.execute(
        sa.select(
            Student.source_index,
            Student.id,
            Student.school_id,
            Student.first_name,
            Student.last_name,
            Student.birth_date,
            Student.grade,
        ).where(Student.district_id == district_id, Student.source_index.is_not(None))
    )
    contacts = conn.execute(
        sa.select(
            Contact.source_index,
            Contact.id,
            Contact.name,
            Contact.lang_written,
            Contact.lang_spoken,
            Contact.modality,
            Contact.lang_by,
            Contact.interpreter,
            Contact.identity,
        ).where(Contact.district_id == district_id, Contact.source_index.is_not(None))
    )
    return Present(
        {row.name.casefold(): (row.id, row.zone) for row in schools},
        {
            bytes(row.source_index): StudentRow(
                row.id, row.school_id, row.first_name, row.last_name or "", row.birth_date or "", row.grade or ""
            )
            for row in students
        },
        {
            bytes(row.source_index): ContactRow(
                row.id,
                row.name,
                row.lang_written,
                row.lang_spoken,
                row.modality,
                row.lang_by or "",
                bool(row.interpreter),
                row.identity,
            )
            for row in contacts
        },
        _links(conn, district_id, now),
        _addresses(conn, district_id),
        {
            (bytes(row.address_index), row.medium)
            for row in conn.execute(sa.select(Consent.address_index, Consent.medium).where(Consent.district_id == district_id))
        },
    )


def _links(conn: Connection, district_id: str, now: datetime) -> dict[tuple[str, str], LinkRow]:
    rows = conn.execute(
        sa.select(
            Guardianship.id,
            Guardianship.contact_id,
            Guardianship.student_id,
            Guardianship.relation,
            Guardianship.rights_holder,
            Guardianship.restriction,
        ).where(Guardianship.district_id == district_id, sa.or_(Guardianship.valid_to.is_(None), Guardianship.valid_to > now))
    )
    return {(row.contact_id, row.student_id): LinkRow(*row) for row in rows}


def _addresses(conn: Connection, district_id: str) -> list[AddressRow]:
    rows = conn.execute(
        sa.select(
            Endpoint.id,
            Endpoint.contact_id,
            Endpoint.channel,
            Endpoint.address_index,
            Endpoint.state,
            Endpoint.shared,
            Endpoint.confirmed_at,
        ).where(Endpoint.district_id == district_id)
    )
    return [AddressRow(row[0], row[1], row[2], bytes(row[3]), row[4], row[5], row[6]) for row in rows]


def insert(conn: Connection, table: type[Any], rows: Sequence[Mapping[str, Any]]) -> None:
    if rows:
        conn.execute(sa.insert(table), [dict(row) for row in rows])


def change(conn: Connection, table: type[Any], rows: Sequence[Mapping[str, Any]]) -> None:
    """Write `rows` ({"id": ..., column: value ...}) over what is there. Rows that change the same columns travel together."""
    by_columns: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for row in rows:
        names = tuple(sorted(set(row) - {"id"}))
        by_columns.setdefault(names, []).append({"row_id": row["id"], **{f"new_{name}": row[name] for name in names}})
    for names, group in by_columns.items():
        columns = cast("sa.Table", table.__table__).c
        statement = sa.update(table).where(columns.id == sa.bindparam("row_id"))
        conn.execute(statement.values(**{name: sa.bindparam(f"new_{name}", type_=columns[name].type) for name in names}), group)


def cancel_about(conn: Connection, pairs: Collection[tuple[str, str]], reason: str, now: datetime) -> int:
    """Cancel what waits to be sent to these (contact, student) pairs about that student; says how many rows were.

    In the transaction that closes the right: either this or the hand-over comes first (fault 2).
    """
    cancelled = 0
    for contact_id, student_id in pairs:
        statement = (
            sa.update(Outbox)
            .where(
                Outbox.contact_id == contact_id,
                Outbox.case_id.in_(sa.select(Case.id).where(Case.student_id == student_id).scalar_subquery()),
                Outbox.audience == "family",
                Outbox.message_class != "F",
                Outbox.state.in_(("queued", "held")),
            )
            .values(state="cancelled", reason=reason, settled_at=now)
        )
        cancelled += conn.execute(statement).rowcount
    return cancelled


def end_pages(conn: Connection, contact_ids: Collection[str], now: datetime) -> None:
    """The links of these people to their page end: whoever has the wrong number may have opened one."""
    if contact_ids:
        conn.execute(
            sa.update(FamilyLink).where(FamilyLink.contact_id.in_(contact_ids), FamilyLink.expires_at > now).values(expires_at=now)
        )


def remember(conn: Connection, row: Mapping[str, Any]) -> None:
    conn.execute(sa.insert(RosterImport), [dict(row)])


def newest(conn: Connection, district_id: str) -> Mapping[str, int] | None:
    """The counts of the newest import that was applied, None when there was none."""
    query = (
        sa.select(RosterImport.counts)
        .where(RosterImport.district_id == district_id, RosterImport.applied)
        .order_by(RosterImport.at.desc(), RosterImport.id.desc())
        .limit(1)
    )
    return conn.scalar(query)


def was_clean(conn: Connection, district_id: str) -> bool:
    """Whether an import was ever applied whose every line could be read."""
    query = sa.select(RosterImport.counts).where(RosterImport.district_id == district_id, RosterImport.applied)
    return any(not (counts or {}).get("unreadable") for counts in conn.scalars(query))


def source_index(vault: Vault, district_id: str, kind: str, own_id: str) -> bytes:
    """The blind index of a number the district's own system gives a student or a contact."""
    return vault.index(district_id, f"roster:{kind}:{own_id}")


def contact_named(conn: Connection, vault: Vault, name: str) -> str:
    """The contact with this number in a roster; what is none is taken for an id of ours."""
    for district_id in conn.scalars(sa.select(District.id).order_by(District.id)).all():
        digest = source_index(vault, district_id, "contact", name)
        found = conn.scalar(sa.select(Contact.id).where(Contact.district_id == district_id, Contact.source_index == digest))
        if found is not None:
            return str(found)
    return name


def case_named(conn: Connection, name: str) -> str:
    """The open case with this code; what is none is taken for an id of ours."""
    return str(conn.scalar(sa.select(Case.id).where(Case.code == name, Case.state == "open")) or name)
