"""Staff: who they are, their sign-in links and sessions, their cases. Writes here never commit."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from bot.store.case_people import on_team
from bot.store.tables import (
    Audit,
    CaseEntry,
    CaseMember,
    District,
    Handoff,
    Outbox,
    SeenEvent,
    SignInLink,
    Staff,
    StaffRole,
    StaffSession,
    Student,
)

Row = Any
"""A row with its columns by name."""


def district_ids(conn: Connection) -> Sequence[str]:
    return conn.execute(sa.select(District.id).order_by(District.id)).scalars().all()


def staff_by_email(conn: Connection, indexes: Sequence[bytes]) -> Row | None:
    """The one active staff member with this address; two districts sharing it is nobody, because we could not know which is meant."""
    if not indexes:
        return None
    query = sa.select(Staff.id, Staff.district_id, Staff.slack_user, Staff.email, Staff.lang).where(
        Staff.email_index.in_(indexes), Staff.active.is_(True)
    )
    rows = conn.execute(query.limit(2)).all()
    return rows[0] if len(rows) == 1 else None


def staff_by_slack(conn: Connection, slack_user: str) -> Sequence[Row]:
    """Active staff with this Slack user id (ids are unique in a workspace; two districts may share one workspace)."""
    if not slack_user:
        return ()
    query = sa.select(Staff.id, Staff.district_id, Staff.name, Staff.lang).where(Staff.slack_user == slack_user, Staff.active.is_(True))
    return conn.execute(query.order_by(Staff.id)).all()


def grants(conn: Connection, staff_id: str) -> Sequence[Row]:
    """The roles of a staff member; `school_id` None means the whole district."""
    query = sa.select(StaffRole.role, StaffRole.school_id).where(StaffRole.staff_id == staff_id)
    return conn.execute(query.order_by(StaffRole.role, StaffRole.id)).all()


def live_links(conn: Connection, staff_id: str, now: datetime) -> int:
    query = sa.select(sa.func.count()).select_from(SignInLink)
    found = conn.execute(
        query.where(SignInLink.staff_id == staff_id, SignInLink.expires_at > now, SignInLink.used_at.is_(None))
    ).scalar_one()
    return int(found)


def add_link(conn: Connection, **values: Any) -> None:
    conn.execute(sa.insert(SignInLink).values(**values))


def link(conn: Connection, token_hash: bytes) -> Row | None:
    query = (
        sa.select(
            SignInLink.staff_id,
            SignInLink.district_id,
            SignInLink.expires_at,
            SignInLink.used_at,
            SignInLink.tries,
            SignInLink.way_back,
            Staff.email_index,
            Staff.active,
            Staff.lang,
        )
        .join(Staff, Staff.id == SignInLink.staff_id)
        .where(SignInLink.token_hash == token_hash)
    )
    return conn.execute(query).one_or_none()


def use_link(conn: Connection, token_hash: bytes, now: datetime) -> bool:
    """One compare-and-set: of two browsers that press the button at once, one gets in."""
    done = conn.execute(
        sa.update(SignInLink)
        .where(SignInLink.token_hash == token_hash, SignInLink.used_at.is_(None), SignInLink.expires_at > now)
        .values(used_at=now)
    )
    return done.rowcount == 1


def wrong_try(conn: Connection, token_hash: bytes) -> None:
    conn.execute(sa.update(SignInLink).where(SignInLink.token_hash == token_hash).values(tries=SignInLink.tries + 1))


def add_session(conn: Connection, **values: Any) -> None:
    conn.execute(sa.insert(StaffSession).values(**values))


def session(conn: Connection, token_hash: bytes, now: datetime) -> Row | None:
    """The live session with its staff member; none once it ended, ran out, or the person left."""
    query = (
        sa.select(StaffSession.staff_id, StaffSession.district_id, StaffSession.expires_at, Staff.name, Staff.lang)
        .join(Staff, Staff.id == StaffSession.staff_id)
        .where(
            StaffSession.token_hash == token_hash,
            StaffSession.ended_at.is_(None),
            StaffSession.expires_at > now,
            Staff.active.is_(True),
        )
    )
    return conn.execute(query).one_or_none()


def end_session(conn: Connection, token_hash: bytes, now: datetime) -> None:
    conn.execute(sa.update(StaffSession).where(StaffSession.token_hash == token_hash, StaffSession.ended_at.is_(None)).values(ended_at=now))


def set_language(conn: Connection, staff_id: str, lang: str) -> None:
    conn.execute(sa.update(Staff).where(Staff.id == staff_id).values(lang=lang))


def memberships(conn: Connection, staff_id: str, now: datetime) -> Sequence[str]:
    """The cases whose team this person is on today."""
    query = sa.select(CaseMember.case_id).where(CaseMember.staff_id == staff_id, *on_team(now))
    return conn.execute(query).scalars().all()


def children(conn: Connection, student_ids: Sequence[str]) -> dict[str, str]:
    if not student_ids:
        return {}
    query = sa.select(Student.id, Student.first_name).where(Student.id.in_(student_ids))
    return {row.id: row.first_name for row in conn.execute(query)}


def asked_for_evaluation(conn: Connection, case_ids: Sequence[str]) -> set[str]:
    """Cases with an evaluation request on record: the evaluation contact may open these."""
    if not case_ids:
        return set()
    query = sa.select(CaseEntry.case_id).where(CaseEntry.kind == "eval_request", CaseEntry.case_id.in_(case_ids))
    tasks = sa.select(Handoff.case_id).where(Handoff.reason.in_(("evaluation", "evaluation_possible")), Handoff.case_id.in_(case_ids))
    return set(conn.execute(query.union(tasks)).scalars())


def last_words(conn: Connection, case_ids: Sequence[str]) -> dict[str, datetime]:
    """When each family was last heard in the record."""
    if not case_ids:
        return {}
    query = (
        sa.select(CaseEntry.case_id, sa.func.max(CaseEntry.created_at).label("at"))
        .where(CaseEntry.case_id.in_(case_ids), CaseEntry.source_role == "family", CaseEntry.visibility == "team")
        .group_by(CaseEntry.case_id)
    )
    return {row.case_id: row.at for row in conn.execute(query)}


def last_looks(conn: Connection, staff_id: str, case_ids: Sequence[str]) -> dict[str, datetime]:
    """When this person last read each of these cases, by the log that says so."""
    if not case_ids:
        return {}
    query = (
        sa.select(Audit.object_id, sa.func.max(Audit.at).label("at"))
        .where(Audit.object_kind == "case", Audit.object_id.in_(case_ids), Audit.actor_id == staff_id, Audit.action == "read")
        .group_by(Audit.object_id)
    )
    return {row.object_id: row.at for row in conn.execute(query)}


def first_seen(conn: Connection, provider: str, event_id: str, now: datetime) -> bool:
    """Remember a provider's event; False when it was here before (the provider said it twice)."""
    found = conn.execute(sa.select(SeenEvent.event_id).where(SeenEvent.provider == provider, SeenEvent.event_id == event_id[:160])).first()
    if found is not None:
        return False
    conn.execute(sa.insert(SeenEvent).values(provider=provider, event_id=event_id[:160], seen_at=now))
    return True


