"""The vendor's own client talks to the sandbox."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta

import pytest
import requests
from twilio.base.exceptions import TwilioRestException
from twilio.http.async_http_client import AsyncTwilioHttpClient
from twilio.rest import Client

from bot.sandbox.server import Handle
from bot.sandbox.twilio_errors import DELIVERY_ERRORS, ERRORS, FAILING_TO
from tests.sandbox.conftest import FAMILY, SENDER, eventually, twilio


def test_a_message_is_accepted_and_goes_from_queued_to_delivered(client: Client) -> None:
    message = client.messages.create(to=FAMILY, from_=SENDER, body="Hello")
    assert (message.status, message.direction, message.num_segments, message.error_code) == ("queued", "outbound-api", "1", None)
    assert message.date_sent is None
    assert message.price is None
    done = eventually(lambda: client.messages(message.sid).fetch(), lambda m: m.status == "delivered")
    assert (done.sid, done.body, done.price, done.price_unit) == (message.sid, "Hello", "-0.00830", "USD")
    assert done.date_sent is not None
    assert done.date_sent.tzinfo is not None


@pytest.mark.filterwarnings("ignore:BasicAuth is deprecated:DeprecationWarning")  # the vendor's client uses both
@pytest.mark.filterwarnings("ignore:The 'auth' parameter is deprecated:DeprecationWarning")
def test_the_async_client_is_answered_the_same(sandbox: Handle) -> None:
    async def send() -> list[str]:
        async with AsyncTwilioHttpClient() as http:
            client = Client(sandbox.sandbox.state.options.account_sid, "5a" * 16, http_client=http)
            client.api.base_url = sandbox.twilio_url
            made = await asyncio.gather(*(client.messages.create_async(to=FAMILY, from_=SENDER, body=f"Text {n}") for n in range(5)))
            listed = await client.messages.list_async(to=FAMILY)
            assert {m.sid for m in listed} == {m.sid for m in made}
            while True:
                states = [(await client.messages(m.sid).fetch_async()).status for m in made]
                if set(states) == {"delivered"}:
                    return states

    assert asyncio.run(asyncio.wait_for(send(), 60)) == ["delivered"] * 5


def test_the_same_post_twice_is_two_messages_because_there_is_no_idempotency_key(client: Client, sandbox: Handle) -> None:
    headers = {"Idempotency-Key": "same", "I-Twilio-Idempotency-Token": "same"}
    for _ in range(2):
        url = f"{sandbox.twilio_url}/2010-04-01/Accounts/{client.account_sid}/Messages.json"
        form = {"To": FAMILY, "From": SENDER, "Body": "Once"}
        assert requests.post(url, form, auth=client.auth, headers=headers, timeout=60).status_code == 201
    assert sandbox.ask("twilio/counts") == {"accepted": 2, "distinct": 1, "twice": [{"to": FAMILY, "body": "Once", "count": 2}]}


@pytest.mark.parametrize(
    ("code", "change"),
    [
        (21211, {"to": "+15005550001"}),
        (21211, {"to": "+1555"}),
        (21211, {"to": "not a phone"}),
        (21212, {"from_": "+15005550001"}),
        (21212, {"from_": "Hearthline"}),
        (21602, {"body": ""}),
        (21602, {"body": "  "}),
        (21603, {"from_": ""}),
        (21604, {"to": ""}),
        (21606, {"from_": "+15550109999"}),
        (21606, {"from_": "+15005550007"}),
        (21610, {"to": "+15005550004"}),
        (21611, {"from_": "+15005550008"}),
        (21612, {"to": "+15005550002"}),
        (21266, {"to": SENDER}),
        (21408, {"to": "+15005550003"}),
        (21614, {"to": "+15005550009"}),
        (21617, {"body": "x" * 1601}),
        (21623, {"media_url": ["https://demo.example/a.jpg"] * 11}),
        (21701, {"messaging_service_sid": "MG" + "f" * 32}),
        (21910, {"from_": f"whatsapp:{SENDER}"}),
        (63007, {"from_": "whatsapp:+15550109999", "to": f"whatsapp:{FAMILY}"}),
        (20001, {"validity_period": 36_001}),
        (20001, {"validity_period": 0}),
        (35111, {"schedule_type": "fixed", "send_at": datetime.now(UTC) + timedelta(hours=1)}),
    ],
)
def test_what_the_vendor_refuses_is_refused_with_its_code(client: Client, sandbox: Handle, code: int, change: dict) -> None:
    with pytest.raises(TwilioRestException) as refused:
        client.messages.create(**{"to": FAMILY, "from_": SENDER, "body": "Hello", **change})
    assert (refused.value.code, refused.value.status) == (code, ERRORS[code][0])
    assert sandbox.ask("twilio/counts")["accepted"] == 0


def test_a_body_of_exactly_1600_characters_is_accepted(client: Client) -> None:
    assert client.messages.create(to=FAMILY, from_=SENDER, body="x" * 1600).num_segments == "11"


def test_an_error_has_the_vendors_four_fields(client: Client, sandbox: Handle) -> None:
    url = f"{sandbox.twilio_url}/2010-04-01/Accounts/{client.account_sid}/Messages.json"
    answer = requests.post(url, {"From": SENDER, "Body": "x", "To": "+1555"}, auth=client.auth, timeout=60)
    assert answer.status_code == 400
    assert answer.json() == {
        "code": 21211,
        "message": "Invalid 'To' Phone Number: +1555",
        "more_info": "https://www.twilio.com/docs/errors/21211",
        "status": 400,
    }


@pytest.mark.parametrize("auth", [None, ("AC" + "9" * 32, "5a" * 16), ("AC" + "0" * 31 + "1", "wrong")])
def test_a_wrong_account_or_token_is_401_with_20003(sandbox: Handle, auth: tuple[str, str] | None) -> None:
    url = f"{sandbox.twilio_url}/2010-04-01/Accounts/AC{'0' * 31}1/Messages.json"
    answer = requests.get(url, auth=auth, timeout=60)
    assert (answer.status_code, answer.json()["code"]) == (401, 20003)
    assert "WWW-Authenticate" in answer.headers


@pytest.mark.parametrize("header", ["Basic %%%", "Bearer abc", "Basic " + "/w==", "Basic"])
def test_nonsense_for_a_password_is_401_too(sandbox: Handle, header: str) -> None:
    url = f"{sandbox.twilio_url}/2010-04-01/Accounts/AC{'0' * 31}1/Messages.json"
    assert requests.get(url, headers={"Authorization": header}, timeout=60).status_code == 401


def test_both_tokens_open_the_account_while_a_new_one_is_brought_in(sandbox: Handle) -> None:
    sandbox.ask("configure", {"auth_token": "11" * 16, "auth_token_secondary": "5a" * 16})
    for token in ("11" * 16, "5a" * 16):
        assert twilio(sandbox, token).messages.list() == []


@pytest.mark.parametrize("path", ["/Messages/SMnone.json", "/Calls.json", "/Messages/SMnone/Media.json", "/Messages/SMx/Media/ME1"])
def test_what_is_not_there_is_404_with_20404(client: Client, sandbox: Handle, path: str) -> None:
    url = f"{sandbox.twilio_url}/2010-04-01/Accounts/{client.account_sid}{path}"
    answer = requests.get(url, auth=client.auth, timeout=60)
    assert (answer.status_code, answer.json()["code"]) == (404, 20404)


def test_another_accounts_messages_are_not_there(client: Client, sandbox: Handle) -> None:
    url = f"{sandbox.twilio_url}/2010-04-01/Accounts/AC{'7' * 32}/Messages.json"
    assert requests.get(url, auth=client.auth, timeout=60).json()["code"] == 20404


@pytest.mark.parametrize(("to", "code"), sorted(FAILING_TO.items()))
def test_a_number_that_ends_in_an_error_code_fails_with_it(client: Client, to: str, code: int) -> None:
    sid = client.messages.create(to=to, from_=SENDER, body="Hello").sid
    done = eventually(lambda: client.messages(sid).fetch(), lambda m: m.status in {"failed", "undelivered"})
    assert (done.status, done.error_code, done.error_message) == (DELIVERY_ERRORS[code][0], code, DELIVERY_ERRORS[code][1])


def test_fate_can_be_set_for_any_number(client: Client, sandbox: Handle) -> None:
    assert sandbox.ask("twilio/fate", {"to": FAMILY, "error_code": 30005}) == {"fates": 1}
    sid = client.messages.create(to=FAMILY, from_=SENDER, body="Hello").sid
    assert eventually(lambda: client.messages(sid).fetch(), lambda m: m.status == "undelivered").error_code == 30005
    sandbox.ask("twilio/fate", {"to": FAMILY, "error_code": None})
    sid = client.messages.create(to=FAMILY, from_=SENDER, body="Again").sid
    assert eventually(lambda: client.messages(sid).fetch(), lambda m: m.status == "delivered").error_code is None


def test_what_waits_can_be_cancelled_and_what_has_left_cannot(client: Client, sandbox: Handle) -> None:
    sandbox.ask("configure", {"sent_after": 5.0})
    waiting = client.messages.create(to=FAMILY, from_=SENDER, body="Later")
    assert waiting.update(status="canceled").status == "canceled"
    sandbox.ask("configure", {"sent_after": 0.01})
    gone = client.messages.create(to=FAMILY, from_=SENDER, body="Now")
    eventually(lambda: client.messages(gone.sid).fetch(), lambda m: m.status == "delivered")
    with pytest.raises(TwilioRestException) as refused:
        gone.update(status="canceled")
    assert refused.value.code == 30409


def test_a_message_can_be_scheduled_with_a_messaging_service_and_cancelled(client: Client, sandbox: Handle) -> None:
    service = sandbox.sandbox.state.options.messaging_service_sid
    at = datetime.now(UTC) + timedelta(hours=1)
    message = client.messages.create(to=FAMILY, messaging_service_sid=service, body="Later", schedule_type="fixed", send_at=at)
    assert (message.status, message.messaging_service_sid, message.from_) == ("scheduled", service, SENDER)
    assert message.update(status="canceled").status == "canceled"


def test_a_finished_message_can_be_redacted_and_deleted_and_stays_counted(client: Client, sandbox: Handle) -> None:
    message = client.messages.create(to=FAMILY, from_=SENDER, body="Words")
    eventually(lambda: client.messages(message.sid).fetch(), lambda m: m.status == "delivered")
    assert message.update(body="").body == ""
    assert message.delete() is True
    with pytest.raises(TwilioRestException) as gone:
        client.messages(message.sid).fetch()
    assert gone.value.code == 20404
    assert client.messages.list() == []
    assert sandbox.ask("twilio/counts")["accepted"] == 1


def test_what_is_under_way_cannot_be_redacted_or_deleted(client: Client, sandbox: Handle) -> None:
    sandbox.ask("configure", {"sent_after": 5.0})
    message = client.messages.create(to=FAMILY, from_=SENDER, body="Words")
    for act in (lambda: message.update(body=""), message.delete):
        with pytest.raises(TwilioRestException) as refused:
            act()
        assert refused.value.code == 20009


def test_a_sender_has_a_queue_and_an_expired_message_fails_with_30036(client: Client, sandbox: Handle) -> None:
    sandbox.ask("configure", {"segments_per_second": 1.0})
    began = time.monotonic()
    sids = [
        client.messages.create(to=FAMILY, from_=SENDER, body=f"{n}", validity_period=v).sid for n, v in ((0, 60), (1, 60), (2, 60), (3, 1))
    ]
    last = eventually(lambda: client.messages(sids[2]).fetch(), lambda m: m.status == "delivered")
    assert time.monotonic() - began >= 2.0
    assert last.error_code is None
    late = eventually(lambda: client.messages(sids[3]).fetch(), lambda m: m.status == "failed")
    assert late.error_code == 30036


def test_more_than_ten_hours_of_queue_is_refused_with_21611(client: Client, sandbox: Handle) -> None:
    sandbox.ask("configure", {"segments_per_second": 0.00002})
    client.messages.create(to=FAMILY, from_=SENDER, body="One")
    with pytest.raises(TwilioRestException) as refused:
        client.messages.create(to=FAMILY, from_=SENDER, body="Two")
    assert refused.value.code == 21611
