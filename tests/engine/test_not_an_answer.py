"""What is no plain answer: I do not know, SKIP, BACK, words nobody understood, a photo alone."""

from __future__ import annotations

import pytest

from bot.engine.events import Handoff, SetTimer, Write
from bot.engine.library import Library
from tests.engine.talker import Talker
from tests.engine.test_talk import core


def test_i_do_not_know_is_fine_and_writes_nothing(library: Library) -> None:
    talker = Talker(library)
    talker.start("home-observations")
    for words in ("I don't know", "no sé", "idk"):
        talker.send(words)
        assert talker.said[0].startswith("That is fine. ")
    assert talker.written() == []


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("en", "nothing really"),
        ("en", "Nothing comes to mind"),
        ("en", "honestly nothing :("),
        ("en", "not much"),
        ("en", "no"),
        ("en", "I don't know, to be honest"),
        ("es", "nada la verdad"),
        ("es", "La verdad nada"),
        ("es", "pues no sé"),
        ("es", "no se me ocurre nada"),
        ("es", "No mucho"),
        ("es", "nada 😔"),
    ],
)
def test_nothing_is_no_strength_and_is_not_read_back_as_one(library: Library, lang: str, text: str) -> None:
    talker = Talker(library, lang=lang)
    talker.start("early-concern")
    for answer in ("1", "b / d", "1"):
        talker.send(answer)
    talker.send(text)
    assert talker.said[0].startswith({"en": "That is fine. ", "es": "Está bien. "}[lang])
    assert talker.refs == ["early-concern/5"]
    assert "strength" not in [kind for kind, _ in talker.written()]
    talker.send("Leemos")
    talker.send("1")
    assert text not in talker.said[0]


def test_nothing_helped_and_nothing_with_a_strength_in_it_are_answers(library: Library) -> None:
    talker = Talker(library, lang="es")
    talker.start("early-concern")
    for answer in ("1", "b / d", "1", "nada más le gusta dibujar", "nada"):
        talker.send(answer)
    assert talker.written()[-2:] == [("strength", {"even_when_hard": "nada más le gusta dibujar"}), ("concern", {"tried": "nada"})]


@pytest.mark.parametrize("text", ["2, muchas gracias por todo maestra", "2 gracias", "Muchas gracias por todo maestra, 2"])
def test_thanks_beside_a_choice_are_no_part_of_it(library: Library, text: str) -> None:
    talker = Talker(library, lang="es")
    talker.start("early-concern")
    for answer in ("1", "b / d", text):
        talker.send(answer)
    assert talker.written()[-1] == ("concern", {"since": "month"})


LATER = (
    "Thanks!",
    "ok gracias a usted maestra",
    "later",
    "I'll answer later",
    "Sorry, I can't right now",
    "Hi, thank you. I am busy right now, sorry",
    "gracias",
    "Luego contesto",
    "ahorita no puedo, luego le contesto por favor",
)


@pytest.mark.parametrize("text", ["thanks", "thank you so much", "gracias"])
def test_thanks_say_nothing_about_sleep_and_eating(library: Library, text: str) -> None:
    talker = Talker(library)
    talker.start("home-observations", "feelings")
    while talker.refs[-1] != "home-observations/S3":
        talker.send("SKIP")
    talker.send(text)
    assert talker.said == ["No rush. Reply any time that is good for you."]


@pytest.mark.parametrize("text", LATER)
@pytest.mark.parametrize("before", [[], ["Dinosaurs"]], ids=["open question", "choice"])
def test_thanks_and_later_leave_the_question_open_and_its_nudge_starts_anew(library: Library, before: list[str], text: str) -> None:
    talker = Talker(library)
    talker.start("home-observations")
    for line in before:
        talker.send(line)
    for _ in range(3):
        talker.send(text)
        assert talker.said == ["No rush. Reply any time that is good for you."]
        assert [timer.kind for timer in talker.of(SetTimer)] == ["nudge", "close"]
    assert (len(talker.written()), talker.handed()) == (len(before), [])
    talker.send("1")
    assert talker.refs == [f"home-observations/{len(before) + 2}"]


@pytest.mark.parametrize("text", ["thanks to her aunt she reads", "later she draws", "ahorita le gusta dibujar", "busy hands"])
def test_words_with_more_in_them_are_an_answer(library: Library, text: str) -> None:
    talker = Talker(library)
    talker.start("home-observations")
    talker.send(text)
    assert talker.written() == [("strength", {"interests": text})]


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("ok thanks", "ok"),
        ("Thanks", "ok"),
        ("thank you so much", "ok"),
        ("another time please", "change"),
        ("no puedo, gracias", "change"),
    ],
)
def test_thanks_and_later_that_are_an_option_pick_it(library: Library, text: str, meant: str) -> None:
    talker = Talker(library, lang="es" if "puedo" in text else "en")
    talker.start("reminder")
    talker.send(text)
    assert talker.written() == [("reminder_ack", {"answer": meant})]


