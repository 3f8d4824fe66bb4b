"""How a phrase is written in `flows/words/<lang>.yaml`, and what it compiles to.

    want|wants to die          one of two words, then "to", then "die"
    (passed away|died)         one of several phrases
    please? stop               "please" may be missing
    <self>                     any word or phrase of the list `sets: self`
    kill .. myself             up to two words between; "..." means up to five, "...." up to twelve
    停止|不要                  scripts without spaces: written together, each sign counts as a word
    evaluat*                   any word that begins so
    =mad                       exactly this word, a close spelling is not enough
    ~tự                        exactly this word, with these accents or, as many text, with none
    !bắn                       exactly this word, with these accents: without them it is many others
    ^ stop   please stop $     at the start, at the end of a sentence or of the message

Matching walks a set of places through the elements, so its cost is bounded by text length times phrase length: nothing backtracks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from sys import intern
from typing import NamedTuple

from bot.screen.fold import apart, fold, keep_accents, one_accent

Line = Sequence[frozenset[str]]
"""A text as its list of known words: for each token the dictionary words it may stand for."""

END_OF_SENTENCE: frozenset[str] = frozenset({"\n"})

_PARTS = re.compile(r"\([^()]*\)\??|<\w+>\??|\.{2,4}|[$^]|[^\s()<>$^]+")
_WORD = re.compile(r"=?[^\W_]+\*?|[~!](?:[^\W_]|[\u0300-\u0323])+")
_GAPS = {"..": 2, "...": 5, "....": 12}
_WHOLE_LIMIT = 4000


class NotationError(ValueError):
    """A phrase in a word list cannot be read."""


class Element(NamedTuple):
    """One place of a phrase: any of `singles` (one word), or of `phrases` (several words), a gap of up to `gap` words, or an edge.

    `first` and `last` are the outer words of `phrases`: most places are dismissed by them."""

    singles: frozenset[str]
    phrases: tuple[tuple[str, ...], ...] = ()
    optional: bool = False
    gap: int = 0
    edge: bool = False
    first: frozenset[str] = frozenset()
    last: frozenset[str] = frozenset()


class Pattern(NamedTuple):
    """A phrase looked for around its rarest word: `before` is matched leftwards, `after` rightwards.

    `needs` are the places that must be filled, rarest first: a text that lacks one is dismissed without a walk."""

    before: tuple[Element, ...]
    after: tuple[Element, ...]
    needs: tuple[frozenset[str], ...] = ()


class Notation:
    """Reads the phrases of one language's file. Equal places and words are read once: a file says "my child" in a thousand phrases."""

    def __init__(self, sets: Mapping[str, Sequence[str]], *, accents: bool = False) -> None:
        """With `accents` every accented word is meant as ~word."""
        self._sets = sets
        self._accents = accents
        self._elements: dict[str, Element] = {}
        self._split: dict[str, tuple[str, ...]] = {}

    def parse(self, phrase: str) -> tuple[Element, ...]:
        """Raises `NotationError` for an unknown set or a phrase without a word."""
        parts = _PARTS.findall(phrase)
        if "".join(parts).replace(" ", "") != phrase.replace(" ", ""):
            raise NotationError(f"cannot be read: {phrase!r}")
        elements = tuple(self._elements.get(part) or self._element(part, phrase) for part in parts)
        if not any(map(_must, elements)):
            raise NotationError(f"no word that must be there: {phrase!r}")
        return elements

    def _element(self, part: str, phrase: str) -> Element:
        found = self._elements[part] = _gap_or_edge(part) or self._choices(part, phrase)
        return found

    def _choices(self, part: str, phrase: str) -> Element:
        optional = part.endswith("?")
        bare = part.rstrip("?")
        choices: list[str] = []
        for choice in bare.strip("()").split("|"):
            name = choice.strip()
            if not name.startswith("<"):
                choices.append(name)
            elif name[1:-1] in self._sets:
                choices += map(str, self._sets[name[1:-1]])
            else:
                raise NotationError(f"unknown set {name} in {phrase!r}")
        split = [self._split.get(choice) or self._words(choice) for choice in choices]
        if not all(split):
            raise NotationError(f"a choice that is no word in {phrase!r}")
        phrases = tuple(words for words in split if len(words) > 1)
        return Element(
            frozenset(words[0] for words in split if len(words) == 1),
            phrases,
            optional,
            first=frozenset(words[0] for words in phrases),
            last=frozenset(words[-1] for words in phrases),
        )

    def _words(self, choice: str) -> tuple[str, ...]:
        """The words of a choice as the dictionary has them; nothing where any of them is no word."""
        words = tuple(_word(sign, accents=self._accents) for word in choice.split() for sign in apart(word))
        found = self._split[choice] = words if all(map(_WORD.fullmatch, words)) else ()
        return found


def _gap_or_edge(part: str) -> Element | None:
    if part in _GAPS:
        return Element(frozenset(), gap=_GAPS[part])
    return Element(frozenset(), edge=True) if part in {"^", "$"} else None


