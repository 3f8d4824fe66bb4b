"""Twilio as a channel: one account for SMS and WhatsApp."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from channels.base import Found, Inbound, MediaRef, Outbound, Receipt, Received, Request
from channels.twilio.client import TIMEOUT_SECONDS, VENDOR, Account
from channels.twilio.look_up import LIST_LAG, look_up, missed
from channels.twilio.media import fetch
from channels.twilio.receive import Door, receive
from channels.twilio.send import PROVIDER, send


class Twilio:
    """`channels.base.Channel` over one Twilio account.

    :param public_base_url: the address Twilio knows us by; signatures are checked against it and never against a Host header.
    :param previous_token: accepted from webhooks while the token is being changed; never used to send.
    :param list_lag: how long Twilio's list may not show a message it has taken.
    """

    name = PROVIDER
    channels: tuple[str, ...] = ("sms", "whatsapp")

    def __init__(
        self,
        *,
        account_sid: str,
        auth_token: str,
        public_base_url: str,
        previous_token: str = "",
        base_url: str = VENDOR,
        stop_replies: str = "ours",
        list_lag: timedelta = LIST_LAG,
        timeout: float = TIMEOUT_SECONDS,
    ) -> None:
        tokens = tuple(token for token in (auth_token, previous_token) if token)
        self._door = Door(public_base_url, account_sid, tokens, stop_replies)
        self._account = Account(account_sid, auth_token, base_url, timeout)
        self._list_lag = list_lag

    def receive(self, request: Request, now: datetime) -> Received:
        """Verify and parse a webhook."""
        return receive(self._door, request)

    async def open(self) -> None:
        """Load the SDK ahead of the first message: a family may be waiting for it."""
        _ = self._account.messages

    async def send(self, message: Outbound) -> Receipt:
        """Hand one message over, once."""
        return await send(self._account, self._door.public_base_url, message)

    async def look_up(self, message: Outbound, since: datetime, now: datetime) -> Found:
        """What became of a message in doubt, by Twilio's list."""
        return await look_up(self._account, message, since, now, self._list_lag)

    async def missed(self, since: datetime, now: datetime) -> Sequence[Inbound]:
        """Return what families wrote since then by Twilio's list, oldest first: messages whose webhook was lost are among it."""
        return await missed(self._account, since, stop_replies=self._door.stop_replies)

    async def fetch(self, media: MediaRef) -> tuple[str, bytes]:
        """Return content type and bytes; `Permanent` when it never will be fetched, `NotAccepted` when it may be tried again."""
        return await fetch(self._account, media)

    async def close(self) -> None:
        """Give back connections."""
        await self._account.close()
