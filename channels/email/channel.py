"""E-mail as a channel."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from email.utils import parseaddr

from channels.base import Emit, Found, Listener, Outbound, Receipt, Received, Request
from channels.email import door, mailbox
from channels.email.addresses import Signer
from channels.email.door import Place
from channels.email.mailbox import Box
from channels.email.receive import Desk
from channels.email.relay import Host, Relay
from channels.email.send import PROVIDER, send


class Email:
    """`channels.base.Channel` over one mail domain; `listeners` are its ways in.

    :param secrets: the first signs reply addresses and Message-IDs; all are accepted.
    :param hook_secrets: by which our mail host signs mail that it posts to us; none: nobody may.
    :param place: where we listen, if we do; `box`: which mailbox is polled, if one is.
    """

    name = PROVIDER
    channels: tuple[str, ...] = ("email",)

    def __init__(
        self,
        *,
        host: Host,
        from_address: str,
        domain: str,
        secrets: Sequence[str],
        authserv_ids: Sequence[str] = (),
        hook_secrets: Sequence[str] = (),
        place: Place | None = None,
        box: Box | None = None,
    ) -> None:
        self._relay = Relay(host)
        self._from = from_address
        our_address = parseaddr(from_address)[1].lower()
        signer = Signer(secrets, domain or our_address.rpartition("@")[2])
        self.desk = Desk(signer, frozenset(one.lower() for one in authserv_ids if one), our_address, tuple(hook_secrets))
        self._place, self._box = place, box

    def receive(self, request: Request, now: datetime) -> Received:
        """A mail that our own mail host posts, signed."""
        return self.desk.receive(request, now)

    @property
    def listeners(self) -> tuple[Listener, ...]:
        """The ways in that are set up: each listens by itself, and one that is broken does not stop the other."""
        ways: list[Listener] = []
        if self._place is not None:
            ways.append(Door(self._place, self.desk))
        if self._box is not None:
            ways.append(Mailbox(self._box, self.desk))
        return tuple(ways)

    async def open(self) -> None:
        """Load the library ahead of the first mail."""
        import aiosmtplib  # noqa: F401

    async def send(self, message: Outbound) -> Receipt:
        """Hand one mail over, once."""
        return await send(self._relay, self.desk.signer, self._from, message)

    async def look_up(self, message: Outbound, since: datetime, now: datetime) -> Found:
        """SMTP cannot be asked. The mail may be sent again, because its Message-ID makes a second copy the same message to whoever got
        the first (faults 2.2); `blind` says that this is a guess, which the service bounds."""
        return Found(None, certain=True, blind=True)

    async def close(self) -> None:
        """Give back connections."""
        await self._relay.close()


class Door:
    """`channels.base.Listener`: our own LMTP or SMTP port."""

    name = "email_door"

    def __init__(self, place: Place, desk: Desk) -> None:
        self._place, self._desk = place, desk

    def listen(self, emit: Emit, stop: Callable[[], bool]) -> None:
        """Take mail until `stop()`; each is answered 250 only when it is durable."""
        desk = self._desk
        door.listen(self._place, desk.is_for_us, lambda raw, envelope: desk.take(raw, envelope, datetime.now(UTC)), emit, stop)


class Mailbox:
    """`channels.base.Listener`: a mailbox, looked into over IMAP."""

    name = "email_mailbox"

    def __init__(self, box: Box, desk: Desk) -> None:
        self._box, self._desk = box, desk

    def listen(self, emit: Emit, stop: Callable[[], bool]) -> None:
        """Take mail until `stop()`; each is deleted there only when it is durable."""
        mailbox.poll(self._box, lambda raw: self._desk.take(raw, None, datetime.now(UTC)), emit, stop)
