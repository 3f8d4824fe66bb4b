"""All languages' lists apply to every text at once: what is an alarm in one must not be an everyday word of another."""

from __future__ import annotations

import pytest

from bench.screening.phrases import PHRASES, phrases
from bot.app import shipped_words
from bot.screen.screen import compile_words, screen
from tests.screen.conftest import lists

pytestmark = pytest.mark.no_cover

RAISING = ("danger", "danger_words", "stop", "stop_words", "evaluation", "identity")


def test_everyday_texts_of_one_language_raise_nothing_in_another():
    every = compile_words({lang: lists(lang) for lang in shipped_words().languages})
    told = [
        (path.stem.partition("_")[0], phrase.text)
        for path in sorted(PHRASES.glob("*.yaml"))
        for phrase in phrases(path.stem.partition("_")[0])
        if not phrase.kind
    ]
    assert len(told) > 1000
    foreign = []
    for lang, text in told:
        rows = [row for row in screen(every, text, lang).matched if row.split(".")[0] in RAISING]
        if rows and all(row.split(".")[1] not in {lang, "en"} for row in rows):
            foreign.append((lang, text, rows))
    assert len(foreign) <= 0.003 * len(told), foreign
