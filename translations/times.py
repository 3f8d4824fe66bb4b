"""Times with "PM" or "p. m." behind them, said in the half of the day of another language: no family reads "3:30 PM" in an Arabic text.

By CLDR 46, for languages in which "am" and "p.m." are no words; English and Spanish read each other's. What has no half
of the day (15:30) is the same everywhere and stays.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from translations.base import primary

_HALVES: Mapping[str, tuple[str, str]] = {
    "ar": ("{} ص", "{} م"),
    "so": ("{} GH", "{} GD"),
    "vi": ("{} SA", "{} CH"),
    "zh": ("上午{}", "下午{}"),
    "uk": ("{} дп", "{} пп"),
    "am": ("ጥዋት {}", "ከሰዓት {}"),
    "ne": ("{} पूर्वाह्न", "{} अपराह्न"),
    "my": ("နံနက် {}", "ညနေ {}"),
}
"""Before noon and after it."""

_HOUR_ALONE: Mapping[str, str] = {"zh": "点"}
"""What stands behind an hour without minutes."""

_CLOCK = re.compile(r"(?P<hour>\d{1,2})(?:\s?[:.h]\s?(?P<minute>\d{2}))?\s?(?P<half>[ap])\.?\s?m\.?", re.IGNORECASE)


def in_words(text: str, target_lang: str) -> str:
    """The same time as the target language says it; "" where "PM" is understood, or nothing tells which half of the day it is."""
    found, halves = _CLOCK.fullmatch(text), _HALVES.get(primary(target_lang))
    if found is None or halves is None or not 1 <= int(found["hour"]) <= 12:
        return ""
    clock = f"{int(found['hour'])}:{found['minute']}" if found["minute"] else found["hour"] + _HOUR_ALONE.get(primary(target_lang), "")
    return halves[found["half"].lower() == "p"].format(clock)
