"""May another adult read this? Each adult owns their own words (domain.md 0.2, rule 7b): without the writer's yes the answer is no.

Whoever puts a contact's words into a message to somebody else sets `outbox.words_of`; the recipients function, and the database, then ask
for this yes.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple, cast

import sqlalchemy as sa
from sqlalchemy import Connection

from bot.engine.events import Finished, ShareWords
from bot.store.inbound import Readers
from bot.store.outbox import about_cases, insert_ignoring
from bot.store.tables import Case, Guardianship, Outbox, WordSharing

if TYPE_CHECKING:
    from bot.engine.scene import Turn
    from bot.service.doing import Doing

FLOW = "may-read"
ASKED_AFTER = frozenset({"home-observations", "early-concern", FLOW})
"""Talks in which a family tells us something; after one reader the next is asked about."""

ASK_AGAIN = timedelta(days=1)
"""Who said "later" is asked again when they next tell us something, but not on the same day."""

_SHARING = cast("sa.Table", WordSharing.__table__)


class Reader(NamedTuple):
    """An adult who might read it, by id and first name."""

    id: str
    name: str


def next_reader(doing: Doing, turn: Turn) -> Reader | None:
    """Whom to ask about behind this turn: it finished a talk of somebody we know, alone on their phone, who said yes to texts."""
    place, case = doing.place, doing.case
    if turn.session is not None:
        return None
    told = any(isinstance(one, Finished) and one.outcome == "done" and one.flow_id in ASKED_AFTER for one in turn.events)
    if not told or case is None or doing.muted or place.consent != "granted":
        return None
    if case.safety_hold or place.shared or not case.open_to_family or not place.trusted(doing.now):
        return None
    if not case.with_others:  # nobody to ask about, as for most families: two statements a batch are not sent
        return None
    return _unasked(doing.stage.batch.readers(), case.id, doing.contact_id or "", doing.now)


def _unasked(readers: Readers, case_id: str, writer_id: str, now: datetime) -> Reader | None:
    """The first other adult with a right to this child, in force and open, about whom this writer has not been asked."""
    for reader_id, name in readers.adults.get(case_id, {}).items():
        said = readers.asked.get((case_id, writer_id, reader_id))
        if reader_id != writer_id and (said is None or (said.state == "later" and said.changed_at < now - ASK_AGAIN)):
            return Reader(reader_id, name.partition(" ")[0])
    return None


def said(doing: Doing, event: ShareWords) -> None:
    """The writer answered."""
    if doing.case is None or doing.contact_id is None:
        return
    conn, now = doing.stage.batch.conn, doing.now
    key = {"case_id": doing.case.id, "writer_id": doing.contact_id, "reader_id": event.reader_id}
    if event.answer == "later":
        new = insert_ignoring(conn, _SHARING).values(**key, district_id=doing.district_id, state="later", changed_at=now)
        conn.execute(new)
        mine = _is(doing.case.id, doing.contact_id, event.reader_id)
        conn.execute(sa.update(WordSharing).where(*mine, WordSharing.state == "later").values(changed_at=now))
    else:
        answer(conn, **key, yes=event.answer == "yes", now=now)
    doing.stage.batch.readers_changed()


def answer(conn: Connection, *, case_id: str, writer_id: str, reader_id: str, yes: bool, now: datetime) -> None:
    """Keep what the writer said about one reader. What is frozen stays so: a person who wishes not to be found is not asked by a robot."""
    district_id = conn.execute(sa.select(Case.district_id).where(Case.id == case_id)).scalar_one()
    key = {"case_id": case_id, "writer_id": writer_id, "reader_id": reader_id}
    conn.execute(insert_ignoring(conn, _SHARING).values(**key, district_id=district_id, state="no", changed_at=now))
    conn.execute(
        sa.update(WordSharing)
        .where(*_is(case_id, writer_id, reader_id), WordSharing.state != "frozen")
        .values(state="yes" if yes else "no", changed_at=now)
    )
    if not yes:
        _cancel(conn, [case_id], writer_id, reader_id, now)


def freeze(conn: Connection, contact_id: str, now: datetime) -> None:
    """A "do not tell" wish, or a restriction: this adult's words go to nobody, and nobody's words to them, for good."""
    theirs = sa.or_(WordSharing.writer_id == contact_id, WordSharing.reader_id == contact_id)
    conn.execute(sa.update(WordSharing).where(theirs).values(state="frozen", changed_at=now))
    students = sa.select(Guardianship.student_id).where(Guardianship.contact_id == contact_id).scalar_subquery()
    cases = conn.execute(sa.select(Case.id).where(Case.student_id.in_(students))).scalars().all()
    others = sa.select(Guardianship.contact_id).where(Guardianship.student_id.in_(students), Guardianship.contact_id != contact_id)
    for other in conn.execute(others.distinct()).scalars():
        for case_id in cases:
            for writer, reader in ((contact_id, other), (other, contact_id)):
                _frozen(conn, case_id, writer, reader, now)
    _cancel(conn, cases, contact_id, None, now)


def _is(case_id: str, writer_id: str, reader_id: str) -> tuple[sa.ColumnElement[bool], ...]:
    return WordSharing.case_id == case_id, WordSharing.writer_id == writer_id, WordSharing.reader_id == reader_id


def _frozen(conn: Connection, case_id: str, writer_id: str, reader_id: str, now: datetime) -> None:
    district_id = conn.execute(sa.select(Case.district_id).where(Case.id == case_id)).scalar_one()
    key = {"case_id": case_id, "writer_id": writer_id, "reader_id": reader_id}
    conn.execute(insert_ignoring(conn, _SHARING).values(**key, district_id=district_id, state="frozen", changed_at=now))


def _cancel(conn: Connection, case_ids: Iterable[str], writer_id: str, reader_id: str | None, now: datetime) -> None:
    """What waits with these words in it does not go out any more."""
    mine = [Outbox.words_of == writer_id, *about_cases(list(case_ids)), Outbox.state.in_(("queued", "held"))]
    if reader_id is not None:
        mine.append(Outbox.contact_id == reader_id)
    conn.execute(sa.update(Outbox).where(*mine).values(state="cancelled", reason="not_shared", settled_at=now))
