"""A district's own rows: itself, its schools, senders, staff, rota and evaluation contacts; read whole, written one by one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.store.tables import Audit, District, EvaluationContact, OnCall, School, Sender, Staff, StaffRole

ROTA_BY_HAND = ("rota_add", "rota_remove", "rota_order")
ROTA_FROM_FILE = "rota_from_file"


class Held(NamedTuple):
    """What a district has, as plain dicts by what it is known by: name, (channel, address), e-mail address."""

    schools: Mapping[str, dict[str, Any]]
    senders: Mapping[tuple[str, str], dict[str, Any]]
    staff: Mapping[str, dict[str, Any]]
    roles: Mapping[str, set[tuple[str, str | None]]]
    on_call: Sequence[tuple[str, str | None]]
    evaluation: Sequence[tuple[str, str | None, bool]]


def by_name(conn: Connection, name: str) -> dict[str, Any] | None:
    row = conn.execute(sa.select(District.id, District.zone, District.settings, District.demo).where(District.name == name)).one_or_none()
    return dict(row._mapping) if row else None  # noqa: SLF001 - SQLAlchemy's own name for the mapping of a row


def listed(conn: Connection) -> list[tuple[str, str, str, tuple[str, ...]]]:
    """(id, name, zone, names of schools) of every district."""
    schools: dict[str, list[str]] = {}
    for district_id, name in conn.execute(sa.select(School.district_id, School.name).order_by(School.name)):
        schools.setdefault(district_id, []).append(name)
    rows = conn.execute(sa.select(District.id, District.name, District.zone).order_by(District.id))
    return [(row.id, row.name, row.zone, tuple(schools.get(row.id, ()))) for row in rows]


def rota_kept_by_hand(conn: Connection, district_id: str) -> bool:
    """Whether anybody changed the rota on its page since a file last put its own in place."""
    last = sa.select(sa.func.max(Audit.seq)).where(Audit.district_id == district_id, Audit.action == ROTA_FROM_FILE).scalar_subquery()
    changed = sa.select(Audit.id).where(
        Audit.district_id == district_id, Audit.action.in_(ROTA_BY_HAND), Audit.seq > sa.func.coalesce(last, 0)
    )
    return conn.execute(changed.limit(1)).first() is not None


def held(conn: Connection, district_id: str) -> Held:
    """Everything of the district that a district file speaks of."""

    def rows(*columns: Any) -> list[dict[str, Any]]:
        query = sa.select(*columns).where(columns[0].class_.district_id == district_id)
        return [dict(row) for row in conn.execute(query).mappings()]

    roles: dict[str, set[tuple[str, str | None]]] = {}
    for one in rows(StaffRole.staff_id, StaffRole.role, StaffRole.school_id):
        roles.setdefault(one["staff_id"], set()).add((one["role"], one["school_id"]))
    on_call = sa.select(OnCall.staff_id, OnCall.school_id).where(OnCall.district_id == district_id).order_by(OnCall.position)
    contacts = sa.select(EvaluationContact.staff_id, EvaluationContact.school_id, EvaluationContact.approved_at.is_not(None))
    people = rows(Staff.id, Staff.email, Staff.name, Staff.phone, Staff.slack_user, Staff.lang, Staff.active)
    return Held(
        {one["name"].casefold(): one for one in rows(School.id, School.name, School.phone, School.zone)},
        {(one["channel"], one["address"]): one for one in rows(Sender.id, Sender.channel, Sender.address, Sender.segments_per_second)},
        {(one["email"] or "").casefold(): one for one in people},
        roles,
        [(row[0], row[1]) for row in conn.execute(on_call)],
        [(row[0], row[1], row[2]) for row in conn.execute(contacts.where(EvaluationContact.district_id == district_id))],
    )


def replace(conn: Connection, table: type[Any], rows: Sequence[Mapping[str, Any]], *where: Any) -> None:
    """Take what is there away and put `rows` in its place."""
    conn.execute(sa.delete(table).where(*where))
    if rows:
        conn.execute(sa.insert(table), [dict(row) for row in rows])
