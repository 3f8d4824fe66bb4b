"""A talk from its first question to its last: entries, read-back, correction, skip and back, misunderstanding, limits."""

from __future__ import annotations

from typing import Any

import pytest

from bot.engine.events import Alert, CancelTimers, Finished, Say, Write
from bot.engine.library import Library
from tests.engine.talker import Talker

CORE = ["Dinosaurs", "1 and 3", "1", "Spanish with grandma", "Abuela", "That she reads"]


def core(library: Library, **scene: Any) -> Talker:
    talker = Talker(library, **scene)
    talker.start("home-observations")
    for line in CORE:
        talker.send(line)
    return talker


def test_the_core_writes_one_entry_an_answer_strengths_first(library: Library) -> None:
    talker = core(library)
    assert talker.written() == [
        ("strength", {"interests": "Dinosaurs"}),
        ("strength", {"character": ["kind", "curious"]}),
        ("strength", {"conditions": ["quiet"]}),
        ("observation", {"languages": "Spanish with grandma"}),
        ("strength", {"supports": "Abuela"}),
        ("goal_input", {"hope": "That she reads"}),
    ]


def test_an_entry_holds_the_words_and_where_they_were_asked(library: Library) -> None:
    talker = Talker(library, lang="en")
    talker.start("home-observations")
    turn = talker.send("  Drágons &  football ⚽ ")
    (entry,) = [event for event in turn.events if isinstance(event, Write)]
    assert entry.raw == "  Drágons &  football ⚽ "
    assert entry.norm == {"interests": "Drágons &  football ⚽"}
    assert (entry.step_id, entry.asked_ref, entry.lang) == ("1", "home-observations/1@1", "en")
    assert (entry.source_role, entry.visibility, entry.corrects) == ("family", "team", "")
    assert entry.refs == ("S1-12", "S1-13", "S1-22", "S1-28", "S1-30", "S1-33")


def test_one_question_a_message_with_its_options_numbered(library: Library) -> None:
    talker = Talker(library)
    talker.start("home-observations")
    turn = talker.send("Dinosaurs")
    (say,) = [event for event in turn.events if isinstance(event, Say)]
    assert say.text.startswith("What kind of person is Maya? 1 Kind 2 Funny")
    assert say.options[0] == ("1", "Kind")
    assert (say.message_class, say.purpose, say.answers_family) == ("C", "ask", True)


def test_the_first_question_is_started_by_the_bot(library: Library) -> None:
    talker = Talker(library)
    turn = talker.start("home-observations", "reading")
    assert [event.answers_family for event in turn.events if isinstance(event, Say)] == [False]
    assert (turn.status, turn.case_id, turn.flow_id, turn.flow_version) == ("waiting", "cas_maya", "home-observations", 1)


def test_the_team_is_told_once_and_when_the_family_has_finished(library: Library) -> None:
    talker = core(library)
    assert talker.of(Alert) == [Alert("strength", "general")]
    talker.send("2")
    talker.send("1")
    talker.send("Dragons")
    talker.send("1")
    assert talker.alerts() == [Alert("strength", "general")]


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (["2", "1 y 3", "2", "1", "\N{THUMBS UP SIGN}", "5"], False),
        (["2", "1 y 3", "2", "1", "\N{THUMBS UP SIGN}", "que lea"], True),
        (["2", "8 canta", "2", "1", "3", "5"], True),
    ],
)
def test_the_team_is_told_whether_there_are_words_to_translate(library: Library, lines: list[str], words: bool) -> None:
    talker = Talker(library, lang="es")
    talker.start("home-observations")
    for line in lines:
        talker.send(line)
    assert [event.words for event in talker.alerts()] == [words]


def test_the_read_back_names_every_answer_and_good_confirms_them(library: Library) -> None:
    talker = core(library)
    assert talker.said[0].startswith("I wrote: Maya loves: Dinosaurs. Maya is: Kind, Curious.")
    assert talker.said[0].endswith("1 Good 2 Change")
    turn = talker.send("Good")
    assert talker.confirmed() == tuple(f"ent_{number}" for number in range(1, 7))
    assert turn.session is None
    assert turn.status == "done"
    assert talker.of(Finished) == [Finished("done", "home-observations")]
    assert talker.of(CancelTimers) == [CancelTimers()]


@pytest.mark.parametrize(
    "word",
    [
        "1",
        "good",
        "Yes",
        "👍",
        "sí",
        "١",
        "1️⃣",
        "Bien muchas gracias",
        "está correcto gracias",
        "yes that is correct",
        "looks right ty",
        "thanks",
    ],
)
def test_good_is_understood_however_it_is_said(library: Library, word: str) -> None:
    talker = core(library)
    talker.send(word)
    assert len(talker.confirmed()) == 6


