"""What families text is found, and what only looks like it is left alone: 98 of 100 found, at most 5 of 100 false, in each language.

The texts are ours; a district's counsellors and language leads add theirs to the same files.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bot.screen.screen import screen
from bot.screen.wordlists import Words
from bot.values.screening import Screening
from tests.screen.conftest import HERE, LANGUAGES, phrases

RECALL = 0.98
FALSE = 0.05
IN_DANGER = (1, 2, 3)
Check = Callable[[Screening], object]


def rest(words: Words, texts: list[str], found: Check) -> list[str]:
    return [text for text in texts if not found(screen(words, str(text)))]


def enough(missed: list[str], texts: list[str]) -> bool:
    return len(missed) <= (1 - RECALL) * len(texts)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_danger_is_found_whatever_its_words(words, lang):
    told = phrases(lang)
    grave = [text for level in IN_DANGER for text in told["danger"][level]] + told["more"]["danger"]
    missed = rest(words, grave, lambda found: found.danger_level in IN_DANGER)
    assert enough(missed, grave), missed


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_level_of_danger_is_the_right_one_nearly_always(words, lang):
    told = [(level, text) for level, texts in phrases(lang)["danger"].items() for text in texts]
    wrong = [(level, text) for level, text in told if screen(words, text).danger_level != level]
    assert len(wrong) <= 0.1 * len(told), wrong


@pytest.mark.parametrize("lang", LANGUAGES)
def test_distress_and_need_are_found(words, lang):
    told = phrases(lang)["danger"]
    texts = [*told[4], *told[5]]
    missed = rest(words, texts, lambda found: found.danger_level)
    assert enough(missed, texts), missed


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_wish_for_no_more_texts_is_found(words, lang):
    texts = phrases(lang)["stop"] + phrases(lang)["more"]["stop"]
    missed = rest(words, texts, lambda found: found.stop)
    assert enough(missed, texts), missed


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_request_for_an_evaluation_is_found(words, lang):
    told = phrases(lang)
    texts = [*told["evaluation"]["clear"], *told["evaluation"]["possible"], *told["more"]["evaluation"]]
    missed = rest(words, texts, lambda found: found.evaluation)
    assert enough(missed, texts), missed


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_plain_request_is_told_from_words_that_may_be_one(words, lang):
    told = phrases(lang)["evaluation"]
    unclear = rest(words, told["clear"], lambda found: found.evaluation == "clear")
    hasty = rest(words, told["possible"], lambda found: found.evaluation == "possible")
    assert len(unclear) <= 2, unclear
    assert hasty == []


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("signal", ["wrong_number", "shared_phone", "teen", "new_guardian", "safety_request"])
def test_signs_of_another_person_are_found(words, lang, signal):
    texts = phrases(lang)["identity"][signal] + (phrases(lang)["more"]["wrong"] if signal == "wrong_number" else [])
    missed = rest(words, texts, lambda found: found.identity == signal)
    assert enough(missed, texts), missed


@pytest.mark.parametrize("lang", LANGUAGES)
def test_command_words_are_found_with_the_slips_of_real_thumbs(words, lang):
    told = [(command, text) for command, texts in phrases(lang)["commands"].items() for text in texts]
    assert [(command, text) for command, text in told if screen(words, text).command != command] == []


@pytest.mark.parametrize("lang", LANGUAGES)
def test_answers_are_not_taken_for_command_words(words, lang):
    assert [text for text in phrases(lang)["not_commands"] if screen(words, str(text)).command] == []


@pytest.mark.parametrize("lang", LANGUAGES)
def test_questions_are_told_from_answers(words, lang):
    told = phrases(lang)
    missed = [text for text in told["questions"] if not screen(words, str(text), lang).question]
    false = [text for text in told["not_questions"] if screen(words, str(text), lang, LANGUAGES).question]
    assert enough(missed, told["questions"]), missed
    assert len(false) <= FALSE * len(told["not_questions"]), false


@pytest.mark.parametrize("lang", LANGUAGES)
def test_everyday_texts_stop_nothing_and_page_nobody(words, lang):
    told = phrases(lang)
    calm = [str(text) for name, texts in told.items() if name.startswith("not_") for text in texts]
    calm += [*told["questions"], *told["more"]["everyday"]]
    for name, check in {
        "danger": lambda found: found.danger_level in IN_DANGER,
        "distress": lambda found: found.danger_level > 3,
        "stop": lambda found: found.stop,
        "identity": lambda found: found.identity,
    }.items():
        false = [text for text in calm if check(screen(words, text))]
        assert len(false) <= 0.01 * len(calm), (name, false)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_words_near_an_evaluation_are_not_a_request(words, lang):
    texts = phrases(lang)["not_evaluation"]
    false = [text for text in texts if screen(words, text).evaluation]
    assert len(false) <= FALSE * len(texts), false


@pytest.mark.parametrize("lang", LANGUAGES)
def test_each_list_is_tried_on_sixty_texts_half_of_them_innocent(lang):
    told = phrases(lang)
    counts = {
        "danger": (sum(map(len, told["danger"].values())), len(told["not_danger"])),
        "stop": (len(told["stop"]), len(told["not_stop"])),
        "evaluation": (sum(map(len, told["evaluation"].values())), len(told["not_evaluation"])),
        "identity": (sum(map(len, told["identity"].values())), len(told["not_identity"])),
        "commands": (sum(map(len, told["commands"].values())), len(told["not_commands"])),
        "questions": (len(told["questions"]), len(told["not_questions"])),
    }
    assert {name: count for name, count in counts.items() if min(count) < 30} == {}


SEEN = {
    "D": lambda found: found.danger_level in IN_DANGER,
    "stop": lambda found: found.stop,
    "eval": lambda found: found.evaluation,
    "wrong": lambda found: found.identity == "wrong_number",
    "shared": lambda found: found.identity == "shared_phone",
    "teen": lambda found: found.identity == "teen",
    "guard": lambda found: found.identity == "new_guardian",
    "safety": lambda found: found.identity == "safety_request",
    "-": lambda found: not (found.danger_level or found.stop or found.evaluation or found.identity or found.command),
}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_lists_written_by_somebody_else_are_met_as_well(words, lang):
    lines = (HERE / "outside.txt").read_text(encoding="utf-8").splitlines()
    told = [line.split("|", 2) for line in lines if line and not line.startswith("#")]
    told = [(want.strip(), text) for want, spoken, text in told if spoken == lang]
    assert len(told) > 200
    missed = []
    for want, text in told:
        found = screen(words, text)
        level = int(want[1]) if want[1:].isdigit() else 0
        if not ((found.danger_level == level) if level else SEEN[want](found)):
            missed.append((want, text, found.fired))
    assert len(missed) <= (1 - RECALL) * len(told), missed


def test_the_bank_questions_stop_nothing(words):
    import importlib.resources

    import yaml

    asked = []
    for file in (importlib.resources.files("flows") / "faq").iterdir():
        if file.name.endswith(".yaml"):
            for entry in yaml.safe_load(file.read_text(encoding="utf-8"))["faq"]:
                asked += [entry["question"], *entry["phrases"]["en"], *entry["phrases"]["es"]]
    false = [text for text in asked if (found := screen(words, text)).stop or found.identity or found.danger_level in IN_DANGER]
    assert false == []
