"""10,000 generated texts through the mask and every engine: each number, date, name and link equal on both sides, or the result refused."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter

import pytest

from tests.translations.generated import PEOPLE, ROSTER, Generated, texts
from translations.names import Names
from translations.through import translate

pytestmark = pytest.mark.no_cover

EACH_WAY = 5_000
NAMES = Names(frozenset(PEOPLE), frozenset(ROSTER))
WRONG = ("wrong_figures", "dropped_tokens", "doubled_tokens", "other_language", "source_back")


def digits(text: str) -> Counter[str]:
    return Counter("".join(str(unicodedata.decimal(char)) for char in run) for run in re.findall(r"\d+", text))


def holds(one: Generated, result: str) -> bool:
    """Everything that was in the text is in the result, as often, and no figure more."""
    wanted = Counter([*one.facts, *(said for _, said in one.dates)])
    left = result
    for fact in sorted(wanted.elements(), key=len, reverse=True):
        if fact not in left:
            return False
        left = left.replace(fact, "", 1)
    return digits(one.text) == digits(result)


@pytest.mark.parametrize(("source", "target"), [("es", "en"), ("en", "es")])
def test_every_fact_is_equal_on_both_sides_or_the_result_is_refused(engine, source, target):
    made = texts(EACH_WAY, source)
    results = translate(engine, [one.text for one in made], source, target, NAMES, together=250)
    shown = [(one, result.text) for one, result in zip(made, results, strict=True) if result.text]
    assert [(one.text, text) for one, text in shown if not holds(one, text)] == []
    assert all(bool(result.text) != bool(result.why) for result in results)
    assert len(shown) > 0.9 * EACH_WAY


@pytest.mark.parametrize("kind", WRONG)
def test_nothing_wrong_is_ever_shown(web_engine, sandbox, kind):
    sandbox.ask("misbehave", {"method": "translator.*", "kind": kind, "rate": 0.5})
    made = texts(400, "es", seed=2)
    results = translate(web_engine, [one.text for one in made], "es", "en", NAMES)
    assert [one.text for one, result in zip(made, results, strict=True) if result.text and not holds(one, result.text)] == []
    refused = {result.why for result in results} - {""}
    assert refused


def test_no_name_and_no_figure_reaches_a_web_translator(web_engine, sandbox):
    sandbox.ask("reset", {})
    made = texts(400, "en", seed=3)
    translate(web_engine, [one.text for one in made], "en", "es", NAMES)
    heard = "\n".join(text for one in sandbox.ask("translations")["heard"] for text in one["q"])
    words = set(re.findall(r"[^\W\d_]+", heard.casefold()))
    told = {word for name in (*PEOPLE, *ROSTER) for word in re.findall(r"[^\W\d_]+", name.casefold())} - {"o", "will"}
    assert len(heard) > 10_000
    assert told & words == set()
    assert re.sub(r"ZQ\d+X", "", heard).translate({ord(d): None for d in "0123456789"}) == re.sub(r"ZQ\d+X", "", heard)
    assert "@" not in heard
