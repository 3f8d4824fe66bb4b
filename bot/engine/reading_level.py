"""How hard a text is to read, by published formulas: Flesch-Kincaid grade for English, Fernández-Huerta ease for Spanish.

Both count words, sentences and syllables; English syllables are pyphen's. Formulas say little about a single short text, so texts of
a few words are left to people. Languages without a formula are left to people too, never judged by another language's.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

FEWEST_WORDS = 9
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_SENTENCE = re.compile(r"[.!?:]+(?:\s|$)")
_VOWELS = re.compile(r"[aeiouyáéíóúü]+")
_STRONG = re.compile(r"[aeoáéíóú]")


def too_hard(text: str, lang: str, limits: Mapping[str, Any]) -> str:
    """A sentence saying how far the text is beyond the limit of its language, "" when it is not."""
    limit = limits.get(lang)
    words = _WORD.findall(text)
    if limit is None or len(words) < FEWEST_WORDS:
        return ""
    sentences = max(1, len([piece for piece in _SENTENCE.split(text) if _WORD.search(piece)]))
    syllables = sum(count_syllables(word.lower(), lang) for word in words)
    if limit["scale"] == "flesch-kincaid":
        grade = 0.39 * len(words) / sentences + 11.8 * syllables / len(words) - 15.59
        return f"reading level is grade {grade:.1f}, at most {limit['at_most']} is allowed" if grade > limit["at_most"] else ""
    ease = 206.84 - 60 * syllables / len(words) - 1.02 * len(words) / sentences
    return f"reading ease is {ease:.0f} (Fernández-Huerta), at least {limit['at_least']} is needed" if ease < limit["at_least"] else ""


def count_syllables(word: str, lang: str) -> int:
    """Syllables of a lower-case word. Spanish ones follow from its vowels: every strong or accented vowel is one, and so is a
    group of weak ones. English ones are pyphen's; in short words, where it never breaks off single letters, vowel groups."""
    if lang == "es":
        return max(1, sum(max(1, len(_STRONG.findall(group))) for group in _VOWELS.findall(word)))
    stem = word.removesuffix("e") if not word.endswith(("le", "ee")) else word
    groups = len(_VOWELS.findall(stem)) if len(word) < 7 else 0
    return max(1, len(_dictionary(lang).inserted(word).split("-")), groups)


@lru_cache(maxsize=16)
def _dictionary(lang: str) -> Any:
    import pyphen

    return pyphen.Pyphen(lang={"en": "en_US"}.get(lang, lang))
