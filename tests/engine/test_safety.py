"""Danger, STOP, evaluation, identity: what comes before any flow, alone and together."""

from __future__ import annotations

import pytest

from bot.engine.events import Alert, CancelTimers, Finished, Handoff, Page, Say, SetConsent, SetTimer, Write
from bot.engine.library import Library
from tests.engine.talker import ANA, LUIS, Talker, talking


@pytest.mark.parametrize(
    ("level", "visibility", "to"),
    [
        (1, "safety_only", "on_call"),
        (2, "safety_only", "on_call"),
        (3, "safety_only", "on_call"),
        (4, "staff_only", "counselor"),
        (5, "staff_only", "liaison"),
    ],
)
def test_danger_speaks_pages_stops_the_talk_and_hides_the_message(library: Library, level: int, visibility: str, to: str) -> None:
    talker = talking(library)
    turn = talker.send("words of danger", found={"danger_level": level})
    assert talker.of(Page) == [Page(level)]
    says = talker.of(Say)
    assert [(say.message_class, say.ref.split("/")[0], say.lang) for say in says] == [("F", "crisis", "en")]
    assert turn.message_visibility == visibility
    assert talker.of(Finished) == ([] if level >= 4 else [Finished("silenced", "home-observations")])
    assert talker.of(CancelTimers) == [CancelTimers()]
    assert [event.to_role for event in talker.of(Handoff)] == [to]
    (flag,) = talker.of(Write)
    assert (flag.kind, flag.norm, flag.visibility, flag.raw) == ("safety_flag", {"level": level}, "safety_only", "words of danger")


@pytest.mark.parametrize("level", [1, 3])
def test_danger_that_sounds_of_suicide_too_gets_the_text_with_both_numbers(library: Library, level: int) -> None:
    talker = talking(library)
    talker.send("words of danger", found={"danger_level": level, "self_harm": True})
    assert talker.of(Page) == [Page(level)], "the rota is paged as fast as before"
    assert len(talker.said) == 1
    assert "988" in talker.said[0]
    assert "911" in talker.said[0]
    talker.send("303 555 0100")
    assert [(one.kind, one.norm, one.visibility) for one in talker.of(Write)] == [
        ("safety_flag", {"safe_number": "303 555 0100"}, "safety_only")
    ]


def test_on_a_shared_phone_abuse_stays_behind_the_short_text(library: Library) -> None:
    talker = talking(library, shared_phone=True)
    talker.send("words of danger", found={"danger_level": 3, "self_harm": True})
    assert talker.said == ["Thank you. A person from school will contact you."]


@pytest.mark.parametrize(("lang", "chosen", "told"), [("en", "Mr. Adler", "I will tell them"), ("es", "2", "Se lo diré")])
def test_who_told_of_distress_goes_on_where_the_talk_stood(library: Library, lang: str, chosen: str, told: str) -> None:
    talker = Talker(library, lang=lang, values={"counselor": "Mr. Adler", "liaison": "Elena Soto"})
    talker.start("early-concern")
    for answer in ("1", "b / d", "1"):
        talker.send(answer)
    talker.send("words of distress", found={"danger_level": 4})
    assert {event.kind for event in talker.of(SetTimer)} == {"close"}, "nobody is reminded of it"
    talker.send(chosen)
    assert len(talker.said) == 1
    assert told in talker.said[0], "nothing more is asked"
    talker.send("Dibuja bien")
    assert [(one.kind, one.step_id, one.raw) for one in talker.of(Write)] == [("strength", "4", "Dibuja bien")]
    talker.send("Leemos")
    talker.send("2")
    assert [(one.step_id, one.norm) for one in talker.of(Write)] == [("6", {"wish": "call"})]


@pytest.mark.parametrize(("lang", "reply", "told"), [("en", "Yes please", "will call you by"), ("es", "no", "PERSONA")])
def test_who_told_of_a_need_goes_on_where_the_talk_stood(library: Library, lang: str, reply: str, told: str) -> None:
    talker = Talker(library, lang=lang, values={"liaison": "Elena Soto"})
    talker.start("early-concern")
    for answer in ("1", "b / d", "1"):
        talker.send(answer)
    talker.send("words of need", found={"danger_level": 5})
    assert talker.of(Finished) == []
    assert {event.kind for event in talker.of(SetTimer)} == {"close"}, "nobody is reminded of it"
    talker.send(reply)
    assert len(talker.said) == 1
    assert told in talker.said[0]
    assert "?" not in talker.said[0], "nothing more is asked"
    talker.send("Dibuja bien")
    assert [(one.kind, one.step_id, one.raw) for one in talker.of(Write)] == [("strength", "4", "Dibuja bien")]


