"""Reads as the driver takes them: compiled once, several sent at once on PostgreSQL (one round trip instead of one each).

Building and caching a statement for every execution costs more than SQLite needs to answer it; here that happens once for each
number of values. Rows come as the column types give them (sealed text opened, times in UTC), with the columns' names as fields; a test
compares both ways.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from functools import partial
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.dialects import postgresql

from bot.store.arrays import literal
from bot.store.types import Json, SealedBytes, SealedText, Utc

Row = Any
Request = tuple[str, Any, Mapping[str, Any]]
"""(a name for the statement that is always the same, the statement, its parameters)."""

_Convert = Callable[[Any], Any]


def as_sqlite(moment: datetime) -> str:
    """As SQLAlchemy writes a time into SQLite."""
    if moment.tzinfo is None:
        raise ValueError("a time without a zone cannot be stored: pass an aware datetime")
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")


def _from_sqlite(text: str) -> datetime:
    return datetime.fromisoformat(text + "+00:00")


def _as_json(value: Any) -> str:
    return orjson.dumps(value).decode()


class Direct:
    """A statement as the driver takes it, and how its rows are made."""

    def __init__(self, name: str, statement: Any, dialect: Any, given: Mapping[str, Any]) -> None:
        compiled = statement.compile(dialect=dialect)
        state = compiled.construct_expanded_state(compiled.construct_params(given))
        self.sql: str = state.statement
        self._fixed = {key: value for key, value in compiled.params.items() if key not in given}
        self._order = state.positiontup
        self._spread: dict[str, list[str]] = {key: list(names) for key, names in state.parameter_expansion.items()}
        self.spread = tuple(self._spread)
        lite = dialect.name == "sqlite"
        kinds = {key: bind.type for key, bind in compiled.binds.items()}
        as_given = _given_as if lite else _given_in_arrays
        self._given: dict[str, _Convert] = {key: how for key in given if (how := as_given(kinds[key])) is not None}
        columns = list(statement.selected_columns)
        self.row: Any = namedtuple(name, [column.key for column in columns])  # type: ignore[misc]  # noqa: PYI024 - made from columns
        self._found = [(at, self._read_as(column.type, lite=lite)) for at, column in enumerate(columns)]
        self._found = [(at, how) for at, how in self._found if how]

    @staticmethod
    def _read_as(kind: Any, *, lite: bool) -> str:
        for known, how in ((SealedText, "text"), (SealedBytes, "bytes"), (Json, "json")):
            if isinstance(kind, known):
                return how
        if lite and isinstance(kind, Utc | sa.Boolean):
            return "time" if isinstance(kind, Utc) else "bool"
        return ""

    def values(self, given: Mapping[str, Any]) -> Any:
        """The parameters: by name on PostgreSQL, in order on SQLite."""
        known = {**self._fixed, **given}
        for key, convert in self._given.items():
            known[key] = convert(given[key])
        if self._order is None:
            return known
        for key, names in self._spread.items():
            known.update(zip(names, given[key], strict=True))
        return tuple(known[key] for key in self._order)

    def rows(self, found: Sequence[Any], unseal: Callable[[bytes], bytes]) -> list[Row]:
        """Rows with names, from the driver's."""
        make = self.row._make
        if not self._found:
            return [make(one) for one in found]
        read: dict[str, _Convert] = {
            "text": lambda blob: unseal(blob).decode(),
            "bytes": unseal,
            "json": orjson.loads,
            "time": _from_sqlite,
            "bool": bool,
        }
        changes = [(at, read[how]) for at, how in self._found]
        rows = []
        for one in found:
            values = list(one)
            for at, convert in changes:
                if values[at] is not None:
                    values[at] = convert(values[at])
            rows.append(make(values))
        return rows


def _given_as(kind: Any) -> _Convert | None:
    if isinstance(kind, Json):
        return _as_json
    return as_sqlite if isinstance(kind, Utc) else None


def _given_in_arrays(kind: Any) -> _Convert | None:
    if not isinstance(kind, postgresql.ARRAY):
        return None
    return partial(literal, "bytea" if isinstance(kind.item_type, sa.LargeBinary) else "text")


_KNOWN: dict[tuple[str | int, ...], Direct] = {}
_SPREAD: dict[tuple[str, str], tuple[str, ...]] = {}
"""By statement, the lists in it that are written out, a mark for each value: only how many these are makes it another one."""


def _direct(dialect: Any, request: Request) -> Direct:
    name, statement, given = request
    named = dialect.name, name
    if named in _SPREAD and (found := _KNOWN.get(_sized(named, given))) is not None:
        return found
    found = Direct(name, statement, dialect, given)
    _SPREAD[named] = found.spread
    _KNOWN[_sized(named, given)] = found
    return found


def _sized(named: tuple[str, str], given: Mapping[str, Any]) -> tuple[str | int, ...]:
    return *named, *[len(given[one]) for one in _SPREAD[named]]


def read_together(conn: Connection, requests: Sequence[Request]) -> list[Sequence[Row]]:
    """The rows of each request, in order. Later statements see what earlier ones waited for (each has its own snapshot)."""
    dialect: Any = conn.dialect
    unseal = dialect.vault.unseal
    directs = [_direct(dialect, request) for request in requests]
    cursors = []
    with driver(conn) as raw, raw.pipeline() if dialect.name == "postgresql" else nullcontext():
        for direct, (_, _, given) in zip(directs, requests, strict=True):
            cursor = raw.cursor()
            cursor.execute(direct.sql, direct.values(given))
            cursors.append(cursor)
    return [direct.rows(cursor.fetchall(), unseal) for direct, cursor in zip(directs, cursors, strict=True)]


@contextmanager
def driver(conn: Connection) -> Iterator[Any]:
    """The driver's connection, inside the transaction; its errors come out as SQLAlchemy's, like everybody's."""
    if not conn.in_transaction():
        conn.begin()
    dialect: Any = conn.dialect
    try:
        yield conn.connection.driver_connection
    except dialect.loaded_dbapi.Error as error:
        raise sa.exc.DBAPIError.instance(None, None, error, dialect.loaded_dbapi.Error, hide_parameters=True, dialect=dialect) from error
