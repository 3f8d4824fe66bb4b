"""What a family chose "Other" with: "Other: drawing", "8 she sings". The read-back says their words, not ours (rules 7 and 8).

That a reply means "other" is read in `answers`; here only its words are found. The whole of it stands in the entry as it was written.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from bot.engine.answers import SEGMENT, segments
from bot.engine.flow import Part, Step
from bot.engine.words import AnswerWords, fold
from bot.i18n import MASTER
from bot.values.wordless import wordless

OTHER = "other"
_MARK = re.compile(r"\s*[:=(]\s*|\s+[-\u2013\u2014]\s*|[-\u2013\u2014]\s+")
"""What stands between a choice and the words for it."""
_WORD = re.compile(r"\w+")
_OPEN = frozenset({"text", "name"})
_PICKED = frozenset({"yn", "one", "many", "scale"})
"""Kinds of questions whose answer is what was written, and whose answer picks options. Of a day or a number only what it means is known."""

_LABEL = 3
"""So many words the label behind its number has at most ("8 algo más")."""


def kept_under(name: str) -> str:
    """Where these words are kept among the answers of a talk."""
    return f"{name}.{OTHER}"


def own_words(step: Step, value: Any, text: str, lang: str, words: AnswerWords) -> str:
    """The words of a reply that was read as "other", "" where it only picks options."""
    if not step.options or (value != OTHER and not (isinstance(value, list) and OTHER in value)):
        return ""
    accepted = step.accepted.get(lang) or step.accepted[MASTER]
    said = [_behind_the_choice(piece, accepted, words) for whole in SEGMENT.split(text) for piece in _unpicked(whole, accepted, words)]
    return ", ".join(piece for piece in said if not only_picks(piece, accepted, words))


def has_words(part: Part, frame: Mapping[str, Any]) -> bool:
    """Whether what was answered so far holds words of the family's own, beside options picked, figures and signs."""
    names = frame["n"]
    if frame.get("j"):
        return True
    for name in frame["e"]:
        place = part.by_name.get(name)
        kind = part.steps[place].kind if place is not None else ""
        if kind in _OPEN or kind in _PICKED:
            said = names.get(name if kind in _OPEN else kept_under(name))
            if isinstance(said, str) and not wordless(said):
                return True
        elif kind != "none":
            return True
    return False


def _unpicked(text: str, accepted: Mapping[str, int], words: AnswerWords) -> list[str]:
    """A piece without thanks, and parted at "and" where one of its parts only picks ("kind and a dreamer")."""
    if words.thanks_only(text):
        return []
    pieces: list[list[str]] = [[]]
    for token in text.split():
        if fold(token) in words.and_:
            pieces.append([])
        else:
            pieces[-1].append(token)
    parts = [" ".join(piece) for piece in pieces if piece]
    return parts if any(fold(part) in accepted and not fold(part).isdigit() for part in parts) else [text]


def _behind_the_choice(piece: str, accepted: Mapping[str, int], words: AnswerWords) -> str:
    mark = _MARK.search(piece)
    if mark is not None and fold(piece[: mark.start()]) and only_picks(piece[: mark.start()], accepted, words):
        return piece[mark.end() :].strip(" .)")
    tokens, ends = list(_WORD.finditer(piece)), 0
    for place, token in enumerate(tokens, 1):
        folded = fold(token[0])
        if folded.isdigit():
            ends = place
        elif folded not in words.and_:
            break
    for size in range(_LABEL if ends else 0, 0, -1):
        behind = tokens[ends : ends + size]
        if len(behind) == size and fold(piece[behind[0].start() : behind[-1].end()]) in accepted:
            ends += size
            break
    return (piece[tokens[ends - 1].end() :] if ends else piece).strip(" .:)-\u2013\u2014")


def only_picks(text: str, accepted: Mapping[str, int], words: AnswerWords) -> bool:
    """Whether there is nothing in it but numbers and options, or nothing at all."""
    return all(one in accepted or one.replace(" ", "").isdigit() for one in segments(text, words))
