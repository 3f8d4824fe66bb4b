"""Which lists a text needs, by its letters alone: set to English, but in Arabic letters, it says what no English list hears."""

from __future__ import annotations

import re
from collections.abc import Collection

_ENOUGH = 3  # a lone letter may be a list mark or a sign of joy
_SCRIPTS = (
    (re.compile(r"[\u0600-\u06ff\u0750-\u077f\ufb50-\ufdff\ufe70-\ufeff]"), frozenset({"ar", "ur", "fa", "ps"})),
    (re.compile(r"[\u0400-\u052f]"), frozenset({"ru", "uk"})),
    (re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]"), frozenset({"zh"})),
    (re.compile(r"[\u0370-\u03ff\u0530-\u05ff\u0700-\u074f\u0780-\u1aff\u2d30-\u2dff\u3040-\u30ff\ua000-\ud7ff]"), frozenset[str]()),
)
"""Letters, and the languages we know that are written in them. The last are letters no list of ours is written in."""


def unheard(text: str, reviewed: Collection[str]) -> bool:
    """Whether the text holds words in letters of which no language is reviewed."""
    if text.isascii():
        return False
    for letters, langs in _SCRIPTS:
        found = [letter for letter in letters.findall(text) if letter.isalpha()]
        if len(found) >= _ENOUGH and langs.isdisjoint(reviewed):
            return True
    return False
