"""The composer's second pair of eyes (F27): what a colleague would say about a text before a family reads it.

`stop` findings keep a text back; `look` findings are shown, and whoever sends says that they have seen them. The words are data
(flows/composer); a language without a list is looked at by people.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

import yaml

from bot.engine.reading_level import too_hard
from channels.text import normalise, segments
from translations.base import primary
from translations.checks import figures, links

STOP, LOOK = "stop", "look"
LONGEST = 10
"""Segments: more than that is a letter on paper or a page."""

_QUESTION = re.compile(r"[?？؟]")
_ACRONYM = re.compile(r"\b[A-Z]{2,6}s?\b")


class Finding(NamedTuple):
    """One remark. `code` is a fixed word (the page says it in the reader's language), `about` the words it is about or what is better."""

    level: str
    code: str
    about: str = ""


def lint(text: str, lang: str, message_class: str, others: Sequence[str] = ()) -> list[Finding]:
    """What is to be said about a text of this class.

    :param others: names of other children in it (`translations.names.Names.others`).
    """
    plain = normalise(text).strip()
    if not plain:
        return [Finding(STOP, "empty")]
    found = [Finding(STOP, "other_child", name) for name in dict.fromkeys(others)]
    if segments(plain) > LONGEST:
        found.append(Finding(STOP, "too_long", str(segments(plain))))
    if len(_QUESTION.findall(plain)) > 1:
        found.append(Finding(LOOK, "several_questions"))
    lists = composer(primary(lang))
    if not lists:
        return [*found, Finding(LOOK, "no_list")]
    folded = f" {re.sub(r'[^a-z0-9áéíóúñü]+', ' ', plain.casefold())} "
    instead = ((better, word) for better, words in lists["instead"].items() for word in words)
    found += [Finding(LOOK, "word", f"{word} ({better})") for better, word in instead if _in(folded, word)]
    known = {*lists["known_acronyms"], "I"}
    if not plain.isupper():
        found += [Finding(LOOK, "acronym", one) for one in dict.fromkeys(_ACRONYM.findall(plain)) if one.rstrip("s") not in known]
    if too_hard(plain, primary(lang), {primary(lang): lists["reading"]}):
        found.append(Finding(LOOK, "hard_to_read"))
    return found + _class(folded, message_class, lists)


def across(text: str, words: str, others: Sequence[str]) -> list[Finding]:
    """What is to be said about a person's words in the family's language, beside the text they stand for.

    :param others: names of other children in the words.
    """
    found = [Finding(STOP, "other_child", name) for name in dict.fromkeys(others)]
    if words and (figures(text) != figures(words) or links(text) != links(words)):
        found.append(Finding(LOOK, "figures"))
    return found


def _class(folded: str, message_class: str, lists: dict[str, Any]) -> list[Finding]:
    """Whether the words belong to a stricter class than the one named."""
    if message_class < "E" and (rights := [word for word in lists["rights"] if _in(folded, word)]):
        return [Finding(LOOK, "class_e", rights[0])]
    if message_class < "D" and (data := [word for word in lists["data"] if _in(folded, word)]):
        figures = bool(re.search(r"\d", folded))
        return [Finding(LOOK, "class_d", data[0])] if figures else []
    return []


def stops(findings: Sequence[Finding]) -> list[Finding]:
    return [one for one in findings if one.level == STOP]


@cache
def composer(lang: str) -> dict[str, Any]:
    """The lists of a language; {} when it has none."""
    file = files("flows") / "composer" / f"{lang}.yaml"
    return dict(yaml.safe_load(file.read_text(encoding="utf-8"))) if file.is_file() else {}


def _in(folded: str, word: str) -> bool:
    return f" {re.sub(r'[^a-z0-9áéíóúñü]+', ' ', str(word).casefold())} " in folded
