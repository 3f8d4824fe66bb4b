"""An answer and a question in one message, and two questions in one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.engine.events import Handoff, Write
from bot.engine.library import Library
from bot.engine.scene import Ways
from tests.engine.talker import ANA, LUIS, Talker, talking

ASKED = {"question": True}


def kept(talker: Talker) -> list[tuple[str, dict[str, object], str]]:
    return [(event.kind, dict(event.norm), event.raw) for event in talker.of(Write)]


@pytest.mark.parametrize("text", ["Her aunt. What are the tiers?", "What are the tiers? Her aunt."])
def test_the_answer_is_kept_and_the_question_answered(library: Library, text: str) -> None:
    talker = talking(library)
    talker.send("1")
    talker.send("7")
    talker.send("English")
    talker.send(text, found=ASKED)
    assert kept(talker) == [("question", {"faq_id": "Q03"}, text), ("strength", {"supports": "Her aunt."}, text)]
    assert talker.refs == ["faq/Q03", "home-observations/6"]


def test_in_spanish_the_question_needs_no_full_stop_before_it(library: Library) -> None:
    talker = Talker(library, lang="es")
    talker.start("home-observations")
    talker.send("dibujar, y ¿qué son los niveles?", found=ASKED)
    assert [norm for _, norm, _ in kept(talker)] == [{"faq_id": "Q03"}, {"interests": "dibujar"}]


def test_an_option_and_a_question(library: Library) -> None:
    talker = talking(library)
    talker.send("1 and 3. What are the tiers?", found=ASKED)
    assert [norm for _, norm, _ in kept(talker)] == [{"faq_id": "Q03"}, {"character": ["kind", "curious"]}]
    talker.send("5 and 7, what are the tiers?", found=ASKED)
    assert [norm for _, norm, _ in kept(talker)] == [{"faq_id": "Q03"}, {"conditions": ["clear_steps", "music"]}]


def test_an_option_and_a_question_for_a_person(library: Library) -> None:
    talker = talking(library)
    talker.send("1")
    talker.send("7. Does the bus stop at the mall on Fridays?", found=ASKED)
    assert kept(talker)[0][1] == {"conditions": ["music"]}
    assert talker.handed() == [("liaison", "question")]
    assert talker.said[0].startswith("I will pass your question to Ms. Ortiz.")


@pytest.mark.parametrize("text", ["Hi, sorry. What is MTSS?", "Thank you! I have a question. What is MTSS?", "I don't know. What is MTSS?"])
def test_courtesy_beside_a_question_is_no_answer(library: Library, text: str) -> None:
    talker = talking(library)
    talker.send("1")
    talker.send("7")
    talker.send(text, found=ASKED)
    assert talker.refs == ["faq/Q01", "home-observations/4"]
    assert talker.said[1].startswith("Here is the question again:")


def test_two_questions_in_one_message_are_both_answered(library: Library) -> None:
    text = "What is MTSS? And what are the tiers?"
    talker = talking(library)
    talker.send(text, found=ASKED)
    assert talker.refs == ["faq/Q01", "faq/Q03", "home-observations/2"]
    alone = Talker(library)
    alone.send(text, found=ASKED)
    assert [norm for _, norm, _ in kept(alone)] == [{"faq_id": "Q01"}, {"faq_id": "Q03"}]
    assert alone.said[-1].endswith("Did that help? 1 Yes 2 No 3 Ask a person")
    assert alone.handed() == []


@pytest.mark.parametrize("inside", [True, False])
def test_of_two_questions_a_person_gets_the_one_nobody_knows(library: Library, inside: bool) -> None:
    text = "What is MTSS? Where can I park my elephant?"
    talker = talking(library) if inside else Talker(library)
    talker.send(text, found=ASKED)
    assert talker.refs[0] == "faq/Q01"
    assert [(one.reason, one.text) for one in talker.of(Handoff)] == [("question", text)]
    assert "I will pass your question" in talker.said[1]


def test_an_answer_is_kept_beside_a_question_whose_answer_is_not_set(library: Library) -> None:
    talker = talking(library)
    talker.send("1")
    talker.send("7")
    talker.send("English. How long does the extra help last?", found=ASKED)
    assert [norm for _, norm, _ in kept(talker)] == [{"faq_id": "Q14"}, {"languages": "English."}]
    assert talker.handed() == [("liaison", "question")]


def test_the_greetings_of_a_letter_are_no_answer(library: Library) -> None:
    talker = Talker(library, channel="email")
    talker.start("home-observations")
    talker.send("Dear Ms. Ortiz,\n\nWhat is MTSS?\n\nWarmly,\nGrandma Dana", found=ASKED)
    assert [norm for _, norm, _ in kept(talker)] == [{"faq_id": "Q01"}]
    talker.send("Dear Ms. Ortiz,\n\nWhat is MTSS? And what are the tiers?\n\nWarmly,\nGrandma Dana", found=ASKED)
    assert [norm for _, norm, _ in kept(talker)] == [{"faq_id": "Q01"}, {"faq_id": "Q03"}]


def test_news_instead_of_did_that_help_are_no_question(library: Library) -> None:
    talker = Talker(library)
    talker.send("What is MTSS?", found=ASKED)
    talker.send("Maya loves to sing with her grandma")
    assert [(kind, norm) for kind, norm, _ in kept(talker)] == [("observation", {"note": "Maya loves to sing with her grandma"})]
    assert talker.said[0].startswith("Thank you. I gave your words to Ms. Ortiz.")
    assert talker.session is None


@pytest.mark.parametrize(
    "text", ["gracias maestra, bendiciones", "ok thanks bye", "Thank you, God bless you!", "ok gracias a usted maestra", "you too miss"]
)
def test_thanks_after_the_end_make_no_task(library: Library, text: str) -> None:
    talker = Talker(library)
    talker.send(text)
    assert (talker.handed(), talker.said, talker.written()) == ([], [], [])


@pytest.mark.parametrize("text", ["¿cómo va mi hijo?", "como va mi hija en la escuela"])
def test_how_is_my_child_doing_is_no_question_about_other_children(library: Library, text: str) -> None:
    talker = Talker(library)
    assert library.bank.match(text).sure == "Q16"
    talker.send(text, found=ASKED)
    assert "faq/Q32" not in talker.refs


@pytest.mark.parametrize(
    "letter", ["Hola maestra,\n\nA Luis le encanta el ajedrez.\n\nCarmen", "A Luis le encanta el ajedrez y la clase de ciencias"]
)
def test_a_letter_about_the_other_child_is_no_answer_to_this_ones_page(library: Library, letter: str) -> None:
    talker = Talker(library, lang="es", cases=(ANA, LUIS), channel="email")
    talker.base = replace(talker.base, case=ANA)
    talker.start("home-observations", "reading")
    for line in ("comics", "2", "2"):
        talker.send(line)
    talker.send(letter)
    assert kept(talker) == []
    assert talker.said == ["¿Es sobre 1 Ana 2 Luis?"]


def test_a_question_in_a_letter_is_no_answer_for_having_as_many_paragraphs(library: Library) -> None:
    talker = Talker(library, channel="email")
    talker.start("home-observations", "reading")
    for line in ("comics", "2", "2"):
        talker.send(line)
    talker.send("Dear Ms. Ortiz,\n\nWhat is MTSS?\n\nDana", found=ASKED)
    assert [norm for kind, norm, _ in kept(talker) if kind != "question"] == []
    assert talker.said[0].startswith("MTSS means")


def test_a_letter_is_kept_while_we_wait_for_a_code(library: Library) -> None:
    ways = Ways(may_choose=True, mail="", mail_first=False, phone="yes", our_phone="", code=lambda _: "123456", spent=False)
    talker = talking(library, ways=ways)
    talker.send("EMAIL", found={"command": "email", "command_exact": True})
    talker.send("rosa@example.org")
    letter = "Maya loves to ride horses with her grandma on Sundays and she sings to all of them"
    talker.send(letter)
    assert kept(talker) == [("observation", {"note": letter}, letter)]
    assert talker.handed() == [("liaison", "free_note")]
    assert "Please text me its 6 numbers." in talker.said[0]
    talker.send("who gives the extra help", found=ASKED)
    assert talker.refs[0] == "faq/Q20"
    talker.send("123456")
    assert talker.written()[-1] == ("preference", {"channels": "email"})
