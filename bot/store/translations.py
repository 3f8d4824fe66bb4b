"""Translations as the sweep and the people who check them need them. Writes here never commit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, cast

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.store.outbox import insert_ignoring
from bot.store.tables import (
    Case,
    CaseEntry,
    CatalogueApproval,
    Contact,
    EntryMark,
    FamilyText,
    GlossaryTerm,
    Guardianship,
    Handoff,
    ScanMark,
    Student,
    Translation,
    TranslationMemory,
)

Row = Any
TRANSLATOR = "translator"
"""The subject of a district's yes to an engine, beside "flows" and "words"."""

_ENTRY = cast("sa.Table", CaseEntry.__table__)
_HANDOFF = cast("sa.Table", Handoff.__table__)
_TRANSLATION = cast("sa.Table", Translation.__table__)
_MEMORY = cast("sa.Table", TranslationMemory.__table__)
_GLOSSARY = cast("sa.Table", GlossaryTerm.__table__)
_MARK = cast("sa.Table", ScanMark.__table__)
_APPROVAL = cast("sa.Table", CatalogueApproval.__table__)


class Source(NamedTuple):
    """Words that may need a translation. `what` is the kind of line or task, for who may read it; `row_id`
    is that of a translation tried before, "" for a first try."""

    kind: str
    id: str
    district_id: str
    case_id: str | None
    contact_id: str | None
    message_id: str | None
    lang: str
    text: str
    visibility: str
    what: str
    asked: str = ""
    norm: str = ""
    child: str = ""
    row_id: str = ""
    tries: int = 0


def newest(conn: Connection, kind: str) -> str:
    """The newest id of this kind of source; "" when there is none. Ids are sorted by time."""
    table = _ENTRY if kind == "entry" else _HANDOFF
    return str(conn.execute(sa.select(sa.func.max(table.c.id))).scalar() or "")


def reached(conn: Connection, name: str) -> str:
    return str(conn.execute(sa.select(_MARK.c.reached).where(_MARK.c.name == name)).scalar() or "")


def reach(conn: Connection, name: str, district_id: str, mark: str) -> None:
    """Move a sweep's mark; it never goes back."""
    moved = conn.execute(sa.update(_MARK).where(_MARK.c.name == name, _MARK.c.reached <= mark).values(reached=mark))
    if not moved.rowcount:
        conn.execute(insert_ignoring(conn, _MARK).values(name=name, district_id=district_id, reached=mark))


def _entries() -> sa.Select[Any]:
    columns = _ENTRY.c
    hidden = sa.exists().where(EntryMark.entry_id == columns.id, EntryMark.kind == "visibility")
    seen = sa.case((hidden, "safety_only"), else_=columns.visibility)
    return (
        sa.select(sa.literal("entry"), columns.id, columns.district_id, columns.case_id, columns.contact_id, columns.message_id)
        .add_columns(columns.answer_lang, columns.answer_raw, seen, columns.kind, columns.asked_text_ref, columns.answer_norm)
        .add_columns(Student.first_name)
        .join(Student, Student.id == columns.student_id)
        .where(columns.source_role == "family", columns.answer_raw.is_not(None))
    )


def _handoffs() -> sa.Select[Any]:
    columns = _HANDOFF.c
    return (
        sa.select(sa.literal("handoff"), columns.id, columns.district_id, columns.case_id, columns.contact_id, columns.message_id)
        .add_columns(columns.lang, columns.body, columns.visibility)
        .add_columns(sa.case((columns.reason.like("evaluation%"), "eval_request"), else_="handoff"))
        .where(columns.body.is_not(None))
    )


def sources(conn: Connection, kind: str, district_id: str, staff_lang: str, after: str, upto: str, limit: int) -> list[Source]:
    """Words in another language than `staff_lang` without a translation yet, oldest first, with ids in (after, upto]."""
    query, table = (_entries(), _ENTRY) if kind == "entry" else (_handoffs(), _HANDOFF)
    lang = table.c.answer_lang if kind == "entry" else table.c.lang
    done = sa.exists().where(
        _TRANSLATION.c.source_kind == kind, _TRANSLATION.c.source_id == table.c.id, _TRANSLATION.c.target_lang == staff_lang
    )
    query = query.where(
        table.c.id > after,
        table.c.id <= upto,
        table.c.district_id == district_id,
        lang.not_in(("", staff_lang)),
        lang.not_like(f"{staff_lang}-%"),
        ~done,
    )
    return [Source(*row) for row in conn.execute(query.order_by(table.c.id).limit(limit))]


