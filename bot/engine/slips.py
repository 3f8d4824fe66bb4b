"""How a reply begins that takes back the choice before, says hello, or is sorry to be late. Most replies are told by their first word."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from bot.engine.words import AnswerWords, fold, made_of

_SHORT, _SENTENCE = 40, 80
_LEAD, _EXCUSE = 6, 7
"""Words at most of what takes back, and of an excuse."""


class _Phrases(NamedTuple):
    said: frozenset[str]
    begins: frozenset[str]


@lru_cache(maxsize=8)
def _phrases(words: AnswerWords, key: str) -> _Phrases:
    said = words.listed(key)
    begins = {phrase.split()[0] for phrase in said}
    return _Phrases(said, frozenset(begins | {short for short, word in words.short.items() if fold(word) in begins}))


def _begins(words: AnswerWords, key: str, text: str) -> bool:
    return fold((text.split(None, 1) or [""])[0]).partition(" ")[0] in _phrases(words, key).begins


def taken_back(words: AnswerWords, text: str) -> str:
    """What stands behind "no wait" or "perdón, quise decir", folded, and behind a bare "no" numbers; "" where there is none."""
    if len(text) > _SHORT or not _begins(words, "take_back", text):
        return ""
    said, lead = fold(words.spelled(text)).split(), _phrases(words, "take_back").said
    for end in range(min(len(said) - 1, _LEAD), 0, -1):
        if made_of(said[:end], lead):
            rest = said[end:]
            plain = said[:end] != ["no"] or all(word.isdigit() or word in words.articles | words.and_ for word in rest)
            return " ".join(rest) if plain else ""
    return ""


def apologizes(words: AnswerWords, text: str, *, only: bool = False) -> bool:
    """Whether a reply begins with "sorry". `only`: and says why it comes late and nothing else ("sorry been working doubles")."""
    if len(text) > _SENTENCE or not _begins(words, "apology", text):
        return False
    said, known = fold(words.spelled(text)).split(), _phrases(words, "apology").said
    begun = any(" ".join(said[:end]) in known for end in (1, 2, 3))
    return begun and (not only or (len(said) <= _EXCUSE and not words.listed("excuse").isdisjoint(said)))


def answer_behind(words: AnswerWords, text: str) -> str:
    """What stands behind hello and "sorry", folded; "" where a reply does not begin so, or is nothing else."""
    if len(text) > _SHORT:
        return ""
    said, lead = fold(words.spelled(text)).split(), _phrases(words, "apology").said | words.greetings
    for end in range(min(len(said) - 1, _LEAD), 0, -1):
        if made_of(said[:end], lead):
            return " ".join(said[end:])
    return ""
