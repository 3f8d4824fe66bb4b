"""The words that always work, at any step, and those the texts offer."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.engine.check import offered_words
from bot.engine.commands import ALWAYS
from bot.engine.events import Alert, Handoff, SetConsent, SetLanguage, SetTimer, Write
from bot.engine.library import Library
from tests.engine.talker import Talker, talking


def command(word: str, *, exact: bool = True) -> dict[str, object]:
    return {"command": word, "command_exact": exact}


def test_help_says_who_we_are_and_asks_again(library: Library) -> None:
    talker = talking(library)
    talker.send("HELP", found=command("help"))
    assert talker.refs == ["stop-help/help", "home-observations/2"]
    assert talker.said[1].startswith("Here is the question again: What kind of person is Maya?")


def test_a_person_is_promised_with_a_day_and_the_question_stays_open_in_silence(library: Library) -> None:
    talker = talking(library)
    talker.send("PERSON", found=command("person"))
    assert talker.said == ["Ms. Ortiz will call you by Thursday, November 19."]
    assert talker.handed() == [("liaison", "person")]
    assert talker.of(Alert) == [Alert("person", "general", urgent=True)]
    talker.send("1")
    assert talker.refs == ["home-observations/3"]


def test_a_person_can_be_asked_for_outside_any_talk(library: Library) -> None:
    talker = Talker(library)
    turn = talker.send("PERSON", found=command("person"))
    assert talker.handed() == [("liaison", "person")]
    assert turn.session is None


def test_pause_asks_for_how_long_and_the_talk_comes_back_then(library: Library) -> None:
    talker = talking(library)
    talker.send("PAUSE", found=command("pause"))
    assert talker.refs == ["stop-help/pause"]
    talker.send("1")
    assert talker.written()[-1] == ("consent", {"state": "paused", "scope": "number", "until": "2026-11-25T19:00:03+00:00"})
    (consent,) = talker.of(SetConsent)
    assert (consent.state, consent.until) == ("paused", talker.base.now - timedelta(seconds=1) + timedelta(days=7))
    assert talker.said == ["OK. No texts until Wednesday, November 25. Reply START to come back sooner."]
    assert [timer.kind for timer in talker.of(SetTimer)] == ["resume", "close"]
    talker.later(days=7)
    talker.ring("resume")
    assert talker.refs == ["home-observations/2"]


def test_pause_until_start(library: Library) -> None:
    talker = Talker(library)
    talker.send("PAUSE", found=command("pause"))
    talker.send("until i say start")
    assert [(event.state, event.until) for event in talker.of(SetConsent)] == [("paused", None)]
    assert talker.session is None


def test_a_language_is_chosen_by_number_or_name_and_the_question_is_asked_again_in_it(library: Library) -> None:
    for words in ("2", "Español", "espanol", "Spanish"):
        talker = talking(library)
        talker.send("LANGUAGE", found=command("language"))
        assert talker.said[0].endswith("1 English 2 Español 3 Other")
        talker.send(words)
        assert talker.of(SetLanguage) == [SetLanguage("es")]


def test_a_language_we_do_not_have_goes_to_a_person(library: Library) -> None:
    talker = Talker(library)
    talker.send("LANGUAGE", found=command("language"))
    talker.send("3")
    talker.send("Hmong")
    assert talker.handed() == [("liaison", "unread_language")]
    assert [event for turn in talker.turns for event in turn.events if isinstance(event, SetLanguage)] == []


@pytest.mark.parametrize("name", ["Somali", "Af-Soomaali", "العربية", "中文"])
@pytest.mark.parametrize("first", [(), ("3",)])
def test_a_language_s_name_is_the_answer_where_we_ask_for_one_and_the_command_anywhere_else(
    library: Library, name: str, first: tuple[str, ...]
) -> None:
    talker = talking(library)
    talker.send(name, found=command("language"))
    for reply in first:
        talker.send(reply)
    talker.send(name, found=command("language"))
    assert ("preference", {"language_name": name}) in talker.written()
    assert talker.handed() == [("liaison", "unread_language")]


def test_a_chosen_language_that_is_not_approved_gets_a_person_not_words(library: Library) -> None:
    talker = talking(library, enabled=("en", "es", "so"), approved={"en": "ABCDEF", "es": "ABCDEF", "so": "AF"})
    talker.send("LANGUAGE", found=command("language"))
    talker.send("3")
    assert talker.of(SetLanguage) == [SetLanguage("so")]
    assert talker.said == []
    assert talker.handed() == [("liaison", "unread_language")]


def test_a_language_chosen_outside_any_talk_is_confirmed_in_it(library: Library) -> None:
    talker = Talker(library)
    talker.send("LANGUAGE", found=command("language"))
    talker.send("2")
    assert talker.said == ["Está bien. Le escribiré en español."]


def test_pause_in_a_language_without_texts_goes_to_a_person(library: Library) -> None:
    talker = Talker(library, lang="so", classes_ok="AF")
    talker.send("pause", found=command("pause"))
    assert talker.handed() == [("liaison", "unread_language")]
    assert talker.session is None


def test_menu_says_what_can_be_done(library: Library) -> None:
    talker = Talker(library)
    talker.send("MENU", found=command("menu"))
    assert talker.refs == ["common/menu"]


def test_a_command_never_loses_saved_answers(library: Library) -> None:
    for word in ALWAYS:
        if word in {"person", "pause", "language", "evaluation", "start"}:
            continue
        talker = talking(library)
        before = talker.frame["n"]
        talker.send(word, found=command(word))
        assert {**before, **talker.frame["n"]} == talker.frame["n"]


def test_at_an_open_question_only_the_exact_word_is_a_command(library: Library) -> None:
    talker = Talker(library)
    talker.start("home-observations")
    talker.send("persons", found=command("person", exact=False))
    assert talker.written() == [("strength", {"interests": "persons"})]


def test_other_keywords_at_an_open_question_are_answers_unless_written_as_offered(library: Library) -> None:
    talker = Talker(library)
    talker.start("home-observations")
    talker.send("moving", found=command("moving"))
    assert talker.written() == [("strength", {"interests": "moving"})]
    other = Talker(library)
    other.start("home-observations")
    other.send("MOVING", found=command("moving"))
    assert other.handed() == [("liaison", "not_built")]


def test_an_options_close_spelling_wins_over_a_commands(library: Library) -> None:
    talker = Talker(library)
    talker.start("home-observations")
    talker.send("Dinosaurs")
    talker.send("helpr", found=command("help", exact=False))
    assert talker.written()[-1] == ("strength", {"character": ["good_helper"]})


def test_an_options_own_word_picks_the_option_before_a_keyword(library: Library) -> None:
    talker = Talker(library)
    talker.start("home-observations", "attendance")
    talker.send("Friends")
    talker.send("ride", found=command("ride"))
    assert [write.norm for write in talker.of(Write)] == [{"attendance.barriers": ["ride"]}]


def test_tell_starts_the_home_observations(library: Library) -> None:
    talker = Talker(library)
    talker.send("TELL", found=command("tell"))
    assert talker.refs == ["home-observations/1"]


@pytest.mark.parametrize("word", ["tell", "concern"])
def test_without_a_child_we_may_speak_of_no_talk_about_one_begins(library: Library, word: str) -> None:
    talker = Talker(library, cases=())
    talker.send(word.upper(), found=command(word))
    assert (talker.session, talker.refs) == (None, ["common/no_case"])
    assert talker.handed() == [("liaison", "free_note")]


def test_concern_begins_the_talk_about_a_worry(library: Library) -> None:
    talker = Talker(library)
    talker.send("CONCERN", found=command("concern"))
    assert talker.refs == ["early-concern/1"]


def test_a_keyword_begun_in_a_talk_comes_back_to_it(library: Library) -> None:
    talker = talking(library)
    talker.send("COPIES", found=command("copies"))
    assert talker.refs == ["common/copies", "home-observations/2"]
    assert talker.handed() == [("liaison", "not_built")]


@pytest.mark.parametrize(
    "word",
    [
        "progress",
        "copies",
        "ride",
        "childcare",
        "interpreter",
        "tips",
        "smaller",
        "email",
        "moving",
        "rights",
        "graph",
        "why",
        "explainer",
    ],
)
def test_a_keyword_not_built_yet_is_a_dated_hand_off_that_says_so(library: Library, word: str) -> None:
    talker = Talker(library)
    talker.send(word.upper(), found=command(word))
    assert [(event.reason, bool(event.to_role)) for event in talker.of(Handoff)] == [("not_built", True)]
    assert "November" in " ".join(talker.said)


def test_the_word_mtss_is_answered_from_the_bank_until_its_flow_is_there(library: Library) -> None:
    talker = Talker(library)
    talker.send("MTSS", found=command("mtss"))
    assert talker.refs == ["faq/Q01"]
    assert talker.handed() == []


def test_every_word_a_text_offers_is_handled(library: Library) -> None:
    for word in sorted(set(offered_words(library)) - {"STOP"}):
        talker = Talker(library)
        talker.send(word, found=command(word.lower()))
        assert talker.said, word
        assert not any(event.reason == "free_note" for event in talker.of(Handoff)), word


def test_more_without_more_says_so(library: Library) -> None:
    talker = Talker(library)
    talker.send("MORE", found=command("more"))
    assert talker.refs == ["common/nothing_more"]


def test_the_words_we_offered_ourselves_are_the_answer_and_no_call_for_a_person(library: Library) -> None:
    for lang, label in (("en", "Call me"), ("es", "que me llamen")):
        talker = Talker(library, lang=lang)
        talker.start("early-concern")
        for line in ("1", "She cries over books", "3", "She draws", "Games"):
            talker.send(line)
        talker.send(label, found={"command": "person", "command_exact": True, "person": True})
        assert talker.written()[-1] == ("concern", {"wish": "call"})
        assert ("teacher", "concern") in talker.handed(), "the worry reaches the teacher"


@pytest.mark.parametrize(
    ("lang", "reply"), [("en", "Please call me after 5"), ("es", "llámeme después de las 5"), ("es", "prefiero que me llame la maestra")]
)
def test_a_call_wished_for_where_a_call_is_offered_is_that_choice(library: Library, lang: str, reply: str) -> None:
    talker = Talker(library, lang=lang)
    talker.start("early-concern")
    for line in ("1", "She cries over books", "3", "She draws", "Games"):
        talker.send(line)
    talker.send(reply, found={"person": True})
    assert talker.written()[-1] == ("concern", {"wish": "call"})
    assert talker.handed() == [("teacher", "call_wish"), ("teacher", "concern")]


def test_what_a_word_begins_begins_with_any_words_that_are_said_to_be_its_beginning(library: Library) -> None:
    talker = Talker(library)
    talker.send("I am worried about her reading", start=("early-concern", ""))
    assert (talker.refs, talker.handed()) == (["early-concern/1"], [])
    assert talker.written() == [("observation", {"note": "I am worried about her reading"})]


@pytest.mark.parametrize(
    ("lang", "reply", "until"),
    [
        ("en", "2 weeks", "2026-12-02"),
        ("en", "two months", "2027-01-17"),
        ("en", "until January 10", "2027-01-10"),
        ("es", "dos semanas", "2026-12-02"),
        ("es", "hasta el 15 de enero", "2027-01-15"),
    ],
)
def test_a_pause_of_another_length_is_as_long_as_they_say(library: Library, lang: str, reply: str, until: str) -> None:
    talker = Talker(library, lang=lang)
    talker.send("PAUSE", found=command("pause"))
    talker.send(reply)
    assert talker.written()[1] == ("preference", {"pause_until": until})
    assert [one.state for one in talker.of(SetConsent)] == ["paused"]


def test_a_pause_without_a_day_is_asked_for_it_and_start_takes_it_back(library: Library) -> None:
    talker = Talker(library)
    talker.send("PAUSE", found=command("pause"))
    talker.send("a few weeks")
    assert talker.refs == ["stop-help/pause-day"]
    talker.send("START", found=command("start"))
    assert (talker.refs, talker.session) == (["stop-help/started"], None)


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("en", "I'm worried, he does not want to read at all"),
        ("es", "estoy preocupada porque no quiere leer"),
        ("es", "Maestra, me preocupa que ya no lee"),
    ],
)
def test_a_worry_told_out_of_the_blue_begins_the_talk_about_it_and_is_kept(library: Library, lang: str, text: str) -> None:
    talker = Talker(library, lang=lang)
    talker.send(text)
    assert [write.norm for write in talker.of(Write)] == [{"note": text}]
    assert talker.refs == ["early-concern/1"]
    assert (talker.handed(), [alert.kind for alert in talker.alerts()]) == ([], ["concern"])
    for reply in ("1", "one page and he cries", "3", "he is kind", "reading together", "1", "1"):
        talker.send(reply)
        assert len(talker.said) == 1
    assert talker.session is None
    assert [alert.kind for alert in talker.alerts()] == ["concern"]


@pytest.mark.parametrize("text", ["no me preocupa, va muy bien con la lectura", "I am not worried, he reads well", "worried"])
def test_who_does_not_worry_begins_no_talk_about_a_worry(library: Library, text: str) -> None:
    talker = Talker(library)
    talker.send(text)
    assert talker.session is None


def test_a_worry_that_asks_something_is_answered(library: Library) -> None:
    talker = Talker(library)
    talker.send("I'm worried. What is MTSS?", found={"question": True})
    assert "early-concern/1" not in talker.refs
