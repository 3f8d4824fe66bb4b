"""E-mail over TLS: nothing is sent to, and nothing read from, a host that cannot prove its name."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import AbstractContextManager, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from bot.sandbox.authority import Authority
from bot.sandbox.mail_box import ImapTalk, MailBox
from channels.base import Received
from channels.email import Email
from channels.email.mailbox import Box
from channels.email.relay import Host
from channels.errors import Misconfigured, NotAccepted
from tests.channels.contract import SECRET
from tests.channels.in_thread import in_thread, open_until_the_end
from tests.channels.test_email import out, send

AUTHSERV = "mx.mail.test"


class Kept:
    """What the mail host took."""

    def __init__(self) -> None:
        self.mails: list[bytes] = []

    async def handle_DATA(self, _server: Any, session: Any, envelope: Any) -> str:
        assert session.ssl is not None
        self.mails.append(envelope.content)
        return "250 OK"


@asynccontextmanager
async def _hosts(context: ssl.SSLContext) -> AsyncIterator[tuple[Kept, MailBox, int, int]]:
    from aiosmtpd.smtp import SMTP

    kept, box, loop = Kept(), MailBox(), asyncio.get_running_loop()

    async def imap(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await ImapTalk(box, "us", "word", lambda *_, **__: None).serve(reader, writer)

    made = await loop.create_server(
        lambda: SMTP(kept, tls_context=context, require_starttls=True, loop=loop, hostname="mail.test"), "127.0.0.1", 0
    )
    served = await asyncio.start_server(imap, "127.0.0.1", 0, ssl=context)
    async with open_until_the_end(made, served) as (smtp_port, imap_port):
        yield kept, box, smtp_port, imap_port


def hosts(context: ssl.SSLContext) -> AbstractContextManager[tuple[Kept, MailBox, int, int]]:
    """A submission host with STARTTLS and a mailbox over TLS."""
    return in_thread(partial(_hosts, context))


def channel(smtp: int, imap: int, ca_file: str) -> Email:
    host = Host("127.0.0.1", smtp, tls="starttls", ca_file=ca_file, timeout=60.0)
    box = Box("127.0.0.1", imap, "us", "word", tls="tls", seconds=0.05, ca_file=ca_file)
    return Email(host=host, from_address="school@a.test", domain="a.test", secrets=(SECRET,), authserv_ids=(AUTHSERV,), box=box)


def test_mail_goes_and_comes_over_tls_where_the_authority_is_known(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    with hosts(authority.server_context()) as (kept, box, smtp, imap):
        mail = channel(smtp, imap, str(authority.ca_file))
        send(None, out(), channel=mail)  # type: ignore[arg-type]
        assert len(kept.mails) == 1
        box.keep(b"From: a@b.test\r\nSubject: x\r\n\r\nhello\r\n")
        heard: list[Received] = []
        mail.listeners[0].listen(heard.append, lambda: bool(heard) and not box.mails)
        assert len(heard) == 1


def test_a_host_that_nobody_we_trust_vouches_for_gets_and_gives_nothing(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    with hosts(authority.server_context()) as (kept, box, smtp, imap):
        mail = channel(smtp, imap, "")
        with pytest.raises(Misconfigured):
            send(None, out(), channel=mail)  # type: ignore[arg-type]
        box.keep(b"From: a@b.test\r\n\r\nhello\r\n")
        with pytest.raises(NotAccepted):
            mail.listeners[0].listen(lambda _: None, lambda: False)
        assert (kept.mails, len(box.mails)) == ([], 1)
        with pytest.raises(Misconfigured):
            send(None, out(), channel=channel(smtp, imap, str(tmp_path / "nothing.pem")))  # type: ignore[arg-type]
