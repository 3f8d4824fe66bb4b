"""Which way a language is written, and the numbers that would turn round in it. Pure; imports nothing of ours."""

from __future__ import annotations

import re

_RIGHT_TO_LEFT = frozenset({"ar", "arc", "ckb", "dv", "fa", "he", "ks", "nqo", "prs", "ps", "rhg", "sd", "syr", "ug", "ur", "yi"})
_RIGHT_TO_LEFT_SCRIPTS = frozenset({"Arab", "Hebr", "Nkoo", "Rohg", "Syrc", "Thaa"})

NUMBER = re.compile(r"(?<![\w+(])\+?\(?\d[\d ().-]{5,22}\d(?!\w)", re.ASCII)
"""A phone number or a date in figures. Between words written right to left its groups stand in the wrong order (555-0100 as 0100-555):
what shows it must set it apart, left to right."""


def direction(lang: str) -> str:
    """The writing direction of a BCP-47 tag: "rtl" or "ltr". A script named in the tag wins over the language's usual one."""
    parts = lang.replace("_", "-").split("-")
    for part in parts[1:]:
        if len(part) == 4 and part.isalpha():
            return "rtl" if part.title() in _RIGHT_TO_LEFT_SCRIPTS else "ltr"
    return "rtl" if parts[0].lower() in _RIGHT_TO_LEFT else "ltr"
