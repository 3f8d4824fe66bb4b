"""A file of a kind that is not kept: what the family is told about it is true, in every place a file can come."""

from __future__ import annotations

import pytest

from bot.engine.events import Write
from bot.engine.library import Library
from tests.engine.talker import ANA, LUIS, Talker, talking

FILE = "I could not save this file. Photos and voice notes work. A person at school can take it another way."
WORDS = "I saved your words. I could not save the file."
SOME = "I saved what I could. Not every file could be saved"
SAVED = "I saved it for the team"


def told(talker: Talker) -> str:
    return " ".join(talker.said)


@pytest.mark.parametrize(
    ("text", "lost", "words"), [("", "all", FILE), ("", "some", SOME), ("She reads a lot", "all", WORDS), ("1", "all", WORDS)]
)
def test_what_is_said_of_a_file_is_true_and_the_line_names_it(library: Library, text: str, lost: str, words: str) -> None:
    talker = talking(library)
    talker.send(text, media=("att_1", "att_2"), not_kept=lost)
    assert told(talker).count(words) == 1
    assert SAVED not in told(talker)
    assert [one.media for one in talker.of(Write) if one.media] == [("att_1", "att_2")]
    assert "1 " in told(talker) or "?" in told(talker), "the talk goes on"


def test_a_file_that_is_kept_is_thanked_for_as_ever(library: Library) -> None:
    talker = talking(library)
    talker.send("", media=("att_1",))
    assert SAVED in told(talker)
    assert "could not" not in told(talker)


@pytest.mark.parametrize("text", ["", "Look at this please"])
def test_out_of_the_blue_it_is_said_as_well(library: Library, text: str) -> None:
    talker = Talker(library)
    talker.send(text, media=("att_1",), not_kept="all")
    assert told(talker).count(WORDS if text else FILE) == 1


def test_while_nothing_else_is_said_it_is_said_alone(library: Library) -> None:
    talker = talking(library)
    talker.send("", media=("att_1",))
    talker.send("", media=("att_2",), second="unread", not_kept="all")
    assert told(talker).count(FILE) == 1


def test_beside_which_child_it_is_said_once(library: Library) -> None:
    talker = Talker(library, cases=(ANA, LUIS))
    talker.send("", media=("att_1",), not_kept="all")
    first = told(talker)
    talker.send("1")
    assert (FILE in first, "could not save" in told(talker), SAVED in told(talker)) == (True, False, False)


def test_a_cry_for_help_is_answered_without_a_word_about_files(library: Library) -> None:
    talker = talking(library)
    talker.send("I want to die", media=("att_1",), not_kept="all", found={"danger_level": 2})
    assert "save" not in told(talker)
