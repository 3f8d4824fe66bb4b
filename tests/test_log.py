"""Nothing a family said, and nothing that finds them, reaches a log."""

from __future__ import annotations

import ast
import io
import json
import logging
import os
import pty
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot import log as logs
from bot.clock import RealIds

pytestmark = pytest.mark.no_cover


@pytest.fixture
def lines() -> Iterator[Any]:
    stream = io.StringIO()
    before = logging.getLogger().handlers[:], logging.getLogger().level
    logs.set_up(stream)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    logging.getLogger().handlers[:], level = before
    logging.getLogger().setLevel(level)
    logs.set_up(sys.stderr)
    logging.getLogger().handlers[:] = before[0]


def test_a_line_is_an_event_with_ids(lines: Any) -> None:
    logs.get_log("receive").info("turn_committed", case_id="cas_1", count=3, fired=["danger:2", "stop"])
    (line,) = lines()
    assert line.pop("at").endswith("Z")
    assert line == {
        "event": "turn_committed",
        "level": "info",
        "room": "receive",
        "case_id": "cas_1",
        "count": 3,
        "fired": ["danger:2", "stop"],
    }


@pytest.mark.parametrize("name", ["text", "body", "number", "phone", "name", "address", "email", "to", "sender", "url", "token", "child"])
def test_a_field_that_is_not_on_the_list_is_held_back(lines: Any, name: str) -> None:
    logs.get_log().warning("message_refused", message_id="msg_1", **{name: "Maya"})
    (line,) = lines()
    assert (line["dropped"], "Maya" in json.dumps(line)) == ([name], False)


@pytest.mark.parametrize(
    "value",
    [
        "Maya likes it",
        "+15550101001",
        "15550101001",
        15550101001,
        "ana@example.org",
        "¿qué?",
        b"x",
        {"a": 1},
        ["ok", "two words"],
        "x" * 200,
        ValueError("Maya"),
    ],
)
def test_a_listed_field_with_words_or_a_number_in_it_is_held_back(lines: Any, value: Any) -> None:
    logs.get_log().info("message_seen", reason=value)
    (line,) = lines()
    assert (line["dropped"], "reason" in line) == (["reason"], False)


def test_ids_are_never_taken_for_telephone_numbers(lines: Any) -> None:
    ids = RealIds()
    logs.get_log().info(
        "ids_made", outbox_id="out_01234567890123456789012345", provider_id="SM" + "0123456789" * 3 + "ab", entry_id=ids.new("ent")
    )
    assert "dropped" not in lines()[0]


def test_an_event_name_that_is_a_sentence_is_held_back(lines: Any) -> None:
    logs.get_log().info("Maya wrote to us", **{"weird name": 1})
    (line,) = lines()
    assert (line["event"], line["dropped"]) == ("unnamed_event", ["field"])


def test_an_exception_keeps_its_type_and_place_and_loses_its_words(lines: Any) -> None:
    try:
        raise ValueError("Maya at +15550101001")
    except ValueError as error:
        logs.get_log().error("turn_failed", message_id="msg_1", exc_info=True)
        logs.get_log().error("turn_failed", exc_info=error)
    for line in lines():
        assert line["error"] == "ValueError"
        assert line["place"].startswith("test_log.py:")
        assert "Maya" not in json.dumps(line)


def test_no_exception_is_no_trouble(lines: Any) -> None:
    logs.get_log().error("turn_failed", exc_info=True)
    logs.get_log().error("turn_failed", exc_info=KeyError("never raised"))
    assert [line.get("error") for line in lines()] == [None, "KeyError"]


def test_sets_are_written_in_order(lines: Any) -> None:
    logs.get_log().info("checked", fired={"b", "a"}, state=None, lag=0.5)
    assert lines()[0]["fired"] == ["a", "b"]


def test_a_library_s_own_words_stay_out(lines: Any) -> None:
    logging.getLogger("twilio.http_client").warning("POST Body=Maya to +15550101001")
    logging.getLogger("twilio.http_client").info("not even this")
    try:
        raise RuntimeError("Maya")
    except RuntimeError:
        logging.getLogger("slack_bolt.App").exception("failed for Maya")
    first, second = lines()
    assert (first["event"], first["logger"], first["level"]) == ("library_log", "twilio.http_client", "warning")
    assert (second["logger"], second["error"]) == ("slack_bolt.App", "RuntimeError")
    assert "Maya" not in json.dumps([first, second])


SERVING = """
import logging, sys
from bot import app
from bot.config import Settings
from bot.store.database import migrate, open_database
settings = Settings.load()
database = open_database(settings.database_url, settings.master_key)
migrate(database)
database.close()
site = app.wsgi()
for name in ("somebody", "dbos", "aiohttp.client", "apscheduler.executors.default"):
    try:
        raise ValueError("Maya loves +15550101001")
    except ValueError:
        logging.getLogger(name).exception("Maya wrote %s", "+15550101001")
site.extensions["hearthline"].stop()
"""


def test_no_library_of_a_serving_process_can_say_a_name(tmp_path: Path) -> None:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("HEARTHLINE_", "COV_"))}
    env = kept | {"HEARTHLINE_MODE": "test", "HEARTHLINE_DATA_DIR": str(tmp_path), "HEARTHLINE_EMBEDDED": "1"}
    ended = subprocess.run([sys.executable, "-c", SERVING], env=env, capture_output=True, text=True, timeout=180, check=False)
    said = [json.loads(line) for line in ended.stderr.splitlines()]
    assert (ended.returncode, "Maya" in ended.stderr + ended.stdout, "1555" in ended.stderr + ended.stdout) == (0, False, False)
    lines = [(line["logger"], line["error"]) for line in said if line["event"] == "library_log"]
    assert lines == [(name, "ValueError") for name in ("somebody", "dbos", "aiohttp.client", "apscheduler.executors.default")]