def test_words_about_a_need_reach_the_liaison_and_page_nobody(library: Library) -> None:
    talker = talking(library)
    talker.send("words of need", found={"danger_level": 5})
    talker.send("for the baby most of all")
    assert talker.handed() == [("liaison", "basic_need")]
    assert [(one.norm, one.visibility) for one in talker.of(Write)] == [({"note": "for the baby most of all"}, "staff_only")]
    assert len(talker.said) == 1
    assert talker.said[0].startswith("Thank you. I will tell them.")
    talker.send("curious")
    assert [(one.step_id, one.raw) for one in talker.of(Write)] == [("2", "curious")]


@pytest.mark.parametrize("reply", ["1 and 3", "5", "Kind, funny"])
def test_choices_of_the_question_before_distress_are_no_reply_to_who_shall_call(library: Library, reply: str) -> None:
    talker = talking(library)
    talker.send("words of distress", found={"danger_level": 4})
    talker.send(reply)
    assert [(one.kind, one.step_id, one.raw) for one in talker.of(Write)] == [("strength", "2", reply)]
    assert talker.refs == ["home-observations/3"]


@pytest.mark.parametrize("reply", ["she was always kind to me", "I cannot sleep any more", "yes please"])
def test_other_words_behind_distress_are_kept_and_the_counselor_is_told(library: Library, reply: str) -> None:
    talker = talking(library)
    talker.send("words of distress", found={"danger_level": 4})
    talker.send(reply)
    assert [(one.kind, one.visibility, one.raw) for one in talker.of(Write)] == [("feeling_note", "staff_only", reply)]
    assert talker.handed() == [("counselor", "distress")]
    assert len(talker.said) == 1
    assert talker.said[0].startswith("Thank you. I will tell them.")


def test_distress_told_twice_leaves_one_talk_to_go_on_with(library: Library) -> None:
    talker = talking(library)
    for _ in range(2):
        talker.send("words of distress", found={"danger_level": 4})
    talker.send("the counselor")
    talker.send("curious")
    assert [(one.step_id, one.raw) for one in talker.of(Write)] == [("2", "curious")]


def test_danger_after_distress_ends_what_was_laid_aside(library: Library) -> None:
    talker = talking(library)
    talker.send("words of distress", found={"danger_level": 4})
    talker.send("words of danger", found={"danger_level": 1})
    assert talker.of(Finished) == [Finished("silenced", "home-observations")]
    assert talker.session is None


def test_after_danger_now_no_question_is_open(library: Library) -> None:
    talker = talking(library)
    talker.send("help", found={"danger_level": 1})
    assert talker.session is None


def test_the_safe_number_is_kept_where_only_trained_staff_see_it(library: Library) -> None:
    talker = talking(library)
    talker.send("words of danger", found={"danger_level": 2})
    talker.send("+15550101099")
    (entry,) = talker.of(Write)
    assert (entry.norm, entry.visibility) == ({"safe_number": "+15550101099"}, "safety_only")
    assert talker.handed() == [("on_call", "danger")]
    assert talker.session is None
    assert talker.last.message_visibility == "safety_only"


def test_a_shared_phone_gets_no_telling_answer_to_violence_at_home(library: Library) -> None:
    talker = talking(library, shared_phone=True)
    talker.send("words of danger", found={"danger_level": 3})
    assert talker.said == ["Thank you. A person from school will contact you."]
    assert talker.session is None


def test_an_unsafe_phone_is_not_texted_again(library: Library) -> None:
    talker = talking(library)
    talker.send("words of danger", found={"danger_level": 3})
    talker.send("2")
    assert [event.state for event in talker.of(SetConsent)] == ["paused"]
    assert talker.session is None


def test_a_crisis_reply_that_is_not_understood_goes_to_a_person_and_is_not_asked_again(library: Library) -> None:
    talker = talking(library)
    talker.send("words of danger", found={"danger_level": 3})
    talker.send("hmm well")
    assert talker.said == []
    assert ("on_call", "danger") in talker.handed()
    assert talker.session is None


