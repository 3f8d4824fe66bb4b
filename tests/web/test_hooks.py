"""Webhooks are fast and boring: what is not provably the provider's changes nothing, and nothing a stranger sends is a 5xx (fault 12, G5)."""

from __future__ import annotations

import hashlib
import hmac
import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import orjson
import pytest
from flask import Flask
from twilio.request_validator import RequestValidator

from bot import app
from bot.errors import Busy
from bot.web.hooks import MAX_BODY, Headers
from channels.base import Challenge, Ignored, Received
from channels.errors import ChannelError, Malformed, Refused
from tests.web.conftest import AUTH_TOKEN, SIGNING_SECRET, counts

Send = Callable[..., Any]
PHONE = "+15550101002"


def test_a_genuine_text_is_stored_once_and_answered_200(texts_in: Send, runtime: Any) -> None:
    before = counts(runtime.database)
    answer = texts_in(PHONE, "Le encantan los dinosaurios")
    assert (answer.status_code, counts(runtime.database)["message"]) == (200, before["message"] + 1)


def test_a_replay_changes_nothing(texts_in: Send, runtime: Any) -> None:
    texts_in(PHONE, "hola", sid="SM" + "a" * 32)
    before = counts(runtime.database)
    assert [texts_in(PHONE, "hola", sid="SM" + "a" * 32).status_code for _ in range(5)] == [200] * 5
    assert counts(runtime.database) == before


FORGED: dict[str, dict[str, str]] = {
    "no signature": {},
    "empty signature": {"X-Twilio-Signature": ""},
    "wrong signature": {"X-Twilio-Signature": "AAAAAAAAAAAAAAAAAAAAAAAAAAA="},
    "not base64": {"X-Twilio-Signature": "%%%"},
    "very long": {"X-Twilio-Signature": "A" * 20_000},
    "not ascii": {"X-Twilio-Signature": "\xe9"},
    "another host": {"X-Forwarded-Host": "hearthline.example", "X-Forwarded-Proto": "https"},
}
BODIES: dict[str, tuple[bytes, str]] = {
    "form": (
        urlencode({"From": PHONE, "To": "+15550100001", "Body": "x", "MessageSid": "SM" + "b" * 32}).encode(),
        "application/x-www-form-urlencoded",
    ),
    "empty": (b"", "application/x-www-form-urlencoded"),
    "json": (b'{"From": 1}', "application/json"),
    "broken json": (b"{", "application/json"),
    "bytes": (bytes(range(256)), "application/octet-stream"),
    "multipart": (b"--x\r\nContent-Disposition: form-data; name=a\r\n\r\nb\r\n--x--", "multipart/form-data; boundary=x"),
    "no type": (b"a=b", ""),
    "many fields": (b"&".join(b"a%d=1" % n for n in range(5000)), "application/x-www-form-urlencoded"),
}


@pytest.mark.parametrize("path", ["/hooks/twilio/message", "/hooks/twilio/status/out_1", "/hooks/slack", "/hooks/slack/events"])
@pytest.mark.parametrize("forged", FORGED)
def test_forged_and_malformed_requests_change_nothing(site: Flask, runtime: Any, path: str, forged: str) -> None:
    before = counts(runtime.database)
    answers = {
        name: site.test_client().post(path, data=data, headers={**FORGED[forged], "Content-Type": kind}).status_code
        for name, (data, kind) in BODIES.items()
    }
    assert {name: status for name, status in answers.items() if status not in (400, 403)} == {}
    assert counts(runtime.database) == before


class Odd:
    """A channel that ends a request in its own way."""

    name = "odd"
    channels = ("sms",)

    def __init__(self, end: Any) -> None:
        self.end = end

    def receive(self, request: Any, now: Any) -> Any:
        if isinstance(self.end, Exception):
            raise self.end
        return self.end


ENDS = {
    "a verifier that trips": (TypeError("bytes"), 403),
    "refused": (Refused(), 403),
    "unreadable": (Malformed(), 400),
    "another error of the channel": (ChannelError(), 400),
    "nothing for us": (Received((Ignored("reaction"),), b"ok"), 200),
    "a question": (Received((Challenge(b"yes"),)), 200),
}


