"""What the learned weights add: they only add, quickly, and what they add is told apart by its row."""

from __future__ import annotations

import random
from zlib import crc32

import pytest

from bot.screen import likeness
from bot.screen.features import MASK, near, stem, word_features, words_of
from bot.screen.fold import fold, tokens
from bot.screen.likeness import LANES, MAGIC, Likeness, pack, parts
from bot.screen.screen import compile_words, screen
from bot.screen.unforeseen import may_add
from tests.screen.conftest import lists

NEVER = [-9.0] * len(LANES)


def weights(**lanes: dict[str, float]) -> bytes:
    """Weights for single words: lane -> word -> score."""
    rows: dict[int, list[int]] = {}
    for lane, scores in lanes.items():
        for word, score in scores.items():
            row = rows.setdefault(crc32(f"<{word}>".encode()) & MASK, [0] * len(LANES))
            row[LANES.index(lane.removeprefix("level"))] = round(score * 4)
    return pack(rows, 1 / 4, [-1.0] * len(LANES))


def features(text):
    words = words_of(tokens(fold(text)))
    return [feature for word in words for feature in word_features(word)] + list(near([stem(word) for word in words]))


@pytest.mark.parametrize(
    "text", ["", "hi", "hi there", "one two three", "He said: stop. Then 12 and 345 noooo! ok?", "停止发送", "a b c d e f g"]
)
def test_a_score_is_the_sum_of_its_features_weights(text):
    chance = random.Random(5)
    rows = {feature: [chance.randrange(-128, 128) for _ in LANES] for feature in set(features(text))}
    learned = Likeness(pack(rows, 0.5, [float(lane) for lane in range(len(LANES))]))
    meant = [lane + 0.5 * sum(rows[feature][lane] for feature in features(text)) for lane in range(len(LANES))]
    assert learned.score(tokens(fold(text))) == pytest.approx(meant)


@pytest.mark.parametrize(
    "text, sizes",
    [
        ("a b c. d e f", [7]),
        ("a " * 15 + ". " + "b " * 15 + ". " + "c " * 5, [16, 16, 5]),
        ("a " * 100, [40, 40, 40, 40, 20]),
        ("a. " * 30, [20, 20, 20]),
        ("b " * 10 + ". " + "a " * 70, [11, 40, 40, 30]),
    ],
)
def test_a_long_text_is_taken_in_parts(text, sizes):
    found = list(parts(tokens(fold(text))))
    assert [len(part) for part in found] == sizes, [len(part) for part in found]


def test_a_long_text_is_as_grave_as_its_gravest_part():
    calm = "we like soup and bread on sundays. " * 12
    assert screen(LEARNED, calm).fired == ()
    assert screen(LEARNED, f"{calm} so blorf today. {calm}").danger_level == 1


def test_a_file_that_is_none_is_refused():
    with pytest.raises(ValueError, match="learned"):
        Likeness(b"something else")
    assert pack({}, 1.0, NEVER).startswith(MAGIC)


def test_the_memory_of_words_is_bounded(monkeypatch):
    monkeypatch.setattr(likeness, "_REMEMBERED", 5)
    learned = Likeness(pack({}, 1.0, NEVER))
    for number in range(30):
        learned.score([f"word{number}"])
    assert len(learned._words) <= 6


LEARNED = compile_words({"en": lists("en")})
LEARNED.likeness = Likeness(
    weights(
        danger={"blorf": 2, "homework": 2, "grave": 9, "wail": 4, "shriek": 7},
        level1={"blorf": 1, "wail": 3, "shriek": 3},
        level2={"homework": 1, "grave": 3},
        level3={},
        level4={"gloom": 3},
        level5={"pantry": 3, "gloom": 1},
        stop={"zonk": 2, "zonkzonk": 9, "bus": 2, "fewer": 9},
        evaluation={"quiver": 2, "quiverquiver": 9},
        wrong_number={"strangerly": 2},
        person={"mister": 2},
    ),
)


