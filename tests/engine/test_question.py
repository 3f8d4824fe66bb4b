"""F04: answered, offered, passed on; alone and in the middle of another talk."""

from __future__ import annotations

import pytest

from bot.engine.events import Handoff, Say, Write
from bot.engine.library import Library
from channels.text import fits
from tests.engine.talker import ANA, Talker

ASKED = {"question": True}


def test_a_question_is_answered_and_did_that_help_is_asked(library: Library) -> None:
    talker = Talker(library)
    talker.send("What is MTSS?", found=ASKED)
    assert talker.said[0].startswith("MTSS means Multi-Tiered System of Supports.")
    assert talker.said[0].endswith("Did that help? 1 Yes 2 No 3 Ask a person")
    assert [(write.kind, write.norm, write.raw) for write in talker.of(Write)] == [("question", {"faq_id": "Q01"}, "What is MTSS?")]
    assert fits(talker.said[0], library.faq_length)
    talker.send("yes")
    assert talker.session is None
    assert talker.handed() == []


def test_a_clear_match_needs_no_question_mark(library: Library) -> None:
    talker = Talker(library)
    talker.send("what does mtss mean")
    assert talker.refs == ["faq/Q01"]


@pytest.mark.parametrize("reply", ["2", "no", "3", "ask a person", "sort of", "más o menos", "none of these"])
def test_not_helped_goes_to_a_person_by_a_day_and_more_may_be_added(library: Library, reply: str) -> None:
    talker = Talker(library)
    talker.send("What is MTSS?", found=ASKED)
    talker.send(reply)
    assert [(event.reason, event.text) for event in talker.of(Handoff)] == [("question", "What is MTSS?")]
    assert talker.said == ["I will pass your question to Ms. Ortiz. You will hear back by Thursday, November 19. May I add anything?"]
    talker.send("She is in grade 3")
    assert talker.handed() == [("liaison", "question")]
    assert talker.refs == ["question/added"]
    assert talker.session is None


@pytest.mark.parametrize("reply", ["no", "ok", "no, es todo", "that's all", "3", "thanks", "nada más"])
def test_nothing_to_add_ends_it(library: Library, reply: str) -> None:
    talker = Talker(library)
    talker.send("Where can I park my elephant?", found=ASKED)
    assert talker.handed() == [("liaison", "question")]
    talker.send(reply)
    assert talker.handed() == []
    assert talker.session is None


def test_an_unknown_question_is_passed_on_and_never_guessed(library: Library) -> None:
    talker = Talker(library)
    talker.send("Where can I park my elephant?", found=ASKED)
    assert [(event.to_role, event.text) for event in talker.of(Handoff)] == [("liaison", "Where can I park my elephant?")]
    assert [write.norm for write in talker.of(Write)] == [{}]


def test_in_the_middle_of_a_talk_the_answer_comes_first_and_then_the_open_question(library: Library) -> None:
    talker = Talker(library)
    talker.start("home-observations")
    talker.send("What is MTSS?", found=ASKED)
    assert talker.refs == ["faq/Q01", "home-observations/1"]
    assert "Did that help" not in talker.said[0]
    talker.send("Dinosaurs")
    assert ("strength", {"interests": "Dinosaurs"}) in talker.written()


def test_at_a_choice_an_unknown_question_is_passed_on_and_the_choice_asked_again(library: Library) -> None:
    talker = Talker(library)
    talker.start("home-observations")
    talker.send("Dinosaurs")
    talker.send("Where can I park my elephant?", found=ASKED)
    assert talker.handed() == [("liaison", "question")]
    assert talker.said[-1].endswith("8 Other")
    assert talker.frame.get("m") is None


def test_words_with_a_question_mark_at_an_open_question_are_kept_as_the_answer_and_passed_on(library: Library) -> None:
    talker = Talker(library)
    talker.start("home-observations")
    talker.send("Frogs, can he bring his frog to class?", found=ASKED)
    assert ("strength", {"interests": "Frogs, can he bring his frog to class?"}) in talker.written()
    assert talker.handed() == [("liaison", "question")]
    assert talker.refs[-1] == "home-observations/2"


