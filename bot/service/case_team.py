"""Who is on the team of a case: add, end, and who answers for it and leads it. Whoever leaves the team loses the case at once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from bot.errors import Conflict, NotAllowed
from bot.policy import permissions
from bot.service import access, audit, open_case
from bot.service.runtime import Runtime
from bot.service.viewer import Viewer
from bot.store import case_people


@dataclass(frozen=True, slots=True)
class Member:
    """One person of the team. `is_liaison` and `is_lead` cannot leave before somebody else is named."""

    id: str
    staff_id: str
    name: str
    role: str
    since: datetime
    is_liaison: bool
    is_lead: bool


@dataclass(frozen=True, slots=True)
class Team:
    """The team of one case and who else could join it."""

    code: str
    child: str
    zone: str
    liaison_id: str
    lead_id: str
    members: tuple[Member, ...]
    possible: tuple[open_case.Colleague, ...]


def may_name(conn: Connection, who: Viewer, case: Any) -> bool:
    return permissions.may_begin_case(access.grants(conn, who), school_id=case.school_id)


def read(conn: Connection, who: Viewer, code: str, now: datetime) -> Team:
    case = _case(conn, who, code, now)
    rows = case_people.members(conn, case.id, now)
    members = tuple(
        Member(row.id, row.staff_id, row.name, row.role, row.since, row.staff_id == case.liaison_id, row.staff_id == case.lead_id)
        for row in rows
    )
    return Team(
        code=case.code,
        child=case.child,
        zone=case.zone,
        liaison_id=case.liaison_id,
        lead_id=case.lead_id or "",
        members=members,
        possible=tuple(open_case.colleagues(conn, who, case.school_id)),
    )


def add(conn: Connection, runtime: Runtime, who: Viewer, code: str, staff_id: str, now: datetime) -> None:
    """Somebody joins; twice is once."""
    case = _case(conn, who, code, now)
    person = _possible(conn, who, case, staff_id)
    if staff_id in {row.staff_id for row in case_people.members(conn, case.id, now)}:
        return
    case_people.add_member(
        conn,
        id=runtime.ids.new("mem"),
        district_id=case.district_id,
        case_id=case.id,
        staff_id=staff_id,
        role=person.roles[0],
        since=now,
        until=None,
    )
    audit.by_staff(conn, runtime, who, "team_add", case.id, now, reason=staff_id)


def end(conn: Connection, runtime: Runtime, who: Viewer, code: str, member_id: str, now: datetime) -> None:
    """Somebody leaves.

    :raises Conflict: it is who answers for the case or leads it.
    """
    case = _case(conn, who, code, now)
    member = next((row for row in case_people.members(conn, case.id, now) if row.id == member_id), None)
    if member is None:
        return
    if member.staff_id in (case.liaison_id, case.lead_id):
        raise Conflict("named")
    case_people.end_member(conn, case.id, member_id, now)
    audit.by_staff(conn, runtime, who, "team_end", case.id, now, reason=member.staff_id)


def name(conn: Connection, runtime: Runtime, who: Viewer, code: str, liaison_id: str, lead_id: str, now: datetime) -> None:
    """Say who answers for the case and who leads it; both are on the team from then on."""
    case = _case(conn, who, code, now)
    for staff_id in filter(None, (liaison_id, lead_id)):
        _possible(conn, who, case, staff_id)
    if not liaison_id:
        raise Conflict("liaison")
    case_people.set_people(conn, case.id, liaison_id=liaison_id, lead_id=lead_id or None)
    for what, staff_id, before in (("set_liaison", liaison_id, case.liaison_id), ("set_lead", lead_id, case.lead_id or "")):
        if staff_id != before:
            audit.by_staff(conn, runtime, who, what, case.id, now, reason=staff_id)
        if staff_id:
            add(conn, runtime, who, code, staff_id, now)


def _case(conn: Connection, who: Viewer, code: str, now: datetime) -> Any:
    case = access.case(conn, who, code, now)
    if not may_name(conn, who, case):
        raise NotAllowed
    return case


def _possible(conn: Connection, who: Viewer, case: Any, staff_id: str) -> open_case.Colleague:
    for one in open_case.colleagues(conn, who, case.school_id):
        if one.id == staff_id:
            return one
    raise Conflict("team")
