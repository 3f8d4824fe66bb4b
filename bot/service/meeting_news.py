"""A meeting is moved or called off: nothing old goes out any more, and everybody who may hear of the child is told (F13).

What tells them is a reminder like the others, due at once: by text and by mail, in their language, within their hours, under every rule
asked again when it leaves. Whom nothing may reach is a person's to tell.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection

from bot.i18n import say_day, say_time
from bot.service.runtime import Runtime
from bot.store import meetings
from bot.store.meetings import MeetingRow

FLOW = "meeting-news"
MOVED, CALLED_OFF = "moved", "called_off"
TELLS: Mapping[str, str] = {MOVED: "planned", CALLED_OFF: "cancelled"}
"""What there is to tell of, and how the meeting stands then."""


def take_back(conn: Connection, meeting: MeetingRow, now: datetime) -> None:
    """No timer of this meeting rings any more, and no text that names its day and hour and has not left yet will leave."""
    meetings.drop_timers(conn, meeting.id)
    wall = datetime.fromisoformat(meeting.wall)
    old = []
    for row in meetings.waiting_texts(conn, meeting.case_id):
        if say_day(wall.date(), row.lang) in row.body and say_time(wall.time(), row.lang) in row.body:
            old.append(row.id)
    meetings.cancel_texts(conn, old, now)


def tell(conn: Connection, runtime: Runtime, meeting: MeetingRow, kind: str, now: datetime) -> None:
    """Have everybody with a live right told, as long as the meeting is (or would have been) still to come."""
    told = [meetings.ReminderRow(one, kind, now, meeting.starts_at) for one, _ in meetings.contacts_of(conn, meeting.case_id, now)]
    meetings.set_reminders(conn, runtime.ids.new, meeting.district_id, meeting.id, told)
