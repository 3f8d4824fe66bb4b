"""How much a text is like the texts of a kind, by learned weights: hears what no list foresaw. It only adds; no list is overruled by it.

The weights are made by `bench/screening/learn.py` from texts that stand in this repository, and ship as `flows/learned/likeness.bin`.
"""

from __future__ import annotations

import json
import struct
import zlib
from array import array
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import NamedTuple

from bot.screen.features import BITS, EDGE, FAR, MASK, THREE, TIMES, plain, stem, word_features
from bot.screen.fold import SENTENCE_ENDS

LANES = ("danger", "1", "2", "3", "4", "5", "stop", "evaluation", "wrong_number", "person")
"""What is scored. "danger" is levels 1 to 3 together; the levels beside it say which is the likeliest."""
_LANE = 24  # bits a lane; weights are bytes, so that thousands of them add up without touching the next lane
_MIDDLE = 128
_ONES = (1 << _LANE) - 1
_ROW = len(LANES) * _LANE // 8
_REMEMBERED = 20_000
_WHOLE, _PART = 40, 20
"""A text of more tokens than the first is scored in parts of about the second: the weights were learned on a sentence or two."""
MAGIC = b"hearth1\n"


class Scores(NamedTuple):
    """A text's score for each lane, less the score from which that lane counts: above 0 is like it."""

    danger: float
    one: float
    two: float
    three: float
    four: float
    five: float
    stop: float
    evaluation: float
    wrong_number: float
    person: float


class Likeness:
    """The learned weights, ready. All lanes are added at once, as parts of one number: a look-up for each word and each pair."""

    def __init__(self, packed: bytes) -> None:
        """Raises `ValueError` when `packed` is not what `pack` made."""
        if not packed.startswith(MAGIC):
            raise ValueError("not a file of learned weights")
        content = zlib.decompress(packed[len(MAGIC) :])
        (size,) = struct.unpack_from("<I", content)
        head = json.loads(content[4 : 4 + size])
        self._step: float = head["step"]
        self._begin: list[float] = head["begin"]
        count: int = head["rows"]
        gaps = array("I", content[4 + size : 4 + size + 4 * count])
        rows = content[4 + size + 4 * count :]
        self._rows = bytearray(_ROW * (count + 1))
        """A row of weights for each feature, a lane beside the other as `_score` adds them up; the first is that of an unknown feature."""
        for lane in range(len(LANES)):
            self._rows[_ROW + lane * _LANE // 8 :: _ROW] = rows[lane :: len(LANES)]
        self._index = array("I", bytes(4 << BITS))
        for place, at in enumerate(accumulate(gaps), 1):
            self._index[at] = place * _ROW
        self._words: dict[str, tuple[int, int, int, int]] = {"": (0, 0, EDGE, 0)}
        """What a token adds, of how many weights, its stem's number and what pairs begin with; worked out once."""

    def _word(self, token: str) -> tuple[int, int, int, int]:
        if len(self._words) >= _REMEMBERED:
            self._words = {"": self._words[""]}
        word = plain(token)
        places = [place for feature in word_features(word) if (place := self._index[feature])]
        number = stem(word)
        added = sum(int.from_bytes(self._rows[place : place + _ROW], "little") for place in places)
        found = self._words[token] = (added, len(places), number, number * TIMES)
        return found

    def score(self, text_tokens: Sequence[str]) -> Scores:
        """The scores of a text's tokens; of a long text the highest of its parts, as a page of harmless answers adds up to something."""
        if len(text_tokens) <= _WHOLE:
            return self._score(text_tokens)
        return Scores(*map(max, zip(*map(self._score, parts(text_tokens)), strict=True)))

    def _score(self, text_tokens: Sequence[str]) -> Scores:
        """The scores of some tokens. The loop is `features.near`, written out: it runs for every text of every family."""
        total = count = one = two = seen = 0
        three, times = EDGE, EDGE * TIMES
        index, rows, words, (_, next_, second, third) = self._index, self._rows, self._words, FAR
        as_number = int.from_bytes
        for token in (*text_tokens, ""):
            if token in SENTENCE_ENDS:
                continue
            added, weights, this, this_times = words.get(token) or self._word(token)
            total += added
            count += weights
            if place := index[(times ^ this + next_) >> 7 & MASK]:
                total += as_number(rows[place : place + _ROW], "little")
                count += 1
            if seen:
                if place := index[(two ^ this + second) >> 7 & MASK]:
                    total += as_number(rows[place : place + _ROW], "little")
                    count += 1
                if place := index[((two ^ three) * THREE ^ this) >> 7 & MASK]:
                    total += as_number(rows[place : place + _ROW], "little")
                    count += 1
                if seen > 1 and (place := index[(one ^ this + third) >> 7 & MASK]):
                    total += as_number(rows[place : place + _ROW], "little")
                    count += 1
            one, two, three, times = two, times, this, this_times
            seen += 1
        middle, step = count * _MIDDLE, self._step
        return Scores(*[begin + step * ((total >> _LANE * lane & _ONES) - middle) for lane, begin in enumerate(self._begin)])


def parts(text_tokens: Sequence[str]) -> Iterator[Sequence[str]]:
    """A long text as sentences, short ones together; what has no sentences (a voice turned into text) as windows that overlap."""
    begin = end = 0
    for at, token in enumerate((*text_tokens, "\n"), 1):
        if token not in SENTENCE_ENDS:
            continue
        if at - begin > _PART and end > begin:
            yield text_tokens[begin:end]
            begin = end
        while at - begin > _WHOLE:
            yield text_tokens[begin : begin + _WHOLE]
            begin += _PART
        end = at
    if begin < len(text_tokens):
        yield text_tokens[begin:]


def pack(weights: dict[int, Sequence[int]], step: float, begin: Sequence[float]) -> bytes:
    """The file of weights: feature -> a byte for each lane (-128 to 127), each worth `step`, on top of `begin`."""
    features = sorted(weights)
    gaps = array("I")
    rows = bytearray()
    last = 0
    for feature in features:
        gaps.append(feature - last)
        last = feature
        rows += bytes(weight + _MIDDLE for weight in weights[feature])
    head = json.dumps({"step": step, "begin": [round(value, 4) for value in begin], "rows": len(features)}).encode()
    return MAGIC + zlib.compress(struct.pack("<I", len(head)) + head + gaps.tobytes() + bytes(rows), 9)
