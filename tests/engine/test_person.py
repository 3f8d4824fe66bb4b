"""A wish for a person inside a sentence brings one and keeps the open question; an answer about talking is an answer."""

from __future__ import annotations

import pytest

from bot.engine.events import Alert, Write
from bot.engine.library import Library
from tests.engine.talker import Talker

HEARD = {"person": True}
CALLS = "Ms. Ortiz will call you by Thursday, November 19."


def at_home(library: Library, **scene: object) -> Talker:
    talker = Talker(library, **scene)  # type: ignore[arg-type]
    talker.start("home-observations")
    return talker


@pytest.mark.parametrize(
    "text",
    [
        "necesito hablar con alguien por favor",
        "Can someone please call me",
        "Hi, I want to talk to a person about the bus",
        "Disculpe, me pueden llamar mañana por favor",
        "Sorry. Please call me after 5",
    ],
)
def test_a_person_is_told_and_the_question_stays_open(library: Library, text: str) -> None:
    talker = at_home(library)
    before = talker.frame
    talker.send(text, found=HEARD)
    assert talker.said == [CALLS]
    assert talker.handed() == [("liaison", "person")]
    assert [event.urgent for event in talker.of(Alert)] == [True]
    assert talker.frame["at"] == before["at"]
    talker.send("Dinosaurs")
    assert ("strength", {"interests": "Dinosaurs"}) in talker.written()


@pytest.mark.parametrize(
    "text",
    [
        "he needs to talk to someone at lunch",
        "she likes to talk with people",
        "I can't get him to call me when he is late",
        "el necesita hablar con alguien en el recreo",
        "when someone calls me lazy i get mad",
    ],
)
def test_an_answer_that_speaks_of_talking_is_an_answer(library: Library, text: str) -> None:
    talker = at_home(library)
    talker.send(text, found=HEARD)
    assert ("strength", {"interests": text}) in talker.written()
    assert talker.handed() == []


def test_a_wish_beside_an_answer_is_both(library: Library) -> None:
    talker = at_home(library)
    text = "He loves trucks and helps his uncle fix them. Please call me, I work nights"
    talker.send(text, found=HEARD)
    assert talker.handed() == [("liaison", "person")]
    assert ("strength", {"interests": text}) in talker.written()
    assert talker.said[0].startswith(CALLS)


def test_at_a_question_with_options_what_picks_one_is_an_answer(library: Library) -> None:
    talker = Talker(library)
    talker.start("early-concern", "staff_started")
    talker.send("call me", found=HEARD)
    assert talker.handed()[0][1] == "call_wish"
    talker = Talker(library)
    talker.start("early-concern", "review")
    talker.send("I need to speak to somebody", found=HEARD)
    assert talker.handed() == [("liaison", "person")]
    talker.send("2")
    assert talker.handed()[0][1] == "concern_same"


def test_in_a_crisis_the_words_answer_our_question(library: Library) -> None:
    talker = Talker(library)
    talker.send("words of danger", found={"danger_level": 2})
    talker.send("call me at 555 0100", found=HEARD)
    assert ("safety_flag", {"safe_number": "call me at 555 0100"}) in talker.written()


def test_without_an_open_question_it_is_no_loose_note(library: Library) -> None:
    talker = Talker(library)
    talker.send("quiero que me llamen en la tarde", found={"person": True, "question": True})
    assert talker.handed() == [("liaison", "person")]
    talker.send("she likes to talk with people", found=HEARD)
    assert talker.handed() == [("liaison", "free_note")]


def test_by_mail_the_answers_are_kept_and_a_person_is_told(library: Library) -> None:
    talker = Talker(library, channel="email")
    talker.start("home-observations")
    talker.send("1: trucks\n5: his uncle\n\nPlease call me.", found=HEARD)
    assert ("strength", {"interests": "trucks"}) in talker.written()
    assert ("liaison", "person") in talker.handed()


@pytest.mark.parametrize(
    ("lang", "text", "found"),
    [
        ("en", "i cant read good can u call me instead", HEARD),
        ("en", "I don't know how to read very well, can you call me", HEARD),
        ("en", "I can't read", HEARD),
        ("en", "sorry i cant read english pls", HEARD),
        ("es", "no se leer bien me puede llamar mejor", HEARD),
        ("es", "No sé leer", HEARD),
        ("es", "no entiendo me pueden llamar", HEARD),
    ],
)
def test_who_cannot_read_what_we_write_is_called(library: Library, lang: str, text: str, found: dict[str, bool]) -> None:
    talker = at_home(library, lang=lang)
    talker.send(text, found=found)
    assert talker.handed() == [("liaison", "person")]
    assert talker.of(Write) == []
    assert len(talker.said) == 1


@pytest.mark.parametrize(
    "text", ["I can't read his notebook, the teacher writes so small", "no puedo leer con ella porque trabajo de noche"]
)
def test_what_is_read_with_the_child_is_an_answer(library: Library, text: str) -> None:
    talker = at_home(library)
    talker.send(text, found=HEARD)
    assert ("strength", {"interests": text}) in talker.written()
    assert talker.handed() == []


def test_where_reading_in_the_family_is_asked_about_it_is_an_answer_too(library: Library) -> None:
    talker = Talker(library)
    talker.start("home-observations", "reading")
    for answer in ("Dinosaurs", "1", "2", "1"):
        talker.send(answer)
    assert talker.said[-1].startswith("Has anyone in the family found reading hard?")
    talker.send("i cant read good", found=HEARD)
    assert ("observation", {"reading.family": "i cant read good"}) in talker.written()
    assert talker.handed() == [("liaison", "person")]
    assert talker.said[0].startswith(CALLS)
