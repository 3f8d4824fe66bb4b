"""Meetings on a case's page: what is planned, what reminds of it and whom, and the same for a meeting before it is planned (F13)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from bot.errors import Conflict, NotFound
from bot.service import access, directory, meeting, meeting_news, post_letter
from bot.service.ring import NEVER
from bot.service.runtime import Runtime
from bot.service.viewer import Viewer
from bot.store import letters as contacts
from bot.store import meetings
from bot.store.meetings import MeetingRow

MODES = meeting.MODES
MAX_PLACE = 80
NOTICE_DAYS = 10
GOES = frozenset({"", "reminders_only", "consent_unknown"})
"""What a family said about texts that does not keep a reminder of a meeting back."""


@dataclass(frozen=True, slots=True)
class Wish:
    """The form. `wall` is what the clock at the school shows, as the browser gives it; `moves` the meeting it takes the place of."""

    wall: str = ""
    mode: str = "in_person"
    place: str = ""
    interpreter: bool = False
    moves: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """One adult and what they get: the reminders' moments on their own clock and the words of each; `why` nothing goes, "" when it does."""

    contact_id: str
    name: str
    lang: str
    zone: str
    at: tuple[tuple[str, datetime], ...]
    words: str
    why: str


@dataclass(frozen=True, slots=True)
class Planned:
    """A meeting with what is still to remind of it. `soon`: fewer days ahead than families are promised."""

    id: str
    starts_at: datetime
    wall: str
    place: str
    mode: str
    interpreter: bool
    told: tuple[Told, ...]
    soon: int = 0


@dataclass(frozen=True, slots=True)
class Page:
    """A case's meetings."""

    code: str
    child: str
    zone: str
    planned: tuple[Planned, ...]


def page(conn: Connection, runtime: Runtime, who: Viewer, code: str, now: datetime) -> Page:
    case = access.case_to_send(conn, who, code, "A", now, open_only=True)
    rows = meetings.of_case(conn, code, who.district_id)
    timers = meetings.timers_of(conn, [row.id for row in rows])
    adults = dict(meetings.contacts_of(conn, case.id, now))
    planned = []
    for row in rows:
        at: dict[str, list[tuple[str, datetime]]] = {contact_id: [] for contact_id in adults}
        for timer in timers:
            if timer.subject_id == row.id:
                at.setdefault(timer.contact_id, []).append((timer.kind, timer.due_at))
        planned.append(_planned(conn, runtime, case, row, at, adults, now))
    return Page(case.code, case.child, case.zone, tuple(planned))


def look(conn: Connection, runtime: Runtime, who: Viewer, code: str, wish: Wish, now: datetime) -> Planned:
    """The meeting as it would be planned, with every reminder it would set. Nothing is written.

    Raises `Conflict` with a word for the page: time, past, place.
    """
    case = access.case_to_send(conn, who, code, "A", now, open_only=True)
    wall = _wall(wish, case.zone, now)
    starts_at = wall.replace(tzinfo=ZoneInfo(case.zone)).astimezone(UTC)
    row = MeetingRow(
        id="",
        district_id=case.district_id,
        case_id=case.id,
        wall=f"{wall:%Y-%m-%dT%H:%M}",
        zone=case.zone,
        starts_at=starts_at,
        place=wish.place,
        mode=wish.mode,
        interpreter=wish.interpreter,
        state="planned",
        facilitator_id=case.lead_id or case.liaison_id,
    )
    adults = dict(meetings.contacts_of(conn, case.id, now))
    at: dict[str, list[tuple[str, datetime]]] = {contact_id: [] for contact_id in adults}
    for contact_id, _, one in meeting.reminders(conn, case.district_id, case.id, starts_at, wish.mode, now):
        at[contact_id].append((one.kind, one.due_at))
    if wish.moves:
        at = {contact_id: [(meeting_news.MOVED, now), *moments] for contact_id, moments in at.items()}
    return _planned(conn, runtime, case, row, at, adults, now)


def plan(conn: Connection, runtime: Runtime, who: Viewer, code: str, wish: Wish, now: datetime) -> MeetingRow:
    """Plan it, in place of the one it moves; a button pressed twice plans one. Raises what `look` raises, and `Conflict` (gone) when the
    one it moves is planned no more."""
    case = access.case_to_send(conn, who, code, "A", now, open_only=True)
    wall = _wall(wish, case.zone, now)
    if (done := _done_already(conn, who, code, case.id, wish, wall)) is not None:
        return done
    given: dict[str, Any] = {"code": code, "wall": wall, "place": wish.place, "mode": wish.mode, "interpreter": wish.interpreter}
    if wish.moves:
        return meeting.move(conn, runtime, _still_planned(conn, who, code, wish.moves), **given, by=who.staff_id, now=now)
    return meeting.plan(conn, runtime, district_id=who.district_id, **given, by=who.staff_id, now=now)


