"""Numbers that come where words are asked for, behind a choice that was left out or not understood, are that choice (F05 and all others)."""

from __future__ import annotations

import pytest

from bot.engine.events import Write
from bot.engine.library import Library
from tests.engine.talker import Talker

WHAT = "What do you see?"


def concern(library: Library, *sent: str, lang: str = "en") -> Talker:
    talker = Talker(library, lang=lang)
    talker.start("early-concern")
    for text in sent:
        talker.send(text)
    return talker


def written(talker: Talker) -> list[tuple[str, str]]:
    return [(write.step_id, write.raw) for turn in talker.turns for write in turn.events if isinstance(write, Write) and write.step_id]


@pytest.mark.parametrize("before", [("idk",), ("idk", "?"), ("?", "?"), ("?", "idk"), ("blah", "huh xyz"), ("SKIP",)])
def test_they_are_the_two_choices_and_not_what_the_parent_sees(library: Library, before: tuple[str, ...]) -> None:
    talker = concern(library, *before)
    talker.send("5 and 8")
    assert talker.frame["n"] == {"domains": ["friends", "other"]}
    assert WHAT in talker.said[-1], "words are asked for again"
    talker.send("He cries before school")
    assert talker.frame["n"]["what"] == "He cries before school"
    assert written(talker) == [("1", "5 and 8"), ("2", "He cries before school")]


@pytest.mark.parametrize("text", ["5, 8", "5 8", "8 y 5", "5"])
def test_however_the_numbers_are_written(library: Library, text: str) -> None:
    talker = concern(library, "idk")
    talker.send(text)
    assert talker.frame["n"]["domains"] == (["friends"] if text == "5" else ["friends", "other"])


def test_what_hangs_on_the_choice_happens(library: Library) -> None:
    talker = concern(library, "idk")
    talker.send("7")
    assert talker.handed() == [("nurse", "health")]
    assert "school nurse will call you" in talker.said[-1]


@pytest.mark.parametrize("text", ["9 and 12", "5 times a day he cries", "2 and a half pages take him an hour"])
def test_numbers_that_are_no_choice_are_words(library: Library, text: str) -> None:
    talker = concern(library, "idk")
    talker.send(text)
    assert (talker.frame["n"]["domains"], talker.frame["n"]["what"]) == (None, text)


def test_a_choice_that_was_answered_stays(library: Library) -> None:
    talker = concern(library, "1")
    talker.send("5 and 8")
    assert (talker.frame["n"]["domains"], talker.frame["n"]["what"]) == (["reading"], "5 and 8")
    talker = concern(library, "idk", "He cries", "idk")
    talker.send("3")
    assert talker.frame["n"]["since"] == "longer", "a choice of one as well"
