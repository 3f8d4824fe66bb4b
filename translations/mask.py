"""What must survive a translation untouched, taken out before a text leaves and put back after.

Links, e-mail addresses, phones, dates, times, every other figure, names and glossary terms become tokens (`ZQ1X`); the engine sees the
tokens only. Each must come back exactly once, and no other figure may: else the result is refused (`Refused`) and nobody is shown it.
A date written with its month's name and a time with AM or PM are put back in the other language's own way; everything else byte for byte.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from translations import times
from translations.base import IN_LINK, Refused, primary
from translations.dates import DATE_FORMS, doubtful, in_words
from translations.names import Names

TOKEN = "ZQ{}X"  # noqa: S105 - no secret: it stands for what was taken out
_BACK = re.compile(r"z\s?q\s?(\d{1,4})\s?x", re.IGNORECASE)
"""A token as engines give it back: in small letters, with a gap, in another script's digits. No other digit is left in a masked text, so
nothing a family wrote can look like one."""

LARGEST = 5_000
"""Characters: a long e-mail. What is longer is a document and a person's work."""

_END = ".,;:!?)]}'\"»”’…"
_BARE = r"com|org|net|edu|gov|us|info|example|test"
_SHORT = r"ly|be|gle|gl|me|io|co|tv|app|page|link|mx|ca|uk|es|br|vn|cn|ru|ua"
"""Ends of a name that count with a path behind them only: `forms.gle/x`, `youtu.be/x`. Without one, "tarde.me dijo" is a missing gap."""
_LINK = (
    rf"(?:https?://|www\.){IN_LINK}+"
    rf"|(?<![\w.-])[a-z0-9-]++(?:\.[a-z0-9-]++)*?\.(?:(?:{_BARE})\b(?:/{IN_LINK}*)?|(?:{_SHORT})/{IN_LINK}+)"
)
_MAIL = r"(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+"
_PHONE = r"\+?\(?\d[\d ().-]{5,18}\d(?!\w)"
_TIME = r"(?<!\d)\d{1,2}\s?[:.h]\s?\d{2}(?!\d)(?:\s?[ap](?:\.\s?m\.?|\s?m)(?!\w))?|(?<!\d)\d{1,2}\s?[ap](?:\.\s?m\.?|\s?m)(?!\w)"
_FIGURE = (
    r"[#$€£]?(?<![A-Za-z])[A-Za-z]*\d(?:[A-Za-z\d.,/:%°º-]*[A-Za-z\d%°º])?|[²³¹¼-¾\u2150-\u218b\u2460-\u249b\u24ea-\u24ff\u2776-\u2793]"
)
_SCAN = re.compile(
    "|".join(
        f"(?P<{kind}>{form})"
        for kind, form in (
            ("slot", r"\{[a-z_]{1,40}\}"),
            ("mail", _MAIL),
            ("link", _LINK),
            ("date", DATE_FORMS),
            ("phone", _PHONE),
            ("time", _TIME),
            ("figure", _FIGURE),
        )
    ),
    re.IGNORECASE,
)
_RUN = re.compile(r"\d+")
_NO_GAPS = frozenset({"zh", "ja", "th", "lo", "km", "my"})
"""Languages written without gaps between words: a token may touch a letter there."""


class Kept(NamedTuple):
    """Something taken out: what it was, and what is put in its place."""

    kind: str
    source: str
    target: str


class Masked(NamedTuple):
    """A text that may leave, and what was taken out of it, in order: the first is token 1."""

    text: str
    kept: tuple[Kept, ...]

    @property
    def has_words(self) -> bool:
        """Whether anything is left to translate."""
        return any(char.isalpha() for char in _BACK.sub("", self.text))


