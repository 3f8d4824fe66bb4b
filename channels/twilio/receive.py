"""Twilio's webhooks as values: what a family wrote, and news about what we sent.

    {"MessageSid": "SM...", "AccountSid": "AC...", "From": "+1...", "To": "+1...", "Body": "...", "NumMedia": "0", "NumSegments": "1"}
    {"MessageSid": "SM...", "MessageStatus": "delivered", "ErrorCode": "30003"}            posted to .../status/<outbox id>

https://www.twilio.com/docs/messaging/guides/webhook-request and .../track-outbound-message-status
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from channels.base import Event, Ignored, Inbound, MediaRef, Received, Request, StatusUpdate
from channels.errors import Malformed, Refused
from channels.twilio import signature
from channels.twilio.codes import STATUSES, UNKNOWN, advice_of, number_of
from channels.twilio.media import CONTENT_TYPES

PROVIDER = "twilio"
STATUS_PATH = "/hooks/twilio/status"
MAX_BODY = 64 * 1024
MAX_FIELDS = 200
MAX_TEXT = 16_000
MAX_MEDIA = 10
EMPTY_ANSWER = b'<?xml version="1.0" encoding="UTF-8"?><Response/>'

# Exact single words the provider answers by itself when a number keeps Twilio's default handling; matched as Twilio does.
DEFAULT_WORDS = frozenset(
    {"STOP", "STOPALL", "UNSUBSCRIBE", "END", "QUIT", "CANCEL", "REVOKE", "OPTOUT", "START", "UNSTOP", "HELP", "INFO"}
)

_SID = re.compile(r"(?:SM|MM)[0-9A-Za-z_-]{1,62}")
_ADDRESS = re.compile(r"(?:whatsapp:)?\+?[0-9A-Za-z]{1,32}")
_OUTBOX_ID = re.compile(re.escape(STATUS_PATH) + r"/([0-9A-Za-z_-]{1,64})/?$")


@dataclass(frozen=True, slots=True)
class Door:
    """What decides whether a request is ours. `stop_replies`: who answers STOP at this account, "ours" or "provider"."""

    public_base_url: str
    account_sid: str
    tokens: tuple[str, ...]
    stop_replies: str = "ours"


def receive(door: Door, request: Request) -> Received:
    """Verify, then parse. Raises nothing but `Refused` and `Malformed`, whatever a stranger sends."""
    try:
        return _receive(door, request)
    except Refused:
        raise
    except Exception as error:
        raise Malformed from error


def _receive(door: Door, request: Request) -> Received:
    if len(request.body) > MAX_BODY or len(request.path) > signature.MAX_ADDRESS:
        raise Malformed
    headers = {name.lower(): value for name, value in request.headers.items()}
    kind = (request.content_type or headers.get("content-type", "")).partition(";")[0].strip().lower()
    fields = _fields(request.body) if kind in {"application/x-www-form-urlencoded", ""} else None
    signature.verify(
        door.public_base_url.rstrip("/") + request.path,
        headers.get(signature.HEADER),
        door.tokens,
        fields=fields,
        body=request.body,
    )
    if fields is None:
        return Received((Ignored("not a form"),))
    form = dict(fields)
    if door.account_sid and form.get("AccountSid", door.account_sid) != door.account_sid:
        raise Refused
    path = request.path.partition("?")[0]
    if "MessageStatus" in form or ("SmsStatus" in form and path.startswith(STATUS_PATH)):
        return Received((status_update(form, path),), reply_body=b"")
    if "From" not in form or "To" not in form:
        return Received((Ignored("no message"),), reply_body=EMPTY_ANSWER, reply_type="text/xml")
    event: Event = inbound(form, stop_replies=door.stop_replies)
    return Received((event,), reply_body=EMPTY_ANSWER, reply_type="text/xml")


def _fields(body: bytes) -> Sequence[tuple[str, str]]:
    """The form as `urllib.parse.parse_qsl` reads it (a test compares), in a third of its time: this is done for every text."""
    try:
        pairs = body.decode("ascii").replace("+", " ").split("&")
        if len(pairs) > MAX_FIELDS:
            raise Malformed
        fields = []
        for pair in pairs:
            if pair:
                name, _, value = pair.partition("=")
                fields.append((_read(name) if "%" in name else name, _read(value) if "%" in value else value))
        return fields
    except ValueError as error:
        raise Malformed from error


def _read(quoted: str) -> str:
    return unquote(quoted, errors="strict")


def inbound(form: Mapping[str, str], *, stop_replies: str) -> Inbound:
    """Return what the family wrote. NUL characters are dropped: no database takes them and no family writes them."""
    sid = message_sid(form)
    sender, to = _address(form["From"]), _address(form["To"])
    channel = "whatsapp" if sender.startswith("whatsapp:") else "sms"
    text = form.get("Body", "").replace("\x00", "")
    if len(text) > MAX_TEXT:
        raise Malformed
    return Inbound(
        provider=PROVIDER,
        provider_id=sid,
        channel=channel,
        to=to.removeprefix("whatsapp:"),
        sender=sender.removeprefix("whatsapp:"),
        text=text,
        media=_media(form),
        raw={name: value.replace("\x00", "") for name, value in form.items()},
        answered_by_provider=_answered(form, text, channel, stop_replies),
    )


def status_update(form: Mapping[str, str], path: str) -> StatusUpdate:
    """Return the news. `raw["advice"]` says what to do about its code, so that nobody else knows codes."""
    word = form.get("MessageStatus") or form.get("SmsStatus", "")
    code = str(number_of(form.get("ErrorCode")) or "")
    named = _OUTBOX_ID.search(path)
    raw = {"MessageStatus": word[:40], "ErrorCode": code, "advice": advice_of(code)}
    return StatusUpdate(
        provider=PROVIDER,
        provider_id=message_sid(form),
        status=STATUSES.get(word, UNKNOWN),
        outbox_id=named[1] if named else "",
        error_code=code,
        raw=raw,
    )


def message_sid(form: Mapping[str, str]) -> str:
    """Return the message's id, which duplicates are known by; a request without a good one is `Malformed`."""
    sid = form.get("MessageSid") or form.get("SmsMessageSid") or form.get("SmsSid") or ""
    if not _SID.fullmatch(sid):
        raise Malformed
    return sid


def _address(value: str) -> str:
    if not _ADDRESS.fullmatch(value):
        raise Malformed
    return value


def _media(form: Mapping[str, str]) -> tuple[MediaRef, ...]:
    count = min(number_of(form.get("NumMedia")), MAX_MEDIA)
    found = []
    for at in range(count):
        url = form.get(f"MediaUrl{at}", "")
        kind = form.get(f"MediaContentType{at}", "").partition(";")[0].strip().lower()[:100]
        if len(url) <= 2048 and urlsplit(url).scheme in {"http", "https"}:
            name, refused = urlsplit(url).path.rsplit("/", 1)[-1][:64], kind != "" and kind not in CONTENT_TYPES
            found.append(MediaRef(content_type=kind, url=url, provider_id=name, refused=refused))
    return tuple(found)


def _answered(form: Mapping[str, str], text: str, channel: str, stop_replies: str) -> bool:
    """Whether Twilio has already answered: it says so (advanced opt-out), or its default handling knows this word."""
    if form.get("OptOutType"):
        return True
    return stop_replies == "provider" and channel == "sms" and text.strip().upper() in DEFAULT_WORDS