@pytest.mark.parametrize(
    "text",
    ["Do you know if he can get a locker?", "Hi! Quick question: can he get a locker?", "Hola, una pregunta, ¿cuándo es la junta?"],
)
def test_nothing_but_a_question_is_no_answer(library: Library, text: str) -> None:
    talker = Talker(library)
    talker.start("home-observations")
    talker.send(text, found=ASKED)
    assert [kind for kind, _ in talker.written()] == ["question"]
    assert talker.handed() == [("liaison", "question")]
    assert talker.refs[-1] == "home-observations/1"


@pytest.mark.parametrize("text", ["?", "...", "¿?", "-", "!!!", "", " "])
def test_punctuation_alone_is_asked_again(library: Library, text: str) -> None:
    talker = Talker(library)
    talker.start("home-observations")
    talker.send(text, found=ASKED)
    assert talker.written() == []
    assert talker.handed() == []
    assert talker.refs == ["home-observations/1"]


@pytest.mark.parametrize("text", ["", " ", "\n"])
def test_an_empty_text_files_nothing(library: Library, text: str) -> None:
    talker = Talker(library)
    talker.send(text)
    assert (talker.written(), talker.handed()) == ([], [])
    assert talker.refs == ["common/menu"]


@pytest.mark.parametrize("text", ["what do you mean", "¿Cómo?", "no entiendo la pregunta"])
def test_who_does_not_understand_is_asked_in_another_way_and_then_meets_a_person(library: Library, text: str) -> None:
    talker = Talker(library)
    talker.start("home-observations")
    talker.send(text, found=ASKED)
    assert talker.said[0].startswith("Let me try another way.\nWhat does Maya like to do?")
    talker.send(text, found=ASKED)
    assert talker.handed() == [("liaison", "misunderstood")]
    assert talker.written() == []
    assert talker.refs[-1] == "home-observations/2"


@pytest.mark.parametrize("text", ["hi", "Hola, buenas tardes!", "Good morning"])
def test_a_greeting_is_met_with_the_open_question_or_the_menu(library: Library, text: str) -> None:
    talker = Talker(library)
    talker.send(text)
    assert talker.refs == ["common/menu"]
    talker.start("home-observations")
    talker.send(text)
    assert talker.written() == []
    assert talker.refs == ["home-observations/1"]


def test_two_near_questions_are_offered_and_the_chosen_one_is_answered(library: Library) -> None:
    talker = Talker(library)
    talker.send(NEAR, found=ASKED)
    (say,) = talker.of(Say)
    assert say.ref == "question/nearest"
    assert len(say.options) == 3
    talker.send("1")
    assert talker.refs[0].startswith("faq/Q")


def test_none_of_the_two_goes_to_a_person(library: Library) -> None:
    talker = Talker(library)
    talker.send(NEAR, found=ASKED)
    talker.send("3")
    assert [event.text for event in talker.of(Handoff)] == [NEAR]


def test_other_words_at_the_offer_are_heard_by_the_talk_underneath(library: Library) -> None:
    talker = Talker(library)
    talker.start("home-observations")
    talker.send("Dinosaurs")
    talker.send(NEAR, found=ASKED)
    assert talker.refs == ["question/nearest"]
    talker.send("funny and brave")
    assert ("strength", {"character": ["funny", "brave"]}) in talker.written()


def test_a_value_the_district_has_not_set_means_a_person_answers(library: Library) -> None:
    talker = Talker(library)
    talker.send("How long does the extra help last?", found=ASKED)
    assert talker.handed() == [("liaison", "question")]
    told = Talker(library, values={"plan_weeks": "8"})
    told.send("How long does the extra help last?", found=ASKED)
    assert "about 8 weeks" in told.said[0]


def test_another_question_instead_of_did_that_help_is_answered(library: Library) -> None:
    talker = Talker(library)
    talker.send("What is MTSS?", found=ASKED)
    talker.send("What are the tiers?", found=ASKED)
    assert talker.refs == ["faq/Q03"]


