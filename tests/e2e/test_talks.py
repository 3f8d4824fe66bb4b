"""Golden conversations: what families write, what they hear, who is told and what the record holds, word for word.

Each file of `talks/` is one conversation as `hearthline say --json` plays it. A day that depends on today is written `<day>`, today `<today>`.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from bot.commands.say import say
from channels.text import Limits, fits

Line = dict[str, Any]
FILES = sorted((Path(__file__).parent / "talks").glob("*.yaml"))
TALKS: dict[str, Line] = {file.stem: yaml.safe_load(file.read_text(encoding="utf-8")) for file in FILES}
NAMES = {"con_demo_en": ["Maya"], "con_demo_es": ["Diego"], "con_demo_ar": ["Yusuf"], "con_demo_siblings": ["Ana", "Luis"]}
MESSAGE, ANSWER = Limits(306, 268), Limits(459, 402)
ENVELOPE = """id case_id student_id kind source_role contact_id channel flow_id flow_version step_id asked_text_ref answer_raw answer_lang answer_norm
 translation media visibility confirmed_by_contact created_at requirement_refs""".split()
KEYS = {
    "message": ["type", "direction", "lang", "text"],
    "screen": ["type", "fired"],
    "alert": ["type", "to_role", "body"],
    "handoff": ["type", "to_role", "body"],
    "entry": ["type", *ENVELOPE],
}
DAYS = [
    (re.compile(r"http\S+/chat/\S+"), "<link>"),
    (re.compile(r"\b(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day, [A-Z][a-z]+ \d{1,2}\b"), "<day>"),
    (re.compile(r"\b(?:lunes|martes|miércoles|jueves|viernes|sábado|domingo),? \d{1,2} de [a-z]+\b"), "<day>"),
    (re.compile(r"\b[A-Z][a-z]+ \d{1,2}, 20\d\d\b|\b\d{1,2} de [a-z]+ de 20\d\d\b|^20\d\d-\d\d-\d\d$"), "<today>"),
    (re.compile(r"^20\d\d-\d\d-\d\dT[\d:.]+\+00:00$"), "<moment>"),
]


def timeless(value: Any) -> Any:
    """The value without the days that depend on when it was played."""
    if isinstance(value, dict):
        return {key: timeless(part) for key, part in value.items()}
    if not isinstance(value, str):
        return value
    for days, word in DAYS:
        value = days.sub(word, value)
    return value


@pytest.fixture(scope="module", params=TALKS)
def played(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Line, list[Line]]:
    """(the talk as it should be, the lines as they came)"""
    talk = TALKS[request.param]
    script = tmp_path_factory.mktemp("talk") / "script.txt"
    script.write_text("".join(f"{line['family']}\n" for line in talk["talk"] if "family" in line), encoding="utf-8")
    options = [f"--{name}={talk[name]}" for name in ("variant", "lang") if name in talk]
    result = CliRunner().invoke(say, [talk["flow"], "--as", talk["contact"], *options, "--script", str(script), "--json"])
    assert (result.exit_code, result.exception) == (0, None)
    return talk, [json.loads(line) for line in result.stdout.splitlines()]


def told(lines: list[Line]) -> list[Line]:
    """The lines of a talk, one mapping each, as the files write them."""
    found: list[Line] = []
    for line in lines:
        if line["type"] == "message":
            found.append({"bot" if line["direction"] == "out" else "family": timeless(line["text"])})
        elif line["type"] in ("alert", "handoff"):
            found.append({line["type"]: line["to_role"], "body": timeless(line["body"])})
        elif line["type"] == "screen" and line["fired"]:
            found.append({"fired": line["fired"]})
    return found


def recorded(lines: list[Line]) -> list[Line]:
    """What the record holds, as the files write it: who sees it and whether the family confirmed it where that is not the usual."""
    found = []
    for line in lines:
        if line["type"] != "entry":
            continue
        entry = {
            "kind": line["kind"],
            "step": line["step_id"],
            "case": line["case_id"],
            "raw": line["answer_raw"],
            "norm": timeless(line["answer_norm"]),
        }
        if line["visibility"] != "team":
            entry["for"] = line["visibility"]
        if line["confirmed_by_contact"]:
            entry["confirmed"] = True
        found.append(entry)
    return found


def test_the_family_hears_these_words_and_staff_are_told_so_much(played):
    talk, lines = played
    assert told(lines) == talk["talk"]


def test_the_record_holds_the_familys_own_words(played):
    talk, lines = played
    strengths_first = sorted(talk["record"], key=lambda entry: entry["kind"] != "strength")
    assert recorded(lines) == strengths_first


def test_every_line_has_the_keys_of_its_kind_in_their_order(played):
    _, lines = played
    assert [list(line) for line in lines] == [KEYS[line["type"]] for line in lines]


def test_every_text_is_short_enough_finished_and_calm(played):
    talk, lines = played
    heard = [line["text"] for line in lines if line["type"] == "message" and line["direction"] == "out"]
    limits = ANSWER if talk["flow"] in ("question", "evaluation-request") else MESSAGE
    assert [text for text in heard if not fits(text, limits) or re.search(r"[{}!]|  ", text)] == []


def test_the_family_is_written_to_in_one_language_until_it_asks_for_another(played):
    talk, lines = played
    heard = {line["lang"] for line in lines if line["type"] == "message" and line["direction"] == "out"}
    assert heard <= set(talk["langs"])


def test_alerts_for_the_team_hold_no_name_and_no_word_of_the_family(played):
    talk, lines = played
    names = NAMES[talk["contact"]]
    raws = [line["answer_raw"] for line in lines if line["type"] == "entry" and len(line["answer_raw"] or "") > 3]
    alerts = [line["body"] for line in lines if line["type"] == "alert"]
    assert [body for body in alerts if any(word in body for word in [*names, *raws])] == []


def test_nobody_hears_a_childs_name_before_saying_who_they_are():
    for talk in (one for one in TALKS.values() if one["flow"] == "welcome"):
        heard = [line.get("bot", "") for line in talk["talk"]]
        answers = [at for at, line in enumerate(talk["talk"]) if "family" in line]
        assert [text for text in heard[: answers[1]] if any(name in text for name in NAMES[talk["contact"]])] == []


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["nowhere", "--as", "con_demo_en"], "There is no flow nowhere"),
        (["home-observations", "--as", "con_nobody"], "There is no contact con_nobody"),
        (["home-observations", "--as", "con_demo_en", "--variant", "music"], "has no variant music"),
        (["home-observations", "--as", "con_demo_en", "--script", "no-such-file.txt"], "no-such-file.txt"),
    ],
)
def test_a_wrong_word_on_the_command_line_is_answered_in_one_line(words, sentence):
    done = CliRunner().invoke(say, words)
    assert (done.exit_code, done.stdout, done.stderr.count("\n"), sentence in done.stderr) == (2, "", 1, True)
