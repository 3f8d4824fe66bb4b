"""Photos and voice notes with what decides who may open them. Reads only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from bot.store.tables import Attachment, Case, CaseEntry, EntryMark, Message

Row = Any
"""A row with its columns by name."""


def attachment(conn: Connection, district_id: str, attachment_id: str) -> Row | None:
    """One file of this district, with its bytes and what its message was."""
    query = (
        sa.select(
            Attachment.id,
            Attachment.message_id,
            Attachment.content_type,
            Attachment.data,
            Attachment.state,
            Message.visibility,
            Message.case_id,
        )
        .join(Message, Message.id == Attachment.message_id)
        .where(Attachment.id == attachment_id, Attachment.district_id == district_id)
    )
    return conn.execute(query).one_or_none()


def lines(conn: Connection, message_id: str) -> Sequence[Row]:
    """The lines of the record written from this message: their kind, and who may see them now."""
    newest = (
        sa.select(EntryMark.value)
        .where(EntryMark.entry_id == CaseEntry.id, EntryMark.kind == "visibility")
        .order_by(EntryMark.seq.desc())
        .limit(1)
        .scalar_subquery()
    )
    query = sa.select(CaseEntry.id, CaseEntry.case_id, CaseEntry.kind, CaseEntry.visibility, newest.label("newest"))
    return conn.execute(query.where(CaseEntry.message_id == message_id).order_by(CaseEntry.case_id, CaseEntry.seq)).all()


def cases(conn: Connection, district_id: str, case_ids: Sequence[str]) -> Sequence[Row]:
    """These cases with what decides who may open them."""
    query = sa.select(Case.id, Case.district_id, Case.school_id, Case.lead_id, Case.liaison_id)
    return conn.execute(query.where(Case.district_id == district_id, Case.id.in_(case_ids)).order_by(Case.id)).all()