def mask(
    text: str,
    source_lang: str,
    target_lang: str,
    names: Names | None = None,
    glossary: Mapping[str, str] | None = None,
) -> Masked:
    """Take out all that must survive. Raises `Refused` for a text too long to be a message.

    :param glossary: a term in the source language -> what stands for it in the target language.
    """
    if len(text) > LARGEST:
        raise Refused("too_long")
    names = names or Names()
    spans: list[tuple[int, int, Kept]] = []
    for found in _SCAN.finditer(text):
        kind, raw = str(found.lastgroup), found.group()
        if kind in {"link", "phone", "figure"}:
            raw = raw.rstrip(_END + ("-" if kind != "link" else ""))
        if not raw:
            continue
        if kind == "date" and doubtful(raw):
            spans += [
                (found.start() + at.start(), found.start() + at.end(), Kept("figure", *[at.group()] * 2)) for at in _RUN.finditer(raw)
            ]
            continue
        put_back = in_words(raw, source_lang, target_lang) if kind == "date" else times.in_words(raw, target_lang) if kind == "time" else ""
        spans.append((found.start(), found.start() + len(raw), Kept(kind, raw, put_back or raw)))
    taken = [(start, end) for start, end, _ in spans]
    for start, end, term in _terms(text, glossary or {}, taken):
        spans.append((start, end, Kept("term", text[start:end], term)))
        taken.append((start, end))
    spans += [(start, end, Kept("name", text[start:end], text[start:end])) for start, end in names.find(text, taken)]
    return _cut_out(text, sorted(spans, key=lambda one: one[0]))


def unmask(masked: Masked, translated: str, target_lang: str, *, as_written: bool = False) -> str:
    """Put everything back (`as_written`: dates in their own language's words, for comparing).

    Raises `Refused` when something is missing, doubled, new or grown together with a word.
    """
    seen: list[int] = []
    gaps = primary(target_lang) not in _NO_GAPS
    pieces: list[str] = []
    at = 0
    for found in _BACK.finditer(translated):
        number = int(found.group(1))
        before, after = translated[at : found.start()], translated[found.end() : found.end() + 1]
        if gaps and (_grown(before[-1:]) or _grown(after)):
            raise Refused("token_grown")
        if not 1 <= number <= len(masked.kept):
            raise Refused("token_unknown")
        seen.append(number)
        one = masked.kept[number - 1]
        pieces += [before, one.source if as_written else one.target]
        at = found.end()
    pieces.append(translated[at:])
    if any(char.isnumeric() and not char.isalpha() for piece in pieces[::2] for char in piece):
        raise Refused("figure_new")
    if sorted(seen) != list(range(1, len(masked.kept) + 1)):
        raise Refused("token_missing" if len(set(seen)) < len(masked.kept) else "token_doubled")
    return "".join(pieces)


def _grown(char: str) -> bool:
    """A Latin letter or a digit next to a token belongs to a word it grew together with; an Arabic "and" or "to" may touch it."""
    return char.isalnum() and char < "\u0250"


def _cut_out(text: str, spans: Sequence[tuple[int, int, Kept]]) -> Masked:
    pieces: list[str] = []
    kept: list[Kept] = []
    at = 0
    for start, end, one in spans:
        if start < at:
            continue
        kept.append(one)
        before = text[at:start]
        # in a script without gaps, and between two tokens, the engine must still see where the token ends
        pieces += [
            before,
            " " if before[-1:].isalnum() or (at and not before) else "",
            TOKEN.format(len(kept)),
            " " if text[end : end + 1].isalnum() else "",
        ]
        at = end
    pieces.append(text[at:])
    return Masked("".join(pieces), tuple(kept))


def _terms(text: str, glossary: Mapping[str, str], taken: Iterable[tuple[int, int]]) -> list[tuple[int, int, str]]:
    """Glossary terms, the longest first, as whole words, whatever their case."""
    if not glossary:
        return []
    known = {term.casefold(): target for term, target in glossary.items()}
    form = re.compile(r"(?<!\w)(?:" + "|".join(map(re.escape, sorted(glossary, key=len, reverse=True))) + r")(?!\w)", re.IGNORECASE)
    busy = list(taken)
    return [
        (found.start(), found.end(), known[found.group().casefold()])
        for found in form.finditer(text)
        if found.group().casefold() in known and not any(start < found.end() and found.start() < end for start, end in busy)
    ]
