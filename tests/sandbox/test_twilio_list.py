"""The message list lags, pages and filters as the vendor's does."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
import requests
from twilio.rest import Client

from bot.sandbox.server import Handle
from tests.sandbox.conftest import FAMILY, SENDER, twilio

OTHER = "+15550101002"


def send(client: Client, count: int, to: str = FAMILY) -> list[str]:
    return [client.messages.create(to=to, from_=SENDER, body=f"Text {n}").sid for n in range(count)]


def test_the_list_is_newest_first_and_follows_its_own_pages(client: Client) -> None:
    sids = send(client, 7)
    assert [m.sid for m in client.messages.list(page_size=3)] == sids[::-1]


def test_pages_do_not_shift_when_new_messages_come_in(client: Client) -> None:
    sids = send(client, 4)
    page = client.messages.page(page_size=2)
    assert [m.sid for m in page] == [sids[3], sids[2]]
    send(client, 3)
    following = page.next_page()
    assert following is not None
    assert [m.sid for m in following] == [sids[1], sids[0]]
    assert following.next_page() is None
    back = following.previous_page()
    assert back is not None


def test_pages_by_number_and_size_limits(client: Client, sandbox: Handle) -> None:
    sids = send(client, 3)
    url = f"{sandbox.twilio_url}/2010-04-01/Accounts/{client.account_sid}/Messages.json"
    second = requests.get(url, {"PageSize": 2, "Page": 1}, auth=client.auth, timeout=60).json()
    assert [m["sid"] for m in second["messages"]] == [sids[0]]
    assert (second["page"], second["page_size"], second["start"], second["end"]) == (1, 2, 2, 2)
    assert requests.get(url, {"PageSize": 5000}, auth=client.auth, timeout=60).json()["page_size"] == 1000
    assert requests.get(url, {"PageSize": "many"}, auth=client.auth, timeout=60).json()["code"] == 20001


def test_the_list_lags_behind_acceptance_and_fetching_by_sid_does_not(start: Callable[..., Handle]) -> None:
    handle = start(list_lag_seconds=600.0)
    client = twilio(handle)
    sid = send(client, 1)[0]
    assert client.messages(sid).fetch().sid == sid
    assert client.messages.list(to=FAMILY) == []
    assert handle.ask("twilio/counts")["accepted"] == 1
    handle.ask("clock", {"ahead_seconds": 601})
    assert [m.sid for m in client.messages.list(to=FAMILY)] == [sid]


def test_filters_by_receiver_sender_and_date(client: Client, sandbox: Handle) -> None:
    first, other = send(client, 1)[0], send(client, 1, OTHER)[0]
    arrived = sandbox.ask("twilio/inbound", {"from": FAMILY, "body": "Hola"})["sid"]

    def sids(**filters: object) -> list[str]:
        return [m.sid for m in client.messages.list(**filters)]

    assert sids(to=FAMILY) == [first]
    assert sids(to=OTHER, from_=SENDER) == [other]
    assert sids(from_=FAMILY) == [arrived]
    assert sids(from_=FAMILY, to=OTHER) == []
    now = datetime.now(UTC)
    assert sids(date_sent_after=now - timedelta(minutes=1)) == [arrived, other, first]
    assert sids(date_sent_after=now + timedelta(minutes=1)) == []
    assert sids(date_sent_before=now - timedelta(minutes=1)) == []
    assert sids(date_sent_before=now + timedelta(minutes=1)) == [arrived, other, first]
    today = now.date()
    assert sids(date_sent=today) == [arrived, other, first]
    url = f"{sandbox.twilio_url}/2010-04-01/Accounts/{client.account_sid}/Messages.json"
    until_today = requests.get(url, {"DateSent<": today.isoformat()}, auth=client.auth, timeout=60).json()
    assert [m["sid"] for m in until_today["messages"]] == [arrived, other, first]
    assert sids(date_sent=today - timedelta(days=2)) == []


def test_a_filter_travels_through_the_pages(client: Client) -> None:
    sids = send(client, 5)
    send(client, 5, OTHER)
    assert [m.sid for m in client.messages.list(to=FAMILY, page_size=2)] == sids[::-1]


@pytest.mark.parametrize("query", [{"DateSent": "yesterday"}, {"DateSent>": "x"}, {"Page": "x"}])
def test_a_filter_without_sense_is_a_bad_request(client: Client, sandbox: Handle, query: dict[str, str]) -> None:
    url = f"{sandbox.twilio_url}/2010-04-01/Accounts/{client.account_sid}/Messages.json"
    assert requests.get(url, query, auth=client.auth, timeout=60).status_code == 400


def test_a_date_is_a_day_in_gmt(client: Client) -> None:
    send(client, 1)
    assert len(client.messages.list(date_sent=date.fromtimestamp(time.time()))) == 1
