"""A "?" to any message: the same thing in parts and easier words, another language, a person; never the same sentence again."""

from __future__ import annotations

import pytest

from bot.engine.library import Library
from bot.engine.unclear import in_parts
from tests.engine.talker import ANA, LUIS, Talker

PUZZLED = ["?", "??", "¿?", "؟", "？", "?!", "I don't understand", "no entiendo", "No le entiendo", "what do you mean", "¿Mande?"]
PUZZLED += [
    "q quiere decir",
    "Q significa eso?",
    "no te entiendo",
    "a qué se refiere?",
    "wdym",
    "not sure what you mean",
    "dont get it",
    "idk what that means",
]
PUZZLED += ["No entiendo estas preguntas", "¿Me puede explicar?", "I don't understand these questions", "I'm confused."]


@pytest.mark.parametrize("text", PUZZLED)
def test_every_way_of_not_understanding_is_known(library: Library, text: str) -> None:
    assert library.words.puzzled(text)


@pytest.mark.parametrize("text", ["no entiendo la 3", "i dont understand question 2", "What does 3 mean?", "qué significa la opción 4"])
def test_who_does_not_understand_one_option_has_not_picked_it(library: Library, text: str) -> None:
    talker = Talker(library)
    talker.start("home-observations", "math")
    talker.send("cooking")
    talker.send(text)
    assert [kind for kind, _ in talker.written()] == ["strength"]
    assert talker.said[0].startswith("Let me try another way.")


@pytest.mark.parametrize(
    "text", ["3 yes", "the 2", "what 3 friends say", "number 4", "", "1", "ok", "why not", "Soccer?", "no", "...", "!"]
)
def test_and_nothing_else_is_taken_for_it(library: Library, text: str) -> None:
    assert not library.words.puzzled(text)


@pytest.mark.parametrize(
    ("lang", "opening", "easier"),
    [
        ("en", "Let me try another way.", "What does Maya like to do?"),
        ("es", "Lo digo de otra manera.", "¿Qué le gusta hacer a Maya?"),
    ],
)
def test_an_open_question_comes_in_easier_words_with_another_language_and_a_person(
    library: Library, lang: str, opening: str, easier: str
) -> None:
    talker = Talker(library, lang=lang)
    asked = talker.start("home-observations").events[0].text
    talker.send("?")
    first, second, *_ = talker.said[0].split("\n")
    assert (first, second) == (opening, easier)
    assert asked not in talker.said[0]
    assert "PERSON" in talker.said[-1]
    assert ("LANGUAGE" if lang == "en" else "IDIOMA") in talker.said[-1]
    talker.send("frogs" if lang == "en" else "las ranas")
    assert talker.written()[-1][0] == "strength"


def test_no_open_question_of_one_sentence_is_answered_with_the_same_sentence(library: Library) -> None:
    """In parts it would be the same again, under "Let me try another way"."""
    bare = [
        step.id
        for flow_id in ("home-observations", "early-concern", "welcome")
        for part in library.latest[flow_id].parts.values()
        for step in part.steps
        if step.kind == "text" and step.id != "1-other" and library.text(flow_id, f"simple_{step.id}", "es") is None
    ]
    assert bare == []


@pytest.mark.parametrize("text", ["I don't understand", "what do you mean"])
def test_who_does_not_understand_a_list_of_answers_has_not_picked_other(library: Library, text: str) -> None:
    talker = Talker(library)
    talker.start("home-observations")
    talker.send("frogs")
    talker.send(text)
    assert talker.said[0].startswith("Let me try another way.\nWhat kind of person is Maya?")
    assert ("strength", {"interests": "frogs"}) == talker.written()[-1]


def test_a_question_with_answers_gives_each_its_line_and_its_number_still_answers_it(library: Library) -> None:
    talker = Talker(library)
    talker.start("home-observations")
    talker.send("frogs")
    talker.send("?")
    lines = talker.said[0].split("\n")
    assert lines[1:4] == ["What kind of person is Maya?", "1 Kind", "2 Funny"]
    talker.send("2")
    assert ("strength", {"character": ["funny"]}) in talker.written()


