"""The shipped flows, their texts in both languages, and a family to play them with, screened by the shipped lists."""

from __future__ import annotations

import importlib.resources
from typing import Any

import pytest
import yaml

from bot.engine.library import Library, shipped
from bot.i18n import Catalogues
from bot.lists import Lists
from bot.screen.screen import compile_words, screen
from tests.engine.talker import PEOPLE, Talker

FLOWS = importlib.resources.files("flows")


def source(name: str) -> dict[str, Any]:
    return yaml.safe_load((FLOWS / f"{name}.yaml").read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def library(catalogues: Catalogues) -> Library:
    return shipped(catalogues)


@pytest.fixture(scope="session")
def words():
    lists = Lists(FLOWS / "words")
    return compile_words({lang: lists[lang] for lang in ("en", "es")})


class Family(Talker):
    """A talker whose every text is screened as in the product."""

    def __init__(self, library: Library, words: Any, **scene: Any) -> None:
        self.words = words
        super().__init__(
            library, values={**PEOPLE, "counselor": "Ms. Reed", "sped_contact": "Mr. Gray", **scene.pop("values", {})}, **scene
        )

    def say(self, *texts: str) -> Family:
        for text in texts:
            found = screen(self.words, text, self.base.lang)
            self.send(text, found=found._asdict())
        return self

    def all_handed(self) -> list[tuple[str, str]]:
        from bot.engine.events import Handoff

        return [(event.to_role, event.reason) for turn in self.turns for event in turn.events if isinstance(event, Handoff)]

    def steps(self) -> list[str]:
        from bot.engine.events import Write

        return [event.step_id for turn in self.turns for event in turn.events if isinstance(event, Write)]

    def hidden(self) -> set[str]:
        from bot.engine.events import Write

        return {event.step_id for turn in self.turns for event in turn.events if isinstance(event, Write) and event.visibility != "team"}


@pytest.fixture
def family(library, words):
    def meet(**scene: Any) -> Family:
        return Family(library, words, **scene)

    return meet
