"""Danger, STOP, evaluation, identity: what comes before any flow, alone and together."""

from __future__ import annotations

import pytest

from bot.engine.events import CancelTimers, Finished, Handoff, Page, Say, SetConsent, SetIdentity, Write
from bot.engine.library import Library
from tests.engine.talker import ANA, LUIS, Talker


def talking(library: Library, **scene: object) -> Talker:
    talker = Talker(library, **scene)  # type: ignore[arg-type]
    talker.start("home-observations")
    talker.send("Dinosaurs")
    return talker


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
    assert talker.of(Finished) == [Finished("silenced", "home-observations")]
    assert talker.of(CancelTimers) == [CancelTimers()]
    assert [event.to_role for event in talker.of(Handoff)] == [to]
    (flag,) = talker.of(Write)
    assert (flag.kind, flag.norm, flag.visibility, flag.raw) == ("safety_flag", {"level": level}, "safety_only", "words of danger")


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


def test_class_f_is_said_whatever_is_approved(library: Library) -> None:
    talker = Talker(library, classes_ok="AF")
    talker.send("words of danger", found={"danger_level": 2})
    assert talker.of(Say)[0].message_class == "F"


def test_stop_confirms_once_ends_the_talk_and_tells_staff(library: Library) -> None:
    talker = talking(library)
    turn = talker.send("STOP", found={"stop": "word", "stop_scope": "number"})
    assert talker.of(SetConsent) == [SetConsent("stopped", "number")]
    assert talker.said == ["You will get no more texts from Cedar School support. Call (555) 010-0100 for help. Reply START to come back."]
    assert talker.of(Say)[0].purpose == "confirm_stop"
    assert talker.handed() == [("liaison", "stopped")]
    assert turn.session is None
    assert talker.of(Finished) == [Finished("stopped", "home-observations")]


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
    other = Talker(library)
    other.send("START", found={"command": "start", "command_exact": True})
    assert other.refs == ["stop-help/started"]
    assert other.of(SetConsent) == []


def test_a_clear_request_for_an_evaluation_is_dated_and_handed_to_two_people_the_same_day(library: Library) -> None:
    talker = talking(library, values={"sped_contact": "Dr. Diaz"})
    turn = talker.send("I want my child tested for special education", found={"evaluation": "clear"})
    (entry,) = talker.of(Write)
    assert (entry.kind, entry.norm, entry.visibility) == ("eval_request", {"date": "2026-11-18", "language": "en"}, "staff_only")
    assert [(h.to_role, h.reason, h.within, h.entry_id) for h in talker.of(Handoff)] == [
        ("evaluation_contact", "evaluation", "same_day", entry.entry_id),
        ("liaison", "evaluation", "same_day", entry.entry_id),
    ]
    assert talker.said == ["I will give your words to Dr. Diaz today. What are you worried about? You can skip this."]
    assert turn.message_visibility == "staff_only"


def test_the_request_is_gone_through_to_its_copy_and_its_needs_and_the_talk_goes_on(library: Library) -> None:
    talker = talking(library, values={"sped_contact": "Dr. Diaz"})
    talker.send("I want my child tested for special education", found={"evaluation": "clear"})
    talker.later(days=1)
    talker.send("He mixes letters, I want him evaluated for dyslexia", found={"evaluation": "clear"})
    assert talker.said == [
        "Your request is dated November 18, 2026. Here is a copy: {link} The school must answer you in writing. Ms. Ortiz will call by Wednesday, November 18.",
        "Do you need an interpreter, or the rights booklet in English? 1 Interpreter 2 Booklet 3 Both 4 No",
    ]
    assert ("eval_request", {"text": "He mixes letters, I want him evaluated for dyslexia"}) in talker.written()
    assert ("evaluation_contact", "evaluation_words") in talker.handed()
    talker.send("4")
    assert talker.refs == ["home-observations/2"]
    assert ("access_need", {"evaluation": "no"}) in talker.written()


def test_the_worry_may_be_skipped(library: Library) -> None:
    talker = talking(library)
    talker.send("I want my child tested for special education", found={"evaluation": "clear"})
    talker.send("skip", found={"command": "skip", "command_exact": True})
    assert talker.refs == ["evaluation-request/3", "evaluation-request/4"]


