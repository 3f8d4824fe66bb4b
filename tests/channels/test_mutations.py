"""Ten thousand mutated webhooks: verifiers and parsers raise nothing but `Refused` and `Malformed` (fault 12)."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import urlencode

import pytest

from channels.base import Channel, Request
from channels.errors import Refused
from tests.channels import test_email, test_slack, test_twilio, test_webchat
from tests.channels.contract import NOW, SECRET

PIECES = [
    b"\x00", b"\xff\xfe", b"%", b"%FF", b"%00", b"&", b"=", b"&=&", b"\r\n", b"{", b"[", b'"', b"null", b"1e999", b"\\u0000", b"\\ud800",
    "\u202e٣".encode(), "😀".encode(), b"payload=", b"NumMedia=9", b"MessageSid=", b"MessageStatus=x", b"ssl_check=1", b"9" * 5000,
    b"actions", b'"actions":5', b'"user":[]', b'"event":', b"type", b"../../", b"' OR 1=1", b"<script>", b"A" * 70_000,
]  # fmt: skip
ROUNDS = 1_250


def mutated(seed: random.Random, body: bytes) -> bytes:
    """Cut, doubled, spliced, swapped: what broken clients and curious strangers send."""
    for _ in range(seed.randint(1, 4)):
        at, to = sorted((seed.randint(0, len(body)), seed.randint(0, len(body))))
        kind = seed.randrange(5)
        if kind == 0:
            body = body[:at] + seed.choice(PIECES) + body[at:]
        elif kind == 1:
            body = body[:at] + body[to:]
        elif kind == 2:
            body = body[:to] + body[at:to] + body[to:]
        elif kind == 3:
            body = body[:at] + seed.choice(PIECES) + body[to:]
        else:
            body = body[:at] + bytes([seed.randrange(256)]) + body[at + 1 :]
    return body


def twilio_signed(body: bytes) -> Request:
    from urllib.parse import parse_qsl

    from channels.twilio.signature import sign

    try:
        fields = parse_qsl(body.decode("ascii"), keep_blank_values=True, errors="strict")
    except ValueError:
        fields = []
    path = "/hooks/twilio/message"
    return Request(
        "POST", path, {"X-Twilio-Signature": sign(test_twilio.PUBLIC + path, fields, SECRET)}, body, "application/x-www-form-urlencoded"
    )


def slack_form(body: bytes) -> Request:
    return test_slack.request(body)


def slack_json(body: bytes) -> Request:
    return test_slack.request(body, kind="application/json")


PRESSED = urlencode({"payload": json.dumps(test_slack.PRESS)}).encode()
EVENT = json.dumps({"type": "event_callback", "team_id": "T1", "event": {"type": "message", "text": "x", "user": "U1"}, "event_id": "Ev1"})


@pytest.mark.parametrize("signed", [True, False], ids=["signed", "forged"])
@pytest.mark.parametrize(
    ("build", "sign", "body"),
    [
        (test_twilio.twilio, twilio_signed, urlencode(test_twilio.FORM).encode()),
        (test_slack.slack, slack_form, PRESSED),
        (test_slack.slack, slack_json, EVENT.encode()),
        (lambda: test_email.email("smtp://127.0.0.1:9"), test_email.posted, test_email.written("hello", Reply_To="x@y.test")),
        (test_webchat.webchat, test_webchat.request, urlencode(test_webchat.FORM).encode()),
    ],
    ids=["twilio", "slack-form", "slack-json", "email", "webchat"],
)
def test_mutated_requests_are_refused_malformed_or_taken_and_nothing_else(
    build: Callable[[], Channel], sign: Callable[[bytes], Request], body: bytes, signed: bool
) -> None:
    seed = random.Random(20261121)
    channel = build()
    genuine = channel.receive(sign(body), NOW)
    outcomes = {"taken": 0, "refused": 0}
    rounds = ROUNDS // 4 if channel.name == "email" else ROUNDS  # each mail is read by a process of its own
    for _ in range(rounds):
        changed = mutated(seed, body)
        request = sign(changed) if signed else mutated_headers(seed, replace(sign(body), body=changed))
        try:
            received = channel.receive(request, NOW)
        except Refused:
            outcomes["refused"] += 1
            continue
        outcomes["taken"] += 1
        assert received.reply_status == 200
        # Twilio signs the fields, not the bytes: "a=1&" is the same request as "a=1".
        assert signed or received.events == genuine.events
    assert sum(outcomes.values()) == rounds
    assert outcomes["refused"] > 0


def mutated_headers(seed: random.Random, request: Request) -> Request:
    headers = dict(request.headers)
    name = seed.choice(list(headers))
    kind = seed.randrange(4)
    if kind == 0:
        del headers[name]
    elif kind == 1:
        headers[name] = seed.choice(PIECES).decode("latin-1")
    elif kind == 2:
        headers[name] = headers[name][: seed.randint(0, len(headers[name]))]
    return replace(request, headers=headers)