@pytest.mark.parametrize("text", ["later please", "thanks, I am busy right now", "just a second"])
def test_a_delay_is_no_yes_and_no_second_option(library: Library, text: str) -> None:
    talker = Talker(library)
    talker.start("welcome")
    talker.send("1")
    talker.send("1")
    known = talker.written()
    talker.send(text)  # to "May we text you?", where "please" is a yes
    assert (talker.said, talker.written()) == (["No rush. Reply any time that is good for you."], known)


def test_skip_goes_on_and_a_required_question_stays(library: Library) -> None:
    talker = Talker(library)
    talker.start("welcome")
    talker.send("skip", found={"command": "skip", "command_exact": True})
    assert talker.said[0].startswith("I need an answer to this one before we go on.")
    assert talker.frame["at"] == 0


def test_back_asks_the_question_before_and_the_new_answer_corrects(library: Library) -> None:
    talker = Talker(library)
    talker.start("home-observations")
    talker.send("Dinosaurs")
    talker.send("2")
    talker.send("back", found={"command": "back", "command_exact": True})
    assert talker.refs == ["home-observations/2"]
    talker.send("3")
    (entry,) = talker.of(Write)
    assert (entry.norm, entry.corrects) == ({"character": ["curious"]}, "ent_2")
    assert talker.refs == ["home-observations/3"]


def test_back_at_the_first_question_says_so(library: Library) -> None:
    talker = Talker(library)
    talker.start("home-observations")
    talker.send("back", found={"command": "back", "command_exact": True})
    assert talker.said[0].startswith("This is the first question. You know Maya best.")


def test_back_at_the_read_back_asks_the_last_question(library: Library) -> None:
    talker = core(library)
    talker.send("back", found={"command": "back", "command_exact": True})
    assert talker.refs == ["home-observations/6"]
    talker.send("That she laughs")
    assert "Your hope: That she laughs." in talker.said[0]


def test_misunderstood_once_is_asked_in_another_way_and_twice_goes_to_a_person(library: Library) -> None:
    talker = Talker(library)
    talker.start("home-observations")
    talker.send("Dinosaurs")
    talker.send("xyzzy")
    again = "Let me try another way. Please reply with one or more numbers, like 1 and 3."
    assert talker.said == [again + " 1 Kind 2 Funny 3 Curious 4 Hard-working 5 Creative 6 Brave 7 Good helper 8 Other"]
    talker.send("plugh")
    assert talker.handed() == [("liaison", "misunderstood")]
    assert [event.text for event in talker.of(Handoff)] == ["plugh"]
    assert talker.refs[-1] == "home-observations/3"


def test_a_required_question_stays_open_after_a_person_took_over(library: Library) -> None:
    talker = Talker(library)
    talker.start("welcome")
    for line in ("1", "1", "hmm", "hmm hmm"):
        talker.send(line)
    assert talker.handed() == [("liaison", "misunderstood")]
    talker.send("1")
    assert talker.written()[-1] == ("consent", {"messaging": "yes"})


def test_an_understood_answer_clears_the_misunderstanding(library: Library) -> None:
    talker = Talker(library)
    talker.start("home-observations")
    talker.send("Dinosaurs")
    talker.send("xyzzy")
    talker.send("1")
    talker.send("xyzzy")
    assert talker.handed() == []


def test_a_photo_alone_is_an_answer_to_an_open_question(library: Library) -> None:
    talker = Talker(library)
    talker.start("home-observations")
    talker.send("", media=("att_1",))
    (entry,) = talker.of(Write)
    assert (entry.media, entry.norm) == (("att_1",), {"interests": ""})
    assert talker.refs[-1] == "home-observations/2"


def test_a_name_that_is_not_certain_is_not_said(library: Library) -> None:
    talker = Talker(library, trusted=False)
    talker.start("home-observations")
    assert "Maya" not in talker.said[0]
    assert "your child" in talker.said[0]


def test_more_than_a_word_or_a_voice_is_kept_whatever_becomes_of_the_question(library: Library) -> None:
    talker = Talker(library)
    talker.start("home-observations", "reading")
    talker.send("She likes")
    for words in ("dinosaur books", "\u5979\u559c\u6b22\u548c\u5f1f\u5f1f\u4e00\u8d77\u8bfb\u6f2b\u753b\u4e66"):
        talker.send(words)
        assert talker.written()[-1] == ("observation", {"note": words})
    talker.send("xyzzy")
    assert talker.written()[-1] != ("observation", {"note": "xyzzy"})
    talker.send("", media=("att_1",))
    (entry,) = talker.of(Write)
    assert (entry.media, entry.norm) == (("att_1",), {"note": ""})
    assert talker.said[0].startswith("Thank you. I saved it for the team.")


