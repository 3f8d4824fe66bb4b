"""Nothing a family said, and nothing that finds them, reaches a log."""

from __future__ import annotations

import io
import json
import logging
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from bot import log as logs
from bot.clock import RealIds


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
