"""A mail host on 127.0.0.1 that answers as a test tells it to: a real SMTP talk, so that the real library's real connections are tested."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractContextManager, asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage

from tests.channels.in_thread import in_thread, open_until_the_end

HANG_UP = "hang up"
SILENCE = "silence"
Answers = Mapping[str, str]
"""By command (connect, EHLO, MAIL, RCPT, DATA, "." for the end of the mail): the line to answer, `HANG_UP` or `SILENCE`."""


@dataclass(frozen=True)
class Taken:
    """One mail the host heard to its last dot, whatever it answered then."""

    sender: str
    recipients: tuple[str, ...]
    raw: bytes

    @property
    def mail(self) -> EmailMessage:
        found = message_from_bytes(self.raw, policy=policy.default)
        assert isinstance(found, EmailMessage)
        return found


@dataclass
class SmtpHost:
    """The server. `answers` are used one a mail, the last one stays; what is not in them is answered well."""

    port: int = 0
    seen: list[Taken] = field(default_factory=list)
    answers: list[Answers] = field(default_factory=lambda: [{}])
    connections: int = 0

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    def will(self, *answers: Answers) -> None:
        self.answers[:] = answers or [{}]

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            await self._talk(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        sender, recipients = "", list[str]()
        if not await self._say(writer, "connect", "220 mail.test ESMTP"):
            return
        while line := (await reader.readline()).decode("latin-1").strip():
            word = line.split(":", maxsplit=1)[0].split(maxsplit=1)[0].upper()
            good = {"EHLO": "250-mail.test\r\n250 SIZE 30000000", "QUIT": "221 bye", "DATA": "354 go on"}.get(word, "250 OK")
            if word == "MAIL":
                sender, recipients = line.partition("<")[2].partition(">")[0], []
            if word == "RCPT":
                recipients.append(line.partition("<")[2].partition(">")[0])
            if not await self._say(writer, word, good) or word == "QUIT":
                return
            if word == "DATA" and "DATA" not in self.answers[0]:
                raw = await reader.readuntil(b"\r\n.\r\n")
                self.seen.append(Taken(sender, tuple(recipients), raw[:-3].replace(b"\r\n..", b"\r\n.")))
                went_on = await self._say(writer, ".", "250 2.0.0 taken")
                if len(self.answers) > 1:
                    self.answers.pop(0)
                if not went_on:
                    return

    async def _say(self, writer: asyncio.StreamWriter, command: str, good: str) -> bool:
        answer = self.answers[0].get(command, good)
        if answer == HANG_UP:
            writer.transport.abort()
            return False
        if answer == SILENCE:
            await asyncio.sleep(30)
        writer.write(answer.encode() + b"\r\n")
        await writer.drain()
        return True


def smtp_host() -> AbstractContextManager[SmtpHost]:
    """Serve until the end of the block, on a free port."""
    return in_thread(_served)


@asynccontextmanager
async def _served() -> AsyncIterator[SmtpHost]:
    host = SmtpHost()
    async with open_until_the_end(await asyncio.start_server(host.handle, "127.0.0.1", 0)) as (host.port,):
        yield host


def hangs_up_at(*commands: str) -> Sequence[Answers]:
    """One answer each that ends the connection at this command."""
    return [{command: HANG_UP} for command in commands]
