"""Anybody may text anything: no text raises, none takes long, the memory of spellings stays bounded."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.screen import wordlists
from bot.screen.fold import fold, tokens
from bot.screen.screen import compile_words, screen
from bot.values.screening import Screening
from tests.screen.conftest import LANGUAGES, lists

WORDS = compile_words({lang: lists(lang) for lang in LANGUAGES})


@given(st.text(max_size=10_000))
def test_any_unicode_passes(text):
    assert isinstance(screen(WORDS, text), Screening)


@given(
    st.lists(
        st.sampled_from(["I", "want", "to", "die", "stop", "no", "me", "pega", "mi", "\n", ".", "?", "quiero", "que", "kill", "texting"]),
        max_size=60,
    )
)
def test_any_mixture_of_our_own_words_passes(some):
    assert isinstance(screen(WORDS, " ".join(some)), Screening)


@pytest.mark.parametrize(
    "text",
    [
        "kill my son he hits me with a belt " * 286,
        "no quiero que me " * 588,
        "stop " * 2000,
        "a" * 10_000,
        "é" * 10_000,
        "." * 10_000,
        "i want to i want to " * 500,
        "\u202e\u200b" * 5000,
        "👩‍👩‍👧‍👦🛑" * 1000,
        "زززز ي" * 1600,
        "я не хочу " * 1000,
        "停" * 10_000,
    ],
)
def test_ten_thousand_characters_take_no_time_worth_naming(text):
    screen(WORDS, text[:10_000])
    begin = time.thread_time()
    screen(WORDS, text[:10_000])
    assert time.thread_time() - begin < 5  # a tenth of a second here; what backtracks or squares takes minutes


def test_a_normal_message_costs_microseconds():
    text = "Le encanta el fútbol y dibujar con sus primos los domingos. Es muy amable y le ayuda a su abuela a cocinar."
    screen(WORDS, text)
    best = min(_timed(text) for _ in range(30))
    assert best < 200e-6, f"{best * 1e6:.0f} us"  # 20-30 us on a quiet machine; the rest is room for a busy one


def _timed(text: str) -> float:
    begin = time.thread_time()
    for _ in range(50):
        screen(WORDS, text)
    return (time.thread_time() - begin) / 50


def test_the_memory_of_spellings_is_bounded(monkeypatch):
    monkeypatch.setattr(wordlists, "_REMEMBERED", 10)
    words = compile_words({"en": {"stop_words": {"number": ["stop"]}}})
    for number in range(50):
        screen(words, f"word{number} and more{number}")
    assert len(words._known) <= 10
    assert screen(words, "stop").stop == "word"


def test_folding_forgets_case_accents_and_hidden_characters():
    assert fold("ÉVALÚEN") == "evaluen"
    assert fold("don’t") == "dont"
    assert fold("s\u200bt\u00ado\u2060p") == "stop"
    assert fold("STRASSE ß") == "strasse ss"


def test_tokens_are_words_ends_and_signs_of_scripts_without_spaces():
    assert tokens(fold("Hi, I am. Ok... then?")) == ["hi", "i", "am", ".", "ok", "then", "?"]
    assert tokens(fold("¿Qué es?")) == ["que", "es", "?"]
    assert tokens("停止abc") == ["停", "止", "abc"]
