"""Words that always work, while a page of questions is open."""

from __future__ import annotations

import pytest

from bot.engine.library import Library
from tests.engine.test_page import TEXTS, by_mail, by_text, entries, numbered


@pytest.mark.parametrize("channel", ["email", "webchat"])
@pytest.mark.parametrize("word", ["menu", "help"])
def test_a_word_that_always_works_does_not_send_the_open_page_again(library: Library, word: str, channel: str) -> None:
    talker = by_mail(library)
    talker.send(word.upper(), found={"command": word, "command_exact": True}, channel=channel)
    told, still = talker.said
    assert ("MENU" if word == "help" else "PERSON") in told
    assert still == "My questions are still open. Answer when you like."
    talker.send(numbered(TEXTS))
    assert entries(talker) == entries(by_text(library, "", TEXTS))


def test_the_open_page_comes_again_in_a_language_just_chosen(library: Library) -> None:
    talker = by_mail(library)
    talker.send("LANGUAGE", found={"command": "language", "command_exact": True})
    talker.send("2")
    assert "1. Usted conoce mejor que nadie a Maya" in talker.said[-1]


def test_by_text_the_question_of_an_open_page_is_asked_again(library: Library) -> None:
    talker = by_mail(library)
    talker.send("MENU", found={"command": "menu", "command_exact": True}, channel="sms")
    assert talker.said[-1].startswith("Here is the question again: You know Maya best.")
