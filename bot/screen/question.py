"""Whether a text looks like a question (F04): a question mark of any script, or the way questions begin."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from bot.screen.wordlists import Hit

_MARKS = frozenset("?¿؟？⁇❓՞፧")
_LAST_LATIN = 0x1EFF
"""Of the letters with accents, those of Vietnamese."""
_LINK = re.compile(r"(?:https?://|www\.)\S+?(?=[?!.,;:)]*(?:\s|$))", re.IGNORECASE)
"""A link without the marks of the sentence it ends: what stands in an address asks nothing."""


def asks(text: str, hits: Iterable[Hit], languages: Collection[str]) -> bool:
    """A start of a question counts only as the first word of the message or of a sentence after a greeting; the particles and word
    orders that some languages ask with count anywhere.

    `languages` are those the family and its school write. Unlike danger, a question missed costs little, and short words that ask in
    one language are plain words of another ("que", "a", "k"): other languages are heard only in a script that is not Latin.
    """
    if "?" in text or not _MARKS.isdisjoint(text):
        bare = _LINK.sub("", text) if "://" in text or "www." in text else text
        if not _MARKS.isdisjoint(bare):
            return True
    asked = [hit for hit in hits if hit.row.list_name == "question" and (hit.start <= 1 or hit.row.label == "anywhere")]
    return any(_language(hit) in languages for hit in asked) or (bool(asked) and not _latin(text))


def _language(hit: Hit) -> str:
    return hit.row.row_id.split(".", 2)[1]


def _latin(text: str) -> bool:
    return not any(sign.isalpha() and ord(sign) > _LAST_LATIN for sign in text)
