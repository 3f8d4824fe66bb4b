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
