"""`hearthline screen` says what is found in each line of a file, in its order."""

from __future__ import annotations

import json

from click.testing import CliRunner

from bot.commands.screen import lines, screen

KEYS = ["text", "danger_level", "stop", "evaluation", "identity", "command", "person"]


def test_one_object_a_line_in_the_order_of_the_file(tmp_path):
    file = tmp_path / "texts.txt"
    file.write_text(
        "ya no me escriban\n\nI want to die\nwrong number\nquiero que lo evalúen\nHELP\ncan i talk to a real person\nwe share this phone\n",
        "utf-8",
    )
    done = CliRunner().invoke(screen, ["--lang", "es", "--json", str(file)])
    assert done.exit_code == 0
    found = [json.loads(line) for line in done.output.splitlines()]
    assert [one["text"] for one in found] == file.read_text("utf-8").split("\n")[:-1]
    assert [list(one)[:7] for one in found] == [KEYS] * 8
    said = [[name for name in KEYS[1:] if one[name]] for one in found]
    assert said == [["stop"], [], ["danger_level"], ["identity"], ["evaluation"], ["command"], ["command", "person"], []]
    assert found[2]["danger_level"] == 2
    assert [found[3]["identity"], found[0]["identity"], found[5]["command"], found[0]["command"]] == ["wrong_number", None, "help", None]
    assert found[7] | {"shared_phone": True} == found[7]
    assert list(found[0]) == KEYS


def test_a_stop_word_alone_is_the_command_word_and_a_wish_in_a_sentence_is_none(tmp_path):
    file = tmp_path / "texts.txt"
    file.write_text("ALTO\nSTOP.\nplease stop texting me\nstop by at three", "utf-8")
    done = CliRunner().invoke(screen, ["--lang", "es", "--json", str(file)])
    found = [json.loads(line) for line in done.output.splitlines()]
    assert [(one["command"], one["stop"]) for one in found] == [("stop", True), ("stop", True), (None, True), (None, False)]


def test_without_json_a_line_is_for_reading(tmp_path):
    file = tmp_path / "texts.txt"
    file.write_text("STOP\nshe likes drums\nCan I talk to a person?", "utf-8")
    done = CliRunner().invoke(screen, [str(file)])
    assert [line.split() for line in done.output.splitlines()] == [
        ["stop", "STOP"],
        ["-", "she", "likes", "drums"],
        "command:person, person, question Can I talk to a person?".split(),
    ]


def test_only_a_line_feed_ends_a_message():
    assert lines("\ufeffone\r\ntwo\u2028still two\n\nfour") == ["one", "two\u2028still two", "", "four"]
    assert lines("") == []
