"""Tables for a spreadsheet. A cell that a spreadsheet would run as a formula is written as text (fault 23)."""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Iterable, Sequence

_STARTERS = frozenset("=+-@|%\t\r\n")
"""What spreadsheets take for the beginning of a formula, a command or another cell."""

_MARK = "\ufeff"
"""Without it Excel reads the file in the machine's old code page and every accent is wrong."""


def harmless(cell: str) -> str:
    """The cell with an apostrophe before it if a spreadsheet might run it.

    Guards that look at the first sign miss full-width signs and invisible ones before it, so both are looked through.
    """
    seen = "".join(sign for sign in unicodedata.normalize("NFKC", cell) if unicodedata.category(sign) not in ("Cf", "Zs", "Zl", "Zp", "Mn"))
    first = seen[:1]
    return f"'{cell}" if first in _STARTERS and first else cell


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """The whole file, in UTF-8."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow([harmless(cell) for cell in header])
    writer.writerows([harmless(cell) for cell in row] for row in rows)
    return (_MARK + out.getvalue()).encode()
