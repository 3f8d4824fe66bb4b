"""A meeting is planned, moved or cancelled, and its reminders ring (F13, first use: one meeting, no calendar file yet)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy import Connection

from bot.errors import Conflict, NotFound
from bot.i18n import say_day, say_time
from bot.policy import hours, meeting_times
from bot.service import audit, directory, meeting_news
from bot.service.runtime import Runtime
from bot.store import meetings
from bot.store.tables import Case, School
from bot.store.types import Plain

FLOW = "reminder"
MODES = ("in_person", "phone", "video")


def plan(
    conn: Connection,
    runtime: Runtime,
    *,
    district_id: str,
    code: str,
    wall: datetime,
    place: str,
    mode: str,
    interpreter: bool,
    by: str,
    now: datetime,
) -> meetings.MeetingRow:
    """Plan a meeting at a wall time of the case's school, and set its reminders; gives the meeting.

    :param wall: naive; what the clock at the school shows.
    :param by: a staff id, or the command line.
    :raises NotFound: no open case of this district has the code.
    :raises Conflict: the time has passed.
    """
    case = conn.execute(
        sa.select(Case.id, Case.lead_id, Case.liaison_id, School.zone)
        .join(School, School.id == Case.school_id)
        .where(Case.code == code, Case.district_id == district_id, Case.state == "open")
    ).one_or_none()
    if case is None:
        raise NotFound(f"There is no open case {code}.")
    starts_at = wall.replace(tzinfo=ZoneInfo(case.zone)).astimezone(UTC)
    if starts_at <= now:
        raise Conflict("That time has passed.")
    row: dict[str, Any] = {
        "id": runtime.ids.new("mtg"),
        "district_id": district_id,
        "case_id": case.id,
        "wall": f"{wall:%Y-%m-%dT%H:%M}",
        "zone": case.zone,
        "starts_at": starts_at,
        "place": Plain(district_id, place),
        "mode": mode,
        "interpreter": interpreter,
        "state": "planned",
        "facilitator_id": case.lead_id or case.liaison_id,
        "planned_by": by,
        "created_at": now,
    }
    meetings.insert(conn, row)
    _set_reminders(conn, runtime, row, now)
    _audited(conn, runtime, district_id, "plan_meeting", row["id"], by, now)
    found = meetings.by_id(conn, row["id"])
    assert found is not None
    return found


def move(conn: Connection, runtime: Runtime, old: meetings.MeetingRow, *, by: str, now: datetime, **new: Any) -> meetings.MeetingRow:
    """Plan a meeting in the place of another, and have the families told; raises what `plan` and `end` raise. `new`: what `plan` takes."""
    end(conn, runtime, old, "moved", by=by, now=now)
    made = plan(conn, runtime, district_id=old.district_id, by=by, now=now, **new)
    meeting_news.tell(conn, runtime, made, meeting_news.MOVED, now)
    return made


def end(conn: Connection, runtime: Runtime, meeting: meetings.MeetingRow, state: str, *, by: str, now: datetime) -> None:
    """Cancel a meeting, or mark it moved or held: nothing reminds of it any more, and of one that is called off the families are told.

    :raises Conflict: somebody was quicker.
    """
    if not meetings.set_state(conn, meeting.id, state):
        raise Conflict("This meeting is planned no more.")
    meeting_news.take_back(conn, meeting, now)
    if state == "cancelled" and meeting.starts_at > now:
        meeting_news.tell(conn, runtime, meeting, meeting_news.CALLED_OFF, now)
    _audited(conn, runtime, meeting.district_id, f"meeting_{state}", meeting.id, by, now)


def values(runtime: Runtime, meeting: meetings.MeetingRow, lang: str) -> dict[str, str]:
    """What a reminder says about the meeting, in the family's language and on the school's clock: that is where they meet."""
    local = datetime.fromisoformat(meeting.wall)
    word = "Yes" if meeting.interpreter else "No"
    said = runtime.catalogues.text("flows", runtime.catalogues.resolve("flows", lang), "common", word)
    return {
        "meeting_day": say_day(local.date(), lang),
        "meeting_time": say_time(local.time(), lang),
        "meeting_place": meeting.place,
        "meeting_interpreter": said or word,
    }


def due(conn: Connection, subject_id: str | None, now: datetime, state: str = "planned") -> meetings.MeetingRow | None:
    """The meeting a ringing reminder is about, while it stands so and its hour is still to come."""
    found = meetings.by_id(conn, subject_id or "")
    return found if found is not None and found.state == state and found.starts_at > now else None


OVER_AFTER = timedelta(days=1)


def end_past(runtime: Runtime) -> int:
    """The clock's ring: a meeting whose day has passed is planned no more; how many ended."""
    now = runtime.clock.now()
    with runtime.database.begin() as conn:
        ended = meetings.end_past(conn, now - OVER_AFTER)
        for one in ended:
            _audited(conn, runtime, one.district_id, "meeting_over", one.id, "clock", now)
    return len(ended)


def reminders(
    conn: Connection, district_id: str, case_id: str, starts_at: datetime, mode: str, now: datetime
) -> list[tuple[str, str, meeting_times.Reminder]]:
    """(contact, their zone, reminder) for everybody with a live right, as a meeting at this moment would be reminded of."""
    settings = directory.district(conn, district_id, now).settings
    window = hours.window_of(settings)
    return [
        (contact_id, zone, one)
        for contact_id, zone in meetings.contacts_of(conn, case_id, now)
        for one in meeting_times.reminders(starts_at, mode, zone, now, window)
    ]


def _set_reminders(conn: Connection, runtime: Runtime, meeting: dict[str, Any], now: datetime) -> None:
    district_id = meeting["district_id"]
    due = [
        meetings.ReminderRow(contact_id, one.kind, one.due_at, one.not_after)
        for contact_id, _, one in reminders(conn, district_id, meeting["case_id"], meeting["starts_at"], meeting["mode"], now)
    ]
    meetings.set_reminders(conn, runtime.ids.new, district_id, meeting["id"], due)


def _audited(conn: Connection, runtime: Runtime, district_id: str, action: str, meeting_id: str, by: str, now: datetime) -> None:
    audit.record(
        conn,
        district_id=district_id,
        actor_kind="staff" if by.startswith("stf_") else "operator",
        actor_id=by,
        action=action,
        object_kind="meeting",
        object_id=meeting_id,
        now=now,
        new_id=runtime.ids.new,
    )
