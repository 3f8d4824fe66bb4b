"""From a token as typed to the list words it may stand for: exact, drawn-out letters, shorthand, sound-alike, one slip of the finger."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from rapidfuzz.distance import OSA

from bot.screen.fold import SENTENCE_ENDS, fold, one_accent
from bot.screen.notation import END_OF_SENTENCE

_LONGEST = 40  # no word of ours is longer; a longer token is a link or noise
_TYPO_FROM = 5  # shorter words have too many real neighbours (kill, skill, will)
_TWO_TYPOS_FROM = 9
_SOUND_FROM = 4
_STEM = 3  # what is left of a word when a small word written onto it is taken off
_DRAWN_OUT = re.compile(r"(.)\1{2,}")

NOTHING: frozenset[str] = frozenset()
NONE: tuple[str, ...] = ()

Heard = tuple[Sequence[tuple[str, str]], Iterable[str]]
"""What one language hears alike and writes either way, and its words: "aa" is "a" in Roman Urdu and not in English."""

Index = dict[str, tuple[str, ...]]
"""Form -> list words. Tens of thousands of forms stand for one word each: they share that word's tuple, a set each would take 7 MiB."""


def _file(index: Index, form: str, word: tuple[str, ...]) -> None:
    known = index.get(form)
    index[form] = word if known is None else known + word


def deletions(word: str) -> Iterator[str]:
    """The word and every form of it with one letter missing: two words one slip apart share one."""
    yield word
    for i in range(len(word)):
        yield word[:i] + word[i + 1 :]


class Spelling:
    """Which words of the lists a token may be. `words` holds plain words, "abc*" beginnings, "=abc" exact words, and words
    with their accents: "~abć" is also met without them, "!abć" is not."""

    def __init__(
        self,
        words: Iterable[str],
        *,
        short: Mapping[str, Sequence[str]],
        heard: Iterable[Heard],
        real_words: Iterable[str],
        prefixes: Iterable[str] = (),
        typo_from: int = _TYPO_FROM,
    ) -> None:
        words = sorted(set(words))
        self._exact: Index = {}
        self._beginnings: dict[str, str] = {}
        self._near: Index = {}
        self._heard = tuple((tuple(sounds), _alike(sounds, known)) for sounds, known in heard if sounds)
        self._prefixes = tuple(sorted(set(prefixes), key=len, reverse=True))
        self._written: dict[str, list[tuple[str, str]]] = {}
        self._short = {token: tuple(meant) for token, meant in short.items()}
        self._real = frozenset(real_words)
        self._typo_from = typo_from
        for word in words:
            if word.endswith("*"):
                self._beginnings[word[:-1]] = word
                continue
            alone = (word,)
            if word.startswith(("~", "!")):
                self._written.setdefault(fold(word[1:]), []).append((word[1:], word))
                continue
            _file(self._exact, word.lstrip("="), alone)
            if word.startswith("="):
                continue
            if len(word) >= typo_from:
                for form in set(deletions(word)):
                    _file(self._near, form, alone)
        self._lengths = sorted({len(beginning) for beginning in self._beginnings})

    def meant(self, written: str) -> frozenset[str]:
        """The list words this token may stand for; most tokens stand for none. Worked out anew each time: see `Remembered`."""
        if written in SENTENCE_ENDS:
            return END_OF_SENTENCE
        if len(written) > _LONGEST:
            return NOTHING
        token = fold(written)
        marked = {token, one_accent(written)}
        found = {word for accented, word in self._written.get(token, ()) if accented in marked or (written == token and word[0] == "~")}
        for form in self._short.get(token, ()):
            found.update(word for accented, word in self._written.get(fold(form), ()) if accented == one_accent(form))
        return self._folded(token) | found

    def exactly(self, written: str) -> frozenset[str]:
        """The list words this token is, letter for letter and accent for accent: no slip, no shorthand, nothing that only sounds alike."""
        if written in SENTENCE_ENDS:
            return END_OF_SENTENCE
        if len(written) > _LONGEST:
            return NOTHING
        token = fold(written)
        found = {word for accented, word in self._written.get(token, ()) if accented == one_accent(written)}
        for form in (token, *_forms(token), *self._bare(token)):
            found.update(self._exact.get(form, NONE), self._begun(form))
        return frozenset(found)

    def _begun(self, form: str) -> Iterator[str]:
        for length in self._lengths:
            if (beginning := self._beginnings.get(form[:length])) is not None and len(form) >= length:
                yield beginning

    def _folded(self, token: str) -> frozenset[str]:
        found: set[str] = set()
        bare = self._bare(token)
        for form in (token, *map(fold, self._short.get(token, ())), *_forms(token), *bare):
            found.update(self._exact.get(form, NONE))
        exact = bool(found)
        for form in (token, *bare):
            found.update(self._begun(form))
        if exact or token in self._real:
            return frozenset(found)
        for form in (token, *_forms(token), *bare):
            if len(form) >= _SOUND_FROM:
                for sounds, alike in self._heard:
                    found.update(alike.get(_sound(form, sounds), NONE))
            found |= self._slips(form)
        return frozenset(found)

    def _bare(self, token: str) -> tuple[str, ...]:
        """The token without the small words that a script writes onto the next one (Arabic "and", "the", "with")."""
        if token.isascii():
            return ()
        return tuple(token[len(prefix) :] for prefix in self._prefixes if token.startswith(prefix) and len(token) - len(prefix) >= _STEM)

    def _slips(self, token: str) -> set[str]:
        if len(token) < self._typo_from - 1:
            return set()
        near = {word for form in deletions(token) for word in self._near.get(form, NONE)}
        return {word for word in near if word[0] == token[0] and OSA.distance(word, token) <= (2 if len(word) >= _TWO_TYPOS_FROM else 1)}


def _sound(word: str, sounds: Sequence[tuple[str, str]]) -> str:
    for heard, written in sounds:
        word = word.replace(heard, written)
    return word


def _alike(sounds: Sequence[tuple[str, str]], words: Iterable[str]) -> Index:
    alike: Index = {}
    for word in sorted(set(words)):
        if len(word) >= _SOUND_FROM and not word.startswith("=") and not word.endswith("*"):
            _file(alike, _sound(word, sounds), (word,))
    return alike


def is_drawn(line: str) -> bool:
    """Whether any word of a line is drawn out: few are, and one look at the line costs less than one at each word."""
    return _DRAWN_OUT.search(line) is not None


def undrawn(token: str) -> str:
    """Make "heeeelp" "help"."""
    return _DRAWN_OUT.sub(r"\1", token)


def _forms(token: str) -> tuple[str, ...]:
    once = undrawn(token)
    return () if once == token else (once, _DRAWN_OUT.sub(r"\1\1", token))