def one_source(conn: Connection, kind: str, district_id: str, source_id: str) -> Source | None:
    """These words of this district."""
    query, table = (_entries(), _ENTRY) if kind == "entry" else (_handoffs(), _HANDOFF)
    row = conn.execute(query.where(table.c.id == source_id, table.c.district_id == district_id)).one_or_none()
    return None if row is None else Source(*row)


def written_source(conn: Connection, district_id: str, text_id: str) -> Source | None:
    """A text of staff as words to translate: for the whole team to see."""
    columns = (FamilyText.kind, FamilyText.id, FamilyText.district_id, FamilyText.case_id, FamilyText.contact_id, sa.null())
    query = sa.select(*columns, FamilyText.lang, FamilyText.text, sa.literal("team"), sa.literal("letter")).where(
        FamilyText.id == text_id, FamilyText.district_id == district_id
    )
    row = conn.execute(query).one_or_none()
    return None if row is None else Source(*row)


def to_retry(conn: Connection, district_id: str, now: datetime, limit: int) -> list[Source]:
    """Words no engine could translate when they were tried, whose time for another try has come."""
    query = sa.select(_TRANSLATION.c.id, _TRANSLATION.c.source_kind, _TRANSLATION.c.source_id, _TRANSLATION.c.tries).where(
        _TRANSLATION.c.district_id == district_id, _TRANSLATION.c.state == "waiting", _TRANSLATION.c.next_try <= now
    )
    found = []
    for row in conn.execute(query.order_by(_TRANSLATION.c.next_try, _TRANSLATION.c.id).limit(limit)).all():
        source = one_source(conn, row.source_kind, district_id, row.source_id)
        if source is not None:
            found.append(source._replace(row_id=row.id, tries=row.tries))
    return found


def twins(conn: Connection, row: Row) -> Sequence[Row]:
    """Unchecked translations of the same words of the same case, kept for a change."""
    columns = _TRANSLATION.c
    alike = (columns.district_id, columns.case_id, columns.source_index, columns.source_lang, columns.target_lang)
    query = sa.select(*columns).where(*(one == getattr(row, one.name) for one in alike), columns.id != row.id, columns.state != "checked")
    return conn.execute(query.order_by(columns.id).with_for_update()).all()


def add(conn: Connection, values: Mapping[str, Any]) -> bool:
    """Write a translation; False when another worker has just written it."""
    return conn.execute(insert_ignoring(conn, _TRANSLATION).values(**values).returning(_TRANSLATION.c.id)).first() is not None


def change(conn: Connection, translation_id: str, only_state: Sequence[str] = (), **values: Any) -> bool:
    """Write a translation again (a later try, a person's correction)."""
    query = sa.update(_TRANSLATION).where(_TRANSLATION.c.id == translation_id)
    if only_state:
        query = query.where(_TRANSLATION.c.state.in_(only_state))
    return bool(conn.execute(query.values(**values)).rowcount)


def forget(conn: Connection, kind: str, source_id: str) -> None:
    """Nobody needs to check the words of a text that is in use no more."""
    conn.execute(sa.delete(_TRANSLATION).where(_TRANSLATION.c.source_kind == kind, _TRANSLATION.c.source_id == source_id))


def one(conn: Connection, district_id: str, translation_id: str, *, lock: bool = False) -> Row | None:
    query = sa.select(*_TRANSLATION.c).where(_TRANSLATION.c.id == translation_id, _TRANSLATION.c.district_id == district_id)
    return conn.execute(query.with_for_update() if lock else query).one_or_none()


def of(conn: Connection, kind: str, source_ids: Iterable[str], target_lang: str = "") -> list[Row]:
    """The translations of these sources, into one language or all."""
    wanted = sorted(set(source_ids))
    if not wanted:
        return []
    query = sa.select(*_TRANSLATION.c).where(_TRANSLATION.c.source_kind == kind, _TRANSLATION.c.source_id.in_(wanted))
    if target_lang:
        query = query.where(_TRANSLATION.c.target_lang == target_lang)
    return list(conn.execute(query.order_by(_TRANSLATION.c.id)))


