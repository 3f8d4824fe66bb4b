"""What has come due: timers, failed turns, attachments to fetch, hand-offs nobody closed. Rows decide, clocks only ring."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple, cast

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.store.outbox import insert_ignoring
from bot.store.tables import Attachment, CatalogueApproval, Handoff, Message, Session, Timer
from bot.store.types import PlainBytes

_TIMER = cast("sa.Table", Timer.__table__)
_SESSION = cast("sa.Table", Session.__table__)
_MESSAGE = cast("sa.Table", Message.__table__)
_ATTACHMENT = cast("sa.Table", Attachment.__table__)
_HANDOFF = cast("sa.Table", Handoff.__table__)
_APPROVAL = cast("sa.Table", CatalogueApproval.__table__)
A_DAY = timedelta(days=1)
FIRST_WAIT = timedelta(seconds=10)


class DueTimer(NamedTuple):
    """A timer whose moment has come. `case_id` is its session's."""

    id: str
    district_id: str
    kind: str
    contact_id: str | None
    subject_id: str | None
    due_at: datetime
    not_after: datetime | None
    case_id: str | None
    step_id: str = ""


def timers(conn: Connection, now: datetime, limit: int) -> list[DueTimer]:
    """Pending timers of talks that are due, oldest first (those of hand-offs are `overdue_handoffs`' own notes)."""
    query = (
        sa.select(_TIMER.c.id, _TIMER.c.district_id, _TIMER.c.kind, _TIMER.c.contact_id, _TIMER.c.subject_id)
        .add_columns(_TIMER.c.due_at, _TIMER.c.not_after, _SESSION.c.case_id, _TIMER.c.step_id)
        .outerjoin(_SESSION, _SESSION.c.id == _TIMER.c.session_id)
        .where(_TIMER.c.state == sa.literal_column("'pending'"), _TIMER.c.due_at <= now, _TIMER.c.kind != "handoff_due")
        .order_by(_TIMER.c.due_at, _TIMER.c.id)
        .limit(limit)
    )
    return [DueTimer._make(row) for row in conn.execute(query)]


def finish_timer(conn: Connection, timer_id: str, due_at: datetime) -> bool:
    """End a timer, unless somebody ended or moved it since it was read."""
    result = conn.execute(
        sa.update(_TIMER).where(_TIMER.c.id == timer_id, _TIMER.c.state == "pending", _TIMER.c.due_at == due_at).values(state="done")
    )
    return bool(result.rowcount)


def put_off(conn: Connection, timer_id: str, due_at: datetime) -> None:
    """Have a timer that was just served come due again, no later than a day after."""
    conn.execute(sa.update(_TIMER).where(_TIMER.c.id == timer_id).values(state="pending", due_at=due_at, not_after=due_at + A_DAY))


class FailedMessage(NamedTuple):
    """A message that is stored and whose turn raised."""

    id: str
    attempts: int
    received_at: datetime


def failed_messages(conn: Connection, limit: int) -> list[FailedMessage]:
    """Messages whose turn failed, oldest first."""
    query = (
        sa.select(_MESSAGE.c.id, _MESSAGE.c.attempts, _MESSAGE.c.received_at)
        .where(_MESSAGE.c.state == sa.literal_column("'failed'"))
        .order_by(_MESSAGE.c.received_at, _MESSAGE.c.id)
        .limit(limit)
    )
    return [FailedMessage._make(row) for row in conn.execute(query)]


class PendingAttachment(NamedTuple):
    """A photo or voice note of which only the address is known."""

    id: str
    district_id: str
    message_id: str
    channel: str
    content_type: str
    url: str | None
    attempts: int
    created_at: datetime
    contact_id: str | None
    case_id: str | None
    visibility: str
    endpoint_id: str | None
    received_at: datetime


def pending_attachments(conn: Connection, now: datetime, tries: int, limit: int) -> list[PendingAttachment]:
    """Attachments whose turn it is to be fetched, oldest first: each try waits twice as long as the one before."""
    turns = (sa.and_(_ATTACHMENT.c.attempts == done, _ATTACHMENT.c.created_at <= now - FIRST_WAIT * (2**done - 1)) for done in range(tries))
    query = (
        sa.select(_ATTACHMENT.c.id, _ATTACHMENT.c.district_id, _ATTACHMENT.c.message_id, _MESSAGE.c.channel)
        .add_columns(_ATTACHMENT.c.content_type, _ATTACHMENT.c.url, _ATTACHMENT.c.attempts, _ATTACHMENT.c.created_at)
        .add_columns(_MESSAGE.c.contact_id, _MESSAGE.c.case_id, _MESSAGE.c.visibility, _MESSAGE.c.endpoint_id, _MESSAGE.c.received_at)
        .join(_MESSAGE, _MESSAGE.c.id == _ATTACHMENT.c.message_id)
        .where(_ATTACHMENT.c.state == "pending", sa.or_(*turns))
        .order_by(_ATTACHMENT.c.created_at, _ATTACHMENT.c.id)
        .limit(limit)
    )
    return [PendingAttachment._make(row) for row in conn.execute(query)]


