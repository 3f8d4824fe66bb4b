"""Array literals say to PostgreSQL exactly what was meant, whatever a family wrote."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.store.arrays import literal

postgresql = pytest.mark.parametrize("world", ["postgresql"], indirect=True)
NO_NUL = st.text(st.characters(blacklist_characters="\x00", blacklist_categories=("Cs",)), max_size=30)
HOSTILE = ["", "NULL", "null", " ", "{}", '"', "\\", '\\"', "a,b", '","', "\n\r\t", "¿Qué?", "👧", "x" * 5000]
MOMENT = datetime(2026, 11, 22, 6, 30, 5, 123456, tzinfo=UTC)


def back(database, kind: str, values) -> list:
    """What the server understood, element by element."""
    with database.read() as conn:
        found = conn.execute(sa.text(f"select unnest(cast(:given as {kind}[])) as one"), {"given": literal(kind, values)})
        return [bytes(one) if kind == "bytea" and one is not None else one for one in found.scalars()]


@postgresql
@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("text", HOSTILE),
        ("text", [None, *HOSTILE, None]),
        ("text", ["a"]),
        ("text", [None, None]),
        ("bytea", [b"", b"\x00\xff\\", b'"', None]),
        ("bytea", [b"one", b"two"]),
        ("bytea", [None, None]),
        ("bytea", [b"x" * 100_000, b""]),
        ("timestamptz", [MOMENT, MOMENT, MOMENT - timedelta(days=90), None]),
        ("timestamptz", [MOMENT.astimezone(timezone(timedelta(hours=-7))), MOMENT.replace(microsecond=0)]),
        ("boolean", [True, False, None]),
        ("boolean", [True]),
        ("integer", [0, -7, 2**31 - 1, None]),
        ("integer", [3]),
        ("double precision", [0.1, -1e300, None]),
        ("double precision", [2.0]),
    ],
)
def test_every_element_comes_back_as_it_was(world, kind, values):
    assert back(world, kind, values) == values


@postgresql
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.one_of(st.none(), NO_NUL), min_size=1, max_size=6))
def test_any_words_come_back_as_they_were(world, words):
    assert back(world, "text", words) == words


def test_a_time_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="without a zone"):
        literal("timestamptz", [datetime(2026, 11, 22)])
