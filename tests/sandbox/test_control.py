"""The control address: what was accepted, what happened, and what the demo reads."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from slack_sdk import WebClient

from bot.sandbox.options import Options, RefusedToStart
from bot.sandbox.segments import count
from bot.sandbox.server import Handle, Sandbox
from bot.sandbox.webhook import Target
from tests.sandbox.conftest import CASE, FAMILY, SENDER, TEACHER, Ear, eventually, twilio

HEARTHLINE = [sys.executable, "-m", "bot", "sandbox", "--port", "0"]


def test_accepted_messages_are_shown_in_order_for_one_phone_both_ways(sandbox: Handle) -> None:
    client = twilio(sandbox)
    first = client.messages.create(to=FAMILY, from_=SENDER, body="Hello", validity_period=600, status_callback="http://127.0.0.1:9/s")
    client.messages.create(to="+15550101002", from_=SENDER, body="Other")
    answer = sandbox.ask("twilio/inbound", {"from": FAMILY, "body": "Hola"})
    shown = sandbox.ask(f"twilio/messages?with={FAMILY.replace('+', '%2B')}")
    assert [(m["sid"], m["direction"], m["body"]) for m in shown["messages"]] == [
        (first.sid, "outbound-api", "Hello"),
        (answer["sid"], "inbound", "Hola"),
    ]
    assert (shown["messages"][0]["validity_period"], shown["messages"][0]["status_callback"]) == (600, "http://127.0.0.1:9/s")
    assert [m["n"] for m in sandbox.ask("twilio/messages?direction=outbound&after=1")["messages"]] == [2]
    assert sandbox.ask("twilio/messages?limit=1")["last"] == 3
    assert "error" in sandbox.ask("twilio/messages?after=x")


def test_the_log_tells_what_happened_by_ids_only(sandbox: Handle, ear: Ear) -> None:
    client = twilio(sandbox)
    client.messages.create(to=FAMILY, from_=SENDER, body="Secret words", status_callback=f"{ear.url}/s")
    sandbox.ask("twilio/inbound", {"from": FAMILY, "body": "Palabras"})
    whats = eventually(lambda: [e["what"] for e in sandbox.ask("log")["events"]], lambda rows: rows.count("twilio.callback") == 2)
    assert sorted(set(whats)) == ["twilio.accepted", "twilio.callback", "twilio.inbound", "twilio.status", "twilio.webhook"]
    told = sandbox.ask("log")
    assert [e["n"] for e in told["events"]] == list(range(1, told["last"] + 1))
    assert sandbox.ask(f"log?after={told['last'] - 1}")["events"] == told["events"][-1:]
    assert sandbox.ask(f"log?after={told['last']}") == {"events": [], "last": told["last"]}
    assert [e["n"] for e in sandbox.ask("log?limit=2")["events"]] == [1, 2]
    text = str(told)
    assert [word for word in ("Secret", "Palabras", FAMILY, SENDER) if word in text] == []


def test_an_old_log_is_forgotten_and_numbering_goes_on(start: Callable[..., Handle]) -> None:
    handle = start(log_size=3)
    for number in range(5):
        handle.ask("twilio/inbound", {"from": FAMILY, "body": f"{number}"})
    assert [e["n"] for e in handle.ask("log")["events"]] == [8, 9, 10]


def test_reset_forgets_what_was_accepted_and_keeps_the_workspace(sandbox: Handle) -> None:
    client = twilio(sandbox)
    slack = WebClient("xoxb-sandbox", base_url=sandbox.slack_url)
    before = client.messages.create(to=FAMILY, from_=SENDER, body="Hello").sid
    slack.chat_postMessage(channel=CASE.id, text="x")
    sandbox.ask("misbehave", {"method": "twilio.create", "kind": "429", "rate": 1.0})
    assert sandbox.ask("reset", {}) == {"reset": True}
    assert sandbox.ask("twilio/counts") == {"accepted": 0, "distinct": 0, "twice": []}
    assert sandbox.ask(f"slack/messages?channel={CASE.id}")["messages"] == []
    assert client.messages.create(to=FAMILY, from_=SENDER, body="Hello").sid != before
    assert [m["n"] for m in sandbox.ask("twilio/messages?after=1")["messages"]] == [2]


def test_about_names_the_addresses(sandbox: Handle) -> None:
    about = sandbox.ask("")
    assert (about["twilio_url"], about["slack_url"], about["control_url"]) == (sandbox.twilio_url, sandbox.slack_url, sandbox.control_url)
    assert (about["senders"], about["accepted"], about["inbound"], about["sockets"]) == ([SENDER], 0, 0, 0)


@pytest.mark.parametrize("wish", [{"mode": "production"}, {"port": 1}, {"nothing": 1}, {"list_lag_seconds": "x"}, {"stop_replies": 3}])
def test_only_what_a_console_could_change_is_changed(sandbox: Handle, wish: dict[str, object]) -> None:
    assert "error" in sandbox.ask("configure", wish)


def test_wishes_without_sense_are_refused(sandbox: Handle) -> None:
    told = [
        sandbox.ask("twilio/status", {"sid": "SMnone", "status": "sent"}),
        sandbox.ask("twilio/fate", {"to": FAMILY, "error_code": 1}),
        sandbox.ask("twilio/inbound", []),
        sandbox.ask("slack/users", {"name": "nobody"}),
        sandbox.ask("misbehave", "x"),
    ]
    assert [list(one) for one in told] == [["error"]] * 5


def test_a_journal_brings_back_what_was_accepted(start: Callable[..., Handle], tmp_path: Path, ear: Ear) -> None:
    journal = tmp_path / "journal.jsonl"
    first = start(journal=journal, seed=1, stop_replies="provider", delivered_after=30.0)
    client = twilio(first)
    slack = WebClient("xoxb-sandbox", base_url=first.slack_url)
    media = [{"content_type": "audio/ogg", "data": "AAE="}]
    kept = client.messages.create(to=FAMILY, from_=SENDER, body="Hello", status_callback=f"{ear.url}/s").sid
    first.ask("twilio/inbound", {"from": FAMILY, "body": "STOP", "media": media})
    posts = [slack.chat_postMessage(channel=place, text="x")["ts"] for place in (CASE.id, CASE.id, TEACHER.id)]
    slack.chat_delete(channel=CASE.id, ts=posts[0])
    slack.chat_update(channel=CASE.id, ts=posts[1], text="changed")
    ear.until(1)
    before = first.ask("twilio/messages")["messages"]
    first.stop()
    with journal.open("ab") as torn:
        torn.write(b'{"kind": "mess')
    second = start(journal=journal, seed=1, stop_replies="provider")
    after = second.ask("twilio/messages")["messages"]
    assert [(m["sid"], m["body"], m["media"]) for m in after] == [(m["sid"], m["body"], m["media"]) for m in before]
    again = twilio(second)
    assert again.messages.create(to="+15550101002", from_=SENDER, body="New").sid not in {m["sid"] for m in before}
    assert eventually(lambda: again.messages(kept).fetch(), lambda m: m.status == "delivered").sid == kept
    shown = {one["id"]: [m["text"] for m in one["messages"]] for one in second.ask("slack/messages")["channels"]}
    assert shown == {CASE.id: ["changed"], "D0TEACHER1": ["x"]}
    from twilio.base.exceptions import TwilioRestException

    with pytest.raises(TwilioRestException) as refused:
        again.messages.create(to=FAMILY, from_=SENDER, body="Hello?")
    assert refused.value.code == 21610
    second.ask("reset", {})
    second.stop()
    assert start(journal=journal).ask("twilio/counts")["accepted"] == 0


@pytest.mark.parametrize("mode", ["production", "", "staging"])
def test_it_refuses_to_start_where_real_families_are(mode: str) -> None:
    with pytest.raises(RefusedToStart):
        Sandbox(Options(mode=mode))


def test_the_command_refuses_with_a_clear_sentence() -> None:
    environment = {**os.environ, "HEARTHLINE_MODE": "production"}
    ended = subprocess.run(HEARTHLINE, env=environment, capture_output=True, text=True, timeout=180, check=False)
    assert ended.returncode == 2
    said = "The sandbox plays Twilio, Slack and a mail host and starts only when HEARTHLINE_MODE is demo, test or bench; here it is 'production'.\n"
    assert (ended.stdout, ended.stderr) == ("", said)


def test_a_forgotten_mode_is_production() -> None:
    with pytest.raises(RefusedToStart):
        Sandbox(Options())


def test_the_command_serves_and_stops_cleanly() -> None:
    environment = {**os.environ, "HEARTHLINE_MODE": "demo"}
    with subprocess.Popen(HEARTHLINE, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith("Sandbox: Twilio http://127.0.0.1:")
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=180)
        assert (process.returncode, errors) == (0, "")


def test_a_taken_port_is_one_clear_line(sandbox: Handle) -> None:
    port = sandbox.twilio_url.rpartition(":")[2]
    environment = {**os.environ, "HEARTHLINE_MODE": "test"}
    command = [*HEARTHLINE[:-1], port]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=180, check=False)
    assert (ended.returncode, ended.stderr) == (1, f"Cannot listen on 127.0.0.1:{port}: the port is in use or not ours.\n")
    with pytest.raises(OSError, match=port):
        Sandbox(Options(mode="test", port=int(port))).start_in_thread()


@pytest.mark.parametrize(
    ("fragment", "expected"),
    [
        ("", (5.0, 15.0, 15.0, 1, {"ct"})),
        ("#rc=5&rp=all", (5.0, 15.0, 15.0, 5, {"4xx", "5xx", "ct", "rt"})),
        ("#ct=1&rt=99999&tt=200&rc=9&rp=4xx,rt", (0.1, 15.0, 0.2, 5, {"4xx", "rt"})),
        ("#rc=x&rp=moon&e=ashburn", (5.0, 15.0, 15.0, 1, set())),
    ],
)
def test_connection_overrides_are_read_within_the_vendors_limits(fragment: str, expected: tuple) -> None:
    target = Target.parse("https://demo.example/in?x=1" + fragment)
    assert target.url == "https://demo.example/in?x=1"
    assert (target.connect, target.read, target.total, target.retries, set(target.policies)) == expected


@pytest.mark.parametrize(
    ("text", "segments"),
    [("", 1), ("a" * 160, 1), ("a" * 161, 2), ("{" * 80, 1), ("{" * 81, 2), ("í" * 70, 1), ("í" * 71, 2), ("👋" * 35, 1), ("👋" * 36, 2)],
)
def test_the_provider_counts_segments_for_itself(text: str, segments: int) -> None:
    assert count(text) == segments
