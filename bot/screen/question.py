"""Whether a text looks like a question (F04): a question mark of any script, or the way questions begin."""

from __future__ import annotations

import re
from collections.abc import Iterable

from bot.screen.wordlists import Hit

_MARKS = frozenset("?¿؟？⁇❓՞፧")
_LINK = re.compile(r"(?:https?://|www\.)\S+?(?=[?!.,;:)]*(?:\s|$))", re.IGNORECASE)
"""A link without the marks of the sentence it ends: what stands in an address asks nothing."""


def asks(text: str, hits: Iterable[Hit]) -> bool:
    """A start of a question counts only as the first word of the message or of a sentence after a greeting; the particles and word
    orders that some languages ask with count anywhere."""
    if "?" in text or not _MARKS.isdisjoint(text):
        bare = _LINK.sub("", text) if "://" in text or "www." in text else text
        if not _MARKS.isdisjoint(bare):
            return True
    return any(hit.row.list_name == "question" and (hit.start <= 1 or hit.row.label == "anywhere") for hit in hits)
