"""Who read and did what, and what went to families, newest first. Reads only; never a word of a message."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection

from bot.store.outbox import about_cases
from bot.store.tables import (
    Attachment,
    Audit,
    BreakGlass,
    Case,
    CaseEntry,
    Contact,
    FamilyText,
    Handoff,
    Meeting,
    Outbox,
    Staff,
    Translation,
)

Row = Any
"""A row with its columns by name."""

_OF_A_CASE: dict[str, Any] = {
    "handoff": Handoff,
    "entry": CaseEntry,
    "translation": Translation,
    "family_text": FamilyText,
    "meeting": Meeting,
    "break_glass": BreakGlass,
    "outbox": Outbox,
}
"""What lines of the log are about that belongs to a case, by `object_kind`."""


class Wanted(NamedTuple):
    """What a reader of the log looks for; "" and None are everything. `before` is where the page before ended."""

    staff_id: str = ""
    case_id: str = ""
    action: str = ""
    since: datetime | None = None
    until: datetime | None = None
    before: int | None = None


def seen(conn: Connection, district_id: str, wanted: Wanted, limit: int) -> Sequence[Row]:
    """Lines of the audit log."""
    query = sa.select(
        Audit.seq,
        Audit.actor_kind,
        Audit.actor_id,
        Audit.action,
        Audit.object_kind,
        Audit.object_id,
        Audit.message_class,
        Audit.reason,
        Audit.at,
    ).where(Audit.district_id == district_id)
    if wanted.staff_id:
        query = query.where(Audit.actor_id == wanted.staff_id)
    if wanted.case_id:
        query = query.where(_about(wanted.case_id))
    if wanted.action:
        query = query.where(Audit.action == wanted.action)
    if wanted.since:
        query = query.where(Audit.at >= wanted.since)
    if wanted.until:
        query = query.where(Audit.at < wanted.until)
    if wanted.before is not None:
        query = query.where(Audit.seq < wanted.before)
    return conn.execute(query.order_by(Audit.seq.desc()).limit(limit)).all()


def _about(case_id: str) -> Any:
    """A line is about a case, or about something of it: a hand-off, a line of the record, a translation, a letter, a file.

    Each part is looked up by its own id: texts and translations have no index by case.
    """
    parts = ((kind, sa.exists().where(table.id == Audit.object_id, table.case_id == case_id)) for kind, table in _OF_A_CASE.items())
    return sa.or_(
        Audit.object_id == case_id,
        sa.and_(Audit.object_kind == "attachment", Audit.reason == case_id),
        *(sa.and_(Audit.object_kind == kind, part.correlate(Audit)) for kind, part in parts),
    )


def sent(conn: Connection, district_id: str, wanted: Wanted, limit: int) -> Sequence[Row]:
    """Messages to families: to whom, about which case, of which class, and what became of them."""
    query = (
        sa.select(
            Outbox.id,
            Outbox.created_at,
            Outbox.channel,
            Outbox.message_class,
            Outbox.purpose,
            Outbox.state,
            Outbox.lang,
            Outbox.handed_at,
            Contact.name.label("contact"),
            Case.code,
        )
        .outerjoin(Contact, Contact.id == Outbox.contact_id)
        .outerjoin(Case, Case.id == Outbox.case_id)
        .where(Outbox.district_id == district_id, Outbox.audience == "family")
    )
    if wanted.case_id:
        query = query.where(*about_cases([wanted.case_id]))
    if wanted.since:
        query = query.where(Outbox.created_at >= wanted.since)
    if wanted.until:
        query = query.where(Outbox.created_at < wanted.until)
    query = query.order_by(Outbox.created_at.desc(), Outbox.id.desc())
    return conn.execute(query.offset(wanted.before or 0).limit(limit)).all()


def actions(conn: Connection, district_id: str) -> Sequence[str]:
    """What there is in this log to choose from."""
    return conn.execute(sa.select(Audit.action).where(Audit.district_id == district_id).distinct().order_by(Audit.action)).scalars().all()


def staff(conn: Connection, district_id: str) -> dict[str, str]:
    """Names of everybody who is or was staff here."""
    query = sa.select(Staff.id, Staff.name).where(Staff.district_id == district_id)
    return {row.id: row.name for row in conn.execute(query.order_by(Staff.id))}


def case_id(conn: Connection, district_id: str, code: str) -> str | None:
    return conn.execute(sa.select(Case.id).where(Case.district_id == district_id, Case.code == code)).scalar_one_or_none()


def codes(conn: Connection, district_id: str, rows: Sequence[Row]) -> dict[str, str]:
    """The case code behind each object of these lines, where there is one."""
    ids = sorted({row.object_id for row in rows})
    if not ids:
        return {}
    direct = sa.select(Case.id.label("of"), Case.code)
    by_file = (
        sa.select(Attachment.id.label("of"), Case.code)
        .join(CaseEntry, CaseEntry.message_id == Attachment.message_id)
        .join(Case, Case.id == CaseEntry.case_id)
    )
    found: dict[str, str] = {}
    parts = [_OF_A_CASE[kind] for kind in sorted({row.object_kind for row in rows} & _OF_A_CASE.keys())]
    by_part = [(sa.select(part.id.label("of"), Case.code).join(Case, Case.id == part.case_id), part.id) for part in parts]
    for query, key in ((direct, Case.id), (by_file, Attachment.id), *by_part):
        for row in conn.execute(query.where(key.in_(ids), Case.district_id == district_id)):
            found.setdefault(row.of, row.code)
    return found


def contacts(conn: Connection, district_id: str, ids: Sequence[str]) -> dict[str, str]:
    query = sa.select(Contact.id, Contact.name).where(Contact.district_id == district_id, Contact.id.in_(ids))
    return {row.id: row.name for row in conn.execute(query)}
