"""A case is opened in an emergency by trained staff it is closed to: with a reason, for one hour, to read and nothing else, on record, and
told at once to who answers for records, who looks at it later (domain.md 10.1; fault 23).

It is as if the person were on call for this one case: `bot.policy.permissions` decides what that opens, and to whom.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from bot.errors import Conflict, NotAllowed, NotFound
from bot.log import get_log
from bot.policy import permissions
from bot.service import access, audit, directory, staff_post
from bot.service.runtime import Runtime
from bot.service.viewer import Viewer
from bot.service.wording import wording
from bot.store import break_glass as store
from bot.store import case_people, timeline
from bot.store.types import Plain

WHY = ("danger_now", "no_one_reached", "authority_asks")
LASTS = timedelta(hours=1)
MAX_NOTE = 1000
SHOWN = 50
TOLD = ("privacy_officer", "coordinator", "district_admin")
"""Who is told: everybody with the first of these roles that somebody else has."""

_log = get_log("break_glass")


@dataclass(frozen=True, slots=True)
class Opened:
    """One time, as the records officer sees it. `reviewer` "" while nobody has looked."""

    id: str
    name: str
    code: str
    why: str
    note: str
    opened_at: datetime
    ends_at: datetime
    reviewer: str
    mine: bool


def may_ask(conn: Connection, who: Viewer) -> bool:
    return permissions.may_break_glass(access.grants(conn, who))


def open_case(conn: Connection, runtime: Runtime, who: Viewer, code: str, why: str, note: str, now: datetime) -> list[str]:
    """Open it for an hour; the outbox ids of who is told.

    Raises `NotAllowed` for who is not trained, and `Conflict` with a word for the page: why (no reason), code (no such case, or none of
    a school where they are trained: one answer), open (they may read it already).
    """
    if not may_ask(conn, who):
        raise NotAllowed
    if why not in WHY or not note.strip():
        raise Conflict("why")
    case = timeline.case_by_code(conn, who.district_id, code.strip().upper())
    if case is None or not permissions.may_break_glass(access.grants(conn, who), school_id=case.school_id):
        raise Conflict("code")
    if access.may_open(conn, who, case, now) and access.reader(conn, who, case.school_id, now, case.id).may_read(
        "safety_only", "safety_flag"
    ):
        raise Conflict("open")
    store.add(
        conn,
        id=runtime.ids.new("glass"),
        district_id=who.district_id,
        staff_id=who.staff_id,
        case_id=case.id,
        why=why,
        note=Plain(who.district_id, note.strip()[:MAX_NOTE]),
        opened_at=now,
        ends_at=now + LASTS,
    )
    told = _tell(conn, runtime, who, case.code, now)
    _log.warning("break_glass", staff_id=who.staff_id, case_id=case.id, reason=why)
    audit.by_staff(conn, runtime, who, "break_glass", case.id, now, message_class="F", reason=why)
    return told


def close(conn: Connection, runtime: Runtime, who: Viewer, code: str, now: datetime) -> None:
    """Done before the hour is over."""
    case = timeline.case_by_code(conn, who.district_id, code)
    if case is None or not store.end(conn, who.staff_id, case.id, now):
        raise NotFound
    audit.by_staff(conn, runtime, who, "end_break_glass", case.id, now, message_class="F")


def listed(conn: Connection, who: Viewer) -> list[Opened]:
    """For who answers for records: what was opened, what nobody has looked at first."""
    if not permissions.may_see_log(access.grants(conn, who)):
        raise NotFound
    return [
        Opened(row.id, row.name, row.code, row.why, row.note, row.opened_at, row.ends_at, row.reviewer or "", row.staff_id == who.staff_id)
        for row in store.listed(conn, who.district_id, SHOWN)
    ]


def review(conn: Connection, runtime: Runtime, who: Viewer, glass_id: str, now: datetime) -> None:
    """Somebody who answers for records has looked at it; nobody looks at their own."""
    if not permissions.may_see_log(access.grants(conn, who)):
        raise NotFound
    if not store.review(conn, who.district_id, glass_id, who.staff_id, now):
        raise Conflict("reviewed")
    audit.by_staff(conn, runtime, who, "review_break_glass", glass_id, now, message_class="F", kind="break_glass")


def _tell(conn: Connection, runtime: Runtime, who: Viewer, code: str, now: datetime) -> list[str]:
    """A name, a case code and a link; the reason is behind signing in."""
    people: dict[str, list[str]] = {}
    for row in case_people.staff(conn, who.district_id):
        if row.id != who.staff_id:
            people.setdefault(row.role, []).append(row.id)
    told = next((people[role] for role in TOLD if people.get(role)), [])
    queued: list[str] = []
    for staff_id in dict.fromkeys(told):
        queued += _word(conn, runtime, staff_id, who.name, code, now)
    return queued


def _word(conn: Connection, runtime: Runtime, staff_id: str, name: str, code: str, now: datetime) -> list[str]:
    person = directory.staff(conn, [staff_id], now).get(staff_id)
    gettext = wording(person.lang if person else "en").gettext
    text = gettext("{name} opened case {code} in an emergency, for one hour. Please look why: {link}")
    said = text.format(name=name, code=code, link=f"{runtime.settings.base_url}/console/privacy")
    return staff_post.post(conn, runtime, staff_id, said, now=now, purpose="notice", ref="break_glass")
