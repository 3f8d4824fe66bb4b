"""Twilio: the contract, and what is Twilio's own."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from channels.base import Found, Ignored, Inbound, MediaRef, Outbound, Receipt, Request, StatusUpdate
from channels.errors import (
    BadAddress,
    InDoubt,
    Malformed,
    Misconfigured,
    NotAccepted,
    Permanent,
    Refused,
    SendError,
    Stopped,
    Throttled,
    TooLong,
)
from channels.twilio import Twilio
from channels.twilio.codes import STATUSES, advice_of, error_of
from channels.twilio.receive import MAX_FIELDS
from channels.twilio.receive import _fields as fields_of
from channels.twilio.signature import sign
from tests.channels.contract import NOW, NUMBER, OLD_SECRET, SECRET, WORDS, ChannelContract, run
from tests.channels.provider import Answer, Provider, hangs_up, says, sleeps

PUBLIC = "https://families.example.org"
ACCOUNT = "AC" + "0" * 32
SID = "SM" + "1" * 32
FORM = {
    "MessageSid": SID,
    "AccountSid": ACCOUNT,
    "From": NUMBER,
    "To": "+15550100001",
    "Body": WORDS,
    "NumMedia": "0",
    "NumSegments": "1",
}


def message(**changes: Any) -> dict[str, Any]:
    """A message as Twilio shows it."""
    return {
        "sid": SID,
        "account_sid": ACCOUNT,
        "api_version": "2010-04-01",
        "body": WORDS,
        "date_created": "Sat, 21 Nov 2026 15:00:00 +0000",
        "date_sent": None,
        "date_updated": "Sat, 21 Nov 2026 15:00:00 +0000",
        "direction": "outbound-api",
        "error_code": None,
        "error_message": None,
        "from": "+15550100001",
        "messaging_service_sid": None,
        "num_media": "0",
        "num_segments": "1",
        "price": None,
        "price_unit": "USD",
        "status": "queued",
        "subresource_uris": {"media": f"/2010-04-01/Accounts/{ACCOUNT}/Messages/{SID}/Media.json"},
        "to": NUMBER,
        "uri": f"/2010-04-01/Accounts/{ACCOUNT}/Messages/{SID}.json",
    } | changes


def refusal(status: int, code: int) -> Answer:
    return says(status, {"code": code, "message": f"no: {NUMBER} {WORDS}", "more_info": "", "status": status})


def page(*messages: dict[str, Any], following: str | None = None) -> Answer:
    return says(200, {"messages": list(messages), "next_page_uri": following, "page": 0, "page_size": 100, "uri": "", "start": 0, "end": 0})


def hook(form: Mapping[str, str], path: str = "/hooks/twilio/message", secret: str = SECRET) -> Request:
    return Request(
        "POST",
        path,
        {"X-Twilio-Signature": sign(PUBLIC + path, list(form.items()), secret), "Content-Type": "application/x-www-form-urlencoded"},
        urlencode(form).encode(),
        "application/x-www-form-urlencoded",
    )


def twilio(base_url: str = "http://127.0.0.1:9", **options: Any) -> Twilio:
    return Twilio(
        account_sid=ACCOUNT,
        auth_token=SECRET,
        previous_token=OLD_SECRET,
        public_base_url=PUBLIC,
        base_url=base_url,
        **({"timeout": 5.0} | options),
    )


class TestTwilioContract(ChannelContract):
    kinds = ("sms", "whatsapp")
    signature_header = "x-twilio-signature"

    def build(self, base_url: str) -> Twilio:
        return twilio(base_url)

    def genuine(self, secret: str = SECRET) -> Request:
        return hook(FORM, secret=secret)

    def signed(self, body: bytes, secret: str = SECRET) -> Request:
        return replace(hook({}, secret=secret), body=body)

    def malformed_bodies(self) -> Sequence[bytes]:
        return [b"\xff\xfe", b"Body=%FF%FE", b"Body=" + b"x" * 70_000, b"&".join(b"a%d=1" % n for n in range(300))]

    def unknown_status(self) -> Request:
        return hook({"MessageSid": SID, "MessageStatus": "teleported"}, "/hooks/twilio/status/out_01canary")

    def accepts(self) -> Sequence[Answer]:
        return [says(201, message())]

    def throttles(self, seconds: int) -> Sequence[Answer]:
        return [says(429, {"code": 20429, "message": "", "status": 429}, **{"Retry-After": str(seconds)})]

    def refuses(self) -> Mapping[type[SendError], Sequence[Answer]]:
        return {
            Stopped: [refusal(400, 21610)],
            BadAddress: [refusal(400, 21211)],
            TooLong: [refusal(400, 21617)],
            Permanent: [refusal(400, 63016)],
            Misconfigured: [refusal(401, 20003)],
        }

    def fails_after_taking(self) -> Sequence[Sequence[Answer]]:
        return [
            [says(500, "oops", content_type="text/html")],
            [says(503, {"code": 20503, "message": "", "status": 503})],
            [hangs_up],
            [sleeps],
            [says(201, "not json")],
            [says(201, message(sid=None))],
        ]


def one(channel: Twilio, request: Request) -> Any:
    (event,) = channel.receive(request, NOW).events
    return event


def test_an_inbound_text_keeps_every_word_and_letter() -> None:
    words = "  Le gusta leer. ¿Sí? 你好 😀\n"
    assert one(twilio(), hook(FORM | {"Body": words})) == Inbound(
        provider="twilio",
        provider_id=SID,
        channel="sms",
        to="+15550100001",
        sender=NUMBER,
        text=words,
        raw=FORM | {"Body": words},
    )


def test_whatsapp_addresses_are_numbers_and_the_channel_says_which() -> None:
    event = one(twilio(), hook(FORM | {"From": f"whatsapp:{NUMBER}", "To": "whatsapp:+15550100001"}))
    assert (event.channel, event.sender, event.to) == ("whatsapp", NUMBER, "+15550100001")


def test_photos_and_voice_notes_come_as_references() -> None:
    url = f"https://api.twilio.com/2010-04-01/Accounts/{ACCOUNT}/Messages/{SID}/Media/ME1"
    event = one(
        twilio(),
        hook(FORM | {"NumMedia": "3", "MediaUrl0": url, "MediaContentType0": "image/jpeg", "MediaUrl1": "javascript:x", "Body": ""}),
    )
    assert event.media == (MediaRef("image/jpeg", url, None, "ME1"),)


@pytest.mark.parametrize(
    ("stop_replies", "fields", "answered"),
    [
        ("ours", {"Body": "STOP"}, False),
        ("provider", {"Body": " stop "}, True),
        ("provider", {"Body": "please stop"}, False),
        ("provider", {"Body": "ALTO"}, False),
        ("ours", {"Body": "ALTO", "OptOutType": "STOP"}, True),
        ("provider", {"Body": "STOP", "From": f"whatsapp:{NUMBER}"}, False),
    ],
)
def test_it_is_known_when_the_provider_has_already_answered(stop_replies: str, fields: dict[str, str], answered: bool) -> None:
    assert one(twilio(stop_replies=stop_replies), hook(FORM | fields)).answered_by_provider is answered


@pytest.mark.parametrize("number", ["0", "-1", "99999999999999999999", "two", "", "１"])
def test_a_strange_number_of_photos_is_none(number: str) -> None:
    assert one(twilio(), hook(FORM | {"NumMedia": number})).media == ()


@pytest.mark.parametrize(
    "fields",
    [
        {"MessageSid": ""},
        {"MessageSid": "SM1\x00"},
        {"MessageSid": "x" * 500},
        {"From": "+1 555\n"},
        {"To": "<script>"},
        {"Body": "x" * 16_001},
    ],
)
def test_a_signed_message_with_unusable_fields_is_malformed(fields: dict[str, str]) -> None:
    with pytest.raises(Malformed):
        twilio().receive(hook(FORM | fields), NOW)


@given(st.text(alphabet="aé%+&=;25Ff0#\x00 ñ", max_size=60).map(str.encode) | st.binary(max_size=60))
@example(b"")
@example(b"&&a&=b&c==d&%41=%42&a+b=%2B")
@example(b"a=%ff")
@example(b"a=%c3%a9&b=%")
@example(b"&" * 199)
@example(b"&" * 200)
def test_a_form_is_read_as_the_standard_library_reads_it(body: bytes) -> None:
    def how(read: Any) -> Any:
        try:
            return list(read())
        except (ValueError, Malformed):
            return "malformed"

    expected = how(lambda: parse_qsl(body.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=MAX_FIELDS))
    assert how(lambda: fields_of(body)) == expected


def test_nul_characters_are_dropped_from_the_text() -> None:
    event = one(twilio(), hook(FORM | {"Body": "a\x00b"}))
    assert (event.text, event.raw["Body"]) == ("ab", "ab")


def test_another_accounts_message_is_refused_though_it_is_signed() -> None:
    with pytest.raises(Refused):
        twilio().receive(hook(FORM | {"AccountSid": "AC" + "9" * 32}), NOW)


def test_the_path_is_part_of_what_is_signed() -> None:
    with pytest.raises(Refused):
        twilio().receive(replace(hook(FORM), path="/hooks/twilio/status/out_1"), NOW)


@pytest.mark.parametrize(("theirs", "ours"), [*STATUSES.items(), ("teleported", "unknown"), ("", "unknown")])
def test_every_status_of_theirs_is_one_of_ours(theirs: str, ours: str) -> None:
    event = one(twilio(), hook({"MessageSid": SID, "MessageStatus": theirs}, "/hooks/twilio/status/out_01J2"))
    assert event == StatusUpdate("twilio", SID, ours, "out_01J2", raw={"MessageStatus": theirs, "ErrorCode": "", "advice": ""})


def test_a_status_says_what_to_do_about_its_code() -> None:
    form = {"MessageSid": SID, "MessageStatus": "undelivered", "ErrorCode": "30005", "To": NUMBER}
    event = one(twilio(), hook(form, "/hooks/twilio/status/out_01J2"))
    assert (event.status, event.error_code, event.raw["advice"]) == ("undelivered", "30005", "bad_address")
    assert NUMBER not in repr(event)


def test_a_signed_request_that_carries_nothing_for_us_is_ignored() -> None:
    assert isinstance(one(twilio(), hook({"CallSid": "CA1", "AccountSid": ACCOUNT})), Ignored)


@pytest.mark.parametrize(
    ("code", "status", "error", "wait"),
    [
        (20429, 429, Throttled, 1.0),
        (None, 429, Throttled, 1.0),
        (21611, 400, Throttled, 60.0),
        (30003, 400, NotAccepted, None),
        (30004, 400, BadAddress, None),
        (30006, 400, BadAddress, None),
        (30007, 400, Permanent, None),
        (30008, 400, NotAccepted, None),
        (30027, 400, Throttled, 3600.0),
        (21266, 400, BadAddress, None),
        (21614, 400, BadAddress, None),
        (21606, 400, Misconfigured, None),
        (99999, 400, Permanent, None),
        (None, 302, Misconfigured, None),
        (None, 404, Misconfigured, None),
        (21610, 500, InDoubt, None),
        ("nonsense", 502, InDoubt, None),
    ],
)
def test_a_code_becomes_the_error_that_carries_the_policy(code: Any, status: int, error: type[SendError], wait: float | None) -> None:
    made = error_of(code, status)
    assert (type(made), getattr(made, "retry_after", None)) == (error, wait)


@pytest.mark.parametrize(
    ("code", "advice"),
    [
        ("21610", "stopped"),
        ("30005", "bad_address"),
        ("30007", "filtered"),
        ("30008", "once_more"),
        ("30003", ""),
        ("30036", ""),
        ("", ""),
        ("12345", ""),
    ],
)
def test_the_advice_for_a_later_failure(code: str, advice: str) -> None:
    assert advice_of(code) == advice


def test_what_is_sent_is_what_was_asked_and_the_callback_carries_our_id(vendor: Provider) -> None:
    vendor.will(says(201, message(num_segments="2", status="accepted")))
    channel = twilio(vendor.url)
    receipt = run(channel, channel.send(Outbound("out_01J2", "sms", "+15550100001", NUMBER, "¿Le gusta leer?", 99_999)))
    assert receipt == Receipt("twilio", SID, "queued", 2)
    (seen,) = vendor.seen
    assert seen.path == f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
    assert seen.form == {
        "To": NUMBER,
        "From": "+15550100001",
        "Body": "¿Le gusta leer?",
        "ValidityPeriod": "36000",
        "StatusCallback": f"{PUBLIC}/hooks/twilio/status/out_01J2",
    }


def test_whatsapp_goes_to_whatsapp_addresses(vendor: Provider) -> None:
    vendor.will(says(201, message()))
    channel = twilio(vendor.url)
    run(channel, channel.send(Outbound("out_01J2", "whatsapp", "+15550100001", NUMBER, "hi", 0)))
    assert {k: vendor.seen[0].form[k] for k in ("To", "From", "ValidityPeriod")} == {
        "To": f"whatsapp:{NUMBER}",
        "From": "whatsapp:+15550100001",
        "ValidityPeriod": "1",
    }


def test_a_message_that_failed_at_once_raises_its_code(vendor: Provider) -> None:
    vendor.will(says(201, message(status="failed", error_code=30006)))
    channel = twilio(vendor.url)
    with pytest.raises(BadAddress):
        run(channel, channel.send(Outbound("out_01J2", "sms", "+15550100001", NUMBER, "hi")))


def test_a_channel_can_be_used_from_one_loop_after_the_other(vendor: Provider) -> None:
    vendor.will(says(201, message()))
    channel = twilio(vendor.url)
    for _ in range(2):
        assert run(channel, channel.send(Outbound("out_01J2", "sms", "+15550100001", NUMBER, "hi"))).provider_id == SID


LATER = NOW + timedelta(seconds=121)
DOUBTED = Outbound("out_01J2", "sms", "+15550100001", NUMBER, WORDS)


def look_up(vendor: Provider, now: datetime = LATER) -> Found:
    channel = twilio(vendor.url)
    return run(channel, channel.look_up(DOUBTED, NOW, now))


def fetch(vendor: Provider, url: str) -> tuple[str, bytes]:
    channel = twilio(vendor.url)
    return run(channel, channel.fetch(MediaRef("image/jpeg", url)))


def test_a_json_body_is_known_by_its_hash_in_the_query() -> None:
    import hashlib

    body = json.dumps({"a": 1}).encode()
    path = "/hooks/twilio/message?bodySHA256=" + hashlib.sha256(body).hexdigest()
    request = Request("POST", path, {"x-twilio-signature": sign(PUBLIC + path, [], SECRET)}, body, "application/json")
    assert one(twilio(), request) == Ignored("not a form")
    with pytest.raises(Refused):
        twilio().receive(replace(request, body=body + b" "), NOW)
    with pytest.raises(Refused):
        twilio().receive(replace(request, path="/hooks/twilio/message"), NOW)
