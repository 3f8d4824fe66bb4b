"""How much a text is like the texts of a kind, by learned weights: hears what no list foresaw. It only adds; no list is overruled by it.

The weights are made by `bench/screening/learn.py` from texts that stand in this repository, and ship as `flows/learned/likeness.bin`.
"""

from __future__ import annotations

import json
import struct
import zlib
from array import array
from collections.abc import Sequence
from typing import NamedTuple

from bot.screen.features import BITS, near, stem, word_features, words_of

LANES = ("danger", "1", "2", "3", "4", "5", "stop", "evaluation", "wrong_number", "person")
"""What is scored. "danger" is levels 1 to 3 together; the levels beside it say which is the likeliest."""
_LANE = 24  # bits a lane; weights are bytes, so that thousands of them add up without touching the next lane
_MIDDLE = 128
_ONES = (1 << _LANE) - 1
_REMEMBERED = 20_000
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
        gaps = array("H", content[4 + size : 4 + size + 2 * count])
        rows = content[4 + size + 2 * count :]
        self._index = array("H", bytes(2 << BITS))
        self._rows = [0]
        known: dict[bytes, int] = {}
        at = 0
        for number, gap in enumerate(gaps):
            at += gap
            row = rows[number * len(LANES) : (number + 1) * len(LANES)]
            place = known.get(row)
            if place is None:
                place = known[row] = len(self._rows)
                self._rows.append(sum(weight << _LANE * lane for lane, weight in enumerate(row)))
            self._index[at] = place
        self._words: dict[str, tuple[int, int, int]] = {}

    def _word(self, word: str) -> tuple[int, int, int]:
        """What a word adds, of how many weights, and its stem's number; worked out once."""
        if len(self._words) >= _REMEMBERED:
            self._words.clear()
        places = [place for feature in word_features(word) if (place := self._index[feature])]
        found = self._words[word] = (sum(self._rows[place] for place in places), len(places), stem(word))
        return found

    def score(self, text_tokens: Sequence[str]) -> Scores:
        """The scores of a text's tokens."""
        total = count = 0
        stems = []
        for word in words_of(text_tokens):
            added, weights, number = self._words.get(word) or self._word(word)
            total += added
            count += weights
            stems.append(number)
        index, rows = self._index, self._rows
        for feature in near(stems):
            if place := index[feature]:
                total += rows[place]
                count += 1
        middle, step = count * _MIDDLE, self._step
        return Scores(*(begin + step * ((total >> _LANE * lane & _ONES) - middle) for lane, begin in enumerate(self._begin)))


def pack(weights: dict[int, Sequence[int]], step: float, begin: Sequence[float]) -> bytes:
    """The file of weights: feature -> a byte for each lane (-128 to 127), each worth `step`, on top of `begin`."""
    features = sorted(weights)
    gaps = array("H")
    rows = bytearray()
    last = 0
    for feature in features:
        gaps.append(feature - last)
        last = feature
        rows += bytes(weight + _MIDDLE for weight in weights[feature])
    head = json.dumps({"step": step, "begin": [round(value, 4) for value in begin], "rows": len(features)}).encode()
    return MAGIC + zlib.compress(struct.pack("<I", len(head)) + head + gaps.tobytes() + bytes(rows), 9)
