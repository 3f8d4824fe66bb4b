"""Connections to our mail host, kept for a moment and used again: a TLS handshake for every mail would be most of the work.

https://aiosmtplib.readthedocs.io
"""

from __future__ import annotations

import asyncio
import ssl
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from channels.email.refusals import Said, error_of
from channels.errors import Misconfigured, NotAccepted

if TYPE_CHECKING:
    from aiosmtplib import SMTP

TIMEOUT_SECONDS = 15.0
IDLE_SECONDS = 5.0
"""Shorter than any host's own patience, so that a kept connection is seldom found dead."""

MOST_IDLE = 8
MAILS_A_CONNECTION = 50


@dataclass(frozen=True, slots=True)
class Host:
    """Our outgoing mail host. `tls`: starttls (refuses to go on without it) | tls (from the first byte) | off (this machine only)."""

    host: str
    port: int = 587
    user: str = ""
    password: str = ""
    tls: str = "starttls"
    ca_file: str = ""
    name: str = ""
    timeout: float = TIMEOUT_SECONDS


@dataclass(slots=True)
class Line:
    """One connection, how often it was used and until when it may wait."""

    smtp: SMTP
    used: int = 0
    until: float = 0.0


class Relay:
    """A few connections per event loop. A line is given back only after a mail that ended well."""

    def __init__(self, host: Host) -> None:
        self.host = host
        self._loop: asyncio.AbstractEventLoop | None = None
        self._idle: list[Line] = []

    async def line(self, *, fresh: bool = False) -> Line:
        """A connection that is logged in; every failure to get one is an error that says the mail was not taken."""
        running = asyncio.get_running_loop()
        if self._loop is not running:
            self._idle, self._loop = [], running
        while self._idle:
            line = self._idle.pop()
            if not fresh and line.smtp.is_connected and line.until > running.time():
                return line
            line.smtp.close()
        return Line(await self._connect())

    def give_back(self, line: Line) -> None:
        """Keep a line for the next mail."""
        line.used += 1
        if len(self._idle) < MOST_IDLE and line.used < MAILS_A_CONNECTION and line.smtp.is_connected:
            line.until = asyncio.get_running_loop().time() + IDLE_SECONDS
            self._idle.append(line)
        else:
            line.smtp.close()

    async def close(self) -> None:
        """Say goodbye on the lines of this loop."""
        idle, self._idle = self._idle, []
        if self._loop is not asyncio.get_running_loop():
            return
        for line in idle:
            with suppress(Exception):
                await asyncio.wait_for(line.smtp.quit(), 2.0)
            line.smtp.close()

    async def _connect(self) -> SMTP:
        import aiosmtplib

        host = self.host
        smtp = aiosmtplib.SMTP(
            hostname=host.host,
            port=host.port,
            timeout=host.timeout,
            use_tls=host.tls == "tls",
            start_tls=host.tls == "starttls",
            tls_context=_context(host) if host.tls != "off" else None,
            local_hostname=host.name or None,
        )
        try:
            await smtp.connect()
            if host.user:
                await smtp.login(host.user, host.password)
        except aiosmtplib.SMTPAuthenticationError as refusal:
            smtp.close()
            raise error_of(Said("auth", refusal.code, refusal.message)) from None
        except aiosmtplib.SMTPResponseException as refusal:
            smtp.close()
            raise error_of(Said("connect", refusal.code, refusal.message)) from None
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            smtp.close()
            if _is_tls(error) or type(error) is aiosmtplib.SMTPException:  # the library's word for a host without STARTTLS or login
                raise Misconfigured("The mail host's TLS or login is not as the settings say.", code=type(error).__name__) from None
            raise NotAccepted("The mail host cannot be reached.", code=type(error).__name__) from None
        except BaseException:
            smtp.close()
            raise
        return smtp


def _context(host: Host) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=host.ca_file or None)
    except (OSError, ssl.SSLError):
        raise Misconfigured("The file of certificate authorities for mail cannot be read.", code="ca_file") from None


def _is_tls(error: BaseException | None) -> bool:
    """Whether a certificate is behind this error; the library wraps it."""
    while error is not None:
        if isinstance(error, ssl.SSLError):
            return True
        error = error.__cause__ or error.__context__
    return False
