r"""Columns of values as PostgreSQL's array literals: one parameter each, made at the speed of `str.join`.

The driver adapts lists in Python, element by element: of a batch's statements with some twenty columns each that was a third of the time of
writing them (measured). A literal is plain text; the statement says what array it is (`%s::bytea[]`). Quoted, an element is taken as it
stands but for `"` and `\`, which get a `\` before them (PostgreSQL manual, "Array Input and Output Syntax").
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any


def literal(kind: str, values: Sequence[Any]) -> str:
    """`{...}` for an array of this kind (text, bytea, timestamptz, boolean, integer, double precision); None becomes NULL.

    Raises `ValueError` for a time without a zone.
    """
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


def _bytes(values: Sequence[bytes]) -> str:
    return '{"\\\\x' + '","\\\\x'.join([value.hex() for value in values]) + '"}'


def _moments(values: Sequence[datetime]) -> str:
    written: dict[datetime, str] = {}
    for value in set(values):  # most times of a batch are the same few
        if value.tzinfo is None:
            raise ValueError("a time without a zone cannot be stored: pass an aware datetime")
        written[value] = value.isoformat()
    return "{" + ",".join([written[value] for value in values]) + "}"


_ARRAY: dict[str, Callable[[Sequence[Any]], str]] = {
    "text": _texts,
    "bytea": _bytes,
    "timestamptz": _moments,
    "boolean": lambda values: "{" + ",".join(["t" if value else "f" for value in values]) + "}",
    "integer": lambda values: "{" + ",".join(map(str, values)) + "}",
    "double precision": lambda values: "{" + ",".join(map(repr, values)) + "}",
}