# --- memory, glossary, approvals ------------------------------------------------------------------------------------------


def remembered(conn: Connection, district_id: str, source_lang: str, target_lang: str, indexes: Iterable[bytes]) -> dict[bytes, Row]:
    """What people made of these texts, by the digest of the source."""
    wanted = sorted(set(indexes))
    if not wanted:
        return {}
    query = sa.select(_MEMORY.c.source_index, _MEMORY.c.text, _MEMORY.c.by, _MEMORY.c.at).where(
        _MEMORY.c.district_id == district_id,
        _MEMORY.c.source_lang == source_lang,
        _MEMORY.c.target_lang == target_lang,
        _MEMORY.c.source_index.in_(wanted),
    )
    return {bytes(row.source_index): row for row in conn.execute(query)}


def remember(conn: Connection, values: Mapping[str, Any]) -> None:
    """Keep what a person made of a text; the newest stands."""
    key = ("district_id", "source_lang", "target_lang", "source_index")
    same = sa.and_(*(_MEMORY.c[name] == values[name] for name in key))
    changed = conn.execute(sa.update(_MEMORY).where(same).values(text=values["text"], by=values["by"], at=values["at"]))
    if not changed.rowcount:
        conn.execute(insert_ignoring(conn, _MEMORY).values(**values))


def terms(conn: Connection, district_id: str, source_lang: str, target_lang: str) -> dict[str, str]:
    """The district's own locked terms."""
    query = sa.select(_GLOSSARY.c.term, _GLOSSARY.c.translation).where(
        _GLOSSARY.c.district_id == district_id, _GLOSSARY.c.source_lang == source_lang, _GLOSSARY.c.target_lang == target_lang
    )
    return {row.term: row.translation for row in conn.execute(query)}


def lock_term(conn: Connection, values: Mapping[str, Any]) -> None:
    """Lock a term; the newest stands."""
    key = ("district_id", "source_lang", "target_lang", "term")
    same = sa.and_(*(_GLOSSARY.c[name] == values[name] for name in key))
    changed = conn.execute(sa.update(_GLOSSARY).where(same).values(translation=values["translation"], by=values["by"], at=values["at"]))
    if not changed.rowcount:
        conn.execute(insert_ignoring(conn, _GLOSSARY).values(**values))


def allowed(conn: Connection, district_id: str) -> set[str]:
    """Digests of the notices this district said yes to."""
    query = sa.select(_APPROVAL.c.hash).where(_APPROVAL.c.district_id == district_id, _APPROVAL.c.subject == TRANSLATOR)
    return set(conn.execute(query).scalars())


def disallow(conn: Connection, district_id: str, notice_hash: str) -> bool:
    done = conn.execute(
        sa.delete(_APPROVAL).where(
            _APPROVAL.c.district_id == district_id, _APPROVAL.c.subject == TRANSLATOR, _APPROVAL.c.hash == notice_hash
        )
    )
    return bool(done.rowcount)


# --- names ------------------------------------------------------------------------------------------


def names_of_case(conn: Connection, case_id: str) -> list[str]:
    """The child and the adults of a case."""
    child = sa.select(Student.first_name, Student.last_name).join(Case, Case.student_id == Student.id).where(Case.id == case_id)
    adults = (
        sa.select(Contact.name)
        .join(Guardianship, Guardianship.contact_id == Contact.id)
        .join(Case, Case.student_id == Guardianship.student_id)
        .where(Case.id == case_id)
    )
    found = [part for row in conn.execute(child) for part in row if part]
    return [*found, *conn.execute(adults).scalars()]


def names_of_district(conn: Connection, district_id: str) -> list[str]:
    """Every student and contact of the roster."""
    students = conn.execute(sa.select(Student.first_name, Student.last_name).where(Student.district_id == district_id))
    found = [part for row in students for part in row if part]
    return [*found, *conn.execute(sa.select(Contact.name).where(Contact.district_id == district_id)).scalars()]


# --- lists ------------------------------------------------------------------------------------------
