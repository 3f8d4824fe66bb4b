"""The rules of screening, each by an example."""

from __future__ import annotations

import pytest

from bot.screen.screen import compile_words, screen, silence
from bot.values.screening import NOTHING, Silence


def test_an_ordinary_answer_finds_nothing(words):
    assert screen(words, "She loves drums and helping her aunt") == NOTHING


@pytest.mark.parametrize(
    "text", ["STOP", "stop", "Stop!!", " stop. ", "please stop", "STOP please, thank you", "S T O P", "ＳＴＯＰ", "ALTO", "álto", "𝐒𝐓𝐎𝐏"]
)
def test_a_stop_word_is_the_whole_message_in_any_dress(words, text):
    assert screen(words, text).stop == "word"


@pytest.mark.parametrize(
    "text", ["We have got to stop by", "Ending homework is hard", "mi hijo es alto", "He will not quit", "cancel the meeting", "the end"]
)
def test_a_stop_word_inside_a_sentence_is_no_stop(words, text):
    assert screen(words, text).stop == ""


@pytest.mark.parametrize("text", ["ya no me escriban", "lose my number", "YA NO ME MANDEN MENSAJES!!", "please dont text me anymore"])
def test_a_stop_phrase_stops(words, text):
    assert screen(words, text).stop == "phrase"


def test_only_words_that_say_everything_reach_every_channel(words):
    assert screen(words, "stop").stop_scope == "number"
    assert screen(words, "no more texts").stop_scope == "number"
    assert screen(words, "STOPALL").stop_scope == "all"
    assert screen(words, "stop everything").stop_scope == "all"
    assert screen(words, "stop contacting me in any way").stop_scope == "all"
    assert screen(words, "ya no quiero mensajes ni por correo").stop_scope == "all"


def test_several_findings_stand_side_by_side_in_the_order_of_handling(words):
    found = screen(words, "I want to die. Stop texting me. I want my son evaluated. Wrong number")
    assert found.fired == ("danger:2", "stop", "evaluation", "identity:wrong_number")
    assert all(row.split(".")[1] in {"en", "es"} for row in found.matched)


def test_what_is_recorded_are_ids_of_list_rows_and_never_the_words(words):
    found = screen(words, "my husband hits me")
    assert found.matched
    assert not any(word in row for row in found.matched for word in ("husband", "hits"))


def test_the_gravest_danger_counts(words):
    assert screen(words, "we have no food and he has a gun at school").danger_level == 1
    assert screen(words, "help me. I want to die").danger_level == 2


def test_help_me_is_a_cry_only_when_it_is_all_there_is(words):
    assert screen(words, "HELP ME!!!").danger_level == 1
    assert screen(words, "ayúdeme por favor").danger_level == 1
    assert screen(words, "help me with the math sheet").danger_level == 0
    assert screen(words, "help").command == "help"


def test_the_same_words_about_homework_are_no_cry_for_help(words):
    assert screen(words, "I can't do this anymore").danger_level == 4
    assert screen(words, "we can't do this homework anymore").danger_level == 0
    assert screen(words, "ya no puedo más").danger_level == 4
    assert screen(words, "ya no puedo más con la tarea").danger_level == 0


def test_an_idiom_shields_only_its_own_words(words):
    assert screen(words, "this homework is killing me").danger_level == 0
    assert screen(words, "this homework is killing me and I want to kill myself").danger_level == 2


def test_both_languages_are_heard_whatever_the_contact_has_chosen(words):
    assert screen(words, "mi esposo me pega", "en", ("en",)).danger_level == 3
    assert screen(words, "quiero que lo evalúen", "en").evaluation == "clear"
    assert screen(words, "I want que lo evaluen please", "es").evaluation == "clear"


def test_a_list_fires_before_it_is_reviewed_and_says_a_person_must_look(words):
    found = screen(words, "ALTO", "es", reviewed={"en"})
    assert found.stop == "word"
    assert found.lang_unreviewed
    assert not screen(words, "ALTO", "es-MX", reviewed={"en", "es"}).lang_unreviewed


