"""Dates written in words, in the languages whose months we know: found in a text, and said again in another language.

By CLDR's names and patterns, so "4 de mayo de 2026" and "May 4, 2026" are one day. What is written with figures alone (5/4/2026) is never
turned round: nobody knows which figure is the month.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping

from translations.base import primary
from translations.months import MONTHS

_LEAP = 2024
"""The year a date without a year is laid in, so that there is a 29 February."""

_MODAL = frozenset({"may", "march", "mai", "mas", "out", "mars"})
"""Months that are ordinary words as well: only with a capital letter."""


def months(lang: str) -> Mapping[str, int]:
    """Names of months in a language, in small letters."""
    return MONTHS.get(lang, {})


_WORDS = {word for names in MONTHS.values() for word in names if len(word) > 2}
_MONTH = "|".join(map(re.escape, sorted(_WORDS, key=len, reverse=True)))
"""Every name but Creole's "me", which is Spanish for oneself."""

_DAY = r"\d{1,2}(?:st|nd|rd|th|º|°|er|ero)?"
_YEAR = r"(?:\s*,?\s+(?:de\s+|del\s+)?\d{4}(?!\d))?"
DATE_FORMS = (
    r"\b\d{4}-\d{1,2}-\d{1,2}\b"
    r"|\b\d{1,2}[/.-]\d{1,2}[/.-]\d{2,4}\b"
    rf"|\b{_DAY}\s+(?:de\s+|of\s+)?(?:{_MONTH})(?!\w){_YEAR}"
    rf"|(?<!\w)(?:{_MONTH})\s+{_DAY}(?!\w)(?:\s*,?\s+\d{{4}}(?!\w))?"
    r"|(?:\d{4}\s?年\s?)?\d{1,2}\s?月\s?\d{1,2}\s?[日号]"
)
_NAMED = re.compile(rf"(?P<word>{_MONTH})", re.IGNORECASE)
_FIGURES = re.compile(r"\d+")


def doubtful(text: str) -> bool:
    """Whether what looks like a month is as likely an ordinary word: "may 3 friends come?"."""
    word = _NAMED.search(text)
    return word is not None and word.group().casefold() in _MODAL and not word.group()[0].isupper()


def day_of(text: str, lang: str) -> tuple[int | None, int, int] | None:
    """(year or None, month, day) of a date in words of this language; None when it is none."""
    figures = [int(one) for one in _FIGURES.findall(text)]
    if "月" in text:
        *years, month, day = figures
        year = years[0] if years else None
    else:
        word = _NAMED.search(text)
        month = months(primary(lang)).get(word.group().casefold(), 0) if word else 0
        if not month or doubtful(text):
            return None
        year = next((one for one in figures if one > 31), None)
        day = next((one for one in figures if one <= 31), 0)
    try:
        dt.date(year or _LEAP, month, day)
    except ValueError:
        return None
    return year, month, day


def in_words(text: str, source_lang: str, target_lang: str) -> str:
    """The same date as the target language says it; "" when it cannot be said for sure, and then it stays as it was written."""
    found = day_of(text, source_lang)
    target = primary(target_lang)
    if found is None or not (months(target) or target == "zh"):
        return ""
    from babel.dates import format_date, format_skeleton

    year, month, day = found
    date = dt.date(year or _LEAP, month, day)
    said = format_date(date, "long", locale=target) if year else format_skeleton("MMMMd", date, locale=target)
    # said and read again it must be the same day, or a table does not hold what we think
    return said if day_of(said, target) == found else ""
