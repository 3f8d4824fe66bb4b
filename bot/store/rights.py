"""Which links between an adult and a child are in force, and whether one of several closes the others.

Two schools, or a roster read twice, may leave one adult with two live links to one child. The stricter one counts: a court order on
either bars both, and what one of them holds for a person is held.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.store.tables import Guardianship

_OTHER = cast("sa.Table", Guardianship.__table__).alias("other_link")


def in_force(link: Any, now: Any) -> tuple[sa.ColumnElement[bool], ...]:
    """Conditions that a link (the table or an alias of it) is in force at `now`, a moment or a bind parameter; its end is outside."""
    return link.valid_from <= now, sa.or_(link.valid_to.is_(None), link.valid_to > now)


def restricted(contact_id: Any, student_id: Any, now: Any) -> sa.ColumnElement[bool]:
    """Whether any live link of this adult to this child is restricted: none of their links counts then."""
    return _any_live(contact_id, student_id, now, _OTHER.c.restriction != "")


def barred(contact_id: Any, student_id: Any, now: Any) -> sa.ColumnElement[bool]:
    """Whether any live link of this adult to this child is restricted, or says that they are told nothing."""
    return _any_live(contact_id, student_id, now, sa.or_(_OTHER.c.restriction != "", sa.not_(_OTHER.c.may_receive)))


def held(contact_id: Any, student_id: Any, now: Any) -> sa.ColumnElement[bool]:
    """Whether any live link of this adult to this child waits for a person to look."""
    return _any_live(contact_id, student_id, now, _OTHER.c.hold != "")


def may_hear_of_somebody(conn: Connection, contact_id: str, now: datetime) -> bool:
    """Whether there is any child this adult may be told about now."""
    link = cast("sa.Table", Guardianship.__table__).c
    query = sa.select(link.id).where(link.contact_id == contact_id, *in_force(link, now), sa.not_(barred(contact_id, link.student_id, now)))
    return conn.scalar(query.limit(1)) is not None


def may_hear_of(conn: Connection, contact_id: str, student_id: str, now: datetime) -> bool:
    """Whether no live link of this adult to this child says that they are told nothing, and one says that they are told."""
    link = cast("sa.Table", Guardianship.__table__).c
    theirs = link.contact_id == contact_id, link.student_id == student_id, *in_force(link, now)
    return conn.scalar(sa.select(link.id).where(*theirs, sa.not_(barred(contact_id, student_id, now))).limit(1)) is not None


def _any_live(contact_id: Any, student_id: Any, now: Any, why: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    return sa.exists().where(_OTHER.c.contact_id == contact_id, _OTHER.c.student_id == student_id, why, *in_force(_OTHER.c, now))
