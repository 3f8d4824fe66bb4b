"""Words of a mail that nobody has read before: not what was written now (that is screened as any message), and not our own or their
own earlier words that the mail quotes.

A mail program breaks quoted lines anew and marks them, so words are compared, not lines: what stands in runs of a few words that an
earlier message also holds is a quotation. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

RUN = 3
"""Words in a row that make a quotation. Two would swallow a "please stop" that follows our "please"."""

LONGEST = 20_000
"""Words looked at; a mail is cut at its limits long before."""

_WORD = re.compile(r"\w+", re.UNICODE)


def words_of(text: str) -> list[str]:
    """The words of a text, folded, without marks and punctuation."""
    return [word.casefold() for word in _WORD.findall(text)[:LONGEST]]


def unread(whole: str, reply: str, earlier: Iterable[str]) -> list[str]:
    """Lines of `whole` that neither `reply` nor any earlier message holds, each as it stands there without quote marks."""
    known: set[tuple[str, ...]] = set()
    short: set[tuple[str, ...]] = set()
    for text in (reply, *earlier):
        words = words_of(text)
        known.update(zip(*(words[at:] for at in range(RUN)), strict=False))
        # A line of ours that is shorter than a run is known as a whole line.
        short.update(tuple(line) for raw in text.splitlines() if 0 < len(line := words_of(raw)) < RUN)
    lines = [re.sub(r"^[\s>|]+", "", raw).strip() for raw in whole.splitlines()]
    places = [(number, word) for number, line in enumerate(lines) for word in words_of(line)]
    covered = _covered([word for _, word in places], known)
    left: dict[int, list[str]] = {}
    for (number, word), hidden in zip(places, covered, strict=True):
        if not hidden:
            left.setdefault(number, []).append(word)
    return [_rest(lines[number], words) for number, words in left.items() if tuple(words_of(lines[number])) not in short]


def _covered(words: Sequence[str], known: set[tuple[str, ...]]) -> list[bool]:
    covered = [False] * len(words)
    for at in range(len(words) - RUN + 1):
        if tuple(words[at : at + RUN]) in known:
            covered[at : at + RUN] = [True] * RUN
    return covered


def _rest(line: str, words: Sequence[str]) -> str:
    """The line as written where all of it is new, else only its new words."""
    return line if len(words) == len(words_of(line)) else " ".join(words)
