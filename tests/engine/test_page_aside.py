"""Words that always work, while a page of questions is open."""

from __future__ import annotations

import pytest

from bot.engine.library import Library
from tests.engine.talker import Talker
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


def test_what_is_written_beside_the_form_is_a_note_and_answers_no_question(library: Library) -> None:
    talker = by_mail(library)
    talker.send("The bus is late every day", channel="webchat")
    assert talker.written() == [("observation", {"note": "The bus is late every day"})]
    assert talker.handed() == [("liaison", "free_note")]
    assert talker.said == ["Thank you. I gave your words to Ms. Ortiz. You will hear back by Thursday, November 19."]
    answers = numbered(TEXTS)
    talker.send(answers, channel="webchat", whole=answers)
    assert entries(talker)[1:] == entries(by_text(library, "", TEXTS))


def test_a_question_of_an_open_page_that_is_asked_by_text_is_answered_by_text(library: Library) -> None:
    talker = by_mail(library)
    talker.send("Drawing", channel="sms")
    assert talker.written() == [("strength", {"interests": "Drawing"})]


def test_where_no_form_is_shown_what_is_written_on_their_page_answers_the_question(library: Library) -> None:
    talker = Talker(library, channel="email", trusted=False)
    talker.start("welcome")
    talker.send("2", channel="webchat")
    assert talker.written() == [("preference", {"language": "es"})]
