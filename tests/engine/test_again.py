"""LANGUAGE in the middle: what is open is said once more in the language just chosen, with what the family could not read."""

from __future__ import annotations

from datetime import date

import orjson
import pytest

from bot.engine.library import Library
from bot.engine.retold import retold
from tests.engine.talker import ANA, LUIS, Talker
from tests.engine.test_question import ASKED, NEAR

COMMAND = {"command": "language", "command_exact": True}
WEDNESDAY = date(2026, 11, 18)


def to_spanish(talker: Talker) -> str:
    talker.send("LANGUAGE", found=COMMAND)
    talker.send("2")
    return talker.said[-1]


def test_an_answer_of_the_bank_is_given_again_with_its_question(library: Library) -> None:
    talker = Talker(library)
    talker.send("What is MTSS?", found={"question": True})
    assert to_spanish(talker).startswith("MTSS ")
    assert talker.said[-1].endswith("1 Sí 2 No 3 Preguntar a una persona")
    talker.send("1")
    assert talker.session is None


def test_which_child_is_asked_again(library: Library) -> None:
    talker = Talker(library, cases=(ANA, LUIS))
    talker.send("She reads to the dog every night")
    assert to_spanish(talker) == "¿Es sobre 1 Ana 2 Luis?"


def test_a_talk_that_rests_says_how_to_go_on(library: Library) -> None:
    talker = Talker(library)
    frame = {"f": "early-concern", "v": 1, "p": library.flow("early-concern").first, "at": "rest", "s": 1, "n": {}, "e": {}, "h": []}
    talker.session = orjson.dumps(frame)
    assert to_spanish(talker) == "Responda MÁS para seguir."


def test_two_questions_that_were_offered_are_offered_again(library: Library) -> None:
    talker = Talker(library)
    talker.send(NEAR, found=ASKED)
    assert talker.refs == ["question/nearest"]
    assert "3 " in to_spanish(talker)
    assert talker.refs[-1] == "question/nearest"


def test_the_offer_of_a_call_is_made_again(library: Library) -> None:
    talker = Talker(library)
    talker.start("home-observations")
    for _ in range(2):
        talker.ring("nudge")
    assert talker.frame["at"] == "call"
    to_spanish(talker)
    assert talker.refs[-1] == "common/nudge_call"


def test_which_part_shall_change_is_asked_again(library: Library) -> None:
    talker = Talker(library)
    talker.start("home-observations", "math")
    while talker.frame["at"] != "readback":
        talker.send("1")
    talker.send("2")
    assert talker.frame["at"] == "which"
    to_spanish(talker)
    assert talker.refs[-1] == "common/which_part"


@pytest.mark.parametrize(
    ("ref", "body", "spanish"),
    [
        (
            "reminder/2",
            "No problem. Thank you. Ms. Ortiz will write to you with a new time by Thursday, November 26.",
            "Gracias. Ms. Ortiz le escribirá con una nueva hora a más tardar el jueves 26 de noviembre.",
        ),
        (
            "common/person",
            "Ms. Ortiz will call you by Friday, November 20.",
            "Ms. Ortiz le llamará a más tardar el viernes 20 de noviembre.",
        ),
        ("common/staff_thanks", "Mr. Lee says thank you. We read what you shared about your child.", "su hijo o hija"),
        ("common/person", "Ms. Ortiz will call you by next week.", None),
        ("common/person", "Something nobody of us says.", None),
        ("question/answered", "Ms. Ortiz answered: at nine. Is there more?", None),
        ("letter/ltr_1", "Maya read to us all.", None),
    ],
)
def test_a_text_of_ours_is_told_in_another_language_with_its_own_day(library: Library, ref: str, body: str, spanish: str | None) -> None:
    found = retold(library, ref, body, "en", "es", WEDNESDAY)
    assert (found is None) if spanish is None else (found is not None and spanish in found)


def test_the_hour_of_a_text_is_said_as_the_other_language_says_it(library: Library) -> None:
    told = retold(library, "crisis/staff_told", "School staff were told at 3:05 PM and will call you.", "en", "es", WEDNESDAY)
    assert told is not None
    assert "3:05 p. m." in told.replace("\N{NO-BREAK SPACE}", " ").replace("\N{NARROW NO-BREAK SPACE}", " ")
