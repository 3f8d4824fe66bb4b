"""Which question of the bank is meant: by meaning, not by words, and never by guess.

Every known phrasing (the questions and five or more phrasings each, in every language of the bank) is a weighted bag of word
stems and letter triples; a message is compared with all of them at once through an inverted index, and the best few again by
rapidfuzz. Two thresholds (data) part "answer it" from "offer the two nearest" and from "a person answers".
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class Bank:
    """All questions and their phrasings, ready to compare. `postings`: feature -> [(phrase, weight)]."""

    entries: Mapping[str, Entry]
    phrases: tuple[tuple[str, str], ...]
    weights: Mapping[str, float]
    postings: Mapping[str, tuple[tuple[int, float], ...]]
    words: AnswerWords
    answer_at: float
    strict_at: float
    offer_at: float
    strict_tags: frozenset[str]

    def match(self, text: str) -> Match:
        """Find what a message asks. Tags that are never guessed need a higher score, and are not offered as near."""
        ranked = self.rank(text)
        if not ranked:
            return NO_MATCH
        best, score = ranked[0]
        needed = self.strict_at if self.entries[best].tag in self.strict_tags else self.answer_at
        if score >= needed:
            return Match(best, (), score)
        if self.entries[best].tag in self.strict_tags:
            return Match("", (), score)
        near = [entry for entry, value in ranked if value >= self.offer_at and self.entries[entry].tag not in self.strict_tags]
        return Match("", tuple(near[:2]), score)

    def rank(self, text: str) -> list[tuple[str, float]]:
        """The five nearest questions with their scores, best first."""
        folded = fold(text)
        features = _features(folded, self.words)
        known = {name: count * self.weights[name] for name, count in features.items() if name in self.weights}
        if not known:
            return []
        # Words we never saw make a message less like anything we know.
        strange = sum(count for name, count in features.items() if name not in self.weights and name[0] == "w")
        norm = math.sqrt(sum(value * value for value in known.values()) + strange * _STRANGE)
        scores: defaultdict[int, float] = defaultdict(float)
        for name, value in known.items():
            for phrase, weight in self.postings[name]:
                scores[phrase] += value * weight
        best: dict[str, float] = {}
        for phrase, score in sorted(scores.items(), key=lambda item: -item[1])[:24]:
            entry, words = self.phrases[phrase]
            value = 0.72 * score / norm + 0.28 * fuzz.token_sort_ratio(folded, words) / 100
            best[entry] = max(best.get(entry, 0.0), 1.0 if folded == words else value)
        return sorted(best.items(), key=lambda item: -item[1])[:5]


_STRANGE = 4.0


def compile_bank(entries: Iterable[Mapping[str, Any]], catalogues: Catalogues, settings: Mapping[str, Any], words: AnswerWords) -> Bank:
    """Make the bank of `flows/faq/`. Phrases are not catalogue texts: each language has its own ways of asking."""
    tongue = Tongue(catalogues, CONTEXT)
    found: dict[str, Entry] = {}
    phrases: dict[tuple[str, str], None] = {}
    for entry in entries:
        question, answer = entry["question"], entry["answer"]
        found[entry["id"]] = Entry(entry["id"], entry["tag"], tuple(entry.get("flags", ())), tongue.spoken(question), tongue.spoken(answer))
        asked = [text for lang in tongue.languages if (text := tongue.one(lang, question))]
        for phrase in (*asked, *(str(p) for lang in entry.get("phrases", {}).values() for p in lang)):
            phrases.setdefault((entry["id"], fold(phrase)))
    return _index(found, tuple(phrases), settings, words)


def _index(entries: Mapping[str, Entry], phrases: tuple[tuple[str, str], ...], settings: Mapping[str, Any], words: AnswerWords) -> Bank:
    counted = [_features(folded, words) for _, folded in phrases]
    documents: Counter[str] = Counter(name for features in counted for name in features)
    total = len(phrases) or 1
    # A triple says less than a word: half the weight, and it is what carries misspellings.
    weights = {name: (1.0 if name[0] == "w" else 0.45) * (1.0 + math.log(total / count)) for name, count in documents.items()}
    postings: defaultdict[str, list[tuple[int, float]]] = defaultdict(list)
    for number, features in enumerate(counted):
        norm = math.sqrt(sum((count * weights[name]) ** 2 for name, count in features.items())) or 1.0
        for name, count in features.items():
            postings[name].append((number, count * weights[name] / norm))
    return Bank(
        entries=entries,
        phrases=phrases,
        weights=weights,
        postings={name: tuple(found) for name, found in postings.items()},
        words=words,
        answer_at=settings["answer_at"],
        strict_at=settings["strict_at"],
        offer_at=settings["offer_at"],
        strict_tags=frozenset(settings["strict_tags"]),
    )


def _features(folded: str, words: AnswerWords) -> Counter[str]:
    """Stems of telling words ("w:") and their letter triples ("t:"); all words when none is telling ("what is it")."""
    tokens = folded.split()
    telling = [token for token in tokens if token not in words.empty] or tokens
    features = Counter(f"w{_stem(token, words.suffixes)}" for token in telling)
    for token in telling:
        padded = f"_{token}_"
        features.update(f"t{padded[at : at + 3]}" for at in range(len(padded) - 2))
    return features


def _stem(token: str, suffixes: tuple[str, ...]) -> str:
    for suffix in suffixes:
        if token.endswith(suffix) and len(token) - len(suffix) >= 4:
            return token[: -len(suffix)]
    return token
