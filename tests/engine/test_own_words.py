"""What somebody chose "Other" with is read back in their own words."""

from __future__ import annotations

import pytest

from bot.engine.library import Library
from tests.engine.talker import Talker, talking


def character(library: Library, lang: str, reply: str) -> tuple[list[str], str]:
    """(options, own words) that "What kind of person is Maya?" was answered with."""
    talker = talking(library, lang=lang)
    talker.send(reply)
    answers = talker.frame["n"]
    return answers["character"], answers.get("character.other", "")


@pytest.mark.parametrize(
    ("lang", "reply", "options", "own"),
    [
        ("en", "Other: drawing", ["other"], "drawing"),
        ("en", "8 she sings", ["other"], "she sings"),
        ("en", "8 Other drawing", ["other"], "drawing"),
        ("en", "8) with his brothers", ["other"], "with his brothers"),
        ("en", "Other - she draws, paints", ["other"], "she draws, paints"),
        ("en", "Kind, Other: drawing", ["kind", "other"], "drawing"),
        ("en", "she makes things with her hands", ["other"], "she makes things with her hands"),
        ("es", "Otro: dibujar", ["other"], "dibujar"),
        ("es", "1 y 8: dibuja", ["kind", "other"], "dibuja"),
        ("es", "gracias, amable y trabajadora", ["kind", "hard_working"], ""),
        ("es", "gracias, amable y soñadora", ["kind", "other"], "soñadora"),
        ("en", "thanks, kind and a dreamer", ["kind", "other"], "a dreamer"),
        ("en", "kind, a dreamer, thank you", ["kind", "other"], "a dreamer"),
        ("en", "kind, not a dreamer", ["kind"], ""),
        ("en", "kind, I think", ["kind"], ""),
        ("es", "8 algo más: pinta", ["other"], "pinta"),
        ("es", "Other: drawing", ["other"], "drawing"),
    ],
)
def test_the_words_behind_other_are_kept(library: Library, lang: str, reply: str, options: list[str], own: str) -> None:
    assert character(library, lang, reply) == (options, own)


@pytest.mark.parametrize("reply", ["8", "Other", "1 and 8", "Other, and kind", "something else"])
def test_a_choice_alone_has_no_words_of_its_own(library: Library, reply: str) -> None:
    assert character(library, "en", reply)[1] == ""


def test_the_read_back_says_them_and_a_correction_forgets_them(library: Library) -> None:
    talker = Talker(library)
    talker.start("home-observations")
    for reply in ("Dinosaurs", "1, other: she sings", "8", "English", "Grandma", "That she reads"):
        talker.send(reply)
    assert "Maya is: Kind, she sings. Keeps going with: Other." in talker.said[-1]
    talker.send("2")
    assert "2 Kind, she sings" in talker.said[-1]
    talker.send("2")
    talker.send("8")
    assert "Maya is: Other." in talker.said[-1]


def test_an_open_question_answered_with_other_has_no_options(library: Library) -> None:
    talker = Talker(library)
    talker.start("home-observations")
    talker.send("other")
    assert "What kind of person is Maya?" in talker.said[-1]
