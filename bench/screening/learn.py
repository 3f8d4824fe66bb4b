"""Learn the weights of `flows/learned/likeness.bin`: `python -m bench.screening.learn` (needs scikit-learn, which the product does not).

Learned from: templates, the phrases of tests/screen that are not held out, and the lists' own phrases. One linear model a kind over
all languages together, by several models; the same input gives the same file.
"""

from __future__ import annotations

import random
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from multiprocessing import get_context
from typing import Any, NamedTuple
from zlib import crc32

import numpy as np
import yaml
from scipy.sparse import csr_matrix, diags
from sklearn.linear_model import LogisticRegression

from bench.screening.ordinary import ordinary
from bench.screening.phrases import TOP, Phrase, phrases, templates, typed
from bot.lists import ready
from bot.screen.features import BITS, near, piece_feature, stem, word_features, words_of
from bot.screen.fold import fold, tokens
from bot.screen.likeness import LANES, pack
from bot.screen.screen import screen
from bot.screen.wordlists import Words

TARGET = TOP / "flows" / "learned" / "likeness.bin"
DRAWN = 30
AGAIN = 5
OFTEN = 12
"""How often a phrase is given, each time with other slips and other words left out; a template that makes few texts at most `AGAIN` times."""
THIN = 5
BEGINNING = 5
AMONG, BESIDE = 0.38, 0.1
"""How many of a phrase's texts stand beside another one, and how many of these beside one of another kind."""
FEW = 24
"""A template that makes fewer texts than this gives each of them more than once, with other slips."""
STEP = 1 / 24
RARE = 1.0
"""A feature is taken for this much weight of texts seen more often in each part than it is, so that rare ones are not thought telling."""
ASIDE = frozenset({"1", "2", "3", "4", "5", "person"})
"""Lanes that say which level it is, or cost little when wrong: a quarter of the innocent texts is enough for them."""
ORDINARY = "ordinary"
WRONG = 10.0
"""The source of an ordinary text, and how many times as wrong it is to take it for anything."""
OTHERS = 6.0
FAINT = 2
"""A feature no lane weighs by more than this many steps is left out."""
_LANE_OF = {"stop": 6, "evaluation": 7, "wrong_number": 8, "person": 9}


class Example(NamedTuple):
    """A text to learn from: what it is, what it must not be taken for, the template it came from."""

    text: str
    lanes: frozenset[int]
    looks_like: str
    lang: str
    source: str


def lanes(phrase: Phrase) -> frozenset[int]:
    also = frozenset(_LANE_OF[kind] for kind in phrase.also)
    if phrase.kind == "danger":
        return also | ({0, phrase.level} if phrase.level <= 3 else {phrase.level})
    return also | ({_LANE_OF[phrase.kind]} if phrase.kind else set())


