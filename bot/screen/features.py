"""What a learned likeness looks at in a text: its words, pieces of words, and which words stand near which. Numbers only, no text kept.

The same function serves learning (`bench/screening/learn.py`) and screening, so that both see a text alike. A change here needs a new
`flows/learned/likeness.bin`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from zlib import crc32

from bot.screen.fold import SENTENCE_ENDS
from bot.screen.spelling import undrawn

BITS = 18
"""Features are filed under this many bits of their hash: two that share a number share a weight, which costs less than a larger table."""
MASK = (1 << BITS) - 1
_LONGEST = 40
_STEM = 5
EDGE = crc32(b"\x02")
FAR = (0, 0x85EBCA6B, 0xC2B2AE35, 0x27D4EB2F)
"""One salt for each distance between the words of a pair."""
TIMES = 0x9E3779B1
THREE = 0x165667B1


def piece_feature(piece: str) -> int:
    """Number a word, or a piece of one; "<" and ">" are its edges."""
    return crc32(piece.encode()) & MASK


def word_features(word: str) -> list[int]:
    """Numbers for the word and its pieces of three to five letters, for slips of the finger and the endings of many languages."""
    edged = f"<{word}>"
    found = {piece_feature(edged)}
    if len(word) > 2:
        for size in (3, 4, 5):
            for at in range(len(edged) - size + 1):
                found.add(piece_feature(edged[at : at + size]))
    return sorted(found)


def plain(token: str) -> str:
    """The token as the learned weights know it: drawn-out letters short, long numbers alike, noise cut."""
    if token.isdigit():
        return token if len(token) == 1 else "00"
    return undrawn(token[:_LONGEST])


def stem(word: str) -> int:
    """Name the word by the number of its first letters: endings change, and pairs are about which word stands near which."""
    return crc32(word[:_STEM].encode())


def near(stems: Sequence[int]) -> Iterator[int]:
    """Numbers for every two words at most three apart, in their order, and every three in a row; the edges count as words."""
    one = two = 0
    three = EDGE
    for this in (*stems, EDGE):
        yield (three * TIMES ^ this + FAR[1]) >> 7 & MASK
        if two:
            yield (two * TIMES ^ this + FAR[2]) >> 7 & MASK
            yield ((two * TIMES ^ three) * THREE ^ this) >> 7 & MASK
        if one:
            yield (one * TIMES ^ this + FAR[3]) >> 7 & MASK
        one, two, three = two, three, this


def words_of(text_tokens: Sequence[str]) -> list[str]:
    """The tokens that are words, as the weights know them."""
    return [plain(token) for token in text_tokens if token not in SENTENCE_ENDS]
