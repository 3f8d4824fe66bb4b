"""Which language a text is in, by CLD2: 8 MiB, microseconds, nothing downloaded, and it knows Haitian Creole, Hmong, Somali and Amharic.

It only guesses. Whether a guess may propose anything to a family is decided elsewhere (`bot.policy.language`), never here.
"""

from __future__ import annotations

from typing import NamedTuple

from translations.base import primary

_SAME = {"zh-Hant": "zh", "iw": "he", "in": "id", "jw": "jv", "mo": "ro", "fil": "tl", "sr-ME": "sr", "no": "nb"}
_SURE = 90
"""Per cent of the text in the first language, and CLD2's own word that it is reliable."""


class Guess(NamedTuple):
    """The likeliest language ("" for none) and how much of the text is in it, 0 to 1; `sure` when the detector stands by it."""

    lang: str
    share: float
    sure: bool


NONE = Guess("", 0.0, sure=False)


def detect(text: str) -> Guess:
    """Guess. Never raises: what cannot be read is no language."""
    import pycld2

    try:
        reliable, _, found = pycld2.detect(text.encode(), isPlainText=True)
    except (pycld2.error, UnicodeEncodeError):  # control characters, half a surrogate
        return NONE
    name, code, percent, _ = found[0]
    if code == "un" or name == "Unknown":
        return NONE
    return Guess(_SAME.get(code, primary(code)), percent / 100, sure=bool(reliable) and percent >= _SURE)
