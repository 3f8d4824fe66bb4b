"""The contract of every translator of free text.

A translator turns one text into another language or says plainly that it cannot. It sees masked text only, stores nothing,
and never decides where a translation may be shown. No translator for a pair of languages is a normal answer, not an error:
the liaison gets a task and the family's own words stand as they are.

    TranslationError        could not be translated now
    |-- Refused             something came back that nobody may be shown (`why`: a code word)
    `-- Resting             the engine failed too often and is left alone for a while
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable


class TranslationError(Exception):
    """The text could not be translated now. People see the original and a task; nothing waits.

    `why` is a code word for logs and rows: never a word of the text.
    """

    def __init__(self, why: str = "failed") -> None:
        super().__init__(why)
        self.why = why


class Refused(TranslationError):
    """What came back does not hold what went out, or is not in the language asked for."""


class Resting(TranslationError):
    """The engine failed too often or asked for a pause; it is not called before the pause is over."""


def primary(lang: str) -> str:
    """The language of a BCP-47 tag without script and region: "zh" of "zh-Hant"."""
    return lang.partition("-")[0].lower()


IN_LINK = (
    r"[^\s<>\"“”«»।\u0600-\u06ff\u0750-\u077f\u08a0-\u08ff\ufb50-\ufdff\ufe70-\ufeff\u3000-\u30ff\u3400-\u9fff\uf900-\ufaff\uff00-\uffef]"
)
"""A sign that may stand in a link, as a pattern. Arabic, Chinese and Japanese letters, commas and stops end it: they follow without a gap,
and a link that has such letters in it leaves a browser with percent signs instead."""


@runtime_checkable
class Translator(Protocol):
    """What every translator is.

    `leaves_house`: the text goes to somebody else's computer (what is only for trained staff does not). `notice`: what a district must
    have read and said yes to before this engine serves it, "" for nothing.
    """

    leaves_house: bool
    notice: str

    @property
    def name(self) -> str:
        """What made it, as staff read it, with a version where there is one."""
        ...

    def can(self, source_lang: str, target_lang: str) -> bool:
        """Whether this pair of BCP-47 languages is served at all."""
        ...

    def translate(self, texts: Sequence[str], source_lang: str, target_lang: str) -> list[str]:
        """Each masked text in the other language, in order. Raises `TranslationError`; never gives fewer or more than it was given."""
        ...

    def close(self) -> None:
        """Let go of connections."""
        ...
