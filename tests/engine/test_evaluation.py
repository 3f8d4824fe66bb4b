"""A request for an evaluation (F26): dated by its first words, handed over at once, then what worries them, a copy and what they need."""

from __future__ import annotations

import pytest

from bot.engine.events import Handoff, Write
from bot.engine.library import Library
from tests.engine.talker import ANA, LUIS, Talker, talking


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
    assert talker.refs == ["evaluation-request/4", "home-observations/2"]
    assert ("access_need", {"evaluation": "no"}) in talker.written()


def test_nothing_the_team_reads_tells_of_a_request(library: Library) -> None:
    talker = talking(library)
    talker.send("I want my child tested for special education", found={"evaluation": "clear"})
    seen = [entry.visibility for reply in ("Reading", "3") for entry in (talker.send(reply), *talker.of(Write))[1:]]
    assert seen == ["staff_only"] * 3


def test_who_says_that_the_number_is_not_theirs_is_asked_nothing_and_the_request_is_passed_on(library: Library) -> None:
    talker = talking(library)
    talker.send("Wrong number, but I want my child tested", found={"evaluation": "clear", "identity": "wrong_number"})
    assert talker.said == ["Sorry. I will not text this number again."]
    assert {("evaluation_contact", "evaluation"), ("liaison", "evaluation"), ("office", "wrong_number")} <= set(talker.handed())
    assert talker.session is None


def test_the_worry_may_be_skipped(library: Library) -> None:
    talker = talking(library)
    talker.send("I want my child tested for special education", found={"evaluation": "clear"})
    talker.send("skip", found={"command": "skip", "command_exact": True})
    assert talker.refs == ["evaluation-request/3", "evaluation-request/4"]


@pytest.mark.parametrize(("replies", "asked"), [((), "evaluation-request/2"), (("She mixes letters",), "evaluation-request/4")])
def test_the_keyword_again_while_we_ask_for_more_is_no_second_request(library: Library, replies: tuple[str, ...], asked: str) -> None:
    talker = talking(library)
    talker.send("I want my child tested for special education", found={"evaluation": "clear"})
    for reply in replies:
        talker.send(reply)
    talker.send("EVALUATION", found={"evaluation": "possible", "command": "evaluation", "command_exact": True})
    assert talker.refs == [asked]
    assert talker.of(Write) == talker.of(Handoff) == []


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
    assert talker.handed() == [("evaluation_contact", "evaluation_words"), ("liaison", "evaluation_words")]
    assert talker.refs == ["common/misunderstood"]
    assert "Let us go on" not in talker.said[0]


def test_a_bare_keyword_that_meant_something_else_is_no_note(library: Library) -> None:
    talker = Talker(library)
    talker.send("evaluacion", found={"command": "evaluation", "command_exact": True})
    talker.send("3")
    assert talker.refs == ["evaluation-request/meant_other"]
    assert talker.handed() == []


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


def test_who_does_not_know_what_is_asked_for_is_told(library: Library) -> None:
    talker = talking(library)
    talker.send("EVALUATION", found={"command": "evaluation", "command_exact": True})
    talker.send("What is that?", found={"question": True})
    assert talker.refs == ["faq/Q45", "evaluation-request/1"]


@pytest.mark.parametrize("lang", ["en", "es"])
def test_words_that_say_neither_yes_nor_no_go_with_the_request_and_to_no_note(library: Library, lang: str) -> None:
    talker = Talker(library, lang=lang, values={"liaison": "Elena Soto"})
    talker.send("EVALUATION", found={"evaluation": "possible", "command": "evaluation", "command_exact": True})
    for words, ref in (("blue sky", "evaluation-request/1"), ("la bus", "common/misunderstood"), ("Maya llora", "common/person_again")):
        turn = talker.send(words)
        both = [(one.to_role, one.reason, one.within, one.text) for one in talker.of(Handoff)]
        assert both == [(to, "evaluation_words", "same_day", words) for to in ("evaluation_contact", "liaison")]
        assert (talker.of(Write), turn.message_visibility, talker.refs) == ([], "staff_only", [ref])
    talker.send("1")
    assert [(one.kind, one.raw) for one in talker.of(Write)][-1] == ("eval_request", "EVALUATION")
    assert talker.refs == ["evaluation-request/2"]


def test_thanks_and_a_lone_emoji_are_no_words_of_a_request(library: Library) -> None:
    talker = Talker(library)
    talker.send("EVALUATION", found={"evaluation": "possible", "command": "evaluation", "command_exact": True})
    talker.send("💛")
    assert talker.handed() == []


def test_words_in_place_of_a_need_reach_who_answers_for_the_request(library: Library) -> None:
    talker = Talker(library)
    talker.send("I want my child tested for special education", found={"evaluation": "clear"})
    talker.send("Reading")
    talker.send("Maya cries over letters")
    assert ("evaluation_contact", "evaluation_words") in talker.handed()
    assert [one.visibility for one in talker.of(Write)] == ["staff_only"]


@pytest.mark.parametrize("grade", ["clear", "possible"])
def test_nobody_is_asked_about_an_answer_of_before_once_the_request_is_done(library: Library, grade: str) -> None:
    talker = Talker(library)
    talker.send("What is MTSS?", found={"question": True})
    assert talker.said[0].endswith("Did that help? 1 Yes 2 No 3 Ask a person")
    talker.send("is it like special ed, I want her tested", found={"evaluation": grade})
    for text in ("yes", "she mixes letters", "4")[grade == "clear" :]:
        talker.send(text)
    assert talker.refs == ["evaluation-request/4"]
    assert talker.session is None