def test_a_voice_alone_is_thanked_for_where_nothing_hangs_on_the_question(library: Library) -> None:
    talker = Talker(library)
    talker.start("home-observations", "reading")
    talker.send("", media=("att_1",))
    assert talker.said[0].startswith("Thank you. I saved it for the team. How often")


def test_let_us_go_on_is_said_only_where_something_follows(library: Library) -> None:
    talker = Talker(library, values={"meeting_day": "Tuesday", "meeting_time": "3 PM", "meeting_place": "12", "meeting_interpreter": "No"})
    talker.start("reminder")
    talker.send("purple monkeys dance")
    talker.send("purple monkeys dance again")
    assert talker.said == ["I want to get this right, so I will ask a person. Ms. Ortiz will call you by Wednesday, November 18."]
    assert [(one.reason, one.within) for one in talker.of(Handoff)] == [("misunderstood", "same_day")]  # the meeting may be over tomorrow


def test_yes_and_a_thumb_are_ok(library: Library) -> None:
    for words in ("yes", "sure", "\U0001f44d"):
        talker = Talker(library)
        talker.start("reminder")
        talker.send(words)
        assert talker.written() == [("reminder_ack", {"answer": "ok"})]


def test_i_do_not_know_is_not_something_else(library: Library) -> None:
    talker = Talker(library)
    talker.start("home-observations")
    talker.send("Dinosaurs")
    for words in ("I don't know", "no estoy segura"):
        talker.send(words)
        assert talker.said[0].startswith("That is fine. ")
    assert len(talker.written()) == 1


@pytest.mark.parametrize("text", ["tengo número nuevo", "Mi nuevo numero es el 602-555-0142", "I have a new number", "my number changed"])
@pytest.mark.parametrize("before", [[], ["Dinosaurs"]], ids=["open question", "choice"])
def test_a_new_number_goes_to_a_person_and_is_no_answer(library: Library, before: list[str], text: str) -> None:
    talker = Talker(library)
    talker.start("home-observations")
    for line in before:
        talker.send(line)
    talker.send(text)
    assert [(one.raw, one.visibility) for one in talker.of(Write)] == [(text, "staff_only")]
    assert talker.handed() == [("liaison", "free_note")]
    assert talker.said[0].startswith("Thank you. I gave your words to Ms. Ortiz.")
    assert "Here is the question again:" in talker.said[0]
    assert talker.refs == [f"home-observations/{len(before) + 1}"]


TOLD = ("I already told Mrs. Green", "i told the teacher", "ask his teacher", "ya se lo dije a la maestra", "en la escuela ya saben")


@pytest.mark.parametrize("text", TOLD)
@pytest.mark.parametrize("before", [[], ["Dinosaurs"]], ids=["open question", "choice"])
def test_what_they_told_already_is_not_asked_again_and_a_person_looks_for_it(library: Library, before: list[str], text: str) -> None:
    talker = Talker(library)
    talker.start("home-observations")
    for line in before:
        talker.send(line)
    talker.send(text)
    assert talker.said[0].startswith("Thank you. Ms. Ortiz will look for what you already told us, so you need not say it again. W")
    assert talker.refs == [f"home-observations/{len(before) + 2}"]
    assert [(one.kind, dict(one.norm), one.step_id) for one in talker.of(Write)] == [("observation", {"note": text}, str(len(before) + 1))]
    assert talker.handed() == [("liaison", "free_note")]


@pytest.mark.parametrize("text", ["I already told you he loves soccer", "ya les dije que le gusta dibujar", "I told him stories", "Ask"])
def test_what_they_told_is_an_answer_when_they_say_it_again(library: Library, text: str) -> None:
    talker = Talker(library)
    talker.start("home-observations")
    talker.send(text)
    assert talker.written() == [("strength", {"interests": text})]


@pytest.mark.parametrize("text", ["I have a new number", "I told the teacher"])
def test_before_we_may_speak_of_a_child_nothing_is_kept_of_a_new_number(library: Library, text: str) -> None:
    talker = Talker(library, cases=(), values={"contact_first": "Dana"})
    talker.start("welcome")
    talker.send("1")
    talker.send(text)
    assert talker.written() == [("preference", {"language": "en"})]
    assert "No rush" not in talker.said[0]


@pytest.mark.parametrize(
    ("lang", "text"), [("en", "this is my new number 720 555 0199"), ("es", "cambié de número"), ("en", "i have a new phone number")]
)
def test_a_new_number_out_of_the_blue_is_for_a_person_and_no_question(library: Library, lang: str, text: str) -> None:
    talker = Talker(library, lang=lang)
    talker.send(text, found={"question": True})
    assert (talker.refs, talker.handed()) == (["common/free_note"], [("liaison", "free_note")])
    assert [one.visibility for one in talker.of(Write)] == ["staff_only"]
    assert talker.last.message_visibility == "staff_only"
