"""Whether a text holds any word: "2", "1 y 3", a telephone number or a lone emoji reads the same in every language."""

from __future__ import annotations

import re

_JOINED = re.compile(r"(?<=\d)[\s.,;/]*[^\W\d_][\s.,;/]*(?=\d)")
"""One letter between two figures ("1 y 3", "3 x 5"): that is how numbers are put together, no word."""


def wordless(text: str) -> bool:
    """Whether nothing in it needs a translation."""
    return not any(char.isalpha() for char in _JOINED.sub(" ", text))
