"""Several reads sent at once: on PostgreSQL one round trip instead of one each. SQLite has no round trips and reads one by one.

Rows come as the column types give them (sealed text opened, times in UTC), with the columns' names as fields.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import orjson
from sqlalchemy import Connection

from bot.store.types import Json, SealedBytes, SealedText

Row = Any
Request = tuple[str, Any, Mapping[str, Any]]
"""(a name for the statement that is always the same, the statement, its parameters)."""


class _Direct:
    """A statement as the driver takes it, and how its rows are made."""

    def __init__(self, name: str, statement: Any, dialect: Any) -> None:
        compiled = statement.compile(dialect=dialect)
        columns = list(statement.selected_columns)
        self.sql = str(compiled)
        self.fixed = {key: value for key, value in compiled.params.items() if value is not None}
        self.row: Any = namedtuple(name, [column.key for column in columns])  # type: ignore[misc]  # noqa: PYI024 - made from columns
        self._texts = [at for at, column in enumerate(columns) if isinstance(column.type, SealedText)]
        self._bytes = [at for at, column in enumerate(columns) if isinstance(column.type, SealedBytes)]
        self._json = [at for at, column in enumerate(columns) if isinstance(column.type, Json)]

    def rows(self, found: Sequence[Sequence[Any]], unseal: Callable[[bytes], bytes]) -> list[Row]:
        make = self.row._make
        if not (self._texts or self._bytes or self._json):
            return [make(one) for one in found]
        rows = []
        for one in found:
            values = list(one)
            for at in self._texts:
                values[at] = None if values[at] is None else unseal(values[at]).decode()
            for at in self._bytes:
                values[at] = None if values[at] is None else unseal(values[at])
            for at in self._json:
                values[at] = None if values[at] is None else orjson.loads(values[at])
            rows.append(make(values))
        return rows


_KNOWN: dict[str, _Direct] = {}


def read_together(conn: Connection, requests: Sequence[Request]) -> list[Sequence[Row]]:
    """The rows of each request, in order. Later statements see what earlier ones waited for (each has its own snapshot)."""
    if conn.dialect.name != "postgresql":
        return [conn.execute(statement, given).all() for _, statement, given in requests]
    dialect: Any = conn.dialect
    raw: Any = conn.connection.driver_connection
    sent = []
    with raw.pipeline():
        for name, statement, given in requests:
            direct = _KNOWN.get(name)
            if direct is None:
                direct = _KNOWN[name] = _Direct(name, statement, dialect)
            cursor = raw.cursor()
            cursor.execute(direct.sql, {**direct.fixed, **given})
            sent.append((direct, cursor))
    return [direct.rows(cursor.fetchall(), dialect.vault.unseal) for direct, cursor in sent]
