"""One spelling of a text to compare with: no case, no accents, no apostrophes, no invisible characters; then its words.

The folded text is for comparing only. What the family wrote is never changed.
"""

from __future__ import annotations

import re
import unicodedata

from bot.screen.letters import ALIKE, LATIN

SENTENCE_ENDS = frozenset("!?;.\n؟？！。۔")
"""Tokens that end a sentence. A pattern's gap never reaches across one."""

_AS_ONE_BUT_LATIN = {**dict.fromkeys(map(ord, "'`´‘’‛ʻʼ′＇")), **ALIKE}
_AS_ONE = {**_AS_ONE_BUT_LATIN, **LATIN}
# Accents, Arabic vowel signs and stretching, variation selectors, and the zero-width characters that hide a word from a plain search.
_UNSEEN = re.compile(r"[\u0300-\u036f\u064b-\u065f\u0670\u0640\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufe00-\ufe0f\ufeff]+")
_INVISIBLE = re.compile(r"[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufe00-\ufe0f\ufeff]+")
_TONES = "\u0300\u0301\u0303\u0323"
# Scripts written without spaces: each sign is a word of its own, in the lists as in the texts.
_NO_SPACES = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
_TOKEN = re.compile(rf"[{_NO_SPACES}]|[^\W_{_NO_SPACES}]+|[!?;\n؟？！。۔]|(?<!\.)\.(?!\.)")
_NUMBER_SIGN = re.compile(r"#(?!\w)")
_SIGN = re.compile(f"[{_NO_SPACES}]")
# Most texts are plain ASCII once folded: the same tokens from a smaller class.
_TOKEN_ASCII = re.compile(r"[a-z0-9]+|[!?;\n]|(?<!\.)\.(?!\.)")


def fold(text: str) -> str:
    """Lower case, accents and apostrophes gone, compatibility forms (full width, bold letters) made plain, letters and signs that
    families use for one another made one (`letters`), a "#" alone the word it is read as ("wrong #")."""
    if "#" in text:
        text = _NUMBER_SIGN.sub(" number", text)
    if text.isascii():
        return text.lower().replace("'", "").replace("`", "")
    return _UNSEEN.sub("", unicodedata.normalize("NFKD", text.translate(_AS_ONE)).casefold())


def tokens(folded: str) -> list[str]:
    """The words and `SENTENCE_ENDS` of a folded text, in order. Three dots are a pause, not an end."""
    return (_TOKEN_ASCII if folded.isascii() else _TOKEN).findall(folded)


def keep_accents(text: str) -> str:
    """Fold all but accents: in Vietnamese they alone tell "suicide" from "slowly"."""
    return unicodedata.normalize("NFC", _INVISIBLE.sub("", text.translate(_AS_ONE_BUT_LATIN)).casefold())


def one_accent(word: str) -> str:
    """The word with its tone at the end, wherever it was typed (hòa, hoà), the two tones that half the country writes for one another
    as one (nữa, nửa)."""
    parts = unicodedata.normalize("NFD", word).replace("\u0309", "\u0303")
    tones = "".join(part for part in parts if part in _TONES)
    return "".join(part for part in parts if part not in _TONES) + tones


def as_written(text: str) -> str:
    """Join the words of a text, their accents kept, without the ends of sentences."""
    return " ".join(_TOKEN.findall(keep_accents(text))).strip(" !?;.\n")


def written(text: str, found: list[str]) -> list[str]:
    """The tokens of a text with their accents, or `found`, its folded ones, where the two do not go side by side."""
    if text.isascii():
        return found
    accented = _TOKEN.findall(keep_accents(text))
    return accented if len(accented) == len(found) else found


def is_sign(token: str) -> bool:
    """Tell whether it is a sign of a script written without spaces."""
    return _SIGN.match(token) is not None


def apart(word: str) -> list[str]:
    """A word of a list in the tokens a text has for it: a sign each in scripts without spaces, else the word itself."""
    return _TOKEN.findall(word) if _SIGN.search(word) else [word]
