"""Who sees a slip of theirs when the next question has come ("no wait, 3") has the choice before put right, and is asked on."""

from __future__ import annotations

import pytest

from bot.engine.events import Write
from bot.engine.library import Library
from tests.engine.talker import Talker


def concerned(library: Library, lang: str, *texts: str) -> Talker:
    talker = Talker(library, lang=lang)
    talker.start("early-concern")
    for text in texts:
        talker.send(text)
    return talker


@pytest.mark.parametrize(
    ("lang", "text", "domains"),
    [
        ("es", "no perdon la 1", ["reading"]),
        ("es", "perdón, quise decir lectura", ["reading"]),
        ("es", "no 1 y 2", ["reading", "writing"]),
        ("en", "no wait 1", ["reading"]),
        ("en", "sry i meant reading", ["reading"]),
        ("en", "oops 1 and 4", ["reading", "behavior"]),
    ],
)
def test_the_choice_before_is_put_right_and_the_question_asked_again(library: Library, lang: str, text: str, domains: list[str]) -> None:
    talker = concerned(library, lang, "3")
    question = talker.said[0]
    talker.send(text)
    assert talker.written() == [("concern", {"domains": ["math"]}), ("concern", {"domains": domains})]
    first, second = (event for turn in talker.turns for event in turn.events if isinstance(event, Write))
    assert second.corrects == first.entry_id
    assert talker.said == [f"{ {'en': 'I changed it.', 'es': 'Ya lo cambié.'}[lang] } {question}"]
    talker.send("She hides her books")
    assert talker.written()[-1] == ("concern", {"text": "She hides her books"})


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("en", "no reading at all at home"),
        ("en", "no math"),
        ("en", "sorry she hides her books"),
        ("en", "no, 3 times she cried"),
        ("es", "no lectura"),
        ("es", "es 1 niña muy callada"),
        ("es", "no quiere hacer nada"),
    ],
)
def test_an_answer_that_begins_so_is_an_answer(library: Library, lang: str, text: str) -> None:
    talker = concerned(library, lang, "1")
    talker.send(text)
    assert talker.written()[-1] == ("concern", {"text": text})


@pytest.mark.parametrize("text", ["no wait 1", "sorry i meant reading"])
def test_the_same_choice_again_changes_nothing_and_is_no_answer(library: Library, text: str) -> None:
    talker = concerned(library, "en", "1")
    question = talker.said[0]
    talker.send(text)
    assert talker.written() == [("concern", {"domains": ["reading"]})]
    assert talker.said[0].endswith(question)


@pytest.mark.parametrize(("lang", "text"), [("en", "change"), ("en", "Fix"), ("es", "cambiar"), ("es", "Corregir")])
def test_change_alone_goes_back_to_the_question_before(library: Library, lang: str, text: str) -> None:
    talker = Talker(library, lang=lang)
    talker.start("early-concern")
    asked = talker.said[0]
    talker.send("3")
    talker.send(text)
    assert talker.said == [asked]
    talker.send("1")
    assert talker.written() == [("concern", {"domains": ["math"]}), ("concern", {"domains": ["reading"]})]


def test_change_alone_is_not_nearly_an_option(library: Library) -> None:
    talker = Talker(library, lang="es")
    talker.start("home-observations")
    for text in ("el futbol", "1"):
        asked = talker.said[0]
        talker.send(text)
    talker.send("cambiar")  # nearly "caminar", which is "Moverse"
    assert talker.said == [asked]


def test_another_part_than_the_one_just_named_is_corrected(library: Library) -> None:
    talker = Talker(library)
    talker.start("home-observations", "reading")
    for text in ("comics", "1", "2", "1", "no", "reading to her", "change", "2"):
        talker.send(text)
    talker.send("no wait 3")
    assert talker.said[0].startswith("How often do you read")
    talker.send("2")
    assert ("observation", {"reading.routine": "some_days"}) in talker.written()
    assert "What helps: reading to her." in talker.said[0]