@pytest.mark.parametrize(
    "text, fired, rows",
    [
        ("so blorf today", ("danger:1",), ("learned.danger.1",)),
        ("so gloom today", ("danger:4",), ("learned.danger.4",)),
        ("so pantry today", ("danger:5",), ("learned.danger.5",)),
        ("so zonk today", ("stop",), ("learned.stop",)),
        ("so quiver today", ("evaluation",), ("learned.evaluation",)),
        ("so strangerly today", ("identity:wrong_number",), ("learned.wrong_number",)),
        ("blorf", (), ()),
        ("so ordinary today", (), ()),
        ("blorf 555 010 1111", (), ()),
        ("dont tell my ex where we live blorf", ("identity:safety_request",), ()),
        ("dont tell my ex where we live shriek", ("danger:1", "identity:safety_request"), ("learned.danger.1",)),
        ("so wail quiverquiver today", ("danger:1", "evaluation"), ("learned.danger.1", "learned.evaluation")),
        ("please test him for dyslexia wail", ("danger:1", "evaluation"), ("learned.danger.1",)),
        ("so blorf zonk today", ("danger:1",), ("learned.danger.1",)),
        ("so blorf zonkzonk today", ("stop",), ("learned.stop",)),
        ("so grave zonkzonk today", ("danger:2", "stop"), ("learned.danger.2", "learned.stop")),
        ("this homework is killing me", (), ()),
        ("this homework is killing me grave", ("danger:2",), ("learned.danger.2",)),
        ("we will stop by the bus", (), ()),
        ("Fewer texts please", ("command:choose",), ()),
        ("so fewer texts today", ("stop",), ("learned.stop",)),
        ("you people never help strangerly", (), ()),
    ],
)
def test_what_is_learned_adds_to_what_the_lists_find(text, fired, rows):
    found = screen(LEARNED, text, "xx")
    assert (found.fired, tuple(row for row in found.matched if row.startswith("learned"))) == (fired, rows)


def test_a_lists_finding_stands():
    for text in ("I want to die blorf", "my husband hits me blorf zonk", "please stop texting me zonk"):
        plain, both = screen(compile_words({"en": lists("en")}), text), screen(LEARNED, text)
        assert both.fired == plain.fired
        assert set(plain.matched) <= set(both.matched)


def test_distress_becomes_danger_when_the_whole_sounds_like_it():
    assert screen(LEARNED, "i cant take this anymore blorf").danger_level == 1
    assert screen(LEARNED, "i cant take this anymore").danger_level == 4
    assert screen(LEARNED, "i cant take this anymore gloom").danger_level == 4


def test_a_person_is_heard():
    assert screen(LEARNED, "so mister today").person


def test_who_says_whose_mother_they_are_ends_nothing_unless_the_weights_are_sure():
    assert screen(LEARNED, "so zonk mom today", "en").fired == ()
    assert screen(LEARNED, "so strangerly mom today", "en").fired == ()
    assert screen(LEARNED, "so zonkzonk mom today", "en").fired == ("stop",)
    assert screen(LEARNED, "not zonk mom today", "en").fired == ("stop",)


def test_one_word_alone_is_the_lists_affair():
    assert may_add(LEARNED, ["blorf"]) == (False, False)
    assert may_add(LEARNED, ["so", "blorf"]) == (False, True)
    assert may_add(LEARNED, ["so", "grave"]) == (True, True)


def test_a_wrong_number_is_not_added_to_another_sign_of_the_lists():
    assert screen(LEARNED, "we share this phone strangerly").signs == ("shared_phone",)


def test_of_the_answer_to_a_question_the_weights_must_be_much_surer():
    assert screen(LEARNED, "so blorf today", "xx").danger_level == 1
    assert screen(LEARNED, "so blorf today", "xx", answering=True).danger_level == 0
    assert screen(LEARNED, "so grave today", "xx", answering=True).danger_level == 2
