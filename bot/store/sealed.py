"""Every sealed column of every table, for key rotation: which rows are still under another key, and their values as they lie there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.store.tables import Base
from bot.store.types import SealedBytes, SealedText


class SealedTable(NamedTuple):
    """A table with sealed columns, which ones, and its key columns (all have `id`)."""

    table: sa.Table
    columns: tuple[str, ...]


def sealed_tables() -> list[SealedTable]:
    """All of them, found in the metadata so that a new column cannot be forgotten."""
    found = []
    for table in Base.metadata.sorted_tables:
        columns = tuple(column.name for column in table.columns if isinstance(column.type, SealedText | SealedBytes))
        if columns:
            found.append(SealedTable(table, columns))
    return found


def under_other_keys(
    conn: Connection, one: SealedTable, district_id: str, header: bytes, limit: int, after: str = ""
) -> list[dict[str, Any]]:
    """Up to `limit` rows with a value that does not begin with `header`, locked, in id order: id and raw values."""
    raw = {name: sa.type_coerce(one.table.c[name], sa.LargeBinary) for name in one.columns}
    start = sa.bindparam("start", header, sa.LargeBinary)
    other = sa.or_(*(sa.func.substr(value, 1, len(header)) != start for value in raw.values()))
    query = (
        sa.select(one.table.c.id, *(value.label(name) for name, value in raw.items()))
        .where(one.table.c.district_id == district_id, one.table.c.id > after, other)
        .order_by(one.table.c.id)
        .limit(limit)
        .with_for_update()
    )
    return [dict(row) for row in conn.execute(query).mappings()]


def write_raw(conn: Connection, one: SealedTable, rows: Sequence[Mapping[str, Any]]) -> None:
    """Put sealed values back, through a plain view of the table: they are sealed already."""
    table = sa.table(one.table.name, sa.column("id"), *(sa.column(name, sa.LargeBinary) for name in one.columns))
    new = {name: sa.bindparam(f"new_{name}", type_=sa.LargeBinary) for name in one.columns}
    update = sa.update(table).where(table.c.id == sa.bindparam("row_id")).values(new)
    conn.execute(update, [{"row_id": row["id"], **{f"new_{name}": row[name] for name in one.columns}} for row in rows])
