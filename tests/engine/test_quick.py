"""The quick way and the long way give the same turn, to the byte."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.engine import runner
from bot.engine.library import Library, shipped
from bot.engine.quick import take_ordinary
from bot.engine.scene import Scene, Turn
from bot.values.screening import Screening
from tests.engine.talker import MAYA, Talker

PARTS = [("home-observations", part) for part in ("core", "reading", "math", "behaviour", "attendance", "feelings")] + [("welcome", "core")]
REPLIES = st.one_of(
    st.sampled_from(
        [
            "1",
            "2",
            "3",
            "1 y 3",
            "1, 3 and 8",
            "6",
            "9",
            "kind",
            "amable",
            "curous",
            "no sé",
            "I don't know",
            "I don't understand",
            "and he reads to me",
            "qué quiere decir",
            "hello",
            "gracias",
            "ok, I will answer later",
            "👍",
            "",
            " ",
            "skip",
            "xyzzy",
            "Sí",
            "2️⃣",
        ]
    ),
    st.text(max_size=60),
)
SCENES: dict[str, Any] = {
    "plain": {},
    "photo": {"media": ("att_1",)},
    "strange number": {"trusted": False},
    "stopped": {"consent": "stopped"},
    "not approved": {"classes_ok": "AF"},
    "question": {"screening": Screening(question=True)},
    "stop": {"screening": Screening(stop="word")},
    "other language": {"lang": "xx"},
    "dialect": {"lang": "es-MX"},
    "no case": {"case": None},
    "soon": {"second": "soon"},
    "unread": {"second": "unread"},
}


@cache
def the_library() -> Library:
    """Not a fixture: a failing example would print it whole."""
    return shipped()


class Both:
    """Takes every turn both ways and compares."""

    def __init__(self, library: Library) -> None:
        self.library = library
        self.ordinary = 0

    def take(self, scene: Scene) -> Turn:
        if scene.session is None:
            return runner.take(self.library, scene)
        quick = take_ordinary(self.library, replace(scene, new_id=_Ids()), orjson.loads(scene.session))
        slow = runner.take_step_by_step(self.library, replace(scene, new_id=_Ids()), orjson.loads(scene.session))
        if quick is not None:
            self.ordinary += 1
            assert quick == slow
        return slow


class _Ids:
    def __init__(self) -> None:
        self.count = 0

    def __call__(self, kind: str) -> str:
        self.count += 1
        return f"{kind}_{self.count}"


@settings(max_examples=250, deadline=None)
@given(
    st.sampled_from(PARTS),
    st.sampled_from(["en", "es"]),
    st.lists(st.tuples(REPLIES, st.sampled_from(["plain"] * 12 + list(SCENES))), max_size=10),
)
def test_both_ways_give_the_same_turn(part: tuple[str, str], lang: str, lines: list[tuple[str, str]]) -> None:
    both = Both(the_library())
    base = Talker(both.library, lang=lang).base
    turn = both.take(replace(base, prompt="start", start=part))
    for text, kind in lines:
        turn = both.take(replace(base, text=text, session=turn.session, **SCENES[kind]))


def test_a_frame_is_left_alone_where_the_quick_way_declines(library: Library) -> None:
    talker = Talker(library)
    talker.start("home-observations")
    talker.send("Dinosaurs")
    assert talker.session is not None
    frame = orjson.loads(talker.session)
    assert take_ordinary(library, replace(talker.base, text="xyzzy"), frame) is None
    assert orjson.dumps(frame) == talker.session


def test_most_turns_of_an_ordinary_talk_go_the_quick_way(library: Library) -> None:
    both = Both(library)
    base = replace(Talker(library).base, case=MAYA)
    turn = both.take(replace(base, prompt="start", start=("home-observations", "core")))
    for text in ("Dinosaurs", "1 and 3", "2", "English", "Grandma", "That he reads for fun", "👍"):
        turn = both.take(replace(base, text=text, session=turn.session))
    assert (both.ordinary, turn.status) == (7, "done")


@pytest.mark.parametrize("reply", [":1", "y 1", "1", "2 gracias"])
def test_a_late_choice_is_left_to_the_long_way_however_it_begins(library: Library, reply: str) -> None:
    both = Both(library)
    base = replace(Talker(library, lang="es").base, case=MAYA)
    turn = both.take(replace(base, prompt="start", start=("home-observations", "reading")))
    for text in ("cuentos", "1", "1", "1 y 3", "1 y 3", reply):
        turn = both.take(replace(base, text=text, session=turn.session))
    assert turn.session is not None
    answers = orjson.loads(turn.session)["n"]
    assert (answers["reading_l1"] is None, answers.get("reading_family")) == (False, None)


def test_long_answers_are_cut_in_the_read_back_both_ways(library: Library) -> None:
    both = Both(library)
    base = replace(Talker(library, lang="es").base, case=MAYA)
    turn = both.take(replace(base, prompt="start", start=("home-observations", "core")))
    for text in ("Le encanta " * 30, "1 y 3", "2", "Español " * 30, "Su abuela " * 30, "Que lea con gusto " * 30):
        turn = both.take(replace(base, text=text, session=turn.session))
    assert both.ordinary == 6
