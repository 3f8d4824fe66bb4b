"""All languages' lists apply to every text at once: what is an alarm in one must not be an everyday word of another."""

from __future__ import annotations

import pytest

from bench.screening.phrases import phrases
from bot.lists import shipped_words
from bot.screen.screen import screen

pytestmark = pytest.mark.no_cover

RAISING = ("danger", "danger_words", "stop", "stop_words", "evaluation", "identity")


def test_everyday_texts_of_one_language_raise_nothing_in_another(alone):
    told = [(phrase.lang, phrase.text) for phrase in phrases() if not phrase.kind]
    assert len(told) > 1000
    foreign = []
    for lang, text in told:
        rows = [row for row in screen(alone, text, lang).matched if row.split(".")[0] in RAISING]
        if rows and all(row.split(".")[1] not in {lang, "en"} for row in rows):
            foreign.append((lang, text, rows))
    assert len(foreign) <= 0.003 * len(told), foreign


@pytest.fixture(scope="module")
def shipped():
    return shipped_words()


@pytest.mark.parametrize(
    "lang, text",
    [
        ("en", "He's great at fixing things with his dad"),
        ("es", "cuidar a los bebés"),
        ("es", "me da pena escribir, no sé bien"),
        ("en", "he had a seizure when he was 2 but nothing since"),
    ],
)
def test_a_slip_in_one_language_is_no_alarm_of_another(shipped, lang, text):
    assert [row for row in screen(shipped, text, lang).matched if row.startswith("danger.")] == []


@pytest.mark.parametrize(
    "text",
    ["mi esposo me golpeaa a mi y a mis hijos", "toi muon chet", "мой сын хочет умереть", "i want to die", "mera shohar mujhe maarta hai"],
)
def test_danger_is_heard_in_the_language_that_comes_first(shipped, text):
    for lang in ("en", "es", "so", "xx"):
        assert 0 < screen(shipped, text, lang).danger_level <= 3


@pytest.mark.parametrize("lang, text", [("vi", "đánh giá"), ("pt", "AVALIAÇÃO"), ("en", "EVALUATION"), ("ht", "evalyasyon")])
def test_the_word_evaluation_asks_for_one(shipped, lang, text):
    found = screen(shipped, text, lang)
    assert (found.command, found.evaluation) == ("evaluation", "possible")
