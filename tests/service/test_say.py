"""`hearthline say` from outside: a terminal command with a script, as people and other programs use it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from bot.__main__ import main
from bot.commands import say
from bot.commands.say import rehearsing

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


class Done(NamedTuple):
    returncode: int
    stdout: bytes
    stderr: bytes


def run(*args: str, stdin: str | None = None) -> Done:
    """The command in this process."""
    done = CliRunner().invoke(main, ["say", *args], input=stdin.encode() if stdin is not None else None)
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return Done(done.exit_code, done.stdout_bytes, done.stderr_bytes)


def run_as_people_do(*args: str, cwd: Path) -> Done:
    """The command in a process and a folder of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "bot", "say", *args], cwd=cwd, capture_output=True, timeout=180, check=False, stdin=subprocess.DEVNULL
    )
    return Done(done.returncode, done.stdout, done.stderr)


@pytest.fixture
def play(tmp_path):
    def said(flow: str, contact: str, replies: list[str], *options: str) -> list[dict[str, Any]]:
        script = tmp_path / "script.txt"
        script.write_text("\n".join(replies) + "\n", encoding="utf-8")
        done = run(flow, "--as", contact, "--script", str(script), "--json", *options)
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
    assert [entry["kind"] for entry in entries] == ["strength"] * 4 + ["observation", "goal_input"]
    assert [entry["answer_raw"] for entry in entries] == [*CORE[:3], CORE[4], CORE[3], CORE[5]]
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
    lines = run_as_people_do("--list-contacts", cwd=tmp_path).stdout.decode().splitlines()
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
        (("home-observations", "--as", "con_demo_en", "--script", "no/such.txt"), "There is no script no/such.txt."),
        (("home-observations", "--as", "con_demo_en", "--script", "."), "The script . cannot be read"),
        (("progress-note", "--as", "con_demo_en"), "The flow progress-note is not built yet; there are: "),
        (("home-observations", "--as", "con_demo_en", "--variant", "music"), "The flow home-observations has no variant music"),
        (("home-observations",), "Say which flow and who writes"),
    ],
)
def test_a_wrong_argument_is_one_clear_line_and_exit_code_2(tmp_path, monkeypatch, args, sentence):
    monkeypatch.chdir(tmp_path)
    done = run(*args)
    assert done.returncode == 2
    assert done.stdout == b""
    lines = done.stderr.decode().splitlines()
    assert len(lines) == 1
    assert lines[0].startswith(sentence)


def test_text_mode_shows_a_phone_and_then_the_record_with_strengths_first():
    done = run("home-observations", "--as", "con_demo_en", "--script", "-", stdin="\r\n".join(CORE))
    assert done.returncode == 0, done.stderr.decode()
    text = done.stdout.decode()
    assert "What kind of person is Maya?" in text
    record = text.partition("Case record CV-1001 (Maya)")[2].split("\n")
    kinds = [line.split()[0] for line in record if line.startswith("  ") and line[2] != " "]
    assert kinds == ["strength"] * 4 + ["observation", "goal_input"]


def test_from_another_folder_in_a_process_of_its_own_spanish_words_are_not_escaped(tmp_path):
    script = tmp_path / "guion.txt"
    script.write_text("Le encanta el fútbol, ¡mucho!\n", encoding="utf-8")
    done = run_as_people_do("home-observations", "--as", "con_demo_es", "--script", str(script), "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr.decode()
    assert "Le encanta el fútbol, ¡mucho!".encode() in done.stdout
    assert b"\\u" not in done.stdout
    assert list(tmp_path.iterdir()) == [script]


def test_a_flow_the_family_begins_takes_the_first_line_as_its_message(play):
    lines = play("question", "con_demo_en", ["What is a tier?", "1"])
    assert next((line["direction"], line["text"]) for line in of("message", lines)) == ("in", "What is a tier?")
    assert of("entry", lines)[0]["answer_norm"] == {"faq_id": "Q03"}


@pytest.mark.parametrize("lang", ["es", "es-MX", "es-419"])
def test_another_language_or_its_speech_of_one_country_may_be_chosen(play, lang):
    lines = play("home-observations", "con_demo_en", [], "--lang", lang)
    assert [line["lang"] for line in of("message", lines)] == ["es"]


def test_danger_is_screened_paged_and_shown(play):
    lines = play("home-observations", "con_demo_en", ["I want to kill myself"])
    assert of("screen", lines) == [{"type": "screen", "fired": ["danger:2"]}]
    assert {line["to_role"] for line in of("alert", lines)} == {"on_call"}
    assert [(line["to_role"], line["body"]) for line in of("handoff", lines)] == [("on_call", "I want to kill myself")]
    assert [entry["visibility"] for entry in of("entry", lines)] == ["safety_only"]


def test_text_mode_shows_what_staff_get_and_a_record_without_a_line():
    done = run("question", "--as", "con_demo_en", "--script", "-", stdin="I want to kill myself")
    text = done.stdout.decode()
    assert "screening: danger:2" in text
    assert "alert -> on_call: URGENT." in text
    nothing = run("home-observations", "--as", "con_demo_en").stdout.decode()
    assert nothing.endswith("nothing was written\n")


def test_a_turn_that_raises_is_not_hidden(monkeypatch):
    from bot.service import apply

    def broken(*_):
        raise ValueError("broken turn")

    with rehearsing("con_demo_en") as rehearsal:
        monkeypatch.setattr(apply, "play", broken)
        with pytest.raises(ValueError, match="broken turn"):
            rehearsal.write("hello")
        with rehearsal.runtime.database.read() as conn:
            assert conn.execute(sa.text("select state, attempts from message")).all() == [("failed", 1)]


def test_typing_ends_with_an_empty_line_or_the_end(monkeypatch):
    typed = iter(["hello", ""])
    monkeypatch.setattr("builtins.input", lambda _: next(typed))
    assert list(say._typed()) == ["hello"]

    def gone(_):
        raise EOFError

    monkeypatch.setattr("builtins.input", gone)
    assert list(say._typed()) == []
