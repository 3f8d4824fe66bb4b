"""Meetings, and the timers that remind of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.store import rights
from bot.store.outbox import about_cases
from bot.store.tables import Case, Contact, Guardianship, Meeting, Outbox, Timer

REMIND = "remind"
_WAITING = ("queued", "held", "claimed")


class MeetingRow(NamedTuple):
    id: str
    district_id: str
    case_id: str
    wall: str
    zone: str
    starts_at: datetime
    place: str
    mode: str
    interpreter: bool
    state: str
    facilitator_id: str


_COLUMNS = (
    Meeting.id,
    Meeting.district_id,
    Meeting.case_id,
    Meeting.wall,
    Meeting.zone,
    Meeting.starts_at,
    Meeting.place,
    Meeting.mode,
    Meeting.interpreter,
    Meeting.state,
    Meeting.facilitator_id,
)


def by_id(conn: Connection, meeting_id: str) -> MeetingRow | None:
    row = conn.execute(sa.select(*_COLUMNS).where(Meeting.id == meeting_id)).one_or_none()
    return None if row is None else MeetingRow._make(row)


LATE_FOR = timedelta(hours=4)
"""So long after its beginning a meeting is still one a family may be late for."""


def next_of(conn: Connection, case_ids: Sequence[str], now: datetime) -> MeetingRow | None:
    """The next planned meeting of these cases; one that has just begun is still the one a family may be late for."""
    planned = sa.select(*_COLUMNS).where(Meeting.case_id.in_(case_ids), Meeting.state == "planned")
    row = conn.execute(planned.where(Meeting.starts_at > now).order_by(Meeting.starts_at, Meeting.id).limit(1)).one_or_none()
    begun = planned.where(Meeting.starts_at > now - LATE_FOR).order_by(Meeting.starts_at.desc(), Meeting.id)
    row = row or conn.execute(begun.limit(1)).one_or_none()
    return None if row is None else MeetingRow._make(row)


def of_case(conn: Connection, code: str, district_id: str) -> list[MeetingRow]:
    """The planned meetings of a case, soonest first."""
    query = (
        sa.select(*_COLUMNS)
        .join(Case, Case.id == Meeting.case_id)
        .where(Case.code == code, Meeting.district_id == district_id, Meeting.state == "planned")
    )
    return [MeetingRow._make(row) for row in conn.execute(query.order_by(Meeting.starts_at))]


def contacts_of(conn: Connection, case_id: str, now: datetime) -> list[tuple[str, str]]:
    """(contact, zone) of everybody with a live, unrestricted link to the case's child. Sending asks again, under locks."""
    query = (
        sa.select(Contact.id, Contact.zone)
        .join(Guardianship, Guardianship.contact_id == Contact.id)
        .join(Case, Case.student_id == Guardianship.student_id)
        .where(
            Case.id == case_id,
            *rights.in_force(Guardianship, now),
            sa.not_(rights.barred(Contact.id, Case.student_id, now)),
        )
        .distinct()
        .order_by(Contact.id)
    )
    return [(row.id, row.zone) for row in conn.execute(query)]


def timers_of(conn: Connection, meeting_ids: Sequence[str]) -> list[Any]:
    """The reminders of these meetings that are still to ring: (meeting, contact, zone, kind, due_at), soonest first."""
    if not meeting_ids:
        return []
    query = (
        sa.select(Timer.subject_id, Timer.contact_id, Contact.zone, Timer.step_id.label("kind"), Timer.due_at)
        .join(Contact, Contact.id == Timer.contact_id)
        .where(Timer.subject_id.in_(meeting_ids), Timer.kind == REMIND, Timer.state == "pending")
    )
    return list(conn.execute(query.order_by(Timer.due_at, Timer.contact_id)))


def lock_case(conn: Connection, case_id: str) -> None:
    """Whoever does the same for this case at the same moment waits. Its adults are locked first, as a family's turn does it: whoever has
    the case and then wants an adult would wait for a turn that has the adult and wants the case."""
    adults = sa.select(Contact.id).join(Guardianship, Guardianship.contact_id == Contact.id)
    adults = adults.join(Case, Case.student_id == Guardianship.student_id).where(Case.id == case_id)
    conn.execute(adults.order_by(Contact.id).with_for_update(of=Contact))
    conn.execute(sa.select(Case.id).where(Case.id == case_id).with_for_update(key_share=True))


def insert(conn: Connection, row: Mapping[str, Any]) -> None:
    conn.execute(sa.insert(Meeting), [dict(row)])


def set_state(conn: Connection, meeting_id: str, state: str) -> bool:
    """End a planned meeting one way or another; False when it is planned no more."""
    change = sa.update(Meeting).where(Meeting.id == meeting_id, Meeting.state == "planned").values(state=state)
    return conn.execute(change).rowcount == 1


def end_past(conn: Connection, before: datetime) -> Sequence[MeetingRow]:
    """Planned meetings that began before then are over, whatever came of them; gives them."""
    past = sa.select(*_COLUMNS).where(Meeting.state == "planned", Meeting.starts_at < before).order_by(Meeting.starts_at, Meeting.id)
    found = [MeetingRow._make(row) for row in conn.execute(past)]
    if found:
        conn.execute(sa.update(Meeting).where(Meeting.id.in_([one.id for one in found])).values(state="over"))
    return found


class ReminderRow(NamedTuple):
    """One reminder of a meeting for one adult: which (`kind`), when, and until when it is of use."""

    contact_id: str
    kind: str
    due_at: datetime
    not_after: datetime


def set_reminders(
    conn: Connection, new_id: Callable[[str], str], district_id: str, meeting_id: str, reminders: Iterable[ReminderRow]
) -> None:
    rows = [
        {
            "id": new_id("tmr"),
            "district_id": district_id,
            "session_id": None,
            "contact_id": one.contact_id,
            "subject_id": meeting_id,
            "kind": REMIND,
            "step_id": one.kind,
            "due_at": one.due_at,
            "not_after": one.not_after,
            "state": "pending",
        }
        for one in reminders
    ]
    if rows:
        conn.execute(sa.insert(Timer), rows)


def waiting_texts(conn: Connection, case_id: str) -> list[Any]:
    """Texts to families about a case that wait to leave: (id, lang, body)."""
    query = sa.select(Outbox.id, Outbox.lang, Outbox.body).where(
        *about_cases([case_id]), Outbox.audience == "family", Outbox.message_class == "A", Outbox.state.in_(_WAITING)
    )
    return list(conn.execute(query))


def cancel_texts(conn: Connection, ids: Sequence[str], now: datetime) -> None:
    """These leave no more, unless they were handed over meanwhile."""
    gone = {"state": "cancelled", "reason": "meeting_changed", "settled_at": now, "lease_owner": "", "lease_until": None}
    if ids:
        conn.execute(sa.update(Outbox).where(Outbox.id.in_(ids), Outbox.state.in_(_WAITING)).values(**gone))


def drop_timers(conn: Connection, meeting_id: str) -> None:
    """No reminder of this meeting rings any more."""
    conn.execute(
        sa.update(Timer).where(Timer.subject_id == meeting_id, Timer.kind == REMIND, Timer.state == "pending").values(state="cancelled")
    )
