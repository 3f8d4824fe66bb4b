"""What the go-live gate asks the database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.store.duty import on_duty
from bot.store.tables import (
    Case,
    CatalogueApproval,
    District,
    EvaluationContact,
    Handoff,
    OnCall,
    Outbox,
    School,
    SeenEvent,
    Sender,
    Staff,
    StaffRole,
)


def waiting_families(conn: Connection) -> tuple[int, int]:
    """How many texts to families wait to leave, and how many of them answer words about danger."""
    waits = (Outbox.audience == "family", Outbox.state == "queued")
    total = conn.scalar(sa.select(sa.func.count()).select_from(Outbox).where(*waits)) or 0
    danger = conn.scalar(sa.select(sa.func.count()).select_from(Outbox).where(*waits, Outbox.message_class == "F")) or 0
    return total, danger


class DistrictRow(NamedTuple):
    id: str
    demo: bool
    settings: dict[str, Any]
    zone: str


def districts(conn: Connection) -> list[DistrictRow]:
    """Every district with its settings."""
    rows = conn.execute(sa.select(District.id, District.demo, District.settings, District.zone).order_by(District.id))
    return [DistrictRow(row.id, row.demo, row.settings or {}, row.zone) for row in rows]


def sender_channels(conn: Connection, district_id: str) -> set[str]:
    """The kinds of address families can write to."""
    return set(conn.scalars(sa.select(Sender.channel).where(Sender.district_id == district_id)))


def mail_of_no_district(conn: Connection, now: datetime) -> int:
    """In how many hours of the last 30 days mail came to an address of ours that is no district's."""
    mine = sa.and_(SeenEvent.provider == "mail_alarm", SeenEvent.event_id.startswith("no_district:"))
    return conn.scalar(sa.select(sa.func.count()).where(mine, SeenEvent.seen_at > now - timedelta(days=30))) or 0


def approvals(conn: Connection, district_id: str, *, count_demo: bool, subject: str = "flows") -> list[tuple[str, str]]:
    """(language, hash) of every approved flow catalogue, or word list (`subject` "words")."""
    query = sa.select(CatalogueApproval.lang, CatalogueApproval.hash).where(
        CatalogueApproval.district_id == district_id, CatalogueApproval.subject == subject
    )
    if not count_demo:
        query = query.where(CatalogueApproval.demo.is_(False))
    return [(row.lang, row.hash) for row in conn.execute(query)]


def on_call(conn: Connection, district_id: str, at: datetime, *, slack: bool = True) -> list[str]:
    """Staff on the rota at that time who are active and have a phone or, where we use it, a Slack account."""
    reached = Staff.phone.is_not(None)
    query = (
        sa.select(OnCall.staff_id)
        .join(Staff, Staff.id == OnCall.staff_id)
        .where(
            OnCall.district_id == district_id,
            Staff.active,
            sa.or_(Staff.slack_user != "", reached) if slack else reached,
            *on_duty(at),
        )
        .order_by(OnCall.position)
    )
    return list(conn.scalars(query))


def evaluation_contacts(conn: Connection, district_id: str) -> list[str]:
    """Approved, active people who receive evaluation requests."""
    query = (
        sa.select(EvaluationContact.staff_id)
        .join(Staff, Staff.id == EvaluationContact.staff_id)
        .where(EvaluationContact.district_id == district_id, EvaluationContact.approved_at.is_not(None), Staff.active)
        .order_by(EvaluationContact.id)
    )
    return list(conn.scalars(query))


def cases_without_liaison(conn: Connection, district_id: str) -> list[str]:
    """Codes of open cases whose liaison has left."""
    query = (
        sa.select(Case.code)
        .join(Staff, Staff.id == Case.liaison_id)
        .where(Case.district_id == district_id, Case.state == "open", Staff.active.is_(False))
        .order_by(Case.code)
    )
    return list(conn.scalars(query))


def schools_without(conn: Connection, district_id: str, roles: Sequence[str]) -> list[str]:
    """Names of schools where no active staff member has one of these roles, there or in the whole district."""
    held = (
        sa.select(StaffRole.id)
        .join(Staff, Staff.id == StaffRole.staff_id)
        .where(
            StaffRole.district_id == district_id,
            StaffRole.role.in_(roles),
            Staff.active,
            sa.or_(StaffRole.school_id.is_(None), StaffRole.school_id == School.id),
        )
    )
    query = sa.select(School.name).where(School.district_id == district_id, ~held.correlate(School).exists()).order_by(School.name)
    return list(conn.scalars(query))


def schools(conn: Connection, district_id: str) -> list[tuple[str, str]]:
    """(name, telephone) of every school."""
    rows = conn.execute(sa.select(School.name, School.phone).where(School.district_id == district_id).order_by(School.name))
    return [(row.name, row.phone) for row in rows]


def staff_ids(conn: Connection, district_id: str) -> set[str]:
    """Everybody who works or worked here."""
    return set(conn.scalars(sa.select(Staff.id).where(Staff.district_id == district_id)))


DRILL_LASTS = timedelta(days=180)
"""A rota nobody has tried for half a year is not known to work."""


def newest_drill(conn: Connection, district_id: str) -> datetime | None:
    """When the newest rota drill began that somebody acknowledged."""
    query = sa.select(sa.func.max(Handoff.created_at)).where(
        Handoff.district_id == district_id, Handoff.reason == "drill", Handoff.acknowledged_at.is_not(None)
    )
    return conn.scalar(query)