def outbox_row(conn: Connection, outbox_id: str, *, hold: bool = False) -> Row | None:
    """The message a button hangs on.

    :param hold: as it stands once nobody else changes it, and until we commit.
    """
    query = sa.select(
        Outbox.id,
        Outbox.district_id,
        Outbox.case_id,
        Outbox.contact_id,
        Outbox.session_id,
        Outbox.handoff_id,
        Outbox.staff_id,
        Outbox.channel,
        Outbox.sender,
        Outbox.address,
        Outbox.purpose,
        Outbox.body,
        Outbox.blocks,
        Outbox.lang,
        Outbox.provider_id,
        Outbox.state,
    ).where(Outbox.id == outbox_id)
    return conn.execute(query.with_for_update() if hold else query).one_or_none()


_DIRECT_MESSAGE = {
    "audience": "staff",
    "channel": "slack",
    "sender": "",
    "message_class": "A",
    "priority": 2,
    "segments": 1,
    "seq": 0,
    "state": "queued",
    "answers_family": False,
}


def queue_direct_message(conn: Connection, **values: Any) -> None:
    """A Slack message to one staff member, or a change of one we sent (its address then names channel and message)."""
    conn.execute(sa.insert(Outbox).values(**{**_DIRECT_MESSAGE, **values}))
