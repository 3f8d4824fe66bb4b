"""Screening hears the same with lists read from what was kept and with lists compiled this minute."""

from __future__ import annotations

import pytest

from bench.screening.measure import ours
from bot.lists import KEPT, ready
from bot.screen.screen import screen
from tests.screen.conftest import SHIPPED_FOLDER

pytestmark = pytest.mark.no_cover


def test_every_phrase_is_screened_alike(alone):
    ready(SHIPPED_FOLDER)
    assert (SHIPPED_FOLDER / KEPT).is_file()
    kept = ready(SHIPPED_FOLDER)
    texts = {(phrase.lang, phrase.text) for phrase in ours()}
    assert len(texts) > 4000
    assert [text for lang, text in sorted(texts) if screen(kept, text, lang) != screen(alone, text, lang)] == []