def gathered(only: Iterable[str] = (), *, fold_out: int = -1, folds: int = 5) -> list[Example]:
    """All examples. With `fold_out`, templates of that fold are left out, to see how well unseen wordings are heard."""
    only = tuple(only)
    calm: dict[str, list[str]] = defaultdict(list)
    drawn: list[tuple[Phrase, list[str]]] = []
    seen: set[str] = set()
    harmless = innocent(only)
    for phrase, made in templates(*only):
        if fold_out >= 0 and crc32(phrase.text.encode()) % folds == fold_out:
            continue
        chance = random.Random(crc32(phrase.text.encode()))
        texts = sorted({made.say(chance) for _ in range(DRAWN if phrase.kind else 2 * DRAWN)})
        chance.shuffle(texts)
        drawn.append((phrase, texts * max(1, min(FEW // len(texts), AGAIN))))
    for phrase in [*phrases(*only), *older(only), *harmless]:
        if not phrase.held_out and phrase.text not in seen:
            seen.add(phrase.text)
            drawn.append((phrase, [phrase.text] * OFTEN))
    common = {phrase.text for phrase in harmless}
    others: dict[str, list[tuple[str, frozenset[int]]]] = defaultdict(list)
    for phrase, texts in drawn:
        if not phrase.kind:
            calm[phrase.lang] += texts[:8]
        elif not phrase.also and phrase.kind != "person":
            others[phrase.lang] += [(text, lanes(phrase)) for text in texts[:2]]
    found = []
    said_no = frozenset().union(*lists_alone().says_no.values())
    for phrase, texts in drawn:
        chance = random.Random(crc32(phrase.text.encode()) ^ 7)
        kinds = lanes(phrase)
        for number, text in enumerate(texts):
            said, both = text, kinds
            if number:
                said, both = _among(_thinned(text, chance, said_no), kinds, calm[phrase.lang], others[phrase.lang], chance)
                said = typed(said, phrase.lang, chance)
            found.append(Example(said, both, phrase.looks_like, phrase.lang, ORDINARY if phrase.text in common else phrase.text))
    return found


def _thinned(text: str, chance: random.Random, says_no: frozenset[str]) -> str:
    """The text without every fifth of its words: so each word that counts is learned by itself, and not only beside the others. A short
    one stays whole, as little of "no thank you" says what it is; and no word goes that says no, as "this is not Maria's mom" without it
    says that it is."""
    between = " " if " " in text else ""
    words = text.split() if between else list(text)
    spare = [at for at, word in enumerate(words) if fold(word).strip(".,!?") not in says_no]
    for at in sorted(chance.sample(spare, min(len(words) // THIN, len(spare))), reverse=True):
        del words[at]
    return between.join(words)


def _among(
    text: str, kinds: frozenset[int], calm: list[str], others: list[tuple[str, frozenset[int]]], chance: random.Random
) -> tuple[str, frozenset[int]]:
    """The text beside another one, or alone, and what the two are together: a cry for help stands among harmless words, or beside the
    wish for an evaluation that it explains."""
    how = chance.random()
    other, too = "", frozenset[int]()
    if kinds and how < BESIDE and others:
        other, too = chance.choice(others)
    elif how < AMONG and calm:
        other = chance.choice(calm)
    if not other:
        return text, kinds
    mark = chance.choice((". ", ", ", " ", "! ", "\n"))
    return (f"{other}{mark}{text}" if chance.random() < 0.5 else f"{text}{mark}{other}"), kinds | too


def innocent(only: tuple[str, ...]) -> list[Phrase]:
    """Ordinary texts in which the lists alone find nothing."""
    words = lists_alone()
    told = [phrase for phrase in ordinary() if not only or phrase.lang in only]
    return [phrase for phrase in told if not screen(words, phrase.text, phrase.lang).fired]


def lists_alone() -> Words:
    return ready(TOP / "flows" / "words")


def older(only: tuple[str, ...]) -> list[Phrase]:
    """The phrases of the first sets, in their own form."""
    found = []
    meant = {"stop": "stop", "eval": "evaluation", "wrong": "wrong_number"}
    for line in (TOP / "tests/screen/outside.txt").read_text(encoding="utf-8").splitlines():
        want, _, rest = line.partition("|")
        lang, _, text = rest.partition("|")
        if want.startswith("#") or (only and lang not in only):
            continue
        if want[:1] == "D" and want[1:].isdigit():
            found.append(Phrase(lang, text, "danger", int(want[1])))
        elif want in meant:
            found.append(Phrase(lang, text, meant[want]))
        elif want == "-":
            found.append(Phrase(lang, text))
    for lang in ("en", "es"):
        if only and lang not in only:
            continue
        told = yaml.safe_load((TOP / f"tests/screen/phrases_{lang}.yaml").read_text(encoding="utf-8"))
        found += [Phrase(lang, t, "danger", level) for level, texts in told["danger"].items() for t in texts]
        found += [Phrase(lang, t, "stop") for t in told["stop"] + told["more"]["stop"]]
        found += [Phrase(lang, t, "evaluation") for t in told["evaluation"]["clear"] + told["more"]["evaluation"]]
        found += [Phrase(lang, t, "wrong_number") for t in told["identity"]["wrong_number"] + told["more"]["wrong"]]
        for name in ("danger", "stop", "evaluation"):
            found += [Phrase(lang, t, looks_like=name) for t in told[f"not_{name}"]]
        found += [Phrase(lang, t, looks_like="wrong_number") for t in told["not_identity"]]
        calm = told["not_commands"] + told["questions"] + told["not_questions"] + told["more"]["everyday"]
        found += [Phrase(lang, str(t)) for t in calm]
    return found


def features(text: str) -> list[int]:
    words = words_of(tokens(fold(text)))
    found = [feature for word in words for feature in word_features(word)]
    return found + list(near([stem(word) for word in words]))


def words_alone(text: str) -> list[int]:
    """Those of the features that are whole words, their beginnings, and which stand near which: no pieces of words."""
    words = words_of(tokens(fold(text)))
    found = [
        piece_feature(piece)
        for word in words
        for piece in (f"<{word}>", f"<{word}"[:BEGINNING])
        if len(piece) >= BEGINNING or piece[-1] == ">"
    ]
    return found + list(near([stem(word) for word in words]))


def matrix(texts: Iterable[str], look: Callable[[str], list[int]] = features) -> csr_matrix:
    indices: list[int] = []
    data: list[int] = []
    starts = [0]
    for text in texts:
        counted = Counter(look(text))
        indices += counted.keys()
        data += counted.values()
        starts.append(len(indices))
    return csr_matrix((np.array(data, np.float64), np.array(indices, np.int32), np.array(starts)), shape=(len(starts) - 1, 1 << BITS))


class Model(NamedTuple):
    """One way to learn: what is looked at, how strong the weights may grow, whether each feature counts by how telling it is, and how
    much of the mean is this."""

    look: Callable[[str], list[int]]
    strength: float
    told: bool
    share: float


MODELS = (
    Model(features, 0.35, told=False, share=1 / 4),
    Model(words_alone, 0.35, told=False, share=1 / 4),
    Model(features, 0.03, told=True, share=1 / 2),
)
"""The one that knows pieces of words hears slips and endings; the one that knows whole words is not led astray by a harmless word that
holds the pieces of a grave one; the one that is told how telling each piece is hears most of what nobody foresaw."""


class Lesson(NamedTuple):
    """What every lane is learned from: of each way to look the texts' features and which they are; the examples, their languages, and
    how heavy each is where it is none of the kind."""

    seen: dict[Callable[[str], list[int]], tuple[csr_matrix, np.ndarray]]
    examples: list[Example]
    langs: np.ndarray
    plain: np.ndarray


def learn(examples: list[Example]) -> tuple[np.ndarray, np.ndarray]:
    """(lanes x features, begin of each lane): the mean of the models; lanes that stand aside are learned by the first alone."""
    plain = np.array([WRONG if example.source == ORDINARY else 1.0 for example in examples])
    langs = np.array([example.lang for example in examples])
    lesson = Lesson({look: _seen(examples, look) for look in (features, words_alone)}, examples, langs, plain)
    tasks = [(lane, model) for model in MODELS for lane, name in enumerate(LANES) if model is MODELS[0] or name not in ASIDE]
    weights = np.zeros((len(LANES), 1 << BITS))
    begin = np.zeros(len(LANES))
    with get_context("fork").Pool(initializer=_LESSON.append, initargs=(lesson,)) as pool:
        for (lane, model), (learned, start) in zip(tasks, pool.imap(_learned, tasks, chunksize=1), strict=True):
            share = 1.0 if LANES[lane] in ASIDE else model.share
            weights[lane, lesson.seen[model.look][1]] += share * learned
            begin[lane] += share * start
    return weights, begin


_LESSON: list[Lesson] = []
"""What a process that learns was begun with."""


def _seen(examples: list[Example], look: Callable[[str], list[int]]) -> tuple[csr_matrix, np.ndarray]:
    rows = matrix((example.text for example in examples), look)
    used = np.flatnonzero(np.diff(rows.tocsc().indptr))
    return rows[:, used], used


def _learned(task: tuple[int, Model]) -> tuple[np.ndarray, float]:
    lane, model = task
    (lesson,) = _LESSON
    rows, _ = lesson.seen[model.look]
    truth = np.array([lane in example.lanes for example in lesson.examples])
    if not truth.any():
        return np.zeros(rows.shape[1]), -9.0
    some = truth | (np.arange(len(truth)) % 4 == 0) if LANES[lane] in ASIDE else np.ones(len(truth), bool)
    heavy = np.where(truth, min(4.0, float((~truth).sum() / truth.sum()) ** 0.5), lesson.plain)
    _balance(heavy, truth, lesson.langs)
    telling = _telling(rows, truth, heavy) if model.told else np.ones(rows.shape[1])
    fitted: Any = LogisticRegression(C=model.strength, solver="liblinear", tol=0.01, random_state=1)
    fitted.fit((rows[some] @ diags(telling)).tocsr(), truth[some], sample_weight=heavy[some])
    return fitted.coef_[0] * telling, float(fitted.intercept_[0])


def _telling(rows: csr_matrix, truth: np.ndarray, heavy: np.ndarray) -> np.ndarray:
    """How much likelier each feature is in the texts of the kind than in the others, or the other way round; 1 on the average."""
    there = (rows > 0).T.astype(np.float64)
    kind, others = there @ (heavy * truth) + RARE, there @ (heavy * ~truth) + RARE
    ratio = np.abs(np.log(kind / (heavy * truth).sum()) - np.log(others / (heavy * ~truth).sum()))
    return np.asarray(ratio / ratio.mean())


def _balance(heavy: np.ndarray, truth: np.ndarray, langs: np.ndarray) -> None:
    """Make the other texts of each language weigh at least `OTHERS` times as much as those of the kind: where few innocent texts were
    written, the small words of the language itself would sound like the kind."""
    for lang in set(langs.tolist()):
        kind, others = (langs == lang) & truth, (langs == lang) & ~truth
        if others.any():
            heavy[others] *= max(1.0, OTHERS * heavy[kind].sum() / heavy[others].sum())


def packed(weights: np.ndarray, begin: np.ndarray, thresholds: Iterable[float]) -> bytes:
    scaled = np.clip(np.round(weights / STEP), -128, 127).astype(int)
    keep = np.flatnonzero((np.abs(scaled) > FAINT).any(axis=0))
    print(f"{len(keep)} features kept", file=sys.stderr)
    return pack({int(at): scaled[:, at].tolist() for at in keep}, STEP, [float(b - t) for b, t in zip(begin, thresholds, strict=True)])


THRESHOLDS = {
    "danger": -0.5, "1": 0.0, "2": 0.0, "3": 0.0, "4": 1.5, "5": 1.5, "stop": -1.3, "evaluation": -1.8, "wrong_number": -1.2, "person": 0.0,
}  # fmt: skip
"""From which score a lane counts, set on phrases that are not held out: below 0 it hears more and is wrong more often."""
assert tuple(THRESHOLDS) == LANES


def main() -> None:
    begun = time.monotonic()
    examples = gathered()
    print(f"{len(examples)} examples in {time.monotonic() - begun:.0f} s", file=sys.stderr)
    weights, begin = learn(examples)
    TARGET.parent.mkdir(exist_ok=True)
    TARGET.write_bytes(packed(weights, begin, THRESHOLDS.values()))
    print(f"{TARGET.stat().st_size} bytes in {time.monotonic() - begun:.0f} s", file=sys.stderr)


if __name__ == "__main__":
    main()
