"""What waits for somebody who checks translations, as rows without words: what a person may not know of is left out by the query."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection

from bot.store.tables import Case, CaseEntry, EntryMark, FamilyText, Handoff, Translation
from bot.store.task_lists import Readable

Row = Any
"""A row with its columns by name."""

UNCHECKED = ("machine", "waiting")
RECORD = ("entry", "handoff")


class Scope(NamedTuple):
    """Whose list it is: the cases they open and what they may read there. `outside`: an interpreter who sees single texts and no case;
    `closed` are the kinds of lines such a person never sees."""

    district_id: str
    case_ids: Sequence[str]
    readable: Sequence[Readable]
    outside: bool
    closed: Sequence[str]


def _seen(scope: Scope) -> sa.ColumnElement[bool]:
    hidden = sa.exists().where(EntryMark.entry_id == CaseEntry.id, EntryMark.kind == "visibility")
    visibility = sa.case(
        (CaseEntry.id.is_not(None), sa.case((hidden, "safety_only"), else_=CaseEntry.visibility)),
        (Handoff.id.is_not(None), Handoff.visibility),
        else_="team",
    )
    closed = sa.case((CaseEntry.kind.in_(scope.closed), 1), (Handoff.reason.like("evaluation%"), 1), else_=0)
    there = sa.or_(CaseEntry.id.is_not(None), Handoff.id.is_not(None), FamilyText.id.is_not(None))
    ways = [sa.and_(Translation.case_id.is_(None), visibility == "team")]
    reads = [
        sa.and_(Case.school_id == one.school_id, closed == int(one.closed), visibility.in_(one.visibilities))
        for one in scope.readable
        if one.visibilities
    ]
    if reads:
        ways.append(sa.and_(Translation.case_id.in_(scope.case_ids), sa.or_(*reads)))
    if scope.outside:
        ways.append(sa.and_(Translation.case_id.not_in(scope.case_ids), visibility == "team", closed == 0))
    return sa.and_(there, sa.or_(*ways))


def _rows(scope: Scope, lang: str) -> sa.Subquery:
    """Every text, and its place among those of the same words in one case: a line of the record and the tasks made of it are one work,
    because who checks one has checked all."""

    def source(table: Any, *kinds: str) -> sa.ColumnElement[bool]:
        here = sa.and_(table.id == Translation.source_id, table.district_id == Translation.district_id)
        return sa.and_(Translation.source_kind.in_(kinds), here)

    of_record = Translation.source_kind.in_(RECORD)
    same = (
        sa.case((of_record, sa.func.coalesce(Translation.case_id, Translation.id)), else_=Translation.id),
        Translation.source_index,
        Translation.source_lang,
        Translation.target_lang,
    )
    first = (sa.case((Translation.source_kind == "entry", 0), else_=1), Translation.created_at, Translation.id)
    query = (
        sa.select(
            Translation.id,
            Translation.source_kind,
            Translation.source_lang,
            Translation.target_lang,
            Translation.engine,
            Translation.state,
            Translation.case_id,
            Translation.created_at,
            sa.func.row_number().over(partition_by=same, order_by=first).label("place"),
        )
        .outerjoin(Case, Case.id == Translation.case_id)
        .outerjoin(CaseEntry, source(CaseEntry, "entry"))
        .outerjoin(Handoff, source(Handoff, "handoff"))
        .outerjoin(FamilyText, source(FamilyText, "letter", "template"))
        .where(Translation.district_id == scope.district_id, Translation.state.in_(UNCHECKED), _seen(scope))
    )
    if lang:
        query = query.where(sa.or_(Translation.source_lang == lang, Translation.target_lang == lang))
    return query.subquery("waits")


def queue(conn: Connection, scope: Scope, lang: str, *, limit: int, offset: int = 0) -> Sequence[Row]:
    """A part of what nobody has checked yet, oldest first. `lang` "" is every language."""
    rows = _rows(scope, lang)
    query = sa.select(rows).where(rows.c.place == 1).order_by(rows.c.created_at, rows.c.id)
    return conn.execute(query.limit(limit).offset(offset)).all()


def counts(conn: Connection, scope: Scope) -> dict[tuple[str, str], int]:
    """How much waits, by (source, target) language."""
    rows = _rows(scope, "")
    query = sa.select(rows.c.source_lang, rows.c.target_lang, sa.func.count().label("number")).where(rows.c.place == 1)
    found = conn.execute(query.group_by(rows.c.source_lang, rows.c.target_lang))
    return {(row.source_lang, row.target_lang): int(row.number) for row in found}


def unchecked(conn: Connection, district_id: str, translation_id: str) -> Row | None:
    """One text that nobody has checked yet, in full."""
    query = (
        sa.select(*Translation.__table__.c, Case.code, Case.school_id)
        .outerjoin(Case, Case.id == Translation.case_id)
        .where(Translation.id == translation_id, Translation.district_id == district_id, Translation.state.in_(UNCHECKED))
    )
    return conn.execute(query).one_or_none()
