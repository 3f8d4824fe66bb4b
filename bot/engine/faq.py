"""Which question of the bank is meant: by meaning, not by words, and never by guess.

Every known phrasing (the questions and five or more phrasings each, in every language of the bank) is a weighted bag of word
stems and letter triples; a message is compared with all of them at once through an inverted index, and the best few again by
rapidfuzz. Thresholds (data) part "answer it" from "offer the two nearest" and from "a person answers".
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from operator import itemgetter
from typing import Any, NamedTuple

from rapidfuzz import fuzz

from bot.engine.compile import Tongue
from bot.engine.flow import Spoken
from bot.engine.words import AnswerWords, fold
from bot.i18n import Catalogues

CONTEXT = "faq"


class Entry(NamedTuple):
    """One question of the bank with its answer in every language."""

    id: str
    tag: str
    flags: tuple[str, ...]
    question: Spoken
    answer: Spoken


class Match(NamedTuple):
    """What was found: `sure` is the id to answer with ("" when not sure), `near` the two to offer."""

    sure: str
    near: tuple[str, ...]
    score: float


NO_MATCH = Match("", (), 0.0)
Postings = Mapping[str, tuple[tuple[Any, float], ...]]

# Shares of a score: the nearest phrasing, the question's phrasings together, and the spelling of the whole. Weights of features:
# a word, a pair of neighbouring words, a letter triple (which is what carries misspellings). Tried on phrasings the bank never saw.
_PHRASE, _QUESTION, _SPELLING = 0.5, 0.48, 0.2
_WORD, _PAIR, _TRIPLE = 1.0, 0.6, 0.35
_STRANGE = 1.2
_CANDIDATES = 30
_BY_SCORE = itemgetter(1)


@dataclass(frozen=True, slots=True)
class Bank:
    """All questions and their phrasings, ready to compare. `phrase_index`: feature -> [(phrase, weight)]; `question_index` the same
    for all phrasings of a question together."""

    entries: Mapping[str, Entry]
    phrases: tuple[tuple[str, str], ...]
    weights: Mapping[str, float]
    strange: float
    phrase_index: Postings
    question_index: Postings
    words: AnswerWords
    settings: Mapping[str, Any]

    def match(self, text: str, *, asked: bool = True) -> Match:
        """Find what a message asks. Tags that are never guessed need a higher score, and are not offered as near."""
        ranked = self.rank(text)
        if not ranked or self.words.asks_a_date(fold(text)):
            return NO_MATCH
        best, score = ranked[0]
        ahead = score - ranked[1][1] if len(ranked) > 1 else score
        limits, strict = self.settings, self._strict(best)
        needed = limits["strict_at" if strict else "answer_at"] + (0.0 if asked else limits["unasked"])
        if score >= needed and ahead >= limits["strict_clear_by" if strict else "clear_by"]:
            return Match(best, (), score)
        if strict:
            return Match("", (), score)
        near = [entry for entry, value in ranked if value >= limits["offer_at"] and not self._strict(entry)]
        return Match("", tuple(near[:2]), score)

    @property
    def strict_tags(self) -> frozenset[str]:
        """Tags that are never guessed."""
        return frozenset(self.settings["strict_tags"])

    def _strict(self, entry: str) -> bool:
        return self.entries[entry].tag in self.settings["strict_tags"]

    def rank(self, text: str) -> list[tuple[str, float]]:
        """The five nearest questions with their scores, best first; 1.0 and more for words the bank knows by heart."""
        folded = fold(self.words.spelled(text))
        features = _features(folded, self.words)
        known = {name: count * self.weights[name] for name, count in features.items() if name in self.weights}
        if not known:
            return []
        # Words we never saw make a message less like anything we know.
        strange = sum(count * count for name, count in features.items() if name not in self.weights and name[0] == "w")
        norm = math.sqrt(sum(value * value for value in known.values()) + strange * (self.strange * _STRANGE) ** 2)
        phrases = _scores(known, self.phrase_index)
        questions = _scores(known, self.question_index)
        best: dict[str, float] = {}
        for place, score in sorted(phrases.items(), key=_BY_SCORE, reverse=True)[:_CANDIDATES]:
            entry, words = self.phrases[place]
            spelling = 1.0 + _QUESTION if folded == words else _SPELLING * fuzz.token_sort_ratio(folded, words) / 100
            best[entry] = max(best.get(entry, 0.0), _PHRASE * score / norm + spelling)
        total = {entry: score + _QUESTION * questions.get(entry, 0.0) / norm for entry, score in best.items()}
        return sorted(total.items(), key=_BY_SCORE, reverse=True)[:5]


def compile_bank(entries: Iterable[Mapping[str, Any]], catalogues: Catalogues, settings: Mapping[str, Any], words: AnswerWords) -> Bank:
    """Make the bank of `flows/faq/`. Phrases are not catalogue texts: each language has its own ways of asking."""
    tongue = Tongue(catalogues, CONTEXT)
    found: dict[str, Entry] = {}
    phrases: dict[tuple[str, str], None] = {}
    for entry in entries:
        question, answer = entry["question"], entry["answer"]
        flags = tuple(entry.get("flags", ()))
        found[entry["id"]] = Entry(entry["id"], entry["tag"], flags, tongue.spoken(question), tongue.spoken(answer))
        asked = [text for lang in tongue.languages if (text := tongue.one(lang, question))]
        for phrase in (*asked, *(str(p) for lang in entry.get("phrases", {}).values() for p in lang)):
            phrases.setdefault((entry["id"], fold(phrase)))
    return _index(found, tuple(phrases), settings, words)


def _index(entries: Mapping[str, Entry], phrases: tuple[tuple[str, str], ...], settings: Mapping[str, Any], words: AnswerWords) -> Bank:
    counted = [_features(folded, words) for _, folded in phrases]
    asking: defaultdict[str, set[str]] = defaultdict(set)
    for (entry, _), features in zip(phrases, counted, strict=True):
        for name in features:
            asking[name].add(entry)
    # A word that few questions use tells most.
    weights = {name: math.log(1 + len(entries) / len(found)) for name, found in asking.items()}
    by_phrase: defaultdict[str, list[tuple[int, float]]] = defaultdict(list)
    sums: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for place, ((entry, _), features) in enumerate(zip(phrases, counted, strict=True)):
        for name, value in _unit({name: count * weights[name] for name, count in features.items()}).items():
            by_phrase[name].append((place, value))
            sums[entry][name] += value  # type: ignore[assignment]  # a Counter adds floats as well
    by_question: defaultdict[str, list[tuple[str, float]]] = defaultdict(list)
    for entry, vector in sums.items():
        for name, value in _unit(vector).items():
            by_question[name].append((entry, value))
    return Bank(
        entries=entries,
        phrases=phrases,
        weights=weights,
        strange=sum(weights.values()) / (len(weights) or 1),
        phrase_index={name: tuple(found) for name, found in by_phrase.items()},
        question_index={name: tuple(found) for name, found in by_question.items()},
        words=words,
        settings=settings,
    )


def _unit(vector: Mapping[str, float]) -> dict[str, float]:
    norm = math.sqrt(sum(value * value for value in vector.values())) or 1.0
    return {name: value / norm for name, value in vector.items()}


def _scores(known: Mapping[str, float], index: Postings) -> dict[Any, float]:
    scores: defaultdict[Any, float] = defaultdict(float)
    for name, value in known.items():
        for place, weight in index[name]:
            scores[place] += value * weight
    return scores


def _features(folded: str, words: AnswerWords) -> dict[str, float]:
    """Stems of telling words ("w"), pairs of neighbours ("b"), letter triples ("t"); all words when none is telling ("is it that")."""
    tokens = folded.split()
    telling = [token for token in tokens if token not in words.empty] or tokens
    features: defaultdict[str, float] = defaultdict(float)
    for token in telling:
        features[f"w{_stem(token, words.suffixes)}"] += _WORD
        padded = f"_{token}_"
        for at in range(len(padded) - 2):
            features[f"t{padded[at : at + 3]}"] += _TRIPLE
    stems = [_stem(token, words.suffixes) for token in tokens]
    for pair in pairwise(stems):
        features[f"b{' '.join(pair)}"] += _PAIR
    return features


def _stem(token: str, suffixes: tuple[str, ...]) -> str:
    if not token.endswith(suffixes):  # most words, and of a hundred endings each would be tried
        return token
    for suffix in suffixes:
        if token.endswith(suffix) and len(token) - len(suffix) >= 4:
            return token[: -len(suffix)]
    return token
