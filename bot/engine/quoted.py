"""Which words of a mail only quote an earlier one. Pure.

A mail program breaks quoted lines anew and marks them, so words are compared, not lines: a stretch of words quotes a text when it holds
a whole line of it, or six of its words in a row. Fewer could be anybody's: "with her reading" is said by us and by a mother.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

LONG = 6
LONGEST = 20_000
"""Words looked at; of a mail that has more a person is told."""

_WORD = re.compile(r"\w+")
_MARKS = re.compile(r"^[\s>|\ufeff]+")
_BETWEEN = ""


def words_of(text: str) -> list[str]:
    """The words of a text, folded, without marks and punctuation."""
    return [word.casefold() for word in _WORD.findall(text)[:LONGEST]]


def without_marks(line: str) -> str:
    """A line without the marks of a quotation."""
    return _MARKS.sub("", line).rstrip()


class Source:
    """Texts that may be quoted. `words` are those of all of them; `lines` says for each word which line it is of."""

    def __init__(self, texts: Iterable[str]) -> None:
        self.words: list[str] = []
        self.lines: list[int] = []
        self.sizes: list[int] = []
        for text in texts:
            for line in text.splitlines():
                here = words_of(line)
                if here:
                    self.words += here
                    self.lines += [len(self.sizes)] * len(here)
                    self.sizes.append(len(here))
            self.words.append(_BETWEEN)
            self.lines.append(-1)
        self._places: dict[str, list[int]] = {}
        for at, word in enumerate(self.words):
            self._places.setdefault(word, []).append(at)

    def quoted(self, words: Sequence[str]) -> list[int]:
        """For each word the place in the source that it quotes, -1 for a word of the writer's own."""
        found = [-1] * len(words)
        at = 0
        while at < len(words):
            place, size = self._longest(words, at)
            if size and (size >= LONG or self._holds_a_line(place, size)):
                found[at : at + size] = range(place, place + size)
                at += size
            else:
                at += 1
        return found

    def _longest(self, words: Sequence[str], at: int) -> tuple[int, int]:
        best, size = -1, 0
        for place in self._places.get(words[at], ())[:200]:
            length = 1
            while at + length < len(words) and place + length < len(self.words) and words[at + length] == self.words[place + length]:
                length += 1
            if length > size or (length == size and self._begins_a_line(place) and not self._begins_a_line(best)):
                best, size = place, length
        return best, size

    def _begins_a_line(self, place: int) -> bool:
        return place == 0 or self.lines[place - 1] != self.lines[place]

    def _holds_a_line(self, place: int, size: int) -> bool:
        counted: dict[int, int] = {}
        for line in self.lines[place : place + size]:
            counted[line] = counted.get(line, 0) + 1
        return any(line >= 0 and count == self.sizes[line] for line, count in counted.items())


def unread(whole: str, reply: str, earlier: Iterable[str]) -> list[str]:
    """Lines of `whole` with words that neither `reply` nor any earlier message holds: as they stand, or only the new words of them."""
    lines = [without_marks(raw) for raw in whole.splitlines()]
    places = [(number, word) for number, line in enumerate(lines) for word in words_of(line)][:LONGEST]
    quoted = Source((reply, *earlier)).quoted([word for _, word in places])
    left: dict[int, list[str]] = {}
    for (number, word), place in zip(places, quoted, strict=True):
        if place < 0:
            left.setdefault(number, []).append(word)
    return [lines[number] if len(words) == len(words_of(lines[number])) else " ".join(words) for number, words in left.items()]
