"""What a translation must pass before anybody sees it, looked at from outside: it trusts neither the mask nor the engine.

Figures, links, addresses and names are read again from both texts and must be the same; the result must be in the language that was asked
for, and be about as long as its source. `verify` raises `Refused` with a code word.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable

from translations.base import IN_LINK, Refused, primary
from translations.detect import detect

_RUN = re.compile(r"\d+")
_LINK = re.compile(rf"(?:https?://|www\.){IN_LINK}+|[\w.+-]+@[\w-]+(?:\.[\w-]+)+", re.IGNORECASE)
_TAG = re.compile(r"</?[a-z][^<>]{0,80}>", re.IGNORECASE)
_END = ".,;:!?)]}'\"»”’…"

WEEKDAYS = {
    "en": ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"],
    "es": ["lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"],
}
NUMBERS = {
    "en": [
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
        "ten",
        "eleven",
        "twelve",
        "thirteen",
        "fourteen",
        "fifteen",
        "twenty",
        "thirty",
        "forty",
        "fifty",
    ],
    "es": [
        "dos",
        "tres",
        "cuatro",
        "cinco",
        "seis",
        "siete",
        "ocho",
        "nueve",
        "diez",
        "once",
        "doce",
        "trece",
        "catorce",
        "quince",
        "veinte",
        "treinta",
        "cuarenta",
        "cincuenta",
    ],
}
"""Words that stand for a day or a number and are compared where both languages are here. One is an article too, so it is not."""

_WORDS_FOR_SURE = 6
_WORDY = 24
"""Characters from which on length and language tell something."""

_DENSE = frozenset({"zh", "ja", "ko", "th", "lo", "km", "my"})


def verify(source: str, result: str, source_lang: str, target_lang: str, names: Iterable[str] = ()) -> None:
    """Raise `Refused` unless the result may be shown beside the source."""
    if not result.strip():
        raise Refused("empty")
    if figures(source) != figures(result):
        raise Refused("figures")
    if links(source) != links(result):
        raise Refused("links")
    for name in set(names):
        if _count(source, name) > _count(result, name):
            raise Refused("names")
    for table in (WEEKDAYS, NUMBERS):
        if _counted(source, source_lang, table, target_lang) != _counted(result, target_lang, table, source_lang):
            raise Refused("number_words" if table is NUMBERS else "weekdays")
    if _TAG.search(result) and not _TAG.search(source):
        raise Refused("markup")
    _length(source, result, source_lang, target_lang)
    _language(source, result, target_lang)


def figures(text: str) -> Counter[str]:
    """Every run of digits, in any script's digits, with how often it stands there."""
    return Counter("".join(str(unicodedata.decimal(char)) for char in run) for run in _RUN.findall(text))


def links(text: str) -> Counter[str]:
    """Every link and e-mail address."""
    return Counter(found.rstrip(_END) for found in _LINK.findall(text))


def likeness(first: str, second: str) -> float:
    """How alike two texts of one language are, 0 to 1: a warning light for a text translated there and back, never a proof."""
    from rapidfuzz import fuzz

    return float(fuzz.token_sort_ratio(first.casefold(), second.casefold())) / 100


def _count(text: str, name: str) -> int:
    return len(re.findall(rf"(?<!\w){re.escape(name)}(?!\w)", text)) if name else 0


def _counted(text: str, lang: str, table: dict[str, list[str]], other: str) -> Counter[int]:
    words = table.get(primary(lang))
    if words is None or primary(other) not in table or primary(lang) == primary(other):
        return Counter()
    place = {word: at for at, word in enumerate(words)} | {_plain(word): at for at, word in enumerate(words)}
    if table is WEEKDAYS:  # Mondays
        place |= {f"{word}s": at for word, at in place.items()}
    return Counter(place[word] for word in re.findall(r"[^\W\d_]+", text.casefold()) if word in place)


def _plain(word: str) -> str:
    return "".join(char for char in unicodedata.normalize("NFKD", word) if not unicodedata.combining(char))


def _length(source: str, result: str, source_lang: str, target_lang: str) -> None:
    if len(source) < _WORDY or {primary(source_lang), primary(target_lang)} & _DENSE:
        return
    if not 0.35 <= len(result) / len(source) <= 3:
        raise Refused("length")


def _language(source: str, result: str, target_lang: str) -> None:
    """The result is not the source again, and not surely in a third language."""
    words = re.findall(r"[^\W\d_]{2,}", result)
    if len(words) < _WORDS_FOR_SURE:
        return
    if source.strip().casefold() == result.strip().casefold():
        raise Refused("untranslated")
    guess = detect(result)
    if guess.sure and guess.lang != primary(target_lang) and not _near(guess.lang, primary(target_lang)):
        raise Refused("other_language")


def _near(one: str, other: str) -> bool:
    """Languages the detector may take for each other."""
    return any({one, other} <= group for group in _ALIKE)


_ALIKE = tuple(
    frozenset(group.split())
    for group in ("hr sr bs sl", "id ms", "cs sk", "nb da nn sv", "es gl pt ca", "hi ne mr", "fa ur ar ps", "ru uk be bg")
)
