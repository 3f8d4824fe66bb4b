"""`hearthline say` from outside: a terminal command with a script, as people and other programs use it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ENVELOPE = [
    "type",
    "id",
    "case_id",
    "student_id",
    "kind",
    "source_role",
    "contact_id",
    "channel",
    "flow_id",
    "flow_version",
    "step_id",
    "asked_text_ref",
    "answer_raw",
    "answer_lang",
    "answer_norm",
    "translation",
    "media",
    "visibility",
    "confirmed_by_contact",
    "created_at",
    "requirement_refs",
]


def run(*args: str, cwd: Path, stdin: str | None = None) -> subprocess.CompletedProcess[bytes]:
    given = stdin.encode() if stdin is not None else None
    command = [sys.executable, "-m", "bot", "say", *args]
    return subprocess.run(
        command, cwd=cwd, input=given, capture_output=True, timeout=60, check=False, stdin=None if given else subprocess.DEVNULL
    )


@pytest.fixture
def play(tmp_path):
    def said(flow: str, contact: str, replies: list[str], *options: str) -> list[dict[str, Any]]:
        script = tmp_path / "script.txt"
        script.write_text("\n".join(replies) + "\n", encoding="utf-8")
        done = run(flow, "--as", contact, "--script", str(script), "--json", *options, cwd=tmp_path)
        assert done.returncode == 0, done.stderr.decode()
        return [json.loads(line) for line in done.stdout.splitlines()]

    return said


def of(kind: str, lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [line for line in lines if line["type"] == kind]


CORE = ["She loves dinosaurs", "1 and 3", "quiet", "English with me", "her grandma", "that she reads", "1"]


def test_a_whole_talk_asks_reads_back_alerts_and_writes_confirmed_entries(play):
    lines = play("home-observations", "con_demo_en", CORE)
    out = [line["text"] for line in of("message", lines) if line["direction"] == "out"]
    assert out[0].startswith("You know Maya best.")
    assert out[6].startswith("I wrote:")
    assert [line["text"] for line in of("message", lines) if line["direction"] == "in"] == CORE
    entries = of("entry", lines)
    assert [entry["kind"] for entry in entries] == ["strength", "strength", "strength", "observation", "strength", "goal_input"]
    assert [entry["answer_raw"] for entry in entries] == CORE[:6]
    assert [list(entry) for entry in entries] == [ENVELOPE] * 6
    assert {entry["confirmed_by_contact"] for entry in entries} == {True}
    assert entries[1]["answer_norm"] == {"character": ["kind", "curious"]}
    alerts = of("alert", lines)
    assert [alert["body"] for alert in alerts] == [
        "New family input on case CV-1001: general, strength. Language: English, translation not needed."
    ]
    assert of("screen", lines) == [{"type": "screen", "fired": []}] * 7


def test_at_the_scripts_end_the_talk_stays_open_and_what_was_said_is_written(play):
    lines = play("home-observations", "con_demo_en", ["She loves dinosaurs"])
    assert [entry["answer_raw"] for entry in of("entry", lines)] == ["She loves dinosaurs"]
    assert of("alert", lines) == []


def test_a_variant_plays_its_own_part_only(play):
    lines = play("home-observations", "con_demo_en", [], "--variant", "reading")
    assert [line["text"] for line in of("message", lines)] == ["What does Maya like to read, look at or listen to, in any language?"]


def test_contacts_are_listed_with_id_first_and_single_child_families_before_siblings(tmp_path):
    lines = run("--list-contacts", cwd=tmp_path).stdout.decode().splitlines()
    assert [line.split()[:2] for line in lines] == [
        ["con_demo_en", "en"],
        ["con_demo_es", "es"],
        ["con_demo_ar", "ar"],
        ["con_demo_so", "so"],
        ["con_demo_siblings", "es"],
    ]


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        (("nonsense", "--as", "con_demo_en"), "There is no flow nonsense; there are: "),
        (("home-observations", "--as", "con_nobody"), "There is no contact con_nobody; "),
        (("home-observations", "--as", "con_demo_en", "--script", "no/such.txt"), "The script no/such.txt cannot be read"),
        (("home-observations", "--as", "con_demo_en", "--variant", "music"), "The flow home-observations has no variant music"),
        (("home-observations",), "Say which flow and who writes"),
    ],
)
def test_a_wrong_argument_is_one_clear_line_and_exit_code_2(tmp_path, args, sentence):
    done = run(*args, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stdout == b""
    lines = done.stderr.decode().splitlines()
    assert len(lines) == 1
    assert lines[0].startswith(sentence)


def test_text_mode_shows_a_phone_and_then_the_record_with_strengths_first(tmp_path):
    done = run("home-observations", "--as", "con_demo_en", "--script", "-", cwd=tmp_path, stdin="\r\n".join(CORE))
    assert done.returncode == 0, done.stderr.decode()
    text = done.stdout.decode()
    assert "What kind of person is Maya?" in text
    record = text.partition("Case record CV-1001 (Maya)")[2].split("\n")
    kinds = [line.split()[0] for line in record if line.startswith("  ") and line[2] != " "]
    assert kinds == ["strength"] * 4 + ["observation", "goal_input"]
