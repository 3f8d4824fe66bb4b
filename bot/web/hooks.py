"""Provider webhooks: raw bytes in, events to the committer, an answer once they are durable.

Policy of this room: what is not provably the provider's is 403, what cannot be read 400, too large 413, too much at once 503 with
Retry-After (the provider tries again). Anything else that goes wrong on a genuine request is our fault and is answered 500, so that
the provider tries again; a stranger can never cause one, because verification comes first and every exception in it is a refusal.

Two ways in, one policy: Flask's (a thread waits for the commit; any WSGI server), and `answer`, which `bot.web.rsgi` calls for the
families' texts: there a future waits, and a hundred texts that wait for one commit cost no thread each (measured: three times the turns).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import NamedTuple

from flask import Blueprint, Response, current_app, request

from bot.errors import Busy
from bot.log import get_log
from bot.service.runtime import Runtime
from channels.base import ELSEWHERE, Challenge, Event, Ignored, Request
from channels.errors import ChannelError, Refused

MAX_BODY = 256 * 1024
"""Slack's largest interaction is well under 100 kB, Twilio's form under 10 kB."""

MAX_MAIL = 30_000_000
"""A mail with its photos, posted by our own mail host."""

hooks = Blueprint("hooks", __name__, url_prefix="/hooks")
_log = get_log("hooks")


class Headers(Mapping[str, str]):
    """Request headers by name in any case, as HTTP means them."""

    def __init__(self, pairs: Mapping[str, str]) -> None:
        self._pairs = {name.lower(): value for name, value in pairs.items()}

    def __getitem__(self, name: str) -> str:
        return self._pairs[name.lower()]

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.lower() in self._pairs

    def __iter__(self) -> Iterator[str]:
        return iter(self._pairs)

    def __len__(self) -> int:
        return len(self._pairs)


class Reply(NamedTuple):
    """What the provider is answered."""

    status: int
    body: bytes = b""
    content_type: str = ""
    retry_after: str = ""


BUSY = Reply(503, retry_after="2")


def understand(runtime: Runtime, kind: str, asked: Request) -> tuple[list[Event], Reply]:
    """What must become durable, and what the provider is answered then. Nothing a stranger sends gets past here."""
    channel = runtime.channels.get(kind)
    if channel is None:
        return [], Reply(404)
    try:
        received = channel.receive(asked, runtime.clock.now())
    except Refused as refused:
        _log.warning("webhook_refused", channel=kind, http_status=refused.http_status)
        return [], Reply(refused.http_status)
    except ChannelError:
        _log.warning("webhook_refused", channel=kind, http_status=400)
        return [], Reply(400)
    except Exception:  # noqa: BLE001 - a verifier that trips over a stranger's bytes is a refusal, never our failure (fault 12)
        _log.error("webhook_verifier_failed", channel=kind, exc_info=True)
        return [], Reply(403)
    events: list[Event] = []
    for event in received.events:
        if isinstance(event, Challenge):
            return events, Reply(200, event.body, event.content_type)
        if not isinstance(event, Ignored):
            events.append(event)
        elif event.reason == ELSEWHERE:
            _log.warning("webhook_from_elsewhere", channel=kind)
    return events, Reply(received.reply_status, received.reply_body, received.reply_type)


Submit = Callable[[Event], Awaitable[object]]


async def answer(runtime: Runtime, kind: str, asked: Request, submit: Submit) -> Reply:
    """A webhook's reply, once what it brought is durable."""
    events, reply = understand(runtime, kind, asked)
    try:
        for event in events:
            await submit(event)
    except Busy:
        return BUSY
    return reply


@hooks.post("/twilio/message")
def twilio_message() -> Response:
    """A family wrote (SMS or WhatsApp; one provider, one verifier)."""
    return _take("sms")


@hooks.post("/twilio/status/<outbox_id>")
def twilio_status(outbox_id: str) -> Response:
    """News about a message we sent; the channel reads our outbox id from the signed address."""
    del outbox_id
    return _take("sms")


@hooks.post("/slack")
@hooks.post("/slack/<kind>")
def slack(kind: str = "") -> Response:
    """Events, buttons and commands. The acknowledgement leaves after one commit; whatever needs Slack again is an outbox row."""
    del kind
    return _take("slack")


@hooks.post("/email")
def email() -> Response:
    """A mail, raw, for districts whose mail host can call but not connect."""
    return _take("email", MAX_MAIL)


def _take(kind: str, largest: int = MAX_BODY) -> Response:
    runtime: Runtime = current_app.extensions["runtime"]
    request.max_content_length = largest
    body = request.get_data(cache=False, parse_form_data=False)
    path = request.path + (f"?{request.query_string.decode('latin-1')}" if request.query_string else "")
    asked = Request(request.method, path, Headers(dict(request.headers)), body, request.content_type or "")
    events, reply = understand(runtime, kind, asked)
    try:
        for event in events:
            runtime.committer.submit(event)
    except Busy:
        reply = BUSY
    headers = {"Retry-After": reply.retry_after} if reply.retry_after else None
    return Response(reply.body, status=reply.status, headers=headers, content_type=reply.content_type or None)
