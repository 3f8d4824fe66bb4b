"""Danger of one level in whose words suicide or self-harm sounds too: its text names 988 and 911 both."""

from __future__ import annotations

import pytest

from bot.engine.page_reply import together
from bot.lists import shipped_words
from bot.screen.screen import screen
from bot.values.screening import Screening

BOTH = [
    ("I have a gun and I am going to kill myself", "en", 1),
    ("Last month my daughter drank bleach, she still say she want it all to end", "en", 1),
    ("tengo una pistola y me voy a matar", "es", 1),
    ("le vi los brazos llenos de rayitas con navajita de sacapuntas", "es", 3),
    ("waan is dilayaa, ma rabo inaan noolaado", "so", 1),
]
ONE = [
    ("there is a man with a gun in the house", "en", 1),
    ("my baby isnt breathing", "en", 1),
    ("help me", "en", 1),
    ("he hits me and the kids", "en", 3),
    ("hay un hombre con un cuchillo en la puerta", "es", 1),
    ("mi esposo me pega", "es", 3),
]


@pytest.mark.parametrize(("text", "lang", "level"), BOTH)
def test_suicide_is_heard_beside_another_danger(text, lang, level):
    found = screen(shipped_words(), text, lang)
    assert (found.danger_level, found.self_harm) == (level, True)


@pytest.mark.parametrize(("text", "lang", "level"), ONE)
def test_danger_that_is_nothing_else_stays_what_it_is(text, lang, level):
    found = screen(shipped_words(), text, lang)
    assert (found.danger_level, found.self_harm) == (level, False)


@pytest.mark.parametrize("other", [Screening(danger_level=2), Screening(danger_level=3, self_harm=True)])
def test_several_answers_hold_what_each_of_them_holds(other):
    found = together([Screening(danger_level=1), other])
    assert (found.danger_level, found.self_harm) == (1, True)
    assert not together([Screening(danger_level=1), Screening(danger_level=3)]).self_harm


BESIDE = [
    ("quiero que le hagan una evaluacion, dice que mejor se muere porque no puede leer", "es", 2),
    ("she needs an IEP evaluation and her uncle comes in her room at night", "en", 3),
    ("how do i get him tested, he cuts his arms when he can't do the work", "en", 2),
]


@pytest.mark.parametrize(("text", "lang", "level"), BESIDE)
def test_danger_is_heard_beside_the_request_it_explains(text, lang, level):
    found = screen(shipped_words(), text, lang)
    assert (found.danger_level, bool(found.evaluation)) == (level, True)


def test_what_breaks_a_court_order_now_is_danger_now():
    text = "El papá de ella, que tiene orden de alejamiento, la acaba de montar a la fuerza en un carro y me grita que no la vuelvo a ver"
    assert screen(shipped_words(), text, "es").danger_level == 1


@pytest.mark.parametrize(
    ("text", "level"),
    [("me dijo amá si me muero no llores", 2), ("el ayudante lo sujeto en el piso con la rodilla, trae la cara raspada", 3)],
)
def test_danger_in_an_answer_to_our_question_is_heard(text, level):
    assert screen(shipped_words(), text, "es", answering=True).danger_level == level
