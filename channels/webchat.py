"""Web chat: the family's own page on our own site. What is sent is a row the page shows when it next asks; nothing leaves the house.

The web room has let the family in (signed link, one-time code, session cookie) and hands the message on as a form

    contact=con_..&district=dst_..&client_id=<made by the page, the same for every try>&text=..

signed with the session secret, so that this channel takes nothing that only looks as if it came from there:
`X-Hearthline-Chat: v1=<hex HMAC-SHA256(secret, b"webchat:" + body)>`.
"""

from __future__ import annotations

import hmac
import re
from datetime import datetime
from urllib.parse import parse_qsl

from channels.base import Found, Inbound, Outbound, Receipt, Received, Request
from channels.errors import Malformed, Refused, TooLong

PROVIDER = "webchat"
HEADER = "x-hearthline-chat"
MAX_BODY = 64 * 1024
MAX_TEXT = 16_000

_ID = re.compile(r"[0-9A-Za-z_-]{1,64}", re.ASCII)
_SIGNED = re.compile(r"v1=([0-9a-f]{64})", re.ASCII)


class WebChat:
    """`channels.base.Channel` over our own pages.

    :param previous_secret: accepted while the session secret is being changed.
    """

    name = PROVIDER
    channels: tuple[str, ...] = ("webchat",)

    def __init__(self, *, session_secret: str, previous_secret: str = "") -> None:
        self._secrets = tuple(secret for secret in (session_secret, previous_secret) if secret)

    def receive(self, request: Request, now: datetime) -> Received:
        """Verify and parse one message of the page. Raises nothing but `Refused` and `Malformed`."""
        if len(request.body) > MAX_BODY:
            raise Malformed
        try:
            genuine = self._is_genuine({name.lower(): value for name, value in request.headers.items()}, request.body)
        except Exception as error:
            raise Refused from error
        if not genuine:
            raise Refused
        try:
            return Received((_inbound(request.body),))
        except ValueError as error:
            raise Malformed from error

    async def send(self, message: Outbound) -> Receipt:
        """Nothing to hand over: the outbox row itself is what the page shows."""
        if len(message.text) > MAX_TEXT:
            raise TooLong("The chat page shows at most 16,000 characters.", code="too_long")
        return Receipt(PROVIDER, message.outbox_id, "delivered")

    async def look_up(self, message: Outbound, since: datetime, now: datetime) -> Found:
        """Certain: the row is there, so the page has it."""
        return Found(Receipt(PROVIDER, message.outbox_id, "delivered"), certain=True)

    async def close(self) -> None:
        """Nothing is open."""

    def _is_genuine(self, headers: dict[str, str], body: bytes) -> bool:
        given = _SIGNED.fullmatch(headers.get(HEADER, ""))
        if given is None:
            return False
        expected = [sign(body, secret) for secret in self._secrets]
        return any([hmac.compare_digest(one, given[0]) for one in expected])  # noqa: C419 - all are compared, none stops the others


def sign(body: bytes, secret: str) -> str:
    """Return the header's value for this body."""
    return "v1=" + hmac.new(secret.encode(), b"webchat:" + body, "sha256").hexdigest()


def _inbound(body: bytes) -> Inbound:
    fields = dict(parse_qsl(body.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=20))
    contact, district, client_id = (_id(fields.get(name, "")) for name in ("contact", "district", "client_id"))
    text = fields.get("text", "").replace("\x00", "")
    if len(text) > MAX_TEXT:
        raise ValueError("text")
    return Inbound(
        provider=PROVIDER,
        provider_id=f"{contact}:{client_id}",
        channel=PROVIDER,
        to=district,
        sender=contact,
        text=text,
        raw={"contact": contact, "district": district, "client_id": client_id, "text": text},
    )


def _id(value: str) -> str:
    if not _ID.fullmatch(value):
        raise ValueError("id")
    return value
