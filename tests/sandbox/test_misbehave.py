"""Each misbehaviour is seen by the vendor's client, by rate or for the next N, and again the same with a seed."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
import requests
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

from bot.sandbox.misbehave import BadRule, Misbehaviour
from bot.sandbox.server import Handle
from tests.sandbox.conftest import CASE, FAMILY, SENDER, twilio


def send(client: Client, body: str = "Hello") -> str:
    return client.messages.create(to=FAMILY, from_=SENDER, body=body).sid


def accepted(handle: Handle) -> int:
    return handle.ask("twilio/counts")["accepted"]


def test_429_is_not_processed_and_says_when_to_come_back(client: Client, sandbox: Handle) -> None:
    sandbox.ask("misbehave", {"method": "twilio.create", "kind": "429", "next": 1, "retry_after": 3})
    url = f"{sandbox.twilio_url}/2010-04-01/Accounts/{client.account_sid}/Messages.json"
    form = {"To": FAMILY, "From": SENDER, "Body": "Hello"}
    answer = requests.post(url, form, auth=client.auth, timeout=60)
    assert (answer.status_code, answer.headers["Retry-After"], answer.json()["code"]) == (429, "3", 20429)
    assert accepted(sandbox) == 0
    send(client)
    assert accepted(sandbox) == 1


@pytest.mark.parametrize(("kind", "kept"), [("500_before", 0), ("500_after", 1)])
def test_a_500_before_or_after_accepting_looks_the_same_from_outside(client: Client, sandbox: Handle, kind: str, kept: int) -> None:
    sandbox.ask("misbehave", {"method": "twilio.create", "kind": kind, "next": 1})
    with pytest.raises(TwilioRestException) as failed:
        send(client)
    assert (failed.value.status, failed.value.code) == (500, 20500)
    assert accepted(sandbox) == kept


@pytest.mark.parametrize(("kind", "kept"), [("drop_before", 0), ("drop_after", 1)])
def test_a_cut_connection_before_or_after_accepting(client: Client, sandbox: Handle, kind: str, kept: int) -> None:
    sandbox.ask("misbehave", {"method": "twilio.create", "kind": kind, "next": 1})
    with pytest.raises(requests.ConnectionError):
        send(client)
    assert accepted(sandbox) == kept


def test_a_late_answer_comes_after_accepting(client: Client, sandbox: Handle) -> None:
    sandbox.ask("misbehave", {"method": "twilio.create", "kind": "late", "next": 1, "seconds": 0.3})
    began = time.monotonic()
    send(client)
    assert time.monotonic() - began >= 0.3
    assert accepted(sandbox) == 1


def test_the_list_misbehaves_on_its_own(client: Client, sandbox: Handle) -> None:
    sandbox.ask("misbehave", {"method": "twilio.list", "kind": "500_before", "next": 1})
    send(client)
    url = f"{sandbox.twilio_url}/2010-04-01/Accounts/{client.account_sid}/Messages.json"
    assert [requests.get(url, auth=client.auth, timeout=60).status_code for _ in range(2)] == [500, 200]


def test_slack_misbehaves_in_its_own_words(sandbox: Handle) -> None:
    slack = WebClient("xoxb-sandbox", base_url=sandbox.slack_url, retry_handlers=[])
    rules = [{"method": "slack.chat.postMessage", "kind": kind, "next": 1} for kind in ("429", "500_before", "500_after")]
    sandbox.ask("misbehave", rules)
    seen = []
    for _ in rules:
        with pytest.raises(SlackApiError) as failed:
            slack.chat_postMessage(channel=CASE.id, text="x")
        seen.append((failed.value.response.status_code, failed.value.response["error"]))
    assert seen == [(429, "ratelimited"), (500, "internal_error"), (500, "internal_error")]
    assert len(sandbox.ask(f"slack/messages?channel={CASE.id}")["messages"]) == 1


def test_by_rate_with_a_seed_the_same_requests_fail_again(start: Callable[..., Handle]) -> None:
    def play() -> list[int]:
        handle = start(seed=7)
        handle.ask("misbehave", {"method": "twilio.*", "kind": "429", "rate": 0.3})
        client = twilio(handle)
        told = []
        for number in range(40):
            try:
                send(client, f"{number}")
                told.append(201)
            except TwilioRestException as refused:
                told.append(refused.status)
        assert accepted(handle) == told.count(201)
        return told

    first = play()
    assert 4 <= first.count(429) <= 24
    assert play() == first


def test_the_same_seed_makes_the_same_ids_and_no_seed_makes_new_ones(start: Callable[..., Handle]) -> None:
    seeded = [send(twilio(start(seed=1))) for _ in range(2)]
    free = [send(twilio(start())) for _ in range(2)]
    assert seeded[0] == seeded[1]
    assert free[0] != free[1]


def test_rules_are_counted_and_cleared(client: Client, sandbox: Handle) -> None:
    sandbox.ask("misbehave", {"method": "twilio.fetch", "kind": "late", "rate": 1.0, "seconds": 0.0})
    sid = send(client)
    for _ in range(3):
        client.messages(sid).fetch()
    assert sandbox.ask("misbehave")["rules"] == [{"method": "twilio.fetch", "kind": "late", "rate": 1.0, "next": 0, "times": 3}]
    assert sandbox.ask("misbehave", {"clear": True}) == {"rules": []}


@pytest.mark.parametrize(
    "wish",
    [
        {},
        {"method": "twilio.create", "kind": "explode", "next": 1},
        {"method": "twilio.create", "kind": "429"},
        {"method": "twilio.create", "kind": "429", "rate": 2},
        {"method": "twilio.create", "kind": "429", "rate": 0.1, "next": 1},
        {"method": "twilio.create", "kind": "429", "next": -1},
        {"method": "twilio.create", "kind": "429", "rate": "often"},
    ],
)
def test_a_rule_without_sense_is_refused(sandbox: Handle, wish: dict) -> None:
    assert "error" in sandbox.ask("misbehave", wish)
    with pytest.raises(BadRule):
        Misbehaviour(None).add(wish)