def _done_already(conn: Connection, who: Viewer, code: str, case_id: str, wish: Wish, wall: datetime) -> MeetingRow | None:
    """This very meeting, if it is planned; while the one it moves still stands, that has to go first."""
    meetings.lock_case(conn, case_id)
    planned = meetings.of_case(conn, code, who.district_id)
    asked = (f"{wall:%Y-%m-%dT%H:%M}", wish.place, wish.mode, wish.interpreter)
    same = next((one for one in planned if (one.wall, one.place, one.mode, one.interpreter) == asked), None)
    if same is None or any(one.id == wish.moves != same.id for one in planned):
        return None
    return same


def cancel(conn: Connection, runtime: Runtime, who: Viewer, code: str, meeting_id: str, now: datetime) -> None:
    access.case_to_send(conn, who, code, "A", now, open_only=True)
    meeting.end(conn, runtime, _still_planned(conn, who, code, meeting_id), "cancelled", by=who.staff_id, now=now)


def wish_of(planned: Iterable[Planned], meeting_id: str) -> Wish:
    """The form of a meeting that is to be moved."""
    found = next((one for one in planned if one.id == meeting_id), None)
    if found is None:
        raise NotFound
    return Wish(found.wall, found.mode, found.place, found.interpreter, found.id)


def _still_planned(conn: Connection, who: Viewer, code: str, meeting_id: str) -> MeetingRow:
    found = next((one for one in meetings.of_case(conn, code, who.district_id) if one.id == meeting_id), None)
    if found is None:
        raise Conflict("gone")
    return found


def _wall(wish: Wish, zone: str, now: datetime) -> datetime:
    if not wish.place.strip():
        raise Conflict("place")
    if wish.mode not in MODES:
        raise Conflict("time")
    try:
        wall = datetime.fromisoformat(wish.wall).replace(tzinfo=None)
    except ValueError:
        raise Conflict("time") from None
    if wall.replace(tzinfo=ZoneInfo(zone)) <= now:
        raise Conflict("past")
    return wall


def _planned(
    conn: Connection,
    runtime: Runtime,
    case: Any,
    row: MeetingRow,
    at: Mapping[str, list[tuple[str, datetime]]],
    zones: Mapping[str, str],
    now: datetime,
) -> Planned:
    told = tuple(_told(conn, runtime, case, row, contact_id, tuple(moments), zones, now) for contact_id, moments in at.items())
    promised = directory.district(conn, case.district_id, now).settings.get("meeting.notice_days")
    days = int(promised) if isinstance(promised, int) or (isinstance(promised, str) and promised.isdecimal()) else NOTICE_DAYS
    soon = days if row.starts_at - now < timedelta(days=days) else 0
    return Planned(row.id, row.starts_at, row.wall, row.place, row.mode, row.interpreter, told, soon)


def _told(
    conn: Connection,
    runtime: Runtime,
    case: Any,
    row: MeetingRow,
    contact_id: str,
    at: tuple[tuple[str, datetime], ...],
    zones: Mapping[str, str],
    now: datetime,
) -> Told:
    found = contacts.contact(conn, case.district_id, contact_id, case.student_id)
    assert found is not None  # who has a live right to the child is on file
    news = at[0][0] if at and at[0][0] in meeting_news.TELLS else ""
    words = _words(runtime, case.child, row, found.lang_written, news)
    to = post_letter.To(case.id, contact_id, "A")
    why = post_letter.refusal(conn, runtime, to, now)
    said = post_letter.said(conn, runtime, to, now, meeting.FLOW)
    why = said if said in {*NEVER, "wants_less"} else "" if why in GOES else why
    return Told(contact_id, found.name, found.lang_written, zones.get(contact_id, case.zone), at, words, why if words else "no_words")


def _words(runtime: Runtime, child: str, row: MeetingRow, lang: str, news: str) -> str:
    """What a reminder says, or the news of a change, as the family's own language has it; "" where it has no words."""
    lang = runtime.library.resolve(lang)
    flow = runtime.library.flow(meeting_news.FLOW if news else meeting.FLOW)
    step = flow.parts[news or flow.first].steps[0]
    text = step.bare.get(lang) if lang else None
    if text is None:
        return ""
    values = {"child": child, **meeting.values(runtime, row, lang)}
    return str(text.format % tuple(values.get(name, "") for name in text.names))