def test_a_language_without_crisis_texts_gets_english_and_spanish_and_a_phone_call(library: Library) -> None:
    talker = Talker(library, lang="xx", classes_ok="AF")
    talker.send("words of danger", found={"danger_level": 1})
    assert [say.lang for say in talker.of(Say)][:1] == ["en"]
    assert ("on_call", "unread_language") in talker.handed()


@pytest.mark.parametrize(("level", "told"), [(4, ("counselor", "distress")), (5, ("liaison", "basic_need"))])
def test_a_worry_in_such_a_language_is_its_own_person_s_and_wakes_nobody_on_call(
    library: Library, level: int, told: tuple[str, str]
) -> None:
    talker = Talker(library, lang="xx", classes_ok="AF")
    talker.send("words of need", found={"danger_level": level})
    assert talker.handed() == [told]


def test_class_f_is_said_whatever_is_approved(library: Library) -> None:
    talker = Talker(library, classes_ok="AF")
    talker.send("words of danger", found={"danger_level": 2})
    assert talker.of(Say)[0].message_class == "F"


def test_stop_confirms_once_and_tells_staff(library: Library) -> None:
    talker = talking(library)
    talker.send("STOP", found={"stop": "word", "stop_scope": "number"})
    assert talker.of(SetConsent) == [SetConsent("stopped", "number")]
    assert talker.said == ["You will get no more texts from Cedar School support. Call (555) 010-0100 for help. Reply START to come back."]
    assert talker.of(Say)[0].purpose == "confirm_stop"
    assert talker.handed() == [("liaison", "stopped")]
    assert [(one.kind, one.flow_id, one.asked_ref) for one in talker.of(Write)] == [("consent", "stop-help", "stop-help/stop@1")]


def test_a_stop_phrase_is_also_looked_at_by_a_person(library: Library) -> None:
    talker = talking(library)
    talker.send("please lose my number", found={"stop": "phrase", "stop_scope": "number"})
    assert [(event.reason, event.text) for event in talker.of(Handoff)] == [("stop_phrase", "please lose my number")]


def test_the_providers_own_answer_counts_as_the_confirmation(library: Library) -> None:
    talker = talking(library)
    talker.send("STOP", found={"stop": "word"}, answered_by_provider=True)
    assert talker.said == []
    assert talker.of(SetConsent) == [SetConsent("stopped", "number")]


def test_a_second_stop_is_not_confirmed_again(library: Library) -> None:
    talker = Talker(library, consent="stopped")
    talker.send("STOP", found={"stop": "word"})
    assert talker.said == []


def test_after_stop_words_are_kept_for_a_person_and_nothing_is_said(library: Library) -> None:
    talker = Talker(library, consent="stopped")
    talker.send("She read a whole book")
    assert talker.said == []
    assert talker.handed() == [("liaison", "free_note")]
    assert talker.written() == [("observation", {"note": "She read a whole book"})]


def test_danger_after_stop_is_answered(library: Library) -> None:
    talker = Talker(library, consent="stopped")
    talker.send("words of danger", found={"danger_level": 1})
    assert [say.message_class for say in talker.of(Say)] == ["F"]


def test_danger_and_stop_together_send_the_safety_text_once_and_stop(library: Library) -> None:
    talker = talking(library)
    talker.send("words of danger, stop", found={"danger_level": 2, "stop": "word"})
    assert [say.message_class for say in talker.of(Say)] == ["F"]
    assert talker.of(SetConsent) == [SetConsent("stopped", "number")]
    assert ("on_call", "stopped_in_danger") in talker.handed()
    talker.send("+15550101099", consent="stopped")
    assert talker.written()[-1] == ("safety_flag", {"safe_number": "+15550101099"})
    assert ("on_call", "danger") in talker.handed()


def test_start_comes_back(library: Library) -> None:
    talker = Talker(library, consent="stopped")
    talker.send("START", found={"command": "start", "command_exact": True})
    assert talker.of(SetConsent) == [SetConsent("started")]
    assert talker.refs == ["stop-help/start"]
    assert [(one.kind, one.flow_id, one.asked_ref) for one in talker.of(Write)] == [("consent", "stop-help", "stop-help/start@1")]
    unsettled = Talker(library, trusted=False, consent="unknown")
    unsettled.send("START", found={"command": "start", "command_exact": True})
    assert unsettled.refs == ["welcome/1"]
    other = Talker(library)
    other.send("START", found={"command": "start", "command_exact": True})
    assert other.refs == ["stop-help/started"]
    assert other.of(SetConsent) == []


