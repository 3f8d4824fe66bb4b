"""An open safety flag in the database: ending it, and what it kept back. Writes here never commit."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy import Connection

from bot.store.outbox import about_cases
from bot.store.tables import Case, CaseEntry, EntryMark, Guardianship, Handoff, Message, Outbox, Session, Timer

Row = Any
"""A row with its columns by name."""

RAISED = ("danger", "danger_below", "safety_request")
"""Reasons of the hand-offs a flag is about. Words that merely waited meanwhile ("held") are not read by releasing."""

SAFETY_TALKS = ("crisis", "identity")


def lift(conn: Connection, case_id: str) -> bool:
    """End the hold of a case; False when there was none."""
    done = conn.execute(sa.update(Case).where(Case.id == case_id, Case.safety_hold.is_(True)).values(safety_hold=False))
    return done.rowcount == 1


def lift_requests(conn: Connection, student_id: str) -> None:
    """A wish not to be found held this child's messages to everyone until a person called."""
    conn.execute(
        sa.update(Guardianship).where(Guardianship.student_id == student_id, Guardianship.hold == "safety_request").values(hold="")
    )


def close_tasks(conn: Connection, case_id: str, staff_id: str, now: datetime) -> None:
    """The hand-offs the flag was about are done, by whoever released it where nobody had them."""
    conn.execute(
        sa.update(Handoff)
        .where(Handoff.case_id == case_id, Handoff.reason.in_(RAISED), Handoff.state != "closed")
        .values(state="closed", owner_id=staff_id, closed_at=now, acknowledged_at=sa.func.coalesce(Handoff.acknowledged_at, now))
    )


def end_talks(conn: Connection, student_id: str, now: datetime) -> None:
    """Talks about safety end with the flag: the next words of the family are no answer to "what number is best?" any more."""
    family = sa.select(Guardianship.contact_id).where(Guardianship.student_id == student_id)
    open_ones = sa.and_(Session.contact_id.in_(family), Session.flow_id.in_(SAFETY_TALKS), Session.status != "done")
    talks = conn.execute(sa.select(Session.id).where(open_ones)).scalars().all()
    if talks:
        conn.execute(sa.update(Timer).where(Timer.session_id.in_(talks), Timer.state == "pending").values(state="cancelled"))
        conn.execute(sa.update(Session).where(Session.id.in_(talks)).values(status="done", state=None, updated_at=now))


def let_go(conn: Connection, case_id: str, now: datetime) -> Sequence[str]:
    """What the flag held is looked at again now; the ids."""
    held = sa.and_(*about_cases([case_id]), Outbox.state == "held", Outbox.reason == "safety_hold")
    found = conn.execute(sa.select(Outbox.id).where(held)).scalars().all()
    if found:
        conn.execute(sa.update(Outbox).where(Outbox.id.in_(found)).values(not_before=now))
    return found


def message(conn: Connection, message_id: str) -> Row | None:
    """A stored message with what was found in it so far."""
    query = sa.select(
        Message.id,
        Message.district_id,
        Message.channel,
        Message.endpoint_id,
        Message.contact_id,
        Message.body,
        Message.lang,
        Message.visibility,
        Message.screened,
        Message.received_at,
    ).where(Message.id == message_id)
    return conn.execute(query).one_or_none()


def hide(conn: Connection, message_id: str, visibility: str, screened: str) -> None:
    """Keep a message from more eyes than before, and note what was found."""
    conn.execute(sa.update(Message).where(Message.id == message_id).values(visibility=visibility, screened=screened[:200]))


def entries_of(conn: Connection, message_id: str, case_ids: Sequence[str]) -> Sequence[Row]:
    """The entries a message made in these cases, with whether a later mark hid them already."""
    query = sa.select(CaseEntry.id, CaseEntry.case_id, CaseEntry.kind, CaseEntry.visibility).where(
        CaseEntry.case_id.in_(case_ids), CaseEntry.message_id == message_id
    )
    return conn.execute(query.order_by(CaseEntry.seq)).all()


def hidden(conn: Connection, entry_ids: Sequence[str]) -> set[str]:
    """Which of these have a mark of visibility."""
    query = sa.select(EntryMark.entry_id).where(EntryMark.entry_id.in_(entry_ids), EntryMark.kind == "visibility")
    return set(conn.execute(query).scalars())


def told_by(conn: Connection, case_id: str, contact_id: str) -> int:
    """The level of the newest flag this adult raised on the case (of a wish not to be found: 3); 0 when none of theirs is open."""
    flags = sa.and_(CaseEntry.case_id == case_id, CaseEntry.kind == "safety_flag")
    ended = sa.select(sa.func.coalesce(sa.func.max(CaseEntry.seq), 0)).where(flags, CaseEntry.entered_by.is_not(None)).scalar_subquery()
    own = sa.select(CaseEntry.answer_norm).where(flags, CaseEntry.contact_id == contact_id, CaseEntry.seq > ended)
    for norm in conn.execute(own.order_by(CaseEntry.seq.desc())).scalars():
        if norm and (level := orjson.loads(norm).get("level")):  # the answer to "what number is best?" is an entry of this kind too
            return int(level)
    return 0


def told_since(conn: Connection, contact_id: str, ref: str, since: datetime) -> bool:
    """Whether this text went to the adult since then."""
    query = sa.select(Outbox.id).where(Outbox.contact_id == contact_id, Outbox.created_at >= since, Outbox.ref == ref).limit(1)
    return conn.execute(query).first() is not None
