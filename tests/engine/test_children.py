"""Which child? (fault 9): asked before anything is guessed; the message is kept and the talk goes on with it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.engine.events import ChooseCase, Finished, Say, Write
from bot.engine.library import Library
from bot.engine.scene import CaseRef
from tests.engine.talker import ANA, LUIS, Talker


def test_with_two_children_nothing_is_written_before_it_is_known_which(library: Library) -> None:
    talker = Talker(library, cases=(ANA, LUIS))
    turn = talker.send("She reads to the dog every night")
    assert talker.said == ["Is this about 1 Ana 2 Luis?"]
    assert talker.of(Say)[0].options == (("1", "Ana"), ("2", "Luis"))
    assert talker.written() == []
    assert (turn.status, turn.case_id) == ("waiting", "")


@pytest.mark.parametrize("reply", ["1", "Ana", "ana!", "Anita", "it is Ana", "uno", "١", "first"])
def test_the_choice_is_kept_and_the_message_goes_on(library: Library, reply: str) -> None:
    talker = Talker(library, cases=(ANA, LUIS))
    talker.send("She reads to the dog every night")
    turn = talker.send(reply)
    assert talker.of(ChooseCase) == [ChooseCase("cas_ana")]
    assert turn.events[0] == ChooseCase("cas_ana")
    assert [(write.norm, write.raw) for write in talker.of(Write)] == [
        ({"note": "She reads to the dog every night"}, "She reads to the dog every night")
    ]
    assert turn.case_id == "cas_ana"


def test_a_kept_question_is_answered_after_the_choice(library: Library) -> None:
    talker = Talker(library, cases=(ANA, LUIS))
    talker.send("What is MTSS?", found={"question": True})
    talker.send("2")
    assert talker.refs == ["faq/Q01"]
    assert talker.last.case_id == "cas_luis"


def test_a_kept_keyword_is_done_after_the_choice(library: Library) -> None:
    talker = Talker(library, cases=(ANA, LUIS))
    talker.send("TELL", found={"command": "tell", "command_exact": True})
    talker.send("Luis")
    assert talker.refs == ["home-observations/1"]
    assert "Luis" in talker.said[0]


def test_a_photo_is_kept_too(library: Library) -> None:
    talker = Talker(library, cases=(ANA, LUIS))
    talker.send("", media=("att_7",))
    talker.send("1")
    assert [write.media for write in talker.of(Write)] == [("att_7",)]


@pytest.mark.parametrize("reply", ["3", "Ana and Luis", "ok", "0", "the little one"])
def test_a_doubtful_choice_is_asked_again_and_then_goes_to_a_person(library: Library, reply: str) -> None:
    talker = Talker(library, cases=(ANA, LUIS))
    talker.send("She reads to the dog")
    talker.send(reply)
    assert talker.said == ["I want to be sure. Is this about 1 Ana 2 Luis?"]
    talker.send(reply)
    assert talker.handed() == [("liaison", "misunderstood")]
    assert "She reads to the dog" in next(event.text for event in talker.last.events if hasattr(event, "to_role"))
    assert talker.session is None


@pytest.mark.parametrize("reply", ["both", "los dos", "Both of them"])
def test_words_about_both_go_to_a_person_at_once(library: Library, reply: str) -> None:
    talker = Talker(library, cases=(ANA, LUIS))
    talker.send("They fight over the tablet")
    talker.send(reply)
    assert [(event.reason, event.text) for event in talker.last.events if hasattr(event, "to_role")] == [
        ("both_children", "They fight over the tablet")
    ]
    assert talker.written() == [("handoff", {"note": "They fight over the tablet", "about": "both"})]
    assert talker.session is None
    assert talker.send("ok").events == ()


def test_an_evaluation_asked_for_both_is_a_dated_request_that_no_teacher_reads(library: Library) -> None:
    talker = Talker(library, cases=(ANA, LUIS))
    talker.send("I want them tested for special ed", found={"evaluation": "clear"})
    talker.send("both")
    (request,) = talker.of(Write)
    assert (request.kind, request.visibility, request.raw) == ("eval_request", "staff_only", "I want them tested for special ed")
    assert request.norm["date"] == "2026-11-18"
    assert talker.handed() == [("evaluation_contact", "both_children"), ("liaison", "both_children")]
    assert talker.last.message_visibility == "staff_only"


@pytest.mark.parametrize(
    "text", ["I want Ana and Luis tested for special ed", "Test both my kids for special ed", "Que evalúen a mis dos hijos"]
)
@pytest.mark.parametrize("talking", [True, False])
def test_an_evaluation_asked_for_every_child_by_name_is_one_for_each(library: Library, text: str, talking: bool) -> None:
    talker = Talker(library, cases=(ANA, LUIS))
    if talking:
        talker.base = replace(talker.base, case=ANA)
        talker.start("home-observations")
    talker.send(text, found={"evaluation": "clear"})
    assert talker.written() == [("eval_request", {"date": "2026-11-18", "language": "en", "about": "both"})]
    assert talker.handed() == [("evaluation_contact", "evaluation"), ("liaison", "evaluation")]
    assert "common/which_child" not in talker.refs
    assert (talker.session is not None) is talking


def test_a_stop_beside_a_request_for_every_child_leaves_the_request_in_each_record(library: Library) -> None:
    talker = Talker(library, cases=(ANA, LUIS))
    talker.send("Test Ana and Luis for special ed and stop texting me", found={"evaluation": "clear", "stop": "phrase"})
    assert ("eval_request", {"date": "2026-11-18", "language": "en", "about": "both"}) in talker.written()
    assert len(talker.said) == 1


def test_a_clear_request_about_one_of_two_is_not_one_for_both(library: Library) -> None:
    talker = Talker(library, cases=(ANA, LUIS))
    talker.base = replace(talker.base, case=ANA)
    talker.start("home-observations")
    talker.send("I want her tested for both reading and math", found={"evaluation": "clear"})
    assert [norm.get("about") for _, norm in talker.written()] == [None]


@pytest.mark.parametrize("after", [["stop"], ["hm", "the little one"]], ids=["stop", "misunderstood"])
def test_a_request_for_which_no_child_was_picked_is_dated_in_every_record(library: Library, after: list[str]) -> None:
    talker = Talker(library, cases=(ANA, LUIS))
    talker.send("I want him tested for special ed", found={"evaluation": "clear"})
    turns = [talker.send(text, found={"stop": "exact", "command": "stop"} if text == "stop" else {}) for text in after]
    found = [one for turn in turns for one in turn.events if isinstance(one, Write)]
    (request,) = [one for one in found if one.kind == "eval_request"]
    assert request.norm == {"date": "2026-11-18", "language": "en"}
    assert str(request.raw).startswith("I want him tested for special ed")
    assert ("liaison", "free_note") not in talker.handed()


def test_no_teacher_reads_a_request_for_which_no_child_was_picked(library: Library) -> None:
    talker = Talker(library, cases=(ANA, LUIS))
    talker.send("I want him tested for special ed", found={"evaluation": "clear"})
    for reply in ("hm", "the little one"):
        talker.send(reply)
        assert talker.last.message_visibility == "staff_only"


@pytest.mark.parametrize(("replies", "reason"), [(["los dos"], "both_children"), (["hm", "hm"], "misunderstood")])
def test_after_which_child_has_gone_to_a_person_the_open_question_is_asked_again(library: Library, replies: list[str], reason: str) -> None:
    talker = Talker(library, cases=(ANA, LUIS))
    talker.base = talker.base.__class__(**{**_fields(talker), "case": ANA})
    talker.start("home-observations")
    asked = talker.said[-1]
    talker.send("Luis likes cars")
    for reply in replies:
        talker.send(reply)
    assert [handed[1] for handed in talker.handed()] == [reason]
    assert "Here is the question again" in talker.said[-1]
    assert asked.split("?")[0].split(". ")[-1] in talker.said[-1]
    talker.send("She draws horses")
    assert [write.norm for write in talker.of(Write)] == [{"interests": "She draws horses"}]


def test_words_that_name_the_other_child_are_asked_about(library: Library) -> None:
    talker = Talker(library, cases=(ANA, LUIS))
    talker.base = talker.base.__class__(**{**_fields(talker), "case": ANA})
    talker.start("home-observations")
    talker.send("Luis likes cars")
    assert talker.written() == []
    assert talker.said == ["Is this about 1 Ana 2 Luis?"]
    talker.send("1")
    assert [write.norm for write in talker.of(Write)] == [{"interests": "Luis likes cars"}]


def test_initials_are_shown_where_the_phone_is_shared(library: Library) -> None:
    cases = (
        CaseRef("cas_1", "Ana", "A. Cedar School", ("Ana",), {}),
        CaseRef("cas_2", "Luis", "L. Pine School", ("Luis",), {}),
    )
    talker = Talker(library, cases=cases, shared_phone=True)
    talker.send("hello there friend")
    assert talker.said == ["Is this about 1 A. Cedar School 2 L. Pine School?"]


@pytest.mark.parametrize("reply", ["A.O.", "AO", "a. o.", "Cedar School", "la de Cedar School"])
def test_what_was_shown_picks_the_child(library: Library, reply: str) -> None:
    cases = (CaseRef("cas_1", "Ana", "A.O., Cedar School", ("Ana",), {}), CaseRef("cas_2", "Luis", "L.O., Pine School", ("Luis",), {}))
    talker = Talker(library, cases=cases, shared_phone=True)
    talker.send("She did not sleep well")
    talker.send(reply)
    assert talker.last.case_id == "cas_1"


def test_help_works_while_it_is_asked(library: Library) -> None:
    talker = Talker(library, cases=(ANA, LUIS))
    talker.send("hello there friend")
    talker.send("help", found={"command": "help", "command_exact": True})
    assert talker.refs[0] == "stop-help/help"
    talker.send("1")
    assert talker.of(ChooseCase) == [ChooseCase("cas_ana")]


def test_an_open_talk_about_the_chosen_child_hears_the_kept_answer(library: Library) -> None:
    talker = Talker(library, cases=(ANA, LUIS))
    talker.base = talker.base.__class__(**{**_fields(talker), "case": ANA})
    talker.start("home-observations")
    talker.base = talker.base.__class__(**{**_fields(talker), "case": None})
    talker.send("Singing")
    assert talker.said == ["Is this about 1 Ana 2 Luis?"]
    talker.send("1")
    assert [write.norm for write in talker.of(Write)] == [{"interests": "Singing"}]


def test_an_open_talk_about_the_other_child_waits_and_is_asked_about_again(library: Library) -> None:
    talker = Talker(library, cases=(ANA, LUIS))
    talker.base = talker.base.__class__(**{**_fields(talker), "case": ANA})
    talker.start("home-observations")
    talker.base = talker.base.__class__(**{**_fields(talker), "case": None})
    talker.send("Singing in the rain")
    talker.send("2")
    assert [write.norm for write in talker.of(Write)] == [{"note": "Singing in the rain"}]
    assert talker.last.case_id == "cas_luis"
    assert talker.frame["c"] == "cas_ana"
    talker.base = talker.base.__class__(**{**_fields(talker), "case": LUIS})
    talker.send("Frogs")
    assert talker.said == ["Is this about 1 Ana 2 Luis?"]
    talker.send("1")
    assert [write.norm for write in talker.of(Write)] == [{"interests": "Frogs"}]
    assert talker.last.case_id == "cas_ana"


def _fields(talker: Talker) -> dict[str, object]:
    return {name: getattr(talker.base, name) for name in talker.base.__slots__}


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(min_size=1, max_size=40), min_size=1, max_size=6))
def test_no_words_reach_a_case_that_was_not_chosen(library: Library, lines: list[str]) -> None:
    talker = Talker(library, cases=(ANA, LUIS))
    chosen = ""
    for line in lines:
        turn = talker.send(line)
        for event in turn.events:
            if isinstance(event, ChooseCase):
                chosen = event.case_id
            if isinstance(event, Write):
                assert chosen
                assert turn.case_id == chosen
        if chosen:
            return


@pytest.mark.parametrize(
    ("text", "found", "reply"),
    [
        ("PAUSE", {"command": "pause", "command_exact": True}, "1"),
        ("LANGUAGE", {"command": "language", "command_exact": True}, "2"),
        ("she wants to die", {"danger_level": 2}, "555 0100"),
    ],
)
def test_a_question_about_no_child_is_answered_without_asking_which(library: Library, text: str, found: dict[str, Any], reply: str) -> None:
    talker = Talker(library, cases=(ANA, LUIS))
    talker.send(text, found=found)
    talker.send(reply)
    assert "common/which_child" not in talker.refs
    assert talker.session is None


def test_a_talk_about_a_child_one_may_hear_nothing_of_any_more_is_over(library: Library) -> None:
    talker = Talker(library)
    talker.start("home-observations", "reading")
    talker.send("Comics")
    talker.base = replace(talker.base, cases=(), case=None)
    talker.send("2")
    assert talker.said == ["Thank you. I gave your words to Cedar School. A person will answer by Thursday, November 19."]
    assert (talker.session, talker.of(Finished)) == (None, [Finished("closed", "home-observations")])


def test_nobody_is_nudged_about_such_a_child(library: Library) -> None:
    for prompt in ("nudge", "close", "resume", "call"):
        talker = Talker(library)
        talker.start("home-observations", "reading")
        talker.base = replace(talker.base, cases=(), case=None)
        talker.ring(prompt)
        assert (talker.said, talker.session) == ([], None)


def test_what_was_said_about_that_child_is_not_written_about_another(library: Library) -> None:
    talker = Talker(library, cases=(ANA, LUIS))
    talker.base = replace(talker.base, case=ANA)
    talker.start("home-observations", "reading")
    talker.base = replace(talker.base, cases=(LUIS,), case=LUIS)
    talker.send("She loves comics about cats")
    assert talker.of(Write) == []
    assert talker.handed() == [("liaison", "free_note")]


def test_a_request_for_an_evaluation_goes_on_without_the_case(library: Library) -> None:
    talker = Talker(library)
    talker.start("home-observations", "reading")
    talker.send("I want her tested for special ed", found={"evaluation": "clear"})
    talker.base = replace(talker.base, cases=(), case=None)
    talker.send("She cannot read")
    assert ("evaluation_contact", "evaluation_words") in talker.handed()