@pytest.mark.parametrize(
    ("answer", "settings", "said", "handed"),
    [
        ("1", {}, ["Ms. Ortiz will set up an interpreter, free, by"], [("liaison", "interpreter")]),
        ("2", {}, ["Dr. Diaz will get the rights booklet to you by"], [("evaluation_contact", "rights_booklet")]),
        ("2", {"rights.booklet_url.en": "https://example.org/en"}, ["Here is the rights booklet: https://example.org/en"], []),
        ("2", {"rights.booklet_url.es": "https://example.org/es"}, ["Dr. Diaz will get"], [("evaluation_contact", "rights_booklet")]),
        (
            "3",
            {"rights.booklet_url": "https://example.org/all"},
            ["Ms. Ortiz will set up an interpreter", "Here is the rights booklet: https://example.org/all"],
            [("liaison", "interpreter")],
        ),
    ],
)
def test_an_interpreter_is_set_up_and_the_booklet_comes_in_the_familys_language_or_by_a_person(
    library: Library, answer: str, settings: dict[str, str], said: list[str], handed: list[tuple[str, str]]
) -> None:
    talker = talking(library, values={"sped_contact": "Dr. Diaz", **settings})
    talker.send("I want my child tested for special education", found={"evaluation": "clear"})
    talker.send("He mixes letters")
    talker.send(answer)
    assert [text[: len(start)] for text, start in zip(talker.said, said, strict=False)] == said
    assert talker.handed() == handed
    delivered = [norm for kind, norm in talker.written() if kind == "document_delivery" and "document" in norm]
    assert len(delivered) == any("booklet:" in text for text in said)


def test_words_that_may_be_a_request_are_asked_about_and_handed_over_at_once(library: Library) -> None:
    talker = talking(library)
    talker.send("does he need an IEP", found={"evaluation": "possible"})
    assert talker.refs == ["evaluation-request/1"]
    assert [(h.to_role, h.reason) for h in talker.of(Handoff)] == [
        ("evaluation_contact", "evaluation_possible"),
        ("liaison", "evaluation_possible"),
    ]
    talker.later(days=1)
    talker.send("yes")
    entry = next(write for write in talker.of(Write) if "date" in write.norm)
    assert (entry.norm["date"], entry.raw) == ("2026-11-18", "does he need an IEP")
    assert talker.refs == ["evaluation-request/2"]


def test_meant_something_else_reads_the_message_again_as_the_answer(library: Library) -> None:
    talker = Talker(library)
    talker.start("home-observations")
    talker.send("he loves to evaluate rocks", found={"evaluation": "possible"})
    talker.send("3")
    assert ("strength", {"interests": "he loves to evaluate rocks"}) in talker.written()
    assert talker.refs[-1] == "home-observations/2"


def test_asked_for_again_while_we_ask_is_a_yes_with_the_first_words_and_date(library: Library) -> None:
    talker = talking(library)
    talker.send("special ed?", found={"evaluation": "possible"})
    talker.later(days=1)
    talker.send("EVALUATION", found={"command": "evaluation", "command_exact": True})
    (entry,) = talker.of(Write)
    assert (entry.norm["date"], entry.raw) == ("2026-11-18", "special ed?\nEVALUATION")
    assert talker.refs == ["evaluation-request/2"]


def test_an_unclear_reply_about_an_evaluation_goes_to_a_person_in_the_end(library: Library) -> None:
    talker = Talker(library)
    talker.send("IEP?", found={"evaluation": "possible"})
    talker.send("maybe")
    talker.send("hmm")
    assert talker.handed() == [("liaison", "misunderstood")]
    assert talker.refs == ["common/notice"]
    assert "Let us go on" not in talker.said[0]


def test_a_bare_keyword_that_meant_something_else_is_no_note(library: Library) -> None:
    talker = Talker(library)
    talker.send("evaluacion", found={"command": "evaluation", "command_exact": True})
    talker.send("3")
    assert talker.refs == ["evaluation-request/meant_other"]
    assert talker.handed() == []


def test_in_the_welcome_not_me_is_a_wrong_number(library: Library) -> None:
    talker = Talker(library, trusted=False)
    talker.start("welcome")
    talker.send("1")
    talker.send("I am not Rosa")
    assert talker.of(SetIdentity) == [SetIdentity("wrong_number")]


def test_wanting_to_know_more_is_answered_from_the_bank(library: Library) -> None:
    talker = talking(library)
    talker.send("something special", found={"evaluation": "possible"})
    talker.send("2")
    told = [ref for ref in talker.refs if ref.startswith("faq/")]
    assert told == ["faq/Q45"]
    for _ in range(5):
        assert talker.refs[-1] == "evaluation-request/1"
        talker.send("2")
        told += [ref for ref in talker.refs if ref.startswith("faq/")]
    assert told == sorted(set(told))
    assert set(told) <= {"faq/Q45", "faq/Q46", "faq/Q47", "faq/Q48", "faq/Q49", "faq/Q50"}
    talker.send("2")
    assert talker.refs[0] == "common/person"
    talker.send("1")
    assert ("evaluation_contact", "evaluation") in talker.handed()


@pytest.mark.parametrize(
    ("text", "answer"), [("What is the difference between an IEP and a 504 plan?", "Q51"), ("Is MTSS special education?", "Q07")]
)
def test_a_question_of_the_bank_word_for_word_is_answered_and_handed_over_all_the_same(library: Library, text: str, answer: str) -> None:
    talker = Talker(library)
    talker.send(text, found={"evaluation": "possible", "question": True})
    assert talker.refs == [f"faq/{answer}"]
    assert [h.to_role for h in talker.of(Handoff)] == ["evaluation_contact", "liaison"]


