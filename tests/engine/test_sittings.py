"""How long a talk goes on: six questions a day, rest and more, no circles, and the version it began with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from bot.engine.events import Write
from bot.engine.library import Library
from bot.errors import FlowUnknown
from tests.engine.talker import Talker
from tests.engine.test_talk import SEVEN, library_steps


def test_six_questions_are_enough_for_a_day(make: Callable[..., Library]) -> None:
    talker = Talker(make(SEVEN))
    talker.start("seven")
    for n in range(1, 7):
        talker.send(f"answer {n}")
    assert talker.said == ["That is enough for today. More on Friday, November 20?"]
    assert talker.last.status == "resting"
    assert talker.timers()["resume"].isoformat() == "2026-11-20T19:00:06+00:00"[:16] + ":00+00:00"
    talker.send("ok")
    assert talker.last.status == "resting"
    talker.later(days=2)
    talker.ring("resume")
    assert talker.said == ["Hello again. Here is the next question about Maya. Question 7?"]
    assert talker.last.status == "waiting"
    talker.send("answer 7")
    talker.send("answer 8")
    assert talker.session is None
    assert len(talker.written()) == 8


def test_a_talk_that_rests_goes_on_with_a_start_after_stop(make: Callable[..., Library]) -> None:
    talker = Talker(make(SEVEN))
    talker.start("seven")
    for n in range(1, 7):
        talker.send(f"answer {n}")
    talker.send("STOP", found={"stop": "word"})
    talker.send("START", consent="stopped", found={"command": "start", "command_exact": True})
    assert talker.said[-1] == "Hello again. Here is the next question about Maya. Question 7?"
    assert talker.last.status == "waiting"


def test_a_question_asked_again_is_not_a_new_one(library: Library) -> None:
    talker = Talker(library)
    talker.start("home-observations")
    back = {"command": "back", "command_exact": True}
    for line in ("soccer", "back", "football", "1", "back", "2", "2", "back", "3", "English", "Grandma", "Joy"):
        talker.send(line, **({"found": back} if line == "back" else {}))
    assert talker.refs == ["home-observations/readback"]


def test_a_word_more_at_rest_is_kept_and_the_talk_rests_on(make: Callable[..., Library]) -> None:
    talker = Talker(make(SEVEN))
    talker.start("seven")
    for n in range(1, 7):
        talker.send(f"answer {n}")
    talker.send("gma")
    assert talker.handed() == []
    assert talker.written()[-1] == ("observation", {"note": "gma"})
    kept = len(talker.written())
    talker.send("gracias, luego contesto")
    assert (talker.said, len(talker.written())) == (["Reply MORE to go on."], kept)
    assert talker.last.status == "resting"


def test_more_goes_on_at_once_and_no_leaves_it_to_the_family(make: Callable[..., Library]) -> None:
    library = make(SEVEN)
    talker = Talker(library)
    talker.start("seven")
    for n in range(1, 7):
        talker.send(f"answer {n}")
    talker.send("no")
    assert talker.said == ["OK. I keep what you wrote. Reply MORE any time to go on."]
    talker.ring("resume")
    assert talker.said == []
    talker.send("more", found={"command": "more", "command_exact": True})
    assert talker.refs == ["seven/7"]


def test_a_flow_that_goes_round_in_circles_is_stopped(make: Callable[..., Library]) -> None:
    circle: dict[str, Any] = {
        "flow": "circle",
        "version": 1,
        "title": "Circle",
        "parts": {
            "core": {
                "steps": [
                    {"id": "1", "name": "one", "say": "One.", "answer": "none", "then": [{"goto": "2"}]},
                    {"id": "2", "name": "two", "say": "Two.", "answer": "none", "then": [{"goto": "1"}]},
                ]
            }
        },
    }
    talker = Talker(make(circle))
    talker.start("circle")
    assert talker.session is None
    assert talker.handed() == [("liaison", "misunderstood")]
    assert len(talker.said) < library_steps(talker)


def test_a_running_talk_ends_on_the_version_it_began_with(make: Callable[..., Library], flows_folder: Any) -> None:
    first: dict[str, Any] = {
        "flow": "versions",
        "version": 1,
        "class": "C",
        "title": "Versions",
        "parts": {"core": {"steps": [
            {"id": "1", "name": "a", "say": "Old one?", "answer": "text", "write": "observation.a"},
            {"id": "2", "name": "b", "say": "Old two?", "answer": "text", "write": "observation.b"},
        ]}},
    }  # fmt: skip
    old = make(first)
    talker = Talker(old)
    talker.start("versions")
    earlier = flows_folder / "earlier"
    earlier.mkdir(exist_ok=True)
    (flows_folder / "versions.yaml").rename(earlier / "versions.v1.yaml")
    second = {**first, "version": 2, "parts": {"core": {"steps": [{"id": "9", "name": "z", "say": "New?", "answer": "text"}]}}}
    talker.library = make(second)
    talker.send("first answer")
    assert talker.said == ["Old two?"]
    (entry,) = talker.of(Write)
    assert (entry.asked_ref, entry.flow_version) == ("versions/1@1", 1)
    talker.send("second answer")
    assert talker.session is None
    other = Talker(talker.library)
    other.start("versions")
    assert other.said == ["New?"]
    assert other.last.flow_version == 2


def test_a_talk_whose_version_is_gone_still_hears_the_family(library: Library) -> None:
    talker = Talker(library)
    talker.session = b'{"f":"gone","v":7,"p":"core","at":0,"n":{},"e":{},"h":[0]}'
    talker.send("Maya likes frogs")
    assert talker.handed() == [("liaison", "free_note")]


def test_what_is_not_shipped_does_not_start(library: Library) -> None:
    with pytest.raises(FlowUnknown):
        Talker(library).start("no-such-flow")
    with pytest.raises(FlowUnknown):
        Talker(library).start("home-observations", "no-such-part")
