"""A text is listened to before anything is known of its writer: what is silent then must be silent whoever wrote it."""

from __future__ import annotations

import pytest

from bench.screening.measure import ours
from bench.screening.ordinary import ordinary
from bench.screening.phrases import phrases
from bot.lists import shipped_words
from bot.screen.screen import compile_words, nothing_heard, screen

pytestmark = pytest.mark.no_cover


@pytest.fixture(scope="module")
def shipped():
    return shipped_words()


def test_what_is_silent_holds_nothing_in_any_language_and_the_finding_is_the_same(shipped):
    told = [*ours(), *ordinary()]
    silent = [one for one in told if nothing_heard(shipped, one.text)]
    assert len(silent) > 1000
    for one in silent:
        for lang in (one.lang, "en", "so", "zh"):
            for answering in (False, True):
                asked = {"enabled": ("en", "es"), "reviewed": {"en", "es"}, "answering": answering}
                assert screen(shipped, one.text, lang, **asked) == screen(shipped, one.text, lang, silent=True, **asked), one
        assert screen(shipped, one.text, one.lang).fired == ()


def test_most_ordinary_answers_are_silent(shipped):
    told = ordinary()
    assert sum(nothing_heard(shipped, one.text) for one in told) > 0.5 * len(told)


@pytest.mark.parametrize(
    "text", ["quiero morirme", "STOP", "ALTO", "help", "¿quién es?", "я хочу умереть", "numero equivocado", "need food", "pare, por favor"]
)
def test_what_a_list_hears_is_not_silent(shipped, text):
    assert not nothing_heard(shipped, text)


def test_what_only_the_weights_hear_is_not_silent(shipped, alone):
    text = next(
        one.text
        for one in phrases("en")
        if one.kind == "danger" and nothing_heard(alone, one.text) and screen(shipped, one.text).danger_level
    )
    assert not nothing_heard(shipped, text)


def test_without_weights_the_lists_alone_decide():
    words = compile_words({"en": {"stop_words": {"number": ["stop"]}}})
    assert nothing_heard(words, "she likes to draw")
    assert not nothing_heard(words, "stop")
