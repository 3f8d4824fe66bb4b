"""A family's text reaches our address as the vendor would bring it: fields, signature, retries, fallback, opt-out words."""

from __future__ import annotations

import base64
import json
import socket
import time
from collections.abc import Callable

import pytest
import requests
from twilio.base.exceptions import TwilioRestException
from twilio.request_validator import RequestValidator
from twilio.rest import Client

from bot.sandbox.server import Handle
from bot.sandbox.twilio_inbound import REPLIES, START_WORDS, STOP_WORDS
from tests.sandbox.conftest import FAMILY, SENDER, Ear, Heard, eventually, twilio

VOICE = b"\x00\x01voice"


def genuine(ear: Ear, heard: Heard) -> bool:
    return RequestValidator("5a" * 16).validate(ear.url + heard.path, heard.form, heard.headers["x-twilio-signature"])


def test_a_text_arrives_signed_with_all_fields_of_a_real_one(sandbox: Handle, ear: Ear) -> None:
    ear.answers[:] = [(200, b"<Response/>")]
    told = sandbox.ask("twilio/inbound", {"from": FAMILY, "body": "¿Qué tal? 👋"})
    (heard,) = ear.heard
    assert genuine(ear, heard)
    options = sandbox.sandbox.state.options
    place = {"City": "CEDAR VALLEY", "State": "MN", "Zip": "55555", "Country": "US"}
    assert heard.form == {
        "AccountSid": options.account_sid,
        "ApiVersion": "2010-04-01",
        "Body": "¿Qué tal? 👋",
        "From": FAMILY,
        "MessageSid": told["sid"],
        "MessagingServiceSid": options.messaging_service_sid,
        "NumMedia": "0",
        "NumSegments": "1",
        "SmsMessageSid": told["sid"],
        "SmsSid": told["sid"],
        "SmsStatus": "received",
        "To": SENDER,
        **{f"{end}{name}": value for end in ("From", "To") for name, value in place.items()},
    }
    assert heard.headers["content-type"] == "application/x-www-form-urlencoded; charset=UTF-8"
    assert (told["taken"], told["status"], told["attempts"][0]["body"]) == (True, 200, "<Response/>")


def test_whatsapp_arrives_with_its_own_fields(sandbox: Handle, ear: Ear) -> None:
    sandbox.ask("twilio/inbound", {"from": FAMILY, "body": "Hola", "channel": "whatsapp"})
    (heard,) = ear.heard
    form = heard.form
    assert genuine(ear, heard)
    assert (form["From"], form["To"]) == (f"whatsapp:{FAMILY}", f"whatsapp:{SENDER}")
    assert (form["WaId"], form["ProfileName"], form["MessageType"]) == (FAMILY[1:], "Family", "text")
    assert json.loads(form["ChannelMetadata"])["type"] == "whatsapp"
    assert "FromCity" not in form


def test_media_is_served_at_its_own_address_to_the_account_only(sandbox: Handle, ear: Ear, client: Client) -> None:
    media = [{"content_type": "audio/ogg", "data": base64.b64encode(VOICE).decode()}]
    told = sandbox.ask("twilio/inbound", {"from": FAMILY, "body": "", "media": media})
    form = ear.heard[0].form
    assert told["sid"].startswith("MM")
    assert (form["NumMedia"], form["MediaContentType0"]) == ("1", "audio/ogg")
    answer = requests.get(form["MediaUrl0"], auth=client.auth, timeout=60)
    assert (answer.content, answer.headers["Content-Type"]) == (VOICE, "audio/ogg")
    assert requests.get(form["MediaUrl0"], timeout=60).status_code == 401
    (listed,) = client.messages(told["sid"]).media.list()
    assert (listed.content_type, form["MediaUrl0"].endswith(listed.sid)) == ("audio/ogg", True)
    assert client.messages(told["sid"]).media(listed.sid).fetch().parent_sid == told["sid"]


@pytest.mark.parametrize(
    "wish",
    [
        {"from": "nobody", "body": "x"},
        {"from": FAMILY, "to": "+15550109999", "body": "x"},
        {"from": FAMILY, "media": [{"data": "%%%"}]},
        {"from": FAMILY, "media": [{}]},
    ],
)
def test_a_text_no_phone_could_send_is_refused(sandbox: Handle, ear: Ear, wish: dict) -> None:
    assert "error" in sandbox.ask("twilio/inbound", wish)
    assert ear.heard == []


def test_nobody_listens_yet(start: Callable[..., Handle]) -> None:
    handle = start()
    told = handle.ask("twilio/inbound", {"from": FAMILY, "body": "Hola"})
    assert (told["taken"], told["attempts"]) == (False, [])
    assert handle.ask("log")["events"][-1]["what"] == "twilio.unheard"