def test_whether_one_may_ask_is_near_enough_to_asking(library: Library) -> None:
    talker = Talker(library)
    talker.send("Can I ask for a special education evaluation now?", found={"evaluation": "possible", "question": True})
    assert talker.refs == ["evaluation-request/1"]


def test_the_evaluation_keyword_asks(library: Library) -> None:
    talker = Talker(library)
    talker.send("EVALUATION", found={"command": "evaluation", "command_exact": True})
    assert talker.refs == ["evaluation-request/1"]
    assert len(talker.handed()) == 2


def test_two_days_of_silence_after_the_evaluation_question_and_a_person_calls(library: Library) -> None:
    talker = Talker(library)
    talker.send("IEP?", found={"evaluation": "possible"})
    assert set(talker.timers()) == {"nudge", "call"}
    talker.ring("call")
    assert talker.handed() == [("liaison", "silence")]
    assert talker.session is None


def test_a_request_about_one_of_two_children_is_handed_over_before_it_is_known_which(library: Library) -> None:
    talker = Talker(library, cases=(ANA, LUIS))
    talker.send("please evaluate my child", found={"evaluation": "clear"})
    assert [h.to_role for h in talker.of(Handoff)] == ["evaluation_contact", "liaison"]
    assert talker.refs == ["common/which_child"]
    talker.later(days=1)
    talker.send("2")
    assert talker.said == [
        "Thank you. This is about Luis. I will give your words to Ms. Ortiz today. What are you worried about? You can skip this."
    ]
    (entry,) = talker.of(Write)
    assert (entry.norm["date"], entry.raw, talker.last.case_id) == ("2026-11-18", "please evaluate my child", "cas_luis")


@pytest.mark.parametrize(
    ("signal", "to", "outcome"),
    [
        ("wrong_number", "office", "stopped"),
        ("teen", "liaison", "silenced"),
        ("new_guardian", "registrar", "silenced"),
        ("safety_request", "on_call", "silenced"),
    ],
)
def test_an_identity_signal_ends_the_talk_and_goes_to_its_person(library: Library, signal: str, to: str, outcome: str) -> None:
    talker = talking(library)
    talker.send("some words", found={"identity": signal})
    assert talker.of(SetIdentity) == [SetIdentity(signal)]
    assert talker.handed()[0] == (to, signal)
    assert talker.of(Finished) == [Finished(outcome, "home-observations")]
    assert talker.written()[-1][0] in {"identity_event", "safety_flag", "contact_attempt"}
    assert len(talker.said) == 1
    assert "Maya" not in talker.said[0] or signal in {"new_guardian", "safety_request"}


@pytest.mark.parametrize("text", ["I am not Rosa", "I'm not Rosa.", "no soy Rosa", "this is not Rosa"])
def test_somebody_else_at_the_phone_is_believed(library: Library, text: str) -> None:
    talker = talking(library)
    talker.send(text)
    assert talker.of(SetIdentity) == [SetIdentity("teen")]
    assert talker.session is None


def test_i_do_not_know_is_no_skip_where_a_life_may_hang_on_it(library: Library) -> None:
    talker = talking(library)
    talker.send("words of danger", found={"danger_level": 2})
    talker.send("i dont know")
    assert talker.handed() == [("on_call", "danger")]
    assert talker.written()[-1] == ("safety_flag", {"safe_number": "i dont know"})


def test_a_shared_phone_is_recorded_and_the_talk_goes_on(library: Library) -> None:
    talker = talking(library)
    talker.send("my sister uses this phone too", found={"identity": "shared_phone"})
    assert talker.of(SetIdentity) == [SetIdentity("shared_phone")]
    assert talker.handed() == []
    assert talker.refs == ["identity/shared_phone", "home-observations/2"]


def test_a_safety_request_is_handled_like_violence_at_home(library: Library) -> None:
    talker = talking(library)
    turn = talker.send("do not tell my ex where we live", found={"identity": "safety_request"})
    assert talker.of(Page) == [Page(3)]
    assert turn.message_visibility == "safety_only"
    assert {write.kind: write.visibility for write in talker.of(Write)} == {"identity_event": "safety_only", "safety_flag": "safety_only"}
    shared = talking(library, shared_phone=True)
    shared.send("do not tell my ex where we live", found={"identity": "safety_request"})
    assert shared.said == ["Thank you. A person from school will contact you."]


def test_a_wrong_number_said_in_the_welcome_has_the_same_effect(library: Library) -> None:
    talker = Talker(library, trusted=False)
    talker.start("welcome")
    talker.send("1")
    talker.send("2")
    assert talker.of(SetIdentity) == [SetIdentity("wrong_number")]
    assert talker.handed() == [("office", "wrong_number")]
    assert [write.kind for write in talker.of(Write)] == ["identity_event", "contact_attempt"]
    assert talker.of(Say)[0].purpose == "confirm_stop"
    assert talker.said == ["Sorry. I will not text this number again."]
    assert talker.session is None


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
