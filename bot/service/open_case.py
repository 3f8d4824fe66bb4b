"""Open a case for a child and name its team: who answers for it, who leads, who helps, and what it is about.

Only where the person's role begins cases (the table of roles), once a child, and only with staff who may read a case at that school.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from bot.errors import Conflict, NotFound
from bot.log import get_log
from bot.policy import permissions
from bot.policy.permissions import NOBODY, ROLES
from bot.screen.fold import fold
from bot.service import access, audit
from bot.service.runtime import Runtime
from bot.service.viewer import Viewer
from bot.store import case_people

DOMAINS = ("reading", "writing", "math", "behaviour", "attendance", "social-emotional", "general")
"""What a case may be about."""

FIRST_NUMBER = 1001
MAX_FOUND = 30
_SLACK_CHANNEL = re.compile(r"[CG][A-Z0-9]{6,30}\Z")
_log = get_log("open_case")


@dataclass(frozen=True, slots=True)
class Child:
    """A child one could open a case for; `code` is the case they have already."""

    id: str
    name: str
    grade: str
    school: str
    school_id: str
    code: str


@dataclass(frozen=True, slots=True)
class Adult:
    """An adult on file. `may` is what they may be told: everything | some | nothing (restricted, or not meant to receive)."""

    name: str
    relation: str
    lang: str
    may: str


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody who could be on the team, with their roles at this school."""

    id: str
    name: str
    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Wish:
    """The form. `team` are staff ids beside liaison and lead."""

    liaison_id: str
    lead_id: str = ""
    team: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()
    slack_channel: str = ""


def may_begin(conn: Connection, who: Viewer) -> bool:
    """Whether there is any school where this person may open a case."""
    return bool(_schools(conn, who))


def find(conn: Connection, who: Viewer, wanted: str) -> list[Child]:
    """Children of this person's schools whose name holds every word of `wanted`. Names are compared here: the database cannot read them."""
    schools = _schools(conn, who)
    if not schools:
        raise NotFound
    words = fold(wanted).split()
    if not words:
        return []
    found = []
    for row in case_people.students(conn, who.district_id, schools):
        name = " ".join(filter(None, (row.first_name, row.last_name)))
        if all(word in fold(name) for word in words):
            found.append(Child(row.id, name, row.grade or "", row.school, row.school_id, row.code or ""))
    return sorted(found, key=lambda one: (bool(one.code), fold(one.name)))[:MAX_FOUND]


def child(conn: Connection, runtime: Runtime, who: Viewer, student_id: str, now: datetime) -> tuple[Child, list[Adult], list[Colleague]]:
    """The child, the adults on file, and who could be on the team; that somebody looked is audited."""
    row = _child(conn, who, student_id)
    adults = [Adult(one.name, one.relation, one.lang_written, _may(one)) for one in case_people.adults(conn, row.id, now)]
    name = " ".join(filter(None, (row.first_name, row.last_name)))
    audit.by_staff(conn, runtime, who, "read", row.id, now, message_class="D", kind="student", reason="open_case")
    return Child(row.id, name, row.grade or "", row.school, row.school_id, row.code or ""), adults, colleagues(conn, who, row.school_id)


def _may(adult: Any) -> str:
    if adult.restriction or not adult.may_receive:
        return "nothing"
    return "everything" if adult.rights_holder else "some"


def colleagues(conn: Connection, who: Viewer, school_id: str) -> list[Colleague]:
    """Staff who may read a case of this school once they are on its team."""
    found: dict[str, tuple[str, list[str]]] = {}
    for row in case_people.staff(conn, who.district_id):
        if row.school_id in (None, school_id) and ROLES.get(row.role, NOBODY).words:
            found.setdefault(row.id, (row.name, []))[1].append(row.role)
    return sorted((Colleague(staff_id, name, tuple(roles)) for staff_id, (name, roles) in found.items()), key=lambda one: one.name)


def open_case(conn: Connection, runtime: Runtime, who: Viewer, student_id: str, wish: Wish, now: datetime) -> str:
    """Open it; the new case's code.

    :raises Conflict: open (there is one already), liaison, lead, team, domains or channel: what is wrong with the form.
    """
    case_people.lock_district(conn, who.district_id)
    row = _child(conn, who, student_id)
    if row.code:
        raise Conflict("open")
    possible = {one.id: one for one in colleagues(conn, who, row.school_id)}
    _check(wish, possible)
    case_id, code = runtime.ids.new("cas"), _next_code(conn, who.district_id)
    case_people.add_case(
        conn,
        id=case_id,
        district_id=who.district_id,
        student_id=row.id,
        school_id=row.school_id,
        code=code,
        domains=[one for one in DOMAINS if one in wish.domains],
        lead_id=wish.lead_id or None,
        liaison_id=wish.liaison_id,
        slack_channel=wish.slack_channel,
        opened_at=now,
    )
    for staff_id in dict.fromkeys(filter(None, (wish.liaison_id, wish.lead_id, *wish.team))):
        role = "liaison" if staff_id == wish.liaison_id else possible[staff_id].roles[0]
        case_people.add_member(
            conn,
            id=runtime.ids.new("mem"),
            district_id=who.district_id,
            case_id=case_id,
            staff_id=staff_id,
            role=role,
            since=now,
            until=None,
        )
    audit.by_staff(conn, runtime, who, "open_case", case_id, now, message_class="D")
    _log.info("case_opened", case_id=case_id, staff_id=who.staff_id)
    return code


def _schools(conn: Connection, who: Viewer) -> list[str]:
    grants = access.grants(conn, who)
    return [row.id for row in case_people.schools(conn, who.district_id) if permissions.may_begin_case(grants, school_id=row.id)]


def _child(conn: Connection, who: Viewer, student_id: str) -> Any:
    row = case_people.student(conn, who.district_id, student_id)
    if row is None or not permissions.may_begin_case(access.grants(conn, who), school_id=row.school_id):
        raise NotFound
    return row


def _check(wish: Wish, possible: dict[str, Colleague]) -> None:
    if wish.liaison_id not in possible:
        raise Conflict("liaison")
    if wish.lead_id and wish.lead_id not in possible:
        raise Conflict("lead")
    if set(wish.team) - set(possible):
        raise Conflict("team")
    if not wish.domains or set(wish.domains) - set(DOMAINS):
        raise Conflict("domains")
    if wish.slack_channel and not _SLACK_CHANNEL.match(wish.slack_channel):
        raise Conflict("channel")


def _next_code(conn: Connection, district_id: str) -> str:
    """Two letters of the district and the next number: it tells nothing about the child."""
    codes = case_people.codes(conn, district_id)
    numbers = [
        (prefix, int(number)) for prefix, _, number in (code.partition("-") for code in codes) if number.isdecimal() and len(prefix) == 2
    ]
    if numbers:
        return f"{numbers[-1][0]}-{max(number for _, number in numbers) + 1}"
    letters = [sign for sign in fold(case_people.district_name(conn, district_id)).upper() if "A" <= sign <= "Z"]
    return f"{''.join(letters[:2]).ljust(2, 'X')}-{FIRST_NUMBER}"
