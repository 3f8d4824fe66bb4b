"""Ordinary texts that stand elsewhere in the repository: answers of played talks and benches, options of questions, questions of the bank.

None of them may be taken for more than the lists find in it; the learned weights are trained on them as innocent.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import polib
import yaml

from bench.engine import SCRIPTS
from bench.screening.phrases import TOP, Phrase
from bench.turn import ANSWERS

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def ordinary() -> list[Phrase]:
    """Every such text once, in English and Spanish."""
    told = [*_played(), *_options(), *_bank(), *_tested()]
    told += [Phrase("es", text) for answers in SCRIPTS.values() for one in answers for text in one]
    told += [Phrase("es", text) for text in ANSWERS]
    return [Phrase(lang, text) for lang, text in dict.fromkeys((phrase.lang, phrase.text.strip()) for phrase in told) if text]


def _families(told: Any) -> Iterator[str]:
    if isinstance(told, dict):
        if isinstance(told.get("family"), str):
            yield told["family"]
        for value in told.values():
            yield from _families(value)
    elif isinstance(told, list):
        for value in told:
            yield from _families(value)


def _played() -> Iterator[Phrase]:
    for folder in ("tests/e2e/talks", "tests/engine/cases"):
        for path in sorted((TOP / folder).glob("*.yaml")):
            for text in _families(list(yaml.load_all(path.read_text(encoding="utf-8"), _LOADER))):
                yield Phrase("es" if not text.isascii() or " la " in text else "en", text)


def _options() -> Iterator[Phrase]:
    said: list[str] = []
    for path in sorted((TOP / "flows").glob("*.yaml")):
        _said(yaml.load(path.read_text(encoding="utf-8"), _LOADER), said)
    spanish = {entry.msgid: entry.msgstr for entry in polib.pofile(str(TOP / "translations/es/LC_MESSAGES/flows.po"))}
    for text in said:
        yield Phrase("en", text)
        if translated := spanish.get(text):
            yield Phrase("es", translated)


def _said(told: Any, said: list[str]) -> None:
    if isinstance(told, dict):
        for option in told.get("options") or ():
            if isinstance(option, dict):
                said += [str(option["say"])] if "say" in option else []
                said += map(str, option.get("words") or ())
        for value in told.values():
            _said(value, said)
    elif isinstance(told, list):
        for value in told:
            _said(value, said)


_SENT = re.compile(r'\b(?:sms|write|send|say|reply|answers?|text|mail)\(\s*(?:[a-z_]+, )?"([^"{}\\\\<>]{3,160})"')


def _tested() -> Iterator[Phrase]:
    """Texts that tests send as a family."""
    for folder in ("e2e", "service", "web", "engine", "channels"):
        for path in sorted((TOP / "tests" / folder).rglob("*.py")):
            for text in _SENT.findall(path.read_text(encoding="utf-8")):
                yield Phrase("en" if text.isascii() else "es", text)


def _bank() -> Iterator[Phrase]:
    for path in sorted((TOP / "flows" / "faq").glob("*.yaml")):
        for entry in yaml.load(path.read_text(encoding="utf-8"), _LOADER)["faq"]:
            for lang, texts in entry["phrases"].items():
                for text in texts:
                    yield Phrase(lang, text)