def test_the_second_time_a_person_comes_and_the_talk_goes_on(library: Library) -> None:
    talker = Talker(library)
    talker.start("home-observations")
    talker.send("?")
    assert talker.handed() == []
    talker.send("no entiendo")
    assert talker.handed() == [("liaison", "misunderstood")]
    assert talker.refs[-1] == "home-observations/2"


def test_a_read_back_is_said_sentence_by_sentence(library: Library) -> None:
    talker = Talker(library)
    talker.start("home-observations")
    for text in ("frogs", "2", "1", "Spanish", "grandma", "joy"):
        talker.send(text)
    before = talker.said[-1]
    talker.send("?")
    lines = talker.said[0].split("\n")
    assert [line for line in lines if line.endswith("Maya loves: frogs.")]
    assert lines[-3:-1] == ["1 Good", "2 Change"]
    assert before not in talker.said
    talker.send("1")
    assert talker.refs[-1] == "common/confirmed"
    assert talker.handed() == []


LETTER = ("A", "en", "Your meeting is on May 4 at 3 pm. It is in room 12. Please bring the book.")


def test_a_message_that_asked_nothing_is_said_again_and_one_question_follows(library: Library) -> None:
    talker = Talker(library)
    talker.send("?", last_said=LETTER)
    assert talker.said[0].split("\n") == ["Let me try another way.", *in_parts(LETTER[2])]
    assert len(in_parts(LETTER[2])) == 3
    assert talker.said[1].startswith("Is it clear now? 1 Yes 2 Another language 3 Please call me")
    talker.send("1")
    assert talker.said == ["Good. Write me any time."]
    assert talker.session is None


def test_then_a_person_can_be_had(library: Library) -> None:
    talker = Talker(library)
    talker.send("no entiendo", last_said=LETTER)
    talker.send("3")
    assert ("liaison", "not_understood") in talker.handed()
    assert talker.said[-1].startswith("Ms. Ortiz will call you by")
    assert talker.session is None


def test_or_another_language_which_is_also_a_person_s_task(library: Library) -> None:
    talker = Talker(library)
    talker.send("?", last_said=LETTER)
    talker.send("2")
    assert ("liaison", "unread_language") in talker.handed()
    assert "Español" in talker.said[-1]
    talker.send("Español")
    assert talker.said[-1].startswith("¿Está claro ahora?") or "español" in talker.said[0].lower()


def test_not_understood_again_a_person_comes(library: Library) -> None:
    talker = Talker(library)
    talker.send("?", last_said=LETTER)
    talker.send("?")
    talker.send("?")
    assert ("liaison", "misunderstood") in talker.handed()


@pytest.mark.parametrize("last", [("D", "en", "Her score is 12."), ("F", "en", "Call 911."), ("C", "en", "Ana had a good week.")])
def test_what_may_not_be_said_again_just_so_goes_to_a_person(library: Library, last: tuple[str, str, str]) -> None:
    talker = Talker(library, cases=(ANA, LUIS))
    talker.send("?", last_said=last)
    assert ("liaison", "not_understood") in talker.handed()
    assert last[2] not in " ".join(talker.said)


def test_a_message_in_another_language_is_not_said_again_but_asked_about(library: Library) -> None:
    talker = Talker(library, lang="es")
    talker.send("?", last_said=LETTER)
    assert talker.said[0].startswith("¿Está claro ahora?")


def test_without_a_message_of_ours_there_is_the_menu(library: Library) -> None:
    talker = Talker(library)
    talker.send("?")
    assert talker.refs == ["common/menu"]


def test_an_answer_of_the_bank_is_said_in_parts_before_a_person_comes(library: Library) -> None:
    talker = Talker(library)
    talker.send("Why was my daughter picked?", found={"question": True})
    asked = talker.said[0]
    talker.send("?")
    assert talker.said[0].startswith("Let me try another way.\n")
    assert talker.said[0] != asked
    assert "\n1 Yes\n2 No\n3 Ask a person" in talker.said[0]
    talker.send("?")
    assert talker.handed() == [("liaison", "question")]


def test_a_time_of_day_ends_no_sentence() -> None:
    assert in_parts("Nos vemos a las 3:30 p. m., en la sala 4. ¿Viene?") == ["Nos vemos a las 3:30 p. m., en la sala 4.", "¿Viene?"]
