"""The privacy log: who read or did what about which case, and what was sent to whom (34 CFR 99.32, G11). Reading it is in it.

Only for the role that answers for records; it shows ids, names of staff and of who was written to, and never a family's words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from bot.errors import NotFound
from bot.policy import permissions
from bot.service import access, audit, directory
from bot.service.runtime import Runtime
from bot.service.viewer import Viewer
from bot.store import privacy_log as store

PAGE = 50
MAX_EXPORT = 20_000


@dataclass(frozen=True, slots=True)
class Ask:
    """What the reader wants to see, as the form has it. `kind`: seen | sent. Days are the district's."""

    kind: str = "seen"
    staff_id: str = ""
    code: str = ""
    action: str = ""
    since: date | None = None
    until: date | None = None
    before: int | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One line: of who read or did something (`who`, `action`), or of a message (`who` it went to, its purpose, class and state)."""

    at: datetime
    who: str
    action: str
    about: str
    message_class: str
    channel: str
    state: str


@dataclass(frozen=True, slots=True)
class Log:
    """A page of the log, and what can be chosen. `older` continues after this page; None at the end."""

    lines: tuple[Line, ...]
    older: int | None
    zone: str
    people: tuple[tuple[str, str], ...]
    actions: tuple[str, ...]
    unknown_code: bool = False


def read(conn: Connection, runtime: Runtime, who: Viewer, ask: Ask, now: datetime) -> Log:
    """One page, and the line that says this person read it."""
    zone = _allowed(conn, who, now)
    wanted = _wanted(conn, who, ask, zone)
    people = store.staff(conn, who.district_id)
    choices = tuple(sorted(people.items(), key=lambda one: one[1])), tuple(store.actions(conn, who.district_id))
    if wanted is None:
        return Log((), None, zone, *choices, unknown_code=True)
    rows, older = _rows(conn, who, ask, wanted, PAGE)
    lines = _lines(conn, who, ask, rows, people)
    audit.by_staff(conn, runtime, who, "read_log", who.district_id, now, kind="district", reason=ask.kind)
    return Log(lines, older, zone, *choices)


def export(conn: Connection, runtime: Runtime, who: Viewer, ask: Ask, now: datetime) -> Sequence[Line]:
    """Everything that matches, up to a limit that fits a spreadsheet; the taking away is a line of its own."""
    zone = _allowed(conn, who, now)
    wanted = _wanted(conn, who, ask, zone)
    if wanted is None:
        return ()
    rows, _ = _rows(conn, who, ask, wanted._replace(before=None), MAX_EXPORT)
    lines = _lines(conn, who, ask, rows, store.staff(conn, who.district_id))
    audit.by_staff(conn, runtime, who, "export_log", who.district_id, now, kind="district", reason=f"{ask.kind}:{len(lines)}")
    return lines


def _allowed(conn: Connection, who: Viewer, now: datetime) -> str:
    """The district's zone, for whom the log is."""
    if not permissions.may_see_log(access.grants(conn, who)):
        raise NotFound
    return directory.district(conn, who.district_id, now).zone


def _wanted(conn: Connection, who: Viewer, ask: Ask, zone: str) -> store.Wanted | None:
    """The form as the store understands it; None when the code is no case's."""
    case_id = store.case_id(conn, who.district_id, ask.code.strip().upper()) if ask.code.strip() else ""
    if case_id is None:
        return None
    here = ZoneInfo(zone)
    since = datetime.combine(ask.since, time(), here) if ask.since else None
    until = datetime.combine(ask.until + timedelta(days=1), time(), here) if ask.until and ask.until < date.max else None
    return store.Wanted(ask.staff_id, case_id, ask.action, since, until, ask.before)


def _rows(conn: Connection, who: Viewer, ask: Ask, wanted: store.Wanted, limit: int) -> tuple[Sequence[Any], int | None]:
    if ask.kind == "sent":
        rows = store.sent(conn, who.district_id, wanted, limit + 1)
        return rows[:limit], (wanted.before or 0) + limit if len(rows) > limit else None
    rows = store.seen(conn, who.district_id, wanted, limit + 1)
    return rows[:limit], rows[limit - 1].seq if len(rows) > limit else None


def _lines(conn: Connection, who: Viewer, ask: Ask, rows: Sequence[Any], people: dict[str, str]) -> tuple[Line, ...]:
    if ask.kind == "sent":
        return tuple(
            Line(row.created_at, row.contact or "", row.purpose, row.code or "", row.message_class, row.channel, row.state) for row in rows
        )
    codes = store.codes(conn, who.district_id, rows)
    families = store.contacts(conn, who.district_id, [row.object_id for row in rows if row.object_kind == "contact"])
    families |= store.contacts(conn, who.district_id, [row.actor_id for row in rows if row.actor_kind == "contact"])
    return tuple(
        Line(
            row.at,
            people.get(row.actor_id) or families.get(row.actor_id) or "",
            f"read_{row.object_kind}" if row.action == "read" else row.action,
            codes.get(row.object_id) or families.get(row.object_id) or people.get(row.object_id) or "",
            row.message_class,
            "",
            "",
        )
        for row in rows
    )