def calls() -> list[tuple[str, ast.Call]]:
    """Every call of a logger in the product, with where it stands."""
    found = []
    for room in ("bot", "channels", "translations"):
        for file in sorted(Path(room).rglob("*.py")):
            for node in ast.walk(ast.parse(file.read_text("utf-8"))):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in LEVELS:
                    owner = ast.unparse(node.func.value)
                    if owner.rpartition(".")[2] in ("log", "_log", "logger", "_logger"):
                        found.append((f"{file}:{node.lineno}", node))
    return found


LEVELS = {"debug", "info", "warning", "error", "exception", "critical"}
SAYS = re.compile(r"\b(text|body|name|first_name|last_name|phone|address|email|words|raw|answer|str|repr|sender|to|url)\b")
"""What no logged value may be made of; `type(error).__name__` is another word."""
OUR_OWN = re.compile(r"\b(channel|engine)\.name\b")
"""Names of parts of the product, which nobody in a family has."""


def test_every_line_the_product_logs_is_a_fixed_event_with_listed_fields() -> None:
    found = calls()
    assert len(found) > 30
    for where, call in found:
        (event,) = call.args
        assert isinstance(event, ast.Constant), where
        assert re.fullmatch(r"[a-z][a-z0-9_]+", str(event.value)), where
        for given in call.keywords:
            assert given.arg in logs.FIELDS | {"exc_info"}, f"{where}: {given.arg}"
            assert not isinstance(given.value, ast.JoinedStr), f"{where}: {given.arg}"
            assert not SAYS.search(OUR_OWN.sub("", ast.unparse(given.value))), f"{where}: {given.arg}"


SPEAKING = """
import sys
from pathlib import Path
from bot import log
log.set_up(file=log.file_for(sys.argv[2], Path(sys.argv[1])))
log.get_log("heartbeat").info("slot_taken", slot=0)
log.get_log("worker").error("ring_failed", kind="sweep")
if len(sys.argv) > 3:
    log.get_log("worker").error(sys.argv[3], count=2)
"""


def _on_a_terminal(folder: Path, named: str = "", *event: str) -> str:
    """What stands on a real terminal behind standard error."""
    ours, theirs = pty.openpty()
    try:
        subprocess.run([sys.executable, "-c", SPEAKING, str(folder), named, *event], stderr=theirs, check=True, timeout=60)
        os.set_blocking(ours, False)
        try:
            return os.read(ours, 65_536).decode()
        except BlockingIOError:
            return ""
    finally:
        os.close(ours)
        os.close(theirs)


def test_on_a_terminal_there_are_sentences_and_the_log_is_in_its_file(tmp_path: Path) -> None:
    kept = tmp_path / "data" / "hearthline.log"
    assert _on_a_terminal(tmp_path / "data") == f"A person must look at this: ring_failed. The log {kept} says more.\r\n"
    assert [json.loads(line)["event"] for line in kept.read_text().splitlines()] == ["slot_taken", "ring_failed"]
    assert kept.stat().st_mode & 0o777 == 0o600


def test_on_a_terminal_a_shut_delivery_is_said_in_words_with_what_to_do(tmp_path: Path) -> None:
    said = _on_a_terminal(tmp_path, "", "delivery_shut")
    assert "delivery_shut" not in said
    assert "Nothing goes to families yet" in said
    assert "hearthline doctor" in said


def test_a_named_file_has_the_log_wherever_standard_error_goes(tmp_path: Path) -> None:
    kept = tmp_path / "named.log"
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-c", SPEAKING, str(tmp_path), str(kept)], capture_output=True, text=True, check=True, timeout=60
        )
        assert '"slot_taken"' not in done.stderr
    assert [json.loads(line)["event"] for line in kept.read_text().splitlines()] == ["slot_taken", "ring_failed"] * 2


def test_without_a_terminal_and_a_name_the_log_goes_to_standard_error(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", SPEAKING, str(tmp_path), ""], capture_output=True, text=True, check=True, timeout=60)
    assert [json.loads(line)["event"] for line in done.stderr.splitlines()] == ["slot_taken", "ring_failed"]


def test_a_file_that_cannot_be_written_loses_no_line_and_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "shut").write_text("a file, no folder")
    named = str(tmp_path / "shut" / "x.log")
    done = subprocess.run([sys.executable, "-c", SPEAKING, str(tmp_path), named], capture_output=True, text=True, check=True, timeout=60)
    assert [json.loads(line)["event"] for line in done.stderr.splitlines()] == ["slot_taken", "ring_failed"]
    full = subprocess.run(
        [sys.executable, "-c", SPEAKING, str(tmp_path), "/dev/full"], capture_output=True, text=True, check=True, timeout=60
    )
    assert full.stderr.count('"slot_taken"') == 1


def test_a_file_that_was_moved_away_is_made_anew_by_every_writer(tmp_path: Path) -> None:
    path, moved = tmp_path / "hearthline.log", tmp_path / "hearthline.log.1"
    writers = [logs.Kept(path), logs.Kept(path)]
    for one in writers:
        one.write("before\n")
    path.rename(moved)
    for one in writers:
        one.write("after\n")
    assert (moved.read_text(), path.read_text()) == ("before\n" * 2, "after\n" * 2)
    assert path.stat().st_mode & 0o777 == 0o600
