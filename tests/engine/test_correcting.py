"""At the read-back: what is wrong said at once, a part chosen with more words, and nothing changed after all."""

from __future__ import annotations

import pytest

from bot.engine.events import Handoff, Write
from bot.engine.library import Library
from tests.engine.test_talk import core


@pytest.mark.parametrize(
    "text", ["no, the second one should be brave", "that's wrong, she also loves chess", "No es así, le gusta el ajedrez"]
)
def test_what_is_wrong_is_kept_and_where_it_belongs_is_asked(library: Library, text: str) -> None:
    talker = core(library)
    talker.send(text)
    assert [(one.kind, one.raw) for one in talker.of(Write)] == [("observation", text)]
    assert [(one.reason, one.text) for one in talker.of(Handoff)] == [("free_note", text)]
    assert talker.said[0].startswith("Thank you. I saved that. Which part should I change? 1 ")
    talker.send("2")
    assert talker.refs == ["home-observations/2"]
    talker.send("6")
    assert talker.said[0].startswith("I changed it. I wrote:")
    assert "Brave" in talker.said[0]


@pytest.mark.parametrize("text", ["the second, she is funny too", "number 2. I meant brave", "2, she is brave"])
def test_a_part_is_chosen_with_more_words_behind_it(library: Library, text: str) -> None:
    talker = core(library)
    talker.send("2")
    talker.send(text)
    assert talker.refs == ["home-observations/2"]


@pytest.mark.parametrize("text", ["never mind, leave it like that", "no mejor déjelo así", "SKIP", "I don't know"])
@pytest.mark.parametrize("part", ["1", "2"])
def test_a_part_stays_as_it_was_when_they_leave_it(library: Library, part: str, text: str) -> None:
    talker = core(library)
    before = talker.said[0]
    talker.send("2")
    talker.send(part)
    talker.send(text, found={"command": "skip", "command_exact": True} if text == "SKIP" else {})
    assert talker.of(Write) == []
    assert talker.said[0].endswith(before)
    assert "I changed it" not in talker.said[0]


def test_an_own_word_stays_when_its_part_is_left_as_it_was(library: Library) -> None:
    talker = core(library)
    for line in ("2", "2", "gentle with animals", "2", "2", "never mind"):
        talker.send(line)
    assert "Maya is: gentle with animals." in talker.said[0]
