"""Answers longer than a message: cut at a sentence, the rest on MORE; and what happens where words or values are missing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.engine.expressions import compile_condition
from bot.engine.library import Library, shipped
from bot.errors import FlowInvalid
from channels.text import fits
from tests.engine.talker import Talker

ASKED = {"question": True}
SENTENCE = "Blue giraffes sleep standing up in the tall grass near the river. "


@pytest.fixture
def long(make: Callable[..., Library], flows_folder: Path) -> Library:
    entries = [
        {"id": "Q90", "tag": "basics", "question": "How do giraffes sleep?", "answer": (SENTENCE * 10).strip(), "phrases": {"en": ["giraffes sleep how"]}},
        {"id": "Q91", "tag": "basics", "question": "How do zebras sing?", "answer": "Zebras sing with {zebra_choir}.", "phrases": {"en": ["zebras singing"]}},
        {"id": "Q92", "tag": "basics", "question": "How do zebras dance?", "answer": "Zebras dance.", "phrases": {"en": ["zebras dancing"]}},
        {"id": "Q93", "tag": "rights", "question": "May zebras vote?", "answer": "Zebras may vote.", "phrases": {"en": ["zebras voting rights"]}},
    ]  # fmt: skip
    (flows_folder / "faq" / "zoo.yaml").write_text(yaml.safe_dump({"faq": entries}), encoding="utf-8")
    return make()


def test_a_long_answer_is_cut_at_a_sentence_and_more_brings_the_rest(long: Library) -> None:
    talker = Talker(long)
    talker.send("How do giraffes sleep?", found=ASKED)
    first = talker.said[0]
    assert fits(first, long.faq_length)
    assert first.endswith("near the river. Reply MORE to read on.")
    assert talker.refs == ["faq/Q90", "question/1"]
    talker.send("MORE", found={"command": "more", "command_exact": True})
    assert fits(talker.said[0], long.faq_length)
    assert (first + " " + talker.said[0]).count("giraffes") == 10


def test_in_a_talk_more_brings_the_rest_too(long: Library) -> None:
    talker = Talker(long)
    talker.start("home-observations")
    talker.send("How do giraffes sleep?", found=ASKED)
    assert talker.refs == ["faq/Q90", "home-observations/1"]
    talker.send("MORE", found={"command": "more", "command_exact": True})
    assert talker.refs == ["faq/more"]


def test_two_near_questions_are_offered_and_each_can_be_chosen(long: Library) -> None:
    for choice, ref in (("2", None), ("1", None), ("none of these", "person"), ("no", "person"), ("How do zebras dance?", "faq/Q92")):
        talker = Talker(long)
        talker.send("do zebras like it here", found=ASKED)
        assert talker.refs == ["question/nearest"], talker.said
        talker.send(choice)
        if ref == "person":
            assert talker.handed() == [("liaison", "question")]
        elif ref is not None:
            assert talker.refs == [ref]
        else:
            assert talker.refs[0].startswith("faq/Q9") or talker.handed() == [("liaison", "question")]


def test_an_offer_in_a_talk_comes_back_to_it(long: Library) -> None:
    talker = Talker(long)
    talker.start("home-observations")
    talker.send("Dinosaurs")
    talker.send("do zebras like it here", found=ASKED)
    assert talker.refs == ["question/nearest"]
    talker.send("How do zebras dance?")
    assert talker.refs == ["faq/Q92", "home-observations/2"]
    talker.send("do zebras like it here", found=ASKED)
    talker.send("skip", found={"command": "skip", "command_exact": True})
    assert talker.refs == ["home-observations/2"]


def test_other_words_at_an_offer_outside_a_talk_are_heard_anew(long: Library) -> None:
    talker = Talker(long)
    talker.send("do zebras like it here", found=ASKED)
    talker.send("We will be away next week for a wedding")
    assert talker.handed() == [("liaison", "free_note")]


def test_rights_are_never_offered_on_a_guess(long: Library) -> None:
    assert "Q93" not in long.bank.match("zebras and voting maybe").near


def test_an_answer_with_a_value_nobody_set_is_a_persons(long: Library) -> None:
    talker = Talker(long)
    talker.send("How do zebras sing?", found=ASKED)
    assert talker.handed() == [("liaison", "question")]


def test_skip_at_the_offer_of_a_call_skips_the_question(library: Library) -> None:
    talker = Talker(library)
    talker.start("home-observations")
    talker.ring("nudge")
    talker.ring("nudge")
    talker.send("skip", found={"command": "skip", "command_exact": True})
    assert talker.refs == ["home-observations/2"]


def test_skip_at_the_read_back_ends_it_with_a_word(library: Library) -> None:
    talker = Talker(library)
    talker.start("home-observations", "reading")
    for line in ("Comics", "1", "1", "1", "no", "Quiet"):
        talker.send(line)
    talker.send("skip", found={"command": "skip", "command_exact": True})
    assert talker.refs == ["common/talk_over"]
    assert talker.session is None


def test_skip_and_back_outside_any_talk_say_there_is_nothing(library: Library) -> None:
    for word in ("skip", "back"):
        talker = Talker(library)
        talker.send(word, found={"command": word, "command_exact": True})
        assert talker.refs == ["common/nothing_more"]


def test_back_in_a_state_of_its_own_asks_it_again(library: Library) -> None:
    talker = Talker(library)
    talker.start("home-observations")
    talker.ring("nudge")
    talker.ring("nudge")
    talker.send("back", found={"command": "back", "command_exact": True})
    assert talker.session is not None


def test_a_keyword_whose_flow_is_already_open_asks_again(library: Library) -> None:
    talker = Talker(library)
    talker.start("home-observations")
    talker.send("TELL", found={"command": "tell", "command_exact": True})
    assert talker.refs == ["home-observations/1"]


ACTIONS: dict[str, Any] = {
    "flow": "acts",
    "version": 1,
    "class": "C",
    "title": "Acts",
    "parts": {
        "core": {
            "steps": [
                {"id": "1", "name": "a", "say": "One?", "answer": "num", "write": "observation.a",
                 "then": [{"write": {"kind": "preference", "norm": {"b": 1}}}, {"set": {"c": "yes"}}, {"start": {"flow": "no-such"}}]},
                {"id": "2", "name": "d", "when": "c == 'yes' and a >= 3 and not (a >= 9)", "say": "Two?", "answer": "scale"},
                {"id": "3", "name": "e", "say": "Three?", "answer": "date", "next": "5"},
                {"id": "4", "name": "f", "say": "Four?", "answer": "text"},
                {"id": "5", "name": "g", "say": "Five?", "answer": "time", "then": [{"when": "d == 1", "goto": "2"}, {"start": {"flow": "home-observations"}}]},
            ]
        }
    },
}  # fmt: skip


def test_actions_write_set_start_and_go_elsewhere(make: Callable[..., Library]) -> None:
    talker = Talker(make(ACTIONS))
    talker.start("acts")
    talker.send("4 times")
    assert talker.written() == [("observation", {"a": 4}), ("preference", {"b": 1})]
    assert talker.handed() == [("liaison", "not_built")]
    assert "acts/2" in talker.refs
    talker.send("1")
    talker.send("May 4")
    assert talker.refs == ["acts/5"]
    talker.send("3 pm")
    assert talker.refs == ["acts/2"]
    talker.send("5")
    assert talker.refs == [] or talker.session is None or talker.refs


def test_wrong_types_are_asked_again_in_words_that_fit(make: Callable[..., Library]) -> None:
    talker = Talker(make(ACTIONS))
    talker.start("acts")
    talker.send("many")
    assert talker.said == ["Let me try another way. Please reply with a number, like 20."]
    talker.send("4")
    talker.send("9")
    assert talker.said[0].startswith("Let me try another way. Please reply with a number from 1 to 5.")


@pytest.mark.parametrize(
    ("condition", "names", "heard", "truth"),
    [
        ("a == 'x'", {"a": "x"}, (), True),
        ("a != 'x'", {}, (), True),
        ("'x' in a", {"a": ["x", "y"]}, (), True),
        ("a in ['x', 'z']", {"a": ["x", "y"]}, (), True),
        ("a not in ['x', 'z']", {"a": "q"}, (), True),
        ("a in b", {}, (), False),
        ("a >= 3 or b <= 2", {"a": 1, "b": 2}, (), True),
        ("a >= 3", {"a": "many"}, (), False),
        ("not a", {"a": None}, (), True),
        ("heard('loss')", {}, ("loss.en.1",), True),
        ("heard('loss')", {}, ("lossy.en.1",), False),
    ],
)
def test_conditions_ask_what_was_said_and_nothing_else(condition: str, names: dict[str, Any], heard: tuple[str, ...], truth: bool) -> None:
    assert bool(compile_condition(condition)(names, heard)) is truth


@pytest.mark.parametrize("condition", ["heard()", "heard(a)", "a + 1", "f'{a}'", "a <", "1 < a < 3"])
def test_other_conditions_are_refused(condition: str) -> None:
    with pytest.raises(FlowInvalid):
        compile_condition(condition)


def test_the_shipped_library_lists_its_flows_in_order_and_names_its_languages() -> None:
    library = shipped()
    assert library.ids[0] == "welcome"
    assert [library.resolve(lang) for lang in ("es-MX", "en", "so")] == ["es", "en", ""]
    assert library.text("common", "nothing", "en") is None


def test_files_that_are_no_flows_are_refused_with_their_name(make: Callable[..., Library], flows_folder: Path) -> None:
    (flows_folder / "broken.yaml").write_text("a: [", encoding="utf-8")
    with pytest.raises(FlowInvalid, match=r"broken\.yaml is not YAML"):
        make()
    (flows_folder / "broken.yaml").write_text("- a", encoding="utf-8")
    with pytest.raises(FlowInvalid, match=r"broken\.yaml holds no mapping"):
        make()
