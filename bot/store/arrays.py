r"""Columns of values as PostgreSQL's arrays: one parameter each, made at the speed of `str.join`.

The driver adapts lists in Python, element by element: of a batch's statements with some twenty columns each that was a third of the time of
writing them (measured). A literal is plain text; the statement says what array it is (`%s::text[]`). Quoted, an element is taken as it
stands but for `"` and `\`, which get a `\` before them (PostgreSQL manual, "Array Input and Output Syntax").

Bytes, which is most of what a turn writes, go as they are, in the form the server itself sends arrays in: as text they would be twice as
many, for us to make and for the server to read sign by sign.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

_BYTES, _ARRAY_OF_BYTES = 17, 1001  # the server's numbers of both types (its catalogue, pg_type.dat)
_HEAD = struct.Struct("!iiIii").pack  # dimensions, whether any is NULL, of what, how many, counted from
_NULL = b"\xff\xff\xff\xff"


class Packed(bytes):
    """An array of bytes as the server sends and takes it; the driver must have been told (`teach`)."""

    __slots__ = ()


def teach() -> None:
    """Tell the driver how arrays of bytes travel: before it connects."""
    import psycopg
    from psycopg.adapt import Dumper

    class AsItIs(Dumper):
        format = psycopg.pq.Format.BINARY
        oid = _ARRAY_OF_BYTES

        def dump(self, obj: Packed) -> Packed:
            return obj

    psycopg.adapters.register_dumper(Packed, AsItIs)


def literal(kind: str, values: Sequence[Any]) -> str | Packed:
    """An array of this kind (text, bytea, timestamptz, boolean, integer, double precision); None becomes NULL.

    Raises `ValueError` for a time without a zone.
    """
    if kind == "bytea":
        return _bytes(values)
    if None not in values:
        return _ARRAY[kind](values)
    given = [value for value in values if value is not None]
    if not given:
        return "{" + ",".join(["NULL"] * len(values)) + "}"
    one = _ARRAY[kind]
    return "{" + ",".join(["NULL" if value is None else one((value,))[1:-1] for value in values]) + "}"


def _texts(values: Sequence[str]) -> str:
    joined = '","'.join(values)
    if "\\" in joined or joined.count('"') != 2 * (len(values) - 1):
        joined = '","'.join([value.replace("\\", "\\\\").replace('"', '\\"') for value in values])
    return '{"' + joined + '"}'


def _bytes(values: Sequence[bytes | None]) -> Packed:
    parts = [_NULL if value is None else len(value).to_bytes(4, "big") + value for value in values]
    return Packed(b"".join([_HEAD(1, None in values, _BYTES, len(values), 1), *parts]))


def _moments(values: Sequence[datetime]) -> str:
    written: dict[datetime, str] = {}
    for value in set(values):  # most times of a batch are the same few
        if value.tzinfo is None:
            raise ValueError("a time without a zone cannot be stored: pass an aware datetime")
        written[value] = value.isoformat()
    return "{" + ",".join([written[value] for value in values]) + "}"


_ARRAY: dict[str, Callable[[Sequence[Any]], str]] = {
    "text": _texts,
    "timestamptz": _moments,
    "boolean": lambda values: "{" + ",".join(["t" if value else "f" for value in values]) + "}",
    "integer": lambda values: "{" + ",".join(map(str, values)) + "}",
    "double precision": lambda values: "{" + ",".join(map(repr, values)) + "}",
}
