"""A table for a spreadsheet: what it would run is text, what it would garble is whole."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.exchange.csv_out import harmless, table

FORMULAS = (
    "=1+1",
    '=HYPERLINK("http://evil.example","x")',
    "+1",
    "-1",
    "@SUM(A1)",
    "|calc",
    "%0a=1",
    "\t=1",
    "\r=1",
    "\n=1",
    "＝1+1",
    "＋1",
    "－1",
    "＠SUM",
    "﹦1",
    "\u200b=1",
    "\ufeff=1",
    "\u2060\u200d=1",
    " =1",
    "\u00a0=1",
    "\u3000＝1",
    "\u0301=1",
)


@pytest.mark.parametrize("cell", FORMULAS)
def test_what_a_spreadsheet_would_run_is_text(cell: str) -> None:
    assert harmless(cell) == "'" + cell


@pytest.mark.parametrize("cell", ["", "Ana", "1 = 2", "a-b", "هدى حداد", "Lucía", "'=1", "2026-11-21T16:00:00+00:00", "CV-1002"])
def test_ordinary_words_stay_as_they_are(cell: str) -> None:
    assert harmless(cell) == cell


@given(st.lists(st.lists(st.text(), min_size=2, max_size=2), max_size=5))
def test_a_table_reads_back_as_it_was_written(rows: list[list[str]]) -> None:
    text = table(["a", "b"], rows).decode("utf-8-sig")
    assert list(csv.reader(io.StringIO(text, newline=""))) == [["a", "b"], *[[harmless(cell) for cell in row] for row in rows]]
