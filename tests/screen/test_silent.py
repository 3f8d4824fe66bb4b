"""A text is listened to before anything is known of its writer: what is silent then must be silent whoever wrote it."""

from __future__ import annotations

import pytest

from bench.screening.measure import ours
from bench.screening.ordinary import ordinary
from bench.screening.phrases import phrases
from bot.lists import shipped_words
from bot.screen.screen import compile_words, screen, silence

pytestmark = pytest.mark.no_cover


@pytest.fixture(scope="module")
def shipped():
    return shipped_words()


def test_what_is_silent_holds_nothing_in_any_language_and_the_finding_is_the_same(shipped):
    told = [*ours(), *ordinary()]
    silent = [(one, heard) for one in told if (heard := silence(shipped, one.text))]
    assert len(silent) > 1000
    for one, heard in silent:
        for lang in (one.lang, "en", "so", "zh"):
            for answering in (False, True):
                asked = {"enabled": ("en", "es"), "reviewed": {"en", "es"}, "answering": answering}
                assert screen(shipped, one.text, lang, **asked) == screen(shipped, one.text, lang, silent=heard, **asked), one
        assert screen(shipped, one.text, one.lang, answering=heard.answers).fired == ()


def test_what_is_silent_is_not_searched_again(shipped, monkeypatch):
    told = ("Que lea con gusto", "es"), ("Le gusta contar cuentos", "es"), ("He needs more quiet in the evening", "en")
    heard = {text: silence(shipped, text) for text, _ in told}
    monkeypatch.setattr(type(shipped), "look", None)
    for text, lang in told:
        assert screen(shipped, text, lang, ("en", "es"), answering=True, silent=heard[text]).fired == ()
    with pytest.raises(TypeError):  # in a school that works in Portuguese too, "que ..." may be a question
        screen(shipped, "Que lea con gusto", "es", ("en", "es", "pt"), answering=True, silent=heard["Que lea con gusto"])


def test_most_ordinary_answers_are_silent(shipped):
    told = ordinary()
    assert sum(silence(shipped, one.text) is not None for one in told) > 0.7 * len(told)


@pytest.mark.parametrize(
    "text", ["quiero morirme", "STOP", "ALTO", "help", "¿quién es?", "я хочу умереть", "numero equivocado", "need food", "pare, por favor"]
)
def test_what_a_list_hears_is_not_silent(shipped, text):
    assert silence(shipped, text) is None


def test_what_only_the_weights_hear_is_not_silent(shipped, alone):
    text = next(
        one.text
        for one in phrases("en")
        if one.kind == "danger" and silence(alone, one.text) is not None and screen(shipped, one.text).danger_level
    )
    assert silence(shipped, text) is None


def test_without_weights_the_lists_alone_decide():
    words = compile_words({"en": {"stop_words": {"number": ["stop"]}}})
    assert silence(words, "she likes to draw") is not None
    assert silence(words, "stop") is None