def test_a_language_without_a_list_is_unreviewed(words):
    assert screen(words, "waan ku faraxsanahay", "so").lang_unreviewed
    assert not screen(words, "hola", "es").lang_unreviewed


@pytest.mark.parametrize(
    "text, reviewed, unheard",
    [
        ("أريد أن أتحدث", {"en", "es"}, True),
        ("أريد أن أتحدث", {"en", "ar"}, False),
        ("я не понимаю", {"en"}, True),
        ("我不明白", {"en"}, True),
        ("我不明白", {"en", "zh"}, False),
        ("ខ្ញុំមិនយល់ទេ", {"en", "zh"}, True),
        ("Le encantan ⚽ y ñandúes", {"es", "en"}, False),
        ("٢ و ٤", {"en", "es"}, False),
        ("2 and 4", {"en", "es"}, False),
    ],
)
def test_letters_no_reviewed_list_is_written_in_send_the_message_to_a_person(words, text, reviewed, unheard):
    assert screen(words, text, "en", reviewed=reviewed).lang_unreviewed is unheard


def test_a_close_spelling_of_a_command_is_told_from_the_command(words):
    assert (screen(words, "person").command, screen(words, "person").command_exact) == ("person", True)
    assert (screen(words, "perosn").command, screen(words, "perosn").command_exact) == ("person", False)
    assert (screen(words, "MENÚ").command, screen(words, "MENÚ").command_exact) == ("menu", True)


def test_a_word_between_two_commands_is_neither(words):
    assert screen(words, "x" * 50).command == ""
    assert screen(words, "graphic").command in {"", "graph"}


def test_a_request_by_the_keyword_alone_is_asked_about(words):
    found = screen(words, "EVALUATION")
    assert (found.evaluation, found.command) == ("possible", "evaluation")


def test_a_sentence_end_parts_what_belongs_apart(words):
    assert screen(words, "She wants to. Die Hard is his favorite").danger_level == 0
    assert screen(words, "He has a... gun at school").danger_level == 1


@pytest.mark.parametrize("text", ["heeeelp meeee", "I wanna dieeee", "stoooop"])
def test_drawn_out_letters_do_not_hide_a_word(words, text):
    found = screen(words, text)
    assert found.danger_level or found.stop


def test_the_sign_that_needs_the_most_care_wins(words):
    assert screen(words, "I share this phone and I have custody now").identity == "new_guardian"


def test_a_question_mark_of_any_script_is_one(words):
    for mark in "?؟？":
        assert screen(words, f"abc {mark}").question
    assert not screen(words, "He asks what is next").question
    assert not screen(words, "He reads here: https://example.org/page?id=1 every day").question
    assert screen(words, "is it https://example.org/page?id=1?").question
    assert screen(words, "see www.example.org ok?").question


def test_loss_is_noted_for_the_flow_that_asks_about_it(words):
    assert any(row.startswith("loss.") for row in screen(words, "we moved because of the divorce").matched)
    assert any(row.startswith("loss.") for row in screen(words, "su abuelo murió hace dos años").matched)


def test_stop_shouted_beside_danger_counts_as_well(words):
    assert screen(words, "STOP i want to kill myself").fired == ("danger:2", "stop")
    assert screen(words, "me quiero morir. alto").fired == ("danger:2", "stop")
    assert screen(words, "stop him he is hitting me").fired == ("danger:3",)
    assert screen(words, "ok stop hitting me he hits me!").stop == ""


def test_short_commands_forgive_one_slip(words):
    for typed, meant in {"skipp": "skip", "bak": "back", "menue": "menu", "helpp": "help"}.items():
        assert (screen(words, typed).command, screen(words, typed).command_exact) == (meant, False)
    for other in ("bank", "test", "rice", "slip"):
        assert screen(words, other).command == ""