def test_change_asks_which_part_asks_it_again_and_writes_a_correction(library: Library) -> None:
    talker = core(library)
    talker.send("2")
    assert talker.said == [
        "Which part should I change? 1 Dinosaurs 2 Kind, Curious 3 Quiet 4 Spanish with grandma 5 Abuela 6 That she reads 7 It is all good"
    ]
    talker.send("4")
    assert talker.said == ["What languages does Maya hear and use at home, and with whom?"]
    talker.send("Only English")
    (entry,) = talker.of(Write)
    assert (entry.norm, entry.corrects) == ({"languages": "Only English"}, "ent_4")
    assert "Languages: Only English." in talker.said[0]
    talker.send("1")
    assert talker.confirmed() == ("ent_1", "ent_2", "ent_3", "ent_7", "ent_5", "ent_6")


@pytest.mark.parametrize("reply", ["la 2", "number 2", "the second one", "2.", "kind, curious", "character"])
def test_a_part_is_chosen_however_it_is_named(library: Library, reply: str) -> None:
    talker = core(library)
    talker.send("2")
    talker.send(reply)
    assert talker.refs == ["home-observations/2"]


def test_a_part_is_chosen_by_a_word_of_its_sentence(library: Library) -> None:
    talker = core(library)
    talker.send("2")
    talker.send("the languages")
    assert talker.refs == ["home-observations/4"]


def test_a_parts_name_wins_over_a_command_of_that_name(library: Library) -> None:
    talker = core(library)
    talker.send("2")
    talker.send("languages", found={"command": "language", "command_exact": True})
    assert talker.refs == ["home-observations/4"]


def test_a_language_that_is_named_but_not_ours_is_other(library: Library) -> None:
    for words in ("Vietnamese", "soomaali", "vietnamita"):
        talker = Talker(library)
        talker.start("welcome")
        talker.send(words)
        assert talker.refs == ["welcome/1-read"]  # its name is known, so it is not asked for
        assert talker.written()[-1] == ("preference", {"language_name": words})


def test_an_unclear_part_is_asked_for_in_another_way(library: Library) -> None:
    talker = core(library)
    talker.send("2")
    talker.send("hmm")
    assert talker.said[0].startswith("Let me try another way. Please reply with one number. Which part should I change?")


def test_after_two_unclear_replies_a_person_takes_over_and_good_is_still_heard(library: Library) -> None:
    talker = core(library)
    talker.send("xyzzy")
    talker.send("plugh")
    assert talker.handed() == [("liaison", "misunderstood")]
    talker.send("1")
    assert len(talker.confirmed()) == 6


@pytest.mark.parametrize("reply", ["good grades", "good but change the hope"])
def test_a_longer_text_with_good_in_it_confirms_nothing(library: Library, reply: str) -> None:
    talker = core(library)
    talker.send(reply)
    assert talker.confirmed() == ()


@pytest.mark.parametrize(
    ("reply", "confirmed"),
    [
        ("Sí, está bien. Gracias, maestra", 6),
        ("Perfecto, muchas gracias por todo", 6),
        ("That is right. Thank you so much, Lola!", 6),
        ("Está bien. Gracias. No", 0),
        ("Good, thanks, but part 3 is wrong", 0),
        ("No, thanks", 0),
    ],
)
def test_thanks_behind_good_make_it_no_less_good(library: Library, reply: str, confirmed: int) -> None:
    talker = core(library)
    talker.send(reply)
    assert len(talker.confirmed()) == confirmed


def test_all_good_after_all_confirms(library: Library) -> None:
    talker = core(library)
    talker.send("change")
    talker.send("7")
    assert len(talker.confirmed()) == 6


def test_a_part_is_chosen_by_its_words_too(library: Library) -> None:
    talker = core(library)
    talker.send("2")
    talker.send("abuela")
    assert talker.refs == ["home-observations/5"]


def test_with_one_answer_only_change_asks_it_at_once(library: Library) -> None:
    talker = Talker(library)
    talker.start("home-observations", "reading")
    talker.send("Comics")
    for _ in range(5):
        talker.send("skip", found={"command": "skip", "command_exact": True})
    assert talker.said[0].startswith("OK, we can skip that. I wrote: Maya likes: Comics.")
    talker.send("2")
    assert talker.refs == ["home-observations/R1"]