def test_one_500_loses_the_text_when_the_address_asks_for_no_retries(sandbox: Handle, ear: Ear) -> None:
    ear.answers[:] = [(500, b"")]
    told = sandbox.ask("twilio/inbound", {"from": FAMILY, "body": "Hola"})
    assert (told["taken"], [post["failure"] for post in told["attempts"]]) == (False, ["5xx"])


def test_retries_as_the_address_asks_with_one_idempotency_token(sandbox: Handle, ear: Ear) -> None:
    sandbox.ask("configure", {"message_webhook": f"{ear.url}/in#rc=5&rp=all"})
    ear.answers[:] = [(500, b""), (404, b""), (200, b"")]
    told = sandbox.ask("twilio/inbound", {"from": FAMILY, "body": "Hola"})
    assert [post["failure"] for post in told["attempts"]] == ["5xx", "4xx", ""]
    assert len({one.headers["i-twilio-idempotency-token"] for one in ear.heard}) == 1
    assert len({one.form["MessageSid"] for one in ear.heard}) == 1
    assert [one.path for one in ear.heard] == ["/in"] * 3
    assert all(genuine(ear, one) for one in ear.heard)


def test_retries_only_for_what_the_policy_names(sandbox: Handle, ear: Ear) -> None:
    sandbox.ask("configure", {"message_webhook": f"{ear.url}/in#rc=2&rp=4xx"})
    ear.answers[:] = [(500, b"")]
    assert len(sandbox.ask("twilio/inbound", {"from": FAMILY, "body": "Hola"})["attempts"]) == 1
    ear.answers[:] = [(404, b"")]
    assert len(sandbox.ask("twilio/inbound", {"from": FAMILY, "body": "Hola"})["attempts"]) == 3


def test_a_closed_port_is_tried_once_more_then_the_fallback_hears_why(sandbox: Handle, ear: Ear) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        dead = f"http://127.0.0.1:{closed.getsockname()[1]}/in"
        sandbox.ask("configure", {"message_webhook": dead, "message_fallback": f"{ear.url}/fallback"})
        told = sandbox.ask("twilio/inbound", {"from": FAMILY, "body": "Hola"})
    assert [post["failure"] for post in told["attempts"]] == ["ct", "ct", ""]
    (heard,) = ear.heard
    assert heard.path == "/fallback"
    assert (heard.form["ErrorUrl"], heard.form["ErrorCode"], heard.form["Body"]) == (dead, "11200", "Hola")
    assert genuine(ear, heard)


def test_the_provider_waits_15_seconds_and_no_longer(sandbox: Handle, ear: Ear) -> None:
    sandbox.ask("configure", {"time_scale": 0.02})
    ear.wait = 0.6
    told = sandbox.ask("twilio/inbound", {"from": FAMILY, "body": "Hola"})
    assert [(post["status"], post["failure"]) for post in told["attempts"]] == [(0, "rt")]
    assert 280 <= told["attempts"][0]["ms"] < 600


@pytest.mark.parametrize(("times", "taken", "heard"), [(1, True, 2), (2, False, 2)])
def test_a_connection_cut_without_an_answer_is_made_again_once(sandbox: Handle, ear: Ear, times: int, taken: bool, heard: int) -> None:
    ear.hang_up = times
    told = sandbox.ask("twilio/inbound", {"from": FAMILY, "body": "Hola"})
    assert (told["taken"], told["attempts"][0]["failure"], len(ear.heard)) == (taken, "" if taken else "rt", heard)


def test_a_duplicate_is_the_same_event_again(sandbox: Handle, ear: Ear) -> None:
    sandbox.ask("misbehave", {"method": "webhook", "kind": "duplicate", "next": 1})
    sandbox.ask("twilio/inbound", {"from": FAMILY, "body": "Hola"})
    assert len(ear.heard) == 2
    assert ear.heard[0].form == ear.heard[1].form
    ear.heard.clear()
    sandbox.ask("twilio/inbound", {"from": FAMILY, "body": "Otra", "times": 3})
    assert len({one.form["MessageSid"] for one in ear.heard}) == 1
    assert len(ear.heard) == 3


def test_a_withheld_webhook_leaves_the_text_in_the_list_for_a_sweep(sandbox: Handle, ear: Ear, client: Client) -> None:
    sandbox.ask("misbehave", {"method": "webhook", "kind": "withhold", "next": 1})
    told = sandbox.ask("twilio/inbound", {"from": FAMILY, "body": "Hola"})
    assert (ear.heard, told["taken"]) == ([], False)
    assert [m.body for m in client.messages.list(from_=FAMILY)] == ["Hola"]


