"""Texts of staff to families: drafts, templates, and what decides whether one may be queued. Writes here never commit."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.store import fate, meetings
from bot.store.tables import Contact, FamilyText, Guardianship, Outbox

Row = Any
_TEXT = cast("sa.Table", FamilyText.__table__)


def one(conn: Connection, district_id: str, text_id: str, *, lock: bool = False) -> Row | None:
    query = sa.select(*_TEXT.c).where(_TEXT.c.id == text_id, _TEXT.c.district_id == district_id)
    return conn.execute(query.with_for_update() if lock else query).one_or_none()


def add(conn: Connection, values: Mapping[str, Any]) -> None:
    conn.execute(sa.insert(_TEXT), [values])


def change(conn: Connection, text_id: str, **values: Any) -> None:
    conn.execute(sa.update(_TEXT).where(_TEXT.c.id == text_id).values(**values))


def drafts(conn: Connection, case_id: str) -> list[Row]:
    """Letters about a case that have not left yet, newest first."""
    query = sa.select(*_TEXT.c).where(_TEXT.c.case_id == case_id, _TEXT.c.kind == "letter", _TEXT.c.state == "draft")
    return list(conn.execute(query.order_by(_TEXT.c.updated_at.desc(), _TEXT.c.id)))


def same_draft(conn: Connection, case_id: str, contact_id: str, author_id: str, message_class: str, text: str) -> str | None:
    """The id of a draft of these very words that has not left. Whoever begins one in this case at the same moment waits."""
    meetings.lock_case(conn, case_id)
    mine = (_TEXT.c.contact_id == contact_id, _TEXT.c.author_id == author_id, _TEXT.c.message_class == message_class)
    query = sa.select(_TEXT.c.id, _TEXT.c.text).where(_TEXT.c.case_id == case_id, _TEXT.c.kind == "letter", _TEXT.c.state == "draft", *mine)
    return next((str(row.id) for row in conn.execute(query) if row.text == text), None)


def templates(conn: Connection, district_id: str) -> list[Row]:
    """A district's templates, by name."""
    query = sa.select(*_TEXT.c).where(_TEXT.c.district_id == district_id, _TEXT.c.kind == "template", _TEXT.c.state != "withdrawn")
    return list(conn.execute(query.order_by(_TEXT.c.title, _TEXT.c.id)))


def take_back(conn: Connection, template_id: str, now: datetime) -> list[Row]:
    """Letters made from a template that have not left leave no more: (id, case_id, contact_id) of each outbox row."""
    made = sa.select(_TEXT.c.outbox_id).where(_TEXT.c.template_id == template_id, _TEXT.c.outbox_id.is_not(None))
    gone = fate.no_more("withdrawn", now).where(Outbox.id.in_(made.scalar_subquery()))
    return list(conn.execute(gone.returning(Outbox.id, Outbox.case_id, Outbox.contact_id)))


def contact(conn: Connection, district_id: str, contact_id: str, student_id: str) -> Row | None:
    """An adult of this child with what a letter needs to know: name, language, and whether they hold education rights."""
    query = (
        sa.select(Contact.id, Contact.name, Contact.lang_written, Guardianship.id.label("guardianship_id"), Guardianship.rights_holder)
        .join(Guardianship, Guardianship.contact_id == Contact.id)
        .where(Contact.id == contact_id, Contact.district_id == district_id, Guardianship.student_id == student_id)
        .order_by(Guardianship.valid_from.desc())
        .limit(1)
    )
    return conn.execute(query).one_or_none()
