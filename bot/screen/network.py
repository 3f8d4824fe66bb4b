"""A small network of learned weights that hears words in their order. It is asked where the likeness of single words comes near a kind.

Every word is a vector, the mean of those of its pieces, so that slips and endings are heard; filters look at one to four words in a row
and the strongest place of each is taken (Kim, "Convolutional Neural Networks for Sentence Classification", 2014); a hidden layer says
what they mean together. The weights are made by `bench/screening/learn_network.py` from texts that stand in this repository, and ship as
`flows/learned/network.npz`.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import NamedTuple
from zlib import crc32

import numpy as np
import numpy.typing as npt

from bot.screen.features import plain
from bot.screen.fold import SENTENCE_ENDS
from bot.screen.likeness import parts

Floats = npt.NDArray[np.float32]

WIDTHS = (1, 2, 3, 4)
"""How many words in a row a filter looks at."""
PIECES = 16
"""A word has at most so many pieces: of a long one the beginning tells enough."""
LONGEST = 40
"""A text of more words is heard in parts, of which the highest score counts: the weights were learned on texts of at most so many."""
ARRAYS = ("pieces", "scale", "filters", "filters_begin", "hidden", "hidden_begin", "out", "straight", "out_begin")
_REMEMBERED = 4_000
_BEFORE = max(WIDTHS) - 1
_ROWS = "i,ij->j"
"""A product that wakes no other threads: those of the usual one (BLAS) would take the processor from other families' texts."""


class Heard(NamedTuple):
    """A text's score for each kind and for each level of danger, as log-odds: above 0 is likelier than not."""

    danger: float
    stop: float
    evaluation: float
    wrong_number: float
    one: float
    two: float
    three: float


def pieces(word: str, kinds: int) -> list[int]:
    """Numbers from 1 to `kinds` - 1 for the word, its beginning, and its pieces of three and four letters; "<" and ">" are its edges."""
    edged = f"<{word}>"
    found = [edged, f"<{word}"[:5] + "^"]
    for size in (3, 4):
        found += [edged[at : at + size] for at in range(len(edged) - size + 1)]
    return [1 + crc32(piece.encode()) % (kinds - 1) for piece in list(dict.fromkeys(found))[:PIECES]]


class Network:
    """The network, ready. What a word adds to every filter is worked out once and remembered, as most words come again.

    `pieces`: a row of bytes for each number of a piece, worth `scale` each; `filters`: for each width and each place within it, what a
    word's vector adds to the filters, side by side; `straight` leads from the filters to what is said without the hidden layer.
    """

    def __init__(self, packed: bytes) -> None:
        """Raises `ValueError` when `packed` is no file of these arrays."""
        try:
            with np.load(io.BytesIO(packed), allow_pickle=False) as file:
                found = [file[name] for name in ARRAYS]
        except (OSError, EOFError, KeyError, ValueError) as error:
            raise ValueError("not a file of a learned network") from error
        self._pieces = found[0]
        scale, *rest = (one.astype(np.float32) for one in found[1:])
        self._filters, self._begin, self._hidden, self._hidden_begin, self._out, self._straight, self._out_begin = rest
        self._filters = self._filters * scale
        self._each = len(self._begin) // len(WIDTHS)
        self._words: dict[str, Floats] = {}

    def _word(self, token: str) -> Floats:
        if len(self._words) >= _REMEMBERED:
            self._words = {}
        rows = pieces(plain(token), len(self._pieces))
        vector = self._pieces[rows].sum(axis=0, dtype=np.float32) / np.float32(len(rows) ** 0.5)
        added: Floats = np.einsum(_ROWS, vector, self._filters)
        self._words[token] = added
        return added

    def hear(self, text_tokens: Sequence[str]) -> Heard:
        """The scores of a text's tokens, of which at least one is a word."""
        words = _spoken(text_tokens)
        if len(words) <= LONGEST:
            return Heard(*self._hear(words))
        return Heard(*map(max, zip(*(self._hear(part) for one in parts(text_tokens) if (part := _spoken(one))), strict=True)))

    def _hear(self, words: Sequence[str]) -> list[float]:
        known, each = self._words, self._each
        rows = np.zeros((_BEFORE + len(words), self._filters.shape[1]), np.float32)
        for at, token in enumerate(words, _BEFORE):
            added = known.get(token)
            rows[at] = self._word(token) if added is None else added
        strongest, block = [], 0
        for width in WIDTHS:
            in_a_row = np.zeros((len(words), each), np.float32)
            for place in range(width):
                first = _BEFORE - width + 1 + place
                in_a_row += rows[first : first + len(words), block : block + each]
                block += each
            strongest.append(in_a_row.max(axis=0))
        filters = np.maximum(np.concatenate(strongest) + self._begin, 0)
        hidden = np.maximum(np.einsum(_ROWS, filters, self._hidden) + self._hidden_begin, 0)
        out: Floats = np.einsum(_ROWS, hidden, self._out) + np.einsum(_ROWS, filters, self._straight) + self._out_begin
        said: list[float] = out.tolist()
        return said


def _spoken(text_tokens: Sequence[str]) -> list[str]:
    return [token for token in text_tokens if token not in SENTENCE_ENDS]