def test_a_late_webhook_comes_late(sandbox: Handle, ear: Ear) -> None:
    sandbox.ask("misbehave", {"method": "webhook", "kind": "late", "next": 1, "seconds": 0.2})
    began = time.monotonic()
    assert sandbox.ask("twilio/inbound", {"from": FAMILY, "body": "Hola"})["taken"] is True
    assert ear.heard[0].at - began >= 0.2


def sent_by_provider(client: Client) -> list[str]:
    return [m.body for m in client.messages.list(to=FAMILY) if m.direction == "outbound-reply"]


@pytest.mark.parametrize("word", sorted(STOP_WORDS))
def test_the_vendors_own_stop_answers_blocks_and_still_tells_us(start: Callable[..., Handle], ear: Ear, word: str) -> None:
    handle = start(stop_replies="provider", message_webhook=f"{ear.url}/in")
    client = twilio(handle)
    assert handle.ask("twilio/inbound", {"from": FAMILY, "body": f" {word.lower()} "})["taken"] is True
    assert "OptOutType" not in ear.heard[0].form
    assert genuine(ear, ear.heard[0])
    assert sent_by_provider(client) == [REPLIES["STOP"]]
    with pytest.raises(TwilioRestException) as refused:
        client.messages.create(to=FAMILY, from_=SENDER, body="Hello?")
    assert (refused.value.code, refused.value.status) == (21610, 400)
    assert handle.ask("twilio/counts")["accepted"] == 0


@pytest.mark.parametrize("word", sorted(START_WORDS))
def test_the_vendors_start_undoes_it(start: Callable[..., Handle], ear: Ear, word: str) -> None:
    handle = start(stop_replies="provider", message_webhook=f"{ear.url}/in")
    client = twilio(handle)
    for body in ("STOP", word):
        handle.ask("twilio/inbound", {"from": FAMILY, "body": body})
    assert sent_by_provider(client) == [REPLIES["START"], REPLIES["STOP"]]
    assert client.messages.create(to=FAMILY, from_=SENDER, body="Welcome back").status == "queued"


def test_a_messaging_service_with_advanced_opt_out_names_the_word_it_answered(start: Callable[..., Handle], ear: Ear) -> None:
    handle = start(stop_replies="provider", advanced_opt_out=True, message_webhook=f"{ear.url}/in")
    for body in ("STOP", "start", "HELP", "stop please"):
        handle.ask("twilio/inbound", {"from": FAMILY, "body": body})
    assert [one.form.get("OptOutType", "") for one in ear.heard] == ["STOP", "START", "HELP", ""]


def test_the_vendors_help_answers_and_blocks_nothing(start: Callable[..., Handle], ear: Ear) -> None:
    handle = start(stop_replies="provider", message_webhook=f"{ear.url}/in")
    client = twilio(handle)
    handle.ask("twilio/inbound", {"from": FAMILY, "body": "Help"})
    assert sent_by_provider(client) == [REPLIES["HELP"]]
    assert client.messages.create(to=FAMILY, from_=SENDER, body="Hello").status == "queued"


@pytest.mark.parametrize("body", ["stop please", "opt out", "alto", "We have got to stop by"])
def test_the_vendor_knows_no_other_words(start: Callable[..., Handle], ear: Ear, body: str) -> None:
    handle = start(stop_replies="provider", message_webhook=f"{ear.url}/in")
    handle.ask("twilio/inbound", {"from": FAMILY, "body": body})
    assert "OptOutType" not in ear.heard[0].form
    assert sent_by_provider(twilio(handle)) == []


def test_with_stop_replies_left_to_us_the_provider_answers_and_blocks_nothing(sandbox: Handle, ear: Ear, client: Client) -> None:
    sandbox.ask("twilio/inbound", {"from": FAMILY, "body": "STOP"})
    assert "OptOutType" not in ear.heard[0].form
    assert sent_by_provider(client) == []
    sid = client.messages.create(to=FAMILY, from_=SENDER, body="You will get no more texts.").sid
    assert eventually(lambda: client.messages(sid).fetch(), lambda m: m.status == "delivered").error_code is None


def test_stop_on_whatsapp_is_never_the_vendors_business(start: Callable[..., Handle], ear: Ear) -> None:
    handle = start(stop_replies="provider", message_webhook=f"{ear.url}/in")
    handle.ask("twilio/inbound", {"from": FAMILY, "body": "STOP", "channel": "whatsapp"})
    assert "OptOutType" not in ear.heard[0].form