def test_a_forced_question_is_one_without_any_sign_of_it(library: Library) -> None:
    talker = Talker(library)
    talker.send("the levels of help", start=("question", ""))
    assert talker.refs[0] in {"faq/Q03", "question/nearest"}
    other = Talker(library)
    other.send("elephants", start=("question", ""))
    assert other.handed() == [("liaison", "free_note")]


def test_thanks_are_not_handed_to_anybody(library: Library) -> None:
    talker = Talker(library)
    turn = talker.send("Thank you!")
    assert turn.events == ()


def test_a_note_is_kept_given_to_a_person_and_answered_with_a_day(library: Library) -> None:
    talker = Talker(library)
    talker.send("We will be away next week for a wedding")
    assert talker.written() == [("observation", {"note": "We will be away next week for a wedding"})]
    assert talker.handed() == [("liaison", "free_note")]
    assert talker.said == ["Thank you. I gave your words to Ms. Ortiz. You will hear back by Thursday, November 19."]


def test_somebody_without_a_case_is_answered_by_the_school(library: Library) -> None:
    talker = Talker(library, cases=())
    talker.send("We will be away next week for a wedding")
    assert talker.written() == []
    assert talker.refs == ["common/no_case"]


def test_an_answer_goes_by_the_case_it_is_about(library: Library) -> None:
    talker = Talker(library, cases=(ANA,))
    talker.send("What is MTSS?", found=ASKED)
    assert talker.last.case_id == "cas_ana"


NEAR = "how is school"


def test_a_no_with_words_of_its_own_goes_to_a_person_with_the_question(library: Library) -> None:
    talker = Talker(library)
    talker.send("What is MTSS?", found={"question": True})
    talker.send("no that's not what I meant")
    (task,) = talker.of(Handoff)
    assert (task.reason, task.text) == ("question", "What is MTSS?\n\nno that's not what I meant")


@pytest.mark.parametrize(("lang", "text"), [("en", "thx"), ("en", "thanks"), ("en", "ok thank u"), ("es", "gracias"), ("es", "ok grax")])
def test_thanks_for_an_answer_end_it(library: Library, lang: str, text: str) -> None:
    talker = Talker(library, lang=lang)
    talker.send("What is MTSS?", found={"question": True})
    talker.send(text)
    assert (talker.refs, talker.session, talker.handed()) == (["question/thanks"], None, [])


@pytest.mark.parametrize(("lang", "text"), [("en", "ok thx"), ("en", "thanks 4 ur help"), ("es", "gracias x su ayuda")])
def test_thanks_add_nothing_to_a_question_passed_on(library: Library, lang: str, text: str) -> None:
    talker = Talker(library, lang=lang)
    talker.send("Is it about the second floor closet?", found={"question": True})
    talker.send(text)
    assert (talker.refs, talker.session, talker.handed()) == (["question/thanks"], None, [])


@pytest.mark.parametrize(
    ("lang", "reply"),
    [("en", "oh ok"), ("en", "I see"), ("en", "got it"), ("en", "ok that makes sense"), ("es", "ya veo"), ("es", "ah ya entendí")],
)
def test_who_understands_was_helped(library: Library, lang: str, reply: str) -> None:
    talker = Talker(library, lang=lang)
    talker.send("que es mtss" if lang == "es" else "what is mtss", found=ASKED)
    talker.send(reply)
    assert talker.handed() == []
    assert talker.session is None


def test_what_works_is_said_in_two_words(library: Library) -> None:
    talker = Talker(library, lang="es")
    talker.send("no puedo ir a la junta", found=ASKED)
    assert "Responda con lo que le sirve." in talker.said[0]
    talker.send("el viernes")
    assert talker.handed() == [("liaison", "free_note")]


@pytest.mark.parametrize("reply", ["im not sure", "kinda", "not really"])
def test_who_is_not_sure_gets_a_person(library: Library, reply: str) -> None:
    talker = Talker(library)
    talker.send("what is mtss", found=ASKED)
    talker.send(reply)
    assert talker.handed() == [("liaison", "question")]