def test_words_of_ones_own_at_the_read_back_go_to_a_person_and_it_stays_open(library: Library) -> None:
    talker = core(library)
    talker.send("she is not curious she is shy")
    assert talker.handed() == [("liaison", "free_note")]
    assert talker.written()[-1] == ("observation", {"note": "she is not curious she is shy"})
    talker.send("1")
    assert len(talker.confirmed()) == 6


def test_long_answers_are_cut_so_that_the_read_back_keeps_to_its_length(library: Library) -> None:
    for word in ("dinosaurs and ", "lleva ñandúes y água "):
        talker = Talker(library)
        talker.start("home-observations")
        for line in (word * 20, "all", "all", word * 20, word * 20, word * 20):
            talker.send(line)
        from channels.text import fits

        assert len(talker.said) <= 2
        assert all(fits(text, library.length) for text in talker.said)
        assert ".." in talker.said[0]
        assert talker.said[-1].endswith("The team will read this first. 1 Good 2 Change")


def test_answers_are_read_back_in_two_texts_before_only_their_beginnings_are(library: Library) -> None:
    talker = Talker(library, lang="es")
    talker.start("home-observations")
    answers = (
        "el futbol y ayudar a su tio en el taller", "trabajador y bien chistoso", "q este alguien con el",
        "español conmigo y ingles con su hermano", "su abuelita", "q pase d año y q no lo molesten",
    )  # fmt: skip
    for line in answers:
        talker.send(line)
    first, second = talker.said
    assert "el futbol y ayudar a su tio en el taller" in first
    for answer in answers[3:]:
        assert answer in second
    assert (second.endswith("1 Bien 2 Cambiar"), "1 Bien" in first) == (True, False)
    talker.send("1")
    assert len(talker.confirmed()) == 6


def test_what_only_staff_may_see_is_never_read_back(library: Library) -> None:
    talker = Talker(library)
    talker.start("home-observations", "reading")
    for line in ("Comics", "1", "2", "1", "My brother found it hard", "Reading aloud"):
        talker.send(line)
    hidden = [event for turn in talker.turns for event in turn.events if isinstance(event, Write) and event.step_id == "R5"]
    assert [event.visibility for event in hidden] == ["staff_only"]
    assert "brother" not in talker.said[0]
    assert hidden[0].entry_id not in (talker.send("1") and talker.confirmed())


def test_nothing_answered_means_no_read_back_and_no_alert(library: Library) -> None:
    talker = Talker(library)
    talker.start("home-observations")
    for _ in range(6):
        talker.send("skip", found={"command": "skip", "command_exact": True})
    assert talker.alerts() == []
    assert talker.session is None
    assert talker.refs == ["common/readback_nothing"]


def test_a_condition_brings_its_question_and_only_then(library: Library) -> None:
    talker = Talker(library)
    talker.start("home-observations", "math")
    talker.send("Cooking")
    talker.send("2")
    assert talker.refs == ["home-observations/M3"]
    other = Talker(library)
    other.start("home-observations", "math")
    other.send("Cooking")
    other.send("6")
    assert other.refs == ["home-observations/S4"]


def test_an_option_hands_off_tells_the_team_and_goes_on(library: Library) -> None:
    talker = Talker(library)
    talker.start("home-observations", "math")
    for line in ("Cooking", "1"):
        talker.send(line)
    talker.send("4")
    assert talker.handed() == [("teacher", "minutes_high")]
    assert talker.of(Alert) == [Alert("observation", "math")]
    assert talker.refs == ["home-observations/M4"]


def test_a_promise_names_the_person_and_the_day(library: Library) -> None:
    talker = Talker(library)
    talker.start("home-observations", "attendance")
    talker.send("Friends")
    talker.send("5")
    assert talker.handed() == [("liaison", "bullying")]
    assert talker.said[0] == "Thank you for telling us. Ms. Ortiz will call you by Wednesday, November 18 about the other children."


def test_mood_and_body_together_send_for_a_counselor(library: Library) -> None:
    talker = Talker(library)
    talker.start("home-observations", "feelings")
    for line in ("Grandma", "4", "3"):
        talker.send(line)
    assert talker.handed() == [("counselor", "mood_and_body")]
    calm = Talker(library)
    calm.start("home-observations", "feelings")
    for line in ("Grandma", "1", "3"):
        calm.send(line)
    assert calm.handed() == []


