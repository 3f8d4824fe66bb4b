"""The places of a prepared text that are filled for each family: {child}, {day}. Which there are, and what each becomes in a language.

Only what reads the same or is said by rule in every language may stand in a place: names, days, times, numbers. A word of one language
never goes into a text of another (domain.md 0.2, rule 2), so there is no place for free words: those are a letter.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, time

from bot.i18n import say_day, say_time

_PLACE = re.compile(r"\{([a-z]{1,20})(_[23])?\}")
_ANY = re.compile(r"\{([^{}]*)\}")
MAX_VALUE = 60

KINDS: Mapping[str, str] = {
    "child": "name",
    "contact": "name",
    "teacher": "name",
    "liaison": "name",
    "name": "name",
    "school": "name",
    "day": "day",
    "time": "time",
    "place": "name",
    "phone": "name",
    "number": "name",
}
"""What may stand in braces, and how it is asked for: name (said the same everywhere) | day | time. "{day_2}" is a second one."""


def found(text: str) -> tuple[str, ...]:
    """The places of a text, in order, each as often as it stands there."""
    return tuple(one[1] + (one[2] or "") for one in _PLACE.finditer(text) if one[1] in KINDS)


def unknown(text: str) -> tuple[str, ...]:
    """What stands in braces and is no place."""
    good = set(found(text))
    return tuple(one for one in _ANY.findall(text) if one not in good)


def kind(name: str) -> str:
    return KINDS[name.partition("_")[0]]


def same(text: str, other: str) -> bool:
    """Whether two texts have the same places, in whatever order their languages want them."""
    return sorted(found(text)) == sorted(found(other))


def bare(text: str) -> str:
    """The text without its places."""
    return _PLACE.sub("", text)


def missing(text: str, values: Mapping[str, str]) -> list[str]:
    """Places nobody has filled, or filled with what they cannot hold."""
    return [name for name in dict.fromkeys(found(text)) if not _said(name, values.get(name, ""), "en")]


def fill(text: str, values: Mapping[str, str], lang: str) -> str:
    """The text for one family: a day and a time are said in `lang`, everything else as it was given."""

    def said(place: re.Match[str]) -> str:
        name = place[0][1:-1]
        return _said(name, values.get(name, ""), lang) if place[1] in KINDS else place[0]

    return _PLACE.sub(said, text)


def _said(name: str, value: str, lang: str) -> str:
    value = " ".join(value.split())[:MAX_VALUE]
    try:
        if kind(name) == "day":
            return say_day(date.fromisoformat(value), lang)
        if kind(name) == "time":
            return say_time(time.fromisoformat(value), lang)
    except ValueError:
        return ""
    return value.replace("{", "").replace("}", "")