def test_what_was_open_lies_still_after_stop_and_goes_on_with_start(library: Library) -> None:
    talker = talking(library)
    talker.send("STOP", found={"stop": "word"})
    assert [event.kind for event in talker.of(SetTimer)] == ["close"]
    talker.send("HELP", consent="stopped", found={"command": "help", "command_exact": True})
    assert talker.refs == ["stop-help/help"]
    talker.send("2", consent="stopped")
    assert (talker.said, talker.handed()) == ([], [("liaison", "free_note")])
    talker.send("START", consent="stopped", found={"command": "start", "command_exact": True})
    assert talker.refs == ["stop-help/start", "home-observations/2"]
    assert [event.kind for event in talker.of(SetTimer)] == ["nudge", "close"]
    talker.send("1")
    assert talker.refs == ["home-observations/3"]


def test_without_a_start_a_week_ends_what_lies_still_and_the_team_hears_of_the_answers(library: Library) -> None:
    talker = talking(library)
    talker.send("STOP", found={"stop": "word"})
    turn = talker.ring("close", consent="stopped")
    assert (turn.session, talker.said, len(talker.of(Alert))) == (None, [], 1)


def test_small_questions_of_ours_end_with_stop_and_words_that_wait_for_a_child_go_to_a_person(library: Library) -> None:
    talker = Talker(library)
    talker.send("PAUSE", found={"command": "pause", "command_exact": True})
    assert talker.send("STOP", found={"stop": "word"}).session is None
    assert talker.of(Finished) == [Finished("stopped", "stop-help")]
    siblings = Talker(library, cases=(ANA, LUIS))
    siblings.send("He read a whole book")
    assert siblings.send("STOP", found={"stop": "word"}).session is None
    assert [(event.reason, event.text) for event in siblings.of(Handoff)] == [("stopped", "STOP"), ("free_note", "He read a whole book")]


def test_i_do_not_know_is_no_skip_where_a_life_may_hang_on_it(library: Library) -> None:
    talker = talking(library)
    talker.send("words of danger", found={"danger_level": 2})
    talker.send("i dont know")
    assert talker.handed() == [("on_call", "danger")]
    assert talker.written()[-1] == ("safety_flag", {"safe_number": "i dont know"})


def test_a_list_nobody_reviewed_sends_the_message_to_a_person_as_well(library: Library) -> None:
    talker = talking(library)
    talker.send("1", found={"lang_unreviewed": True})
    assert talker.handed() == [("liaison", "not_screened")]
    assert talker.refs == ["home-observations/3"]


def test_all_that_fires_is_recorded_and_only_the_first_speaks(library: Library) -> None:
    talker = talking(library)
    talker.send("all of it", found={"danger_level": 3, "stop": "phrase", "evaluation": "clear", "identity": "new_guardian"})
    assert [say.ref for say in talker.of(Say)] == ["crisis/3"]
    assert {write.kind for write in talker.of(Write)} == {"safety_flag", "consent", "eval_request", "identity_event"}
    assert {reason for _, reason in talker.handed()} == {"danger", "stopped_in_danger", "evaluation", "new_guardian"}


@pytest.mark.parametrize(
    ("found", "sealed", "open_to"),
    [
        ({"stop": "phrase", "evaluation": "clear"}, ["consent"], ["eval_request"]),
        ({"stop": "phrase", "identity": "safety_request"}, ["consent"], ["identity_event", "safety_flag"]),
        ({"danger_level": 3, "evaluation": "clear", "identity": "shared_phone"}, ["eval_request", "identity_event"], ["safety_flag"]),
        ({"danger_level": 4, "evaluation": "clear", "stop": "phrase"}, ["consent"], ["safety_flag", "eval_request"]),
        ({"stop": "phrase"}, [], ["consent"]),
    ],
)
def test_words_stand_only_in_entries_as_hidden_as_the_whole_message(
    library: Library, found: dict[str, object], sealed: list[str], open_to: list[str]
) -> None:
    talker = talking(library)
    talker.send("all of it in one message", found=found)
    kinds = {words: sorted(one.kind for one in talker.of(Write) if bool(one.raw) is words) for words in (False, True)}
    assert kinds == {False: sorted(sealed), True: sorted(open_to)}
