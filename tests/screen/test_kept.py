"""Screening hears the same with lists read from what was kept and with lists compiled this minute."""

from __future__ import annotations

import pytest

from bench.screening.phrases import PHRASES, phrases
from bot.lists import KEPT, ready
from bot.screen.screen import screen
from tests.screen.conftest import SHIPPED_FOLDER

pytestmark = pytest.mark.no_cover


def test_every_phrase_is_screened_alike(alone):
    ready(SHIPPED_FOLDER)
    assert (SHIPPED_FOLDER / KEPT).is_file()
    kept = ready(SHIPPED_FOLDER)
    texts = {
        (lang, phrase.text) for lang in sorted({path.stem.partition("_")[0] for path in PHRASES.glob("*.yaml")}) for phrase in phrases(lang)
    }
    assert len(texts) > 4000
    assert [text for lang, text in sorted(texts) if screen(kept, text, lang) != screen(alone, text, lang)] == []
