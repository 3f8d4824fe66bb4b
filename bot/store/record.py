"""The record as it lies in the database, for verifying and re-sealing: rows in order, sealed columns still sealed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.store.tables import Audit, Case, CaseEntry, District, EntryMark
from bot.store.types import SealedText


class CaseHead(NamedTuple):
    """Where a case's chain ends by its own account."""

    id: str
    district_id: str
    code: str
    seq: int
    head: bytes


def heads(conn: Connection, code: str = "") -> list[CaseHead]:
    """The cases with this code or id, or all of them, by code."""
    query = sa.select(Case.id, Case.district_id, Case.code, Case.chain_seq, Case.chain_head).order_by(Case.district_id, Case.code)
    if code:
        query = query.where(sa.or_(Case.code == code, Case.id == code))
    return [CaseHead(row.id, row.district_id, row.code, row.chain_seq, bytes(row.chain_head)) for row in conn.execute(query)]


def links(conn: Connection, case_id: str) -> list[tuple[str, Mapping[str, Any]]]:
    """("entry" | "mark", row) of a case in the order they were written; sealed columns as bytes."""
    found: list[tuple[str, Mapping[str, Any]]] = []
    for kind, table in (("entry", CaseEntry.__table__), ("mark", EntryMark.__table__)):
        query = sa.select(*_still_sealed(table)).where(table.c.case_id == case_id)
        found += [(kind, dict(row)) for row in conn.execute(query).mappings()]
    return sorted(found, key=lambda one: (one[1]["seq"], one[0]))


def districts(conn: Connection) -> list[str]:
    """Every district's id."""
    return list(conn.scalars(sa.select(District.id).order_by(District.id)))


def audit_lines(conn: Connection, district_id: str) -> Iterator[Mapping[str, Any]]:
    """A district's audit log in order."""
    query = sa.select(*Audit.__table__.columns).where(Audit.district_id == district_id).order_by(Audit.seq)
    for row in conn.execute(query).mappings():
        yield dict(row)


def _still_sealed(table: sa.FromClause) -> list[sa.ColumnElement[Any]]:
    return [
        sa.type_coerce(column, sa.LargeBinary).label(column.name) if isinstance(column.type, SealedText) else column
        for column in table.columns
    ]
