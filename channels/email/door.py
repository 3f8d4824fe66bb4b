"""The listener: our mail host hands each mail over by LMTP or SMTP, and hears 250 only when it is durable.

One slow or hostile mail does not hold up the next: each connection is a task, each mail is opened in a child process and written by one of
a few threads. A mail that cannot be kept now is answered 451, and the mail host comes again (G4).
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from channels.base import Emit, Received
from channels.email.receive import MAX_BYTES, MAX_RECIPIENTS, Envelope
from channels.errors import Misconfigured, NotAccepted

WATCH_SECONDS = 0.2
AT_ONCE = 4
IDLE_SECONDS = 120.0
LONGEST_LINE = MAX_BYTES
"""RFC 5321 allows 1,000 octets; mail that breaks this is still a family's, and only our own mail host talks to us."""

Take = Callable[[bytes, Envelope], Received]


@dataclass(frozen=True, slots=True)
class Place:
    """Where we listen. `protocol`: lmtp | smtp. `peers`: networks that may hand mail over; everybody else is turned away, since
    whoever reaches this port could write what our mail host writes."""

    host: str = "127.0.0.1"
    port: int = 0
    protocol: str = "lmtp"
    peers: tuple[str, ...] = ("127.0.0.0/8", "::1/128")


def listen(place: Place, is_for_us: Callable[[str], bool], take: Take, emit: Emit, stop: Callable[[], bool]) -> None:
    """Serve until `stop()`."""
    _silence()
    try:
        asyncio.run(_serve(place, is_for_us, take, emit, stop))
    except OSError as error:
        raise NotAccepted("The mail listener's port is not ours.", code=type(error).__name__) from None


async def _serve(place: Place, is_for_us: Callable[[str], bool], take: Take, emit: Emit, stop: Callable[[], bool]) -> None:
    from aiosmtpd.lmtp import LMTP
    from aiosmtpd.smtp import SMTP

    base: Any = LMTP if place.protocol == "lmtp" else SMTP
    conversation = type("Conversation", (base,), {"line_length_limit": LONGEST_LINE})
    loop = asyncio.get_running_loop()
    threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="mail")
    desk = _Desk(place, _networks(place.peers), is_for_us, take, emit, threads)

    def answer() -> Any:
        options = {"enable_SMTPUTF8": True, "data_size_limit": MAX_BYTES, "timeout": IDLE_SECONDS, "loop": loop}
        return conversation(desk, hostname="hearthline", ident="mail", **options)

    server = await loop.create_server(answer, place.host, place.port, reuse_port=bool(place.port))
    try:
        while not stop():  # noqa: ASYNC110 - `stop` belongs to a thread that knows no loop
            await asyncio.sleep(WATCH_SECONDS)
    finally:
        server.close()
        await asyncio.get_running_loop().run_in_executor(None, threads.shutdown)


class _Desk:
    """What aiosmtpd asks, by its names."""

    def __init__(self, place: Place, networks: Any, is_for_us: Callable[[str], bool], take: Take, emit: Emit, threads: Any) -> None:
        self._several_answers = place.protocol == "lmtp"
        self._networks, self._is_for_us, self._take, self._emit, self._threads = networks, is_for_us, take, emit, threads

    async def handle_MAIL(self, _server: Any, session: Any, envelope: Any, address: str, options: list[str]) -> str:  # noqa: N802
        if not self._is_known(session.peer):
            return "554 5.7.1 Hearthline takes mail from its own mail host only"
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 OK"

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: list[str]) -> str:  # noqa: N802
        if not self._is_for_us(address):
            return "550 5.1.1 no such address here"
        if len(envelope.rcpt_tos) >= MAX_RECIPIENTS:
            return "452 4.5.3 too many recipients"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        given = Envelope((envelope.mail_from or "").strip("<>"), tuple(envelope.rcpt_tos))
        raw = bytes(envelope.original_content)
        try:
            await asyncio.get_running_loop().run_in_executor(self._threads, self._keep, raw, given)
            answer = "250 2.0.0 kept"
        except Exception:  # noqa: BLE001 - busy, or the database is away: not kept, so it comes again
            answer = "451 4.3.0 come again, please"
        return "\r\n".join([answer] * len(given.recipients)) if self._several_answers else answer

    async def handle_exception(self, error: Exception) -> str:
        del error  # it may quote the mail
        return "451 4.3.0 come again, please"

    def _keep(self, raw: bytes, envelope: Envelope) -> None:
        self._emit(self._take(raw, envelope))

    def _is_known(self, peer: Any) -> bool:
        try:
            address = ipaddress.ip_address(str(peer[0]).partition("%")[0])
        except (ValueError, IndexError, TypeError):
            return False
        address = getattr(address, "ipv4_mapped", None) or address
        return any(address in network for network in self._networks)


def _networks(peers: tuple[str, ...]) -> list[Any]:
    try:
        return [ipaddress.ip_network(one.strip(), strict=False) for one in peers if one.strip()]
    except ValueError:
        raise Misconfigured("The mail listener's peers are not networks such as 10.0.0.0/8.", code="peers") from None


def _silence() -> None:
    """The library logs every line it hears, addresses and words."""
    log = logging.getLogger("mail.log")
    log.disabled = True
    log.propagate = False
