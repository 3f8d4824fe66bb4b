"""Which language a family likes best (F01, F25): named among other words, and never asked twice in the same words."""

from __future__ import annotations

import pytest

from bot.engine.library import Library
from tests.engine.talker import Talker


def welcomed(library: Library, lang: str = "en", *texts: str) -> Talker:
    talker = Talker(library, lang=lang)
    talker.start("welcome")
    for text in texts:
        talker.send(text)
    return talker


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("english pls", "en"),
        ("English is good", "en"),
        ("ingles", "en"),
        ("español x favor", "es"),
        ("en español por favor", "es"),
        ("Spanish please", "es"),
        ("hablo español", "es"),
        ("i only speak english", "en"),
    ],
)
def test_a_language_is_named_among_other_words(library: Library, text: str, lang: str) -> None:
    assert welcomed(library, "en", text).written()[0] == ("preference", {"language": lang})


@pytest.mark.parametrize("text", ["no english", "no hablo ingles", "english or spanish", "she has english class in the morning every day"])
def test_who_denies_it_or_names_two_or_tells_something_else_has_not_chosen(library: Library, text: str) -> None:
    assert ("preference", "language") not in [(kind, next(iter(norm))) for kind, norm in welcomed(library, "en", text).written()]


def test_a_language_we_do_not_write_is_named_politely_too(library: Library) -> None:
    assert welcomed(library, "en", "soomaali please").written()[0] == ("preference", {"language": "other"})
    assert welcomed(library, "en", "I only speak Somali").written()[0] == ("preference", {"language": "other"})


def test_what_is_the_word_for_another_language_anywhere_else_chooses_one_here(library: Library) -> None:
    talker = welcomed(library)
    talker.send("I speak English", found={"command": "language", "command_exact": True})
    assert talker.written()[0] == ("preference", {"language": "en"})


def test_what_was_not_understood_is_asked_in_other_words_in_every_language(library: Library) -> None:
    first = welcomed(library)
    hello = first.said[0]
    first.send("yea this is rosa who is this tho")
    assert "Hello" in hello
    assert first.said[0] == (
        "Let me try another way. Please reply with one number.\nLo intento de otra forma. Por favor responda con un número.\n"
        "1 English 2 Español 3 Other"
    )
    assert "nudge" in first.timers()
