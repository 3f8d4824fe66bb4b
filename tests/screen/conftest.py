"""The shipped word lists, compiled once, and the texts to try them on."""

from __future__ import annotations

import importlib.resources
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.lists import Lists
from bot.screen.screen import compile_words
from bot.screen.wordlists import Words

LANGUAGES = ("en", "es")
HERE = Path(__file__).parent


SHIPPED_FOLDER = importlib.resources.files("flows") / "words"
SHIPPED = Lists(SHIPPED_FOLDER)


def lists(lang: str) -> dict[str, Any]:
    return SHIPPED[lang]


def phrases(lang: str) -> dict[str, Any]:
    return yaml.safe_load((HERE / f"phrases_{lang}.yaml").read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def words() -> Words:
    return compile_words({lang: lists(lang) for lang in LANGUAGES})


@pytest.fixture(scope="session")
def alone() -> Words:
    """The lists of every language as compiled from their files, without what was learned beside them."""
    return compile_words(SHIPPED)