def _word(word: str, *, accents: bool) -> str:
    """A word as the dictionary has it; every phrase of every language that holds it holds the same one."""
    plain = keep_accents(word.strip("=~!*"))
    if word[:1] in {"~", "!"} or (accents and word.isalpha() and plain != fold(plain)):
        return intern(("!" if word[:1] == "!" else "~") + one_accent(plain))
    mark = word[:1] if word[:1] == "=" else ""
    star = "*" if word.endswith("*") else ""
    return intern(mark + fold(word.strip("=*")) + star)


class Rarity(dict[Element, tuple[int, int]]):
    """How rare each place of a phrase is, by the `weight` of its words; the rarest sorts first. Worked out once a place."""

    def __init__(self, weight: Mapping[str, int]) -> None:
        super().__init__()
        self.weight = weight

    def __missing__(self, element: Element) -> tuple[int, int]:
        words = [*element.singles, *(min(phrase, key=self.weight.__getitem__) for phrase in element.phrases)]
        rank = self[element] = sum(map(self.weight.__getitem__, words)), -min(map(len, words))
        return rank


def around(elements: tuple[Element, ...], rarity: Rarity) -> Iterator[tuple[frozenset[str], Pattern]]:
    """The phrase as (anchor words, pattern): anchored at its rarest place, so that a text costs nothing until that word is in it."""
    at = min((i for i, element in enumerate(elements) if _must(element)), key=lambda i: rarity[elements[i]])
    anchor = elements[at]
    if anchor.singles:
        yield anchor.singles, _pattern(elements[:at], elements[at + 1 :], rarity)
    for phrase in anchor.phrases:
        inlined = tuple(Element(frozenset({word})) for word in phrase)
        k = min(range(len(phrase)), key=lambda i: rarity.weight[phrase[i]])
        yield inlined[k].singles, _pattern(elements[:at] + inlined[:k], inlined[k + 1 :] + elements[at + 1 :], rarity)


def _must(element: Element) -> bool:
    return not element.gap and not element.optional and not element.edge


def _pattern(before: tuple[Element, ...], after: tuple[Element, ...], rarity: Rarity) -> Pattern:
    must = sorted(filter(_must, (*before, *after)), key=rarity.__getitem__)
    return Pattern(before, after, tuple(element.singles | element.first for element in must))


def match(pattern: Pattern, line: Line, at: int) -> tuple[int, int] | None:
    """The span of tokens the phrase covers when its anchor is token `at`, else None."""
    right = _walk(pattern.after, {at + 1}, line, 1)
    if not right:
        return None
    left = _walk(tuple(reversed(pattern.before)), {at}, line, -1)
    return (min(left), max(right)) if left else None


def _walk(elements: tuple[Element, ...], places: set[int], line: Line, step: int) -> set[int]:
    for element in elements:
        if element.edge:
            places = {place for place in places if _at_edge(line, place, step)}
        elif element.gap:
            places = _gap(places, element.gap, line, step)
        else:
            places = _step(places, element, line, step)
        if not places:
            break
    return places


def _step(places: set[int], element: Element, line: Line, step: int) -> set[int]:
    reached = set(places) if element.optional else set()
    starts = element.first if step > 0 else element.last
    for place in places:
        index = place if step > 0 else place - 1
        if not 0 <= index < len(line):
            continue
        here = line[index]
        if not element.singles.isdisjoint(here):
            reached.add(place + step)
        if not starts.isdisjoint(here):
            for phrase in element.phrases:
                begin = index if step > 0 else index - len(phrase) + 1
                if 0 <= begin <= len(line) - len(phrase) and all(word in line[begin + i] for i, word in enumerate(phrase)):
                    reached.add(place + step * len(phrase))
    return reached


def _at_edge(line: Line, place: int, step: int) -> bool:
    index = place if step > 0 else place - 1
    return not 0 <= index < len(line) or line[index] is END_OF_SENTENCE


def _gap(places: set[int], width: int, line: Line, step: int) -> set[int]:
    reached = set(places)
    for place in places:
        for _ in range(width):
            index = place if step > 0 else place - 1
            if not 0 <= index < len(line) or line[index] is END_OF_SENTENCE:
                break
            place += step  # noqa: PLW2901
            reached.add(place)
    return reached


def spellings(elements: tuple[Element, ...], phrase: str) -> list[str]:
    """Every whole message the phrase stands for, for words that must be all there is. Gaps and prefixes have no place there."""
    choices = []
    for element in elements:
        if element.gap or element.edge or any("*" in word for word in element.singles):
            raise NotationError(f"a whole-message word has no gap and no star: {phrase!r}")
        words = [*element.singles, *(" ".join(words) for words in element.phrases)]
        choices.append([*words, ""] if element.optional else words)
    found = [" ".join(filter(None, words)) for words in product(*choices)]
    if len(found) > _WHOLE_LIMIT:
        raise NotationError(f"too many spellings: {phrase!r}")
    return [fold(whole).replace("=", "").replace("~", "").replace("!", "") for whole in found]
