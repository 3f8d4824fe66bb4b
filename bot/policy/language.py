"""The languages a district writes in, and whether a guess about a family's may be spoken of (G9, fault 18): people decide.

Never on fewer than three words or on a guess its maker does not stand by; a language that detectors are known to get wrong, or one the
district does not write in, is asked about and never named.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

FEWEST_WORDS = 3
LEAST_SHARE = 0.9
ALIKE = ({"es", "pt"}, {"ru", "uk"})
FEWEST_OF_ALIKE = 6
"""Languages so alike that a few words without accents are as well the other: "ah ya entendi" is no Portuguese."""
ASK = "?"

_OFTEN_WRONG = "ht hmn mww hnj ne am so ti om my ps ckb ku rw rn ln mai bho sd yue"
OFTEN_WRONG = frozenset(_OFTEN_WRONG.split())
"""Languages detectors take for others, or others for them: ask instead (faults 3.6)."""

_OTHERS = "es ar zh vi pt ru uk ur ko ja tl fr sw fa hi bn gu pa te ta pl ro sq tr uz km lo th de"
OF_OUR_SCHOOLS = OFTEN_WRONG | frozenset(_OTHERS.split())
"""Languages of domain.md 8.2: a guess of any other is more likely a mistake than a family."""

_WORD = re.compile(r"[^\W\d_]{2,}")
_SIGNS = re.compile(r"[\u2e80-\u9fff]")
_SYLLABLES = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]")
_SIGNS_A_WORD, _LETTERS_A_WORD = 2, 8
"""How many make about a word where words are not parted by gaps: Chinese signs; letters and marks of Thai, Lao, Burmese, Khmer."""


def enabled(settings: Mapping[str, Any]) -> tuple[str, ...]:
    """The languages a district writes in (`lang.enabled`, a list), English and Spanish unless it says otherwise."""
    named = settings.get("lang.enabled")
    return tuple(str(lang) for lang in named) if isinstance(named, list | tuple) and named else ("en", "es")


def words_in(text: str) -> int:
    """About how many words a text has, in scripts without gaps too."""
    signs, syllables = len(_SIGNS.findall(text)), len(_SYLLABLES.findall(text))
    parted = _WORD.findall(_SYLLABLES.sub(" ", _SIGNS.sub(" ", text)))
    return len(parted) + signs // _SIGNS_A_WORD + syllables // _LETTERS_A_WORD


def proposal(text: str, guess: str, share: float, *, sure: bool, own: str, enabled: Sequence[str]) -> str:
    """The language to propose, "?" to ask which it is, "" to say nothing.

    :param guess: the likeliest language of the text, "" for none; `share` how much of the text is in it; `sure` the detector's own word.
    :param own: the language this person is written to in.
    :param enabled: the languages the district writes in.
    """
    if not guess or not sure or share < LEAST_SHARE or words_in(text) < FEWEST_WORDS:
        return ""
    primary = own.partition("-")[0]
    if guess == primary or ({guess, primary} in ALIKE and words_in(text) < FEWEST_OF_ALIKE):
        return ""
    if guess == "en":
        return "en" if "en" in enabled else ""
    if guess not in OF_OUR_SCHOOLS:
        return ""
    if guess in OFTEN_WRONG:
        return ASK
    return next((lang for lang in enabled if lang.partition("-")[0] == guess), ASK)
