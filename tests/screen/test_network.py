"""The network: it scores as it is defined, is asked only where a kind is near, and overrules no list."""

from __future__ import annotations

import io

import numpy as np
import pytest

from bot.screen import network
from bot.screen.features import plain
from bot.screen.fold import SENTENCE_ENDS, fold, tokens
from bot.screen.likeness import LANES, Likeness, pack, parts
from bot.screen.network import ARRAYS, WIDTHS, Heard, Network, pieces
from bot.screen.screen import compile_words, screen
from tests.screen.conftest import lists

KINDS, VECTOR, FILTERS, HIDDEN = 97, 5, 3, 4
LEVELS = [-9.0] * len(LANES)


def arrays(seed: int = 3) -> dict[str, np.ndarray]:
    chance = np.random.default_rng(seed)
    every = FILTERS * len(WIDTHS)
    found = {
        "pieces": chance.integers(-127, 128, (KINDS, VECTOR)).astype(np.int8),
        "scale": np.float32(0.01),
        "filters": chance.normal(size=(VECTOR, FILTERS * sum(WIDTHS))),
        "filters_begin": chance.normal(size=every),
        "hidden": chance.normal(size=(every, HIDDEN)),
        "hidden_begin": chance.normal(size=HIDDEN),
        "out": chance.normal(size=(HIDDEN, len(Heard._fields))),
        "straight": chance.normal(size=(every, len(Heard._fields))),
        "out_begin": chance.normal(size=len(Heard._fields)),
    }
    return {name: found[name] for name in ARRAYS}


def file(of: dict[str, np.ndarray]) -> bytes:
    written = io.BytesIO()
    np.savez_compressed(written, **of)
    return written.getvalue()


def defined(of: dict[str, np.ndarray], words: list[str]) -> list[float]:
    """The definition, word by word and filter by filter."""
    vectors = [of["pieces"][rows].sum(axis=0) * float(of["scale"]) / len(rows) ** 0.5 for word in words if (rows := pieces(word, KINDS))]
    strongest, block = [], 0
    for width in WIDTHS:
        for column in range(FILTERS):
            places = []
            for end in range(len(words)):
                total = 0.0
                for place in range(width):
                    at = end - width + 1 + place
                    if at >= 0:
                        total += float(vectors[at] @ of["filters"][:, block + place * FILTERS + column])
                places.append(total)
            strongest.append(max(places))
        block += width * FILTERS
    filters = np.maximum(np.array(strongest) + of["filters_begin"], 0)
    hidden = np.maximum(filters @ of["hidden"] + of["hidden_begin"], 0)
    return (hidden @ of["out"] + filters @ of["straight"] + of["out_begin"]).tolist()


def said(text: str) -> list[str]:
    return [plain(token) for token in tokens(fold(text)) if token not in SENTENCE_ENDS]


@pytest.mark.parametrize("text", ["hello", "hi there", "He said: stop. Then 12 and 345 noooo! ok?", "停止发送", "a b c d e f g a b c"])
def test_a_score_is_what_the_arrays_define(text):
    of = arrays()
    assert Network(file(of)).hear(tokens(fold(text))) == pytest.approx(defined(of, said(text)), rel=1e-4, abs=1e-4)


def test_the_order_of_the_words_counts():
    learned = Network(file(arrays()))
    assert learned.hear("the dog bit him".split()) != pytest.approx(learned.hear("him bit the dog".split()), abs=1e-3)


def test_of_a_long_text_the_highest_of_its_parts_counts():
    learned = Network(file(arrays()))
    text = tokens(fold("she likes to read with her brother every day. " * 4 + "they went to the park and ate. " * 5))
    each = [learned.hear([token for token in part if token not in SENTENCE_ENDS]) for part in parts(text)]
    assert len(each) > 1
    assert learned.hear(text) == pytest.approx(list(map(max, zip(*each, strict=True))))


def test_what_is_remembered_changes_no_score(monkeypatch):
    texts = [f"word{number} and other{number} again".split() for number in range(12)]
    fresh = [Network(file(arrays())).hear(text) for text in texts]
    monkeypatch.setattr(network, "_REMEMBERED", 5)
    learned = Network(file(arrays()))
    assert [learned.hear(text) for text in texts] == fresh
    assert len(learned._words) <= 5


@pytest.mark.parametrize("content", [b"", b"something else", file({"pieces": np.zeros((2, 2), np.int8)})])
def test_another_file_is_refused(content):
    with pytest.raises(ValueError, match="not a file of a learned network"):
        Network(content)


def always(score: float) -> Network:
    """A network that says the same of every text."""
    of = {name: np.zeros_like(array) for name, array in arrays().items()}
    of["out_begin"] = np.full(len(Heard._fields), score)
    return Network(file(of))


@pytest.mark.parametrize(
    "likeness, score, level",
    [(-1.0, 3.0, 1), (-1.0, 0.5, 0), (-5.0, 30.0, 0), (1.0, -3.0, 0), (1.0, 0.0, 1)],
    ids=["raises", "too little", "not asked", "lowers what is only alike", "agrees"],
)
def test_it_is_asked_where_a_kind_is_near(likeness, score, level):
    words = compile_words({"en": lists("en")})
    begin = [likeness, 0.0, *LEVELS[2:]]
    words.likeness = Likeness(pack({}, 1.0, begin))
    words.network = always(score)
    found = screen(words, "so ordinary today", "xx")
    assert found.danger_level == level


def test_a_lists_finding_stands_whatever_it_says():
    words = compile_words({"en": lists("en")})
    words.likeness = Likeness(pack({}, 1.0, [0.0] * len(LANES)))
    words.network = always(-50.0)
    for text in ("I want to die", "please stop texting me", "test him for dyslexia please", "wrong number"):
        assert screen(words, text).fired == screen(compile_words({"en": lists("en")}), text).fired