def store_attachment(conn: Connection, one: PendingAttachment, content_type: str, data: bytes, sha256: str) -> None:
    """Keep what was fetched, sealed; the provider's address is not needed any more."""
    conn.execute(
        sa.update(_ATTACHMENT)
        .where(_ATTACHMENT.c.id == one.id, _ATTACHMENT.c.state == "pending")
        .values(
            content_type=content_type,
            data=PlainBytes(one.district_id, data),
            size=len(data),
            sha256=sha256,
            state="stored",
            attempts=one.attempts + 1,
        )
    )


def count_attachment_try(conn: Connection, one: PendingAttachment, *, give_up: bool) -> None:
    """One more try that failed."""
    conn.execute(
        sa.update(_ATTACHMENT)
        .where(_ATTACHMENT.c.id == one.id, _ATTACHMENT.c.state == "pending")
        .values(attempts=one.attempts + 1, state="failed" if give_up else "pending")
    )


CLIMBS = ("overdue", "danger", "drill", "rota_empty", "nobody_acknowledged", "evaluation_unread")
"""Reasons that have a way up of their own, or are the top of one: being late says nothing new about them."""


AT_LEAST = timedelta(minutes=15)
"""What is due at once is not late in the second it is made: so long somebody has to take it."""


class OverdueHandoff(NamedTuple):
    """Something a person was to take by a time that has passed."""

    id: str
    district_id: str
    case_id: str | None
    contact_id: str | None
    visibility: str


def overdue_handoffs(conn: Connection, now: datetime, limit: int) -> list[OverdueHandoff]:
    """Hand-offs past their time that were not escalated yet: those nobody took, and a day later those that were taken and not answered."""
    told = sa.exists().where(_TIMER.c.subject_id == _HANDOFF.c.id, _TIMER.c.kind == "handoff_due", _TIMER.c.state == "done")
    query = (
        sa.select(_HANDOFF.c.id, _HANDOFF.c.district_id, _HANDOFF.c.case_id, _HANDOFF.c.contact_id, _HANDOFF.c.visibility)
        .where(_HANDOFF.c.due_at <= now, _HANDOFF.c.created_at <= now - AT_LEAST)
        .where(sa.or_(_HANDOFF.c.state == "open", sa.and_(_HANDOFF.c.state == "acknowledged", _HANDOFF.c.due_at <= now - A_DAY)))
        .where(_HANDOFF.c.reason.not_in(CLIMBS), ~told)
        .order_by(_HANDOFF.c.due_at, _HANDOFF.c.id)
        .limit(limit)
    )
    return [OverdueHandoff._make(row) for row in conn.execute(query)]


def mark_escalated(conn: Connection, one: OverdueHandoff, now: datetime) -> bool:
    """Note that this hand-off was escalated; False when somebody else just did."""
    timer_id = f"tmr_{one.id.partition('_')[2]}_due"
    values = {"id": timer_id, "district_id": one.district_id, "subject_id": one.id, "kind": "handoff_due", "step_id": ""}
    insert = insert_ignoring(conn, _TIMER).values(**values, due_at=now, state="done").returning(_TIMER.c.id)
    return conn.execute(insert).first() is not None


def approved(conn: Connection, versions: Sequence[tuple[str, str, str]]) -> set[tuple[str, str]]:
    """Of these (district, language, hash of the flows catalogue) the (district, language) whose exact version a person approved."""
    if not versions:
        return set()
    query = sa.select(_APPROVAL.c.district_id, _APPROVAL.c.lang).where(
        _APPROVAL.c.subject == "flows", sa.tuple_(_APPROVAL.c.district_id, _APPROVAL.c.lang, _APPROVAL.c.hash).in_(versions)
    )
    return {(row[0], row[1]) for row in conn.execute(query)}


def open_task(conn: Connection, values: dict[str, object]) -> bool:
    """Give a person something to do, unless the same thing about the same family already waits for somebody. `values` is the whole row."""
    same = (
        sa.select(_HANDOFF.c.id)
        .where(
            _HANDOFF.c.district_id == values["district_id"],
            _HANDOFF.c.state.in_(["open", "acknowledged"]),
            _HANDOFF.c.reason == values["reason"],
            _HANDOFF.c.case_id.is_not_distinct_from(values["case_id"]),
            _HANDOFF.c.contact_id.is_not_distinct_from(values["contact_id"]),
        )
        .limit(1)
    )
    if conn.execute(same).first() is not None:
        return False
    conn.execute(sa.insert(_HANDOFF), values)
    return True