def test_loss_is_met_with_sorrow_and_the_talk_stops_there(library: Library) -> None:
    talker = Talker(library)
    talker.start("home-observations", "behaviour")
    for line in ("Weekends", "Mornings", "1", "Shouting", "Music"):
        talker.send(line)
    talker.send("We lost grandpa in May", found={"matched": ("loss.en.3",)})
    assert talker.handed() == [("counselor", "grief")]
    assert talker.said[0].startswith("I am so sorry.")
    talker.send("2")
    assert talker.said[0].startswith("That is OK.")
    assert talker.session is None


SEVEN: dict[str, Any] = {
    "flow": "seven",
    "version": 1,
    "class": "C",
    "title": "Seven questions",
    "alert": "observation",
    "parts": {"core": {"steps": [{"id": str(n), "name": f"q{n}", "say": f"Question {n}?", "answer": "text", "write": f"observation.q{n}"} for n in range(1, 9)]}},
}  # fmt: skip


def library_steps(talker: Talker) -> int:
    return talker.library.limits.steps_per_turn + 1


def test_words_that_answer_no_question_are_kept_all_the_same(library: Library) -> None:
    talker = Talker(library)
    talker.start("home-observations", "reading")
    talker.send("Dinosaurs")
    talker.send("Her new teacher is great")
    assert ("observation", {"note": "Her new teacher is great"}) in talker.written()
    assert talker.said[0].startswith("Thank you. I saved that. Let me try another way. Please reply with one number.")
    before = talker.written()
    talker.send("xyz")
    assert talker.written() == before


def test_a_greeting_in_several_languages_says_that_it_is_in_several(library: Library) -> None:
    talker = Talker(library, lang="so", enabled=("en", "es", "so"))
    talker.start("welcome")
    (greeting,) = talker.of(Say)
    assert greeting.lang == "mul"
    assert "Hello from Cedar School.\nHola de parte de Cedar School.\n1 English 2 Español" in greeting.text


def test_a_number_and_another_options_own_words_are_both(library: Library) -> None:
    talker = Talker(library)
    talker.start("home-observations", "math")
    for reply in ("cooking", "1 but sometimes she worries or cries"):
        talker.send(reply)
    assert talker.written()[-1] == ("observation", {"math.signs": ["fine", "worries"]})


@pytest.mark.parametrize("reply", ["🤷", "🤷🏽‍♀️", "🤷‍♂️🤷‍♂️"])
def test_a_shrug_is_not_knowing(library: Library, reply: str) -> None:
    talker = Talker(library)
    talker.start("home-observations", "reading")
    for one in ("comics", reply, reply):
        talker.send(one)
    assert (talker.said, len(talker.written())) == (
        ["That is fine. How is reading in your home language? 1 Easier 2 The same 3 Harder 4 Does not read it"],
        1,
    )


@pytest.mark.parametrize(
    ("lang", "reply", "answer"),
    [
        ("es", "no puedo ese día, trabajo", "change"),
        ("es", "no puedo ir porque trabajo", "change"),
        ("en", "I have to work, sorry", "change"),
        ("en", "That day does not work for us", "change"),
        ("en", "can't wait to see you", "ok"),
    ],
)
def test_who_cannot_come_is_asked_for_better_times(library: Library, lang: str, reply: str, answer: str) -> None:
    talker = Talker(library, lang=lang, values={"meeting_day": "m", "meeting_time": "t", "meeting_place": "p", "meeting_interpreter": "n"})
    talker.start("reminder")
    talker.send(reply)
    assert talker.written() == [("reminder_ack", {"answer": answer})]


@pytest.mark.parametrize(
    ("lang", "reply", "asked"), [("en", "change the languages", "What languages"), ("es", "cambiar lo de los idiomas", "idiomas")]
)
def test_the_part_to_change_may_be_named_at_once(library: Library, lang: str, reply: str, asked: str) -> None:
    talker = core(library, lang=lang)
    talker.send(reply)
    assert asked in talker.said[0]
    assert talker.frame["x"] == "languages"


def test_a_change_of_a_part_we_cannot_tell_is_asked_for(library: Library) -> None:
    talker = core(library)
    talker.send("change what I said before please")
    assert talker.frame["at"] == "which"


@pytest.mark.parametrize("text", ["lol", "jajaja", "happy thanksgiving", "Feliz Navidad a todos", "bueno", "que tenga buen fin"])
def test_laughing_and_good_wishes_bring_no_task_and_answer_nothing(library: Library, text: str) -> None:
    out_of_the_blue = Talker(library)
    out_of_the_blue.send(text)
    assert (out_of_the_blue.said, out_of_the_blue.handed()) == ([], [])
    asked = Talker(library)
    asked.start("home-observations")
    asked.send(text)
    assert asked.said == ["No rush. Reply any time that is good for you."]
    assert asked.written() == []
