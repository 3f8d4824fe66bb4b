"""E-mail as a channel."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from email.utils import parseaddr

from channels.base import Emit, Found, Outbound, Receipt, Received, Request
from channels.email import door, mailbox
from channels.email.addresses import Signer
from channels.email.door import Place
from channels.email.mailbox import Box
from channels.email.receive import Desk, Envelope
from channels.email.relay import Host, Relay
from channels.email.send import PROVIDER, send

WATCH_SECONDS = 0.2


class Email:
    """`channels.base.Channel` and `Listener` over one mail domain.

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
    def listens(self) -> bool:
        """Whether there is anything to listen to."""
        return self._place is not None or self._box is not None

    def listen(self, emit: Emit, stop: Callable[[], bool]) -> None:
        """Take mail from the listener and the mailbox, whichever is set up, until `stop()`. Each mail is let go only when it is durable."""
        broken: list[Exception] = []
        polling = threading.Thread(target=self._poll, args=(emit, stop, broken), name="mailbox", daemon=True) if self._box else None
        if polling is not None:
            polling.start()

        def over() -> bool:
            return stop() or bool(broken)

        if self._place is not None:
            door.listen(self._place, self.desk.is_for_us, self._take, emit, over)
        while not over():
            time.sleep(WATCH_SECONDS)
        if polling is not None:
            polling.join(2.0)
        if broken:
            raise broken[0]

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

    def _take(self, raw: bytes, envelope: Envelope) -> Received:
        return self.desk.take(raw, envelope, datetime.now(UTC))

    def _poll(self, emit: Emit, stop: Callable[[], bool], broken: list[Exception]) -> None:
        assert self._box is not None
        try:
            mailbox.poll(self._box, lambda raw: self.desk.take(raw, None, datetime.now(UTC)), emit, stop)
        except Exception as error:  # noqa: BLE001 - raised again by the thread that listens
            broken.append(error)
