"""The contract of every translator of free text.

A translator turns one text into another language or says plainly that it cannot. It sees masked text only, stores nothing,
and never decides where a translation may be shown. No translator for a pair of languages is a normal answer, not an error:
the liaison gets a task and the family's own words stand as they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable


@dataclass(frozen=True, slots=True)
class Translated:
    """A translation beside an original. `engine` is what made it (a program's name and version, or "person"); `source_hash` is the
    SHA-256 of the source text: a translation whose source changed is stale and is not shown."""

    text: str
    source_lang: str
    target_lang: str
    engine: str
    source_hash: str


class TranslationError(Exception):
    """The text could not be translated now. People see the original and a task; nothing waits."""


class NoTranslator(TranslationError):
    """No translator is set up for this pair of languages."""


@runtime_checkable
class Translator(Protocol):
    """What every translator is."""

    name: str

    def can(self, source_lang: str, target_lang: str) -> bool:
        """Whether this pair of BCP-47 languages is served at all."""
        ...

    def translate(self, text: str, source_lang: str, target_lang: str) -> Translated:
        """Raises `TranslationError`; never returns a text in another language than asked."""
        ...