@pytest.mark.parametrize("end", ENDS)
def test_however_a_channel_ends_a_request_it_is_never_a_5xx(runtime: Any, end: str) -> None:
    how, status = ENDS[end]
    site = app.create_app(replace(runtime, channels={"sms": Odd(how)}))
    client = site.test_client()
    assert client.post("/hooks/twilio/message", data=b"x").status_code == status
    assert client.post("/hooks/slack", data=b"x").status_code == 404
    site.extensions["hearthline"].committer.close()


def test_headers_are_found_in_any_case() -> None:
    headers = Headers({"X-Twilio-Signature": "abc"})
    assert (headers["x-twilio-signature"], headers.get("X-TWILIO-SIGNATURE"), 5 in headers, list(headers), len(headers)) == (
        "abc",
        "abc",
        False,
        ["x-twilio-signature"],
        1,
    )


def test_a_signature_for_another_address_is_refused(site: Flask) -> None:
    form = {"From": PHONE, "To": "+15550100001", "Body": "x", "MessageSid": "SM" + "c" * 32}
    signed = RequestValidator(AUTH_TOKEN).compute_signature("https://elsewhere.example/hooks/twilio/message", form)
    answer = site.test_client().post(
        "/hooks/twilio/message", data=form, headers={"X-Twilio-Signature": signed, "Host": "elsewhere.example"}
    )
    assert answer.status_code == 403


def test_what_is_too_large_is_refused_before_it_is_read(site: Flask) -> None:
    answer = site.test_client().post("/hooks/twilio/message", data=b"x" * (MAX_BODY + 1), content_type="application/octet-stream")
    assert answer.status_code == 413


def test_a_thousand_mutations_of_a_genuine_request_are_refused(site: Flask, runtime: Any) -> None:
    chance = random.Random(12)
    form = urlencode({"From": PHONE, "To": "+15550100001", "Body": "hola", "MessageSid": "SM" + "d" * 32}).encode()
    client = site.test_client()
    answers = set()
    for _ in range(1000):
        data = bytearray(form)
        for _ in range(chance.randint(1, 4)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        signature = "".join(chance.choices("ABCabc012+/=\x7f", k=chance.randint(0, 40)))
        headers = {"X-Twilio-Signature": signature, "Content-Type": "application/x-www-form-urlencoded"}
        answers.add(client.post("/hooks/twilio/message", data=bytes(data), headers=headers).status_code)
    assert answers <= {400, 403}
    assert counts(runtime.database)["message"] == 0


@pytest.mark.parametrize("path", ["/hooks/twilio/message", "/hooks/slack", "/hooks/nothing", "/hooks/twilio/status/"])
def test_other_methods_and_addresses_are_quietly_refused(site: Flask, path: str) -> None:
    client = site.test_client()
    assert {client.open(path, method=method).status_code for method in ("GET", "PUT", "DELETE")} <= {404, 405}


def test_too_much_at_once_is_503_so_that_the_provider_tries_again(site: Flask, runtime: Any, texts_in: Send, monkeypatch: Any) -> None:
    def busy(_item: object) -> None:
        raise Busy

    site.extensions["hearthline"].committer.submit = busy
    answer = texts_in(PHONE, "hola")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")


def _slack(site: Flask, runtime: Any, payload: Any, *, kind: str = "json", age: int = 0) -> Any:
    body = orjson.dumps(payload) if kind == "json" else urlencode({"payload": orjson.dumps(payload).decode()}).encode()
    stamp = str(int(runtime.clock.now().timestamp()) - age)
    signature = "v0=" + hmac.new(SIGNING_SECRET.encode(), f"v0:{stamp}:".encode() + body, hashlib.sha256).hexdigest()
    headers = {
        "X-Slack-Request-Timestamp": stamp,
        "X-Slack-Signature": signature,
        "Content-Type": "application/json" if kind == "json" else "application/x-www-form-urlencoded",
    }
    return site.test_client().post("/hooks/slack", data=body, headers=headers)


def test_slacks_question_is_answered(site: Flask, runtime: Any) -> None:
    answer = _slack(site, runtime, {"type": "url_verification", "challenge": "3eZbrw1aB", "token": "x"})
    assert answer.status_code == 200
    assert "3eZbrw1aB" in answer.text


def test_an_old_slack_request_is_refused(site: Flask, runtime: Any) -> None:
    assert _slack(site, runtime, {"type": "url_verification", "challenge": "x"}, age=400).status_code == 403