def test_keywords_that_are_ordinary_words_count_letter_for_letter_only_in_capitals(words):
    assert (screen(words, "moving").command, screen(words, "moving").command_exact) == ("moving", False)
    assert (screen(words, "MOVING").command, screen(words, "MOVING").command_exact) == ("moving", True)
    assert (screen(words, "saltar").command, screen(words, "saltar").command_exact) == ("skip", True)


def test_ordinary_answers_are_no_stop_words(words):
    for answer in ("salir", "terminar", "para", "fin", "stopping", "quitar", "borrar", "block", "parque", "altas"):
        assert screen(words, answer).stop == ""


def test_an_everyday_word_is_never_read_as_a_slip_of_a_grave_one(words):
    for word in (
        "noise",
        "racing",
        "rating",
        "artistic",
        "artista",
        "armado",
        "golpes",
        "stays",
        "riffle",
        "skill",
        "chill",
        "boats",
        "couch",
        "kms",
    ):
        found = screen(words, f"he likes {word}")
        assert (found.danger_level, found.stop, found.identity, found.evaluation) == (0, "", "", ""), word


def test_what_is_a_word_of_a_list_alone_or_a_phrase_is_no_silence() -> None:
    few = compile_words({"en": {"stop_words": {"number": ["stop"]}, "danger": {"1": ["he has a gun"]}, "question": {"starts": ["que"]}}})
    assert silence(few, "stop") is None
    assert silence(few, "he has a gun") is None
    assert silence(few, "que? lea") is None
    assert silence(few, "que lea con gusto") == Silence(frozenset({"en"}))
    assert silence(few, "she draws") == Silence()


@pytest.mark.parametrize(
    "text", ["stop\n--\nSent from my iPhone", "STOP\n\nSent from my Galaxy", "Alto\nEnviado desde mi iPhone", "stop please\r\n-- \r\nAna"]
)
def test_a_stop_over_what_the_telephone_writes_by_itself_is_one(words, text):
    assert screen(words, text).stop == "word"


@pytest.mark.parametrize(
    "text", ["We have got to stop by\nSent from my iPhone", "ok\nSent from my iPhone", "He says\nstop\nall day", "end\n- Ana"]
)
def test_a_signature_makes_no_stop(words, text):
    assert not screen(words, text).stop


@pytest.mark.parametrize(
    ("lang", "text", "asks"),
    [
        ("es", "para que quieren saber", True),
        ("es", "por que tantas preguntas", True),
        ("es", "por que mandan esto", True),
        ("es", "porque quieren jugar", False),
        ("en", "why are you asking me this", True),
    ],
)
def test_a_question_about_our_questions_needs_no_mark(words, lang, text, asks):
    assert screen(words, text, lang).question is asks


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("en", "yall text too much"),
        ("en", "Can you text me less?"),
        ("es", "me mandan muchos mensajes"),
        ("es", "No tantos mensajes, por favor"),
    ],
)
def test_fewer_texts_are_a_choice_and_no_stop(words, lang, text):
    found = screen(words, text, lang)
    assert (found.command, found.stop) == ("choose", "")


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("en", "can you send this in spanish"),
        ("en", "Can you please text me in Arabic?"),
        ("en", "I speak Somali"),
        ("en", "do yall have it in hmong"),
        ("es", "me puede mandar en ingles mejor"),
        ("es", "escríbame en inglés por favor"),
    ],
)
def test_another_language_is_asked_for_in_a_sentence(words, lang, text):
    assert screen(words, text, lang).command == "language"


@pytest.mark.parametrize(
    ("lang", "text"), [("en", "he speaks somali with his grandma"), ("es", "lee en ingles mejor"), ("en", "we speak spanish at home")]
)
def test_which_language_the_child_speaks_is_no_wish_for_another(words, lang, text):
    assert screen(words, text, lang).command == ""
