"""Engines for service tests, and short words for what they do all the time: no network, no clock, everything they were sent kept."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from bot.sandbox.played_words import played
from bot.service import translate_new
from bot.service.runtime import Runtime
from bot.service.viewer import Viewer
from translations.base import TranslationError


class Played:
    """Serves Spanish and English. `heard` is what it was sent; `say` may answer something else, or raise."""

    notice = ""

    def __init__(self, name: str = "played", *, leaves_house: bool = True, notice: str = "", say: Any = None, langs: str = "es en") -> None:
        self.name = name
        self.leaves_house = leaves_house
        self.notice = notice
        self.heard: list[str] = []
        self.say = say or played
        self.langs = set(langs.split())

    def can(self, source_lang: str, target_lang: str) -> bool:
        return {source_lang.split("-", maxsplit=1)[0], target_lang.split("-", maxsplit=1)[0]} <= self.langs

    def translate(self, texts: Any, source_lang: str, target_lang: str) -> list[str]:
        self.heard += texts
        return [self.say(text, source_lang, target_lang) for text in texts]

    def close(self) -> None:
        pass


def down(*_: Any) -> str:
    raise TranslationError("unreachable")


def with_engines(runtime: Runtime, *engines: Any) -> Runtime:
    return replace(runtime, translators=engines)


def work(runtime: Runtime) -> int:
    return translate_new.run(runtime)


def viewer(staff_id: str) -> Viewer:
    return Viewer(staff_id, "dst_demo", "Somebody", "en", b"")
