"""The official SDK's async client, with the four things it leaves to us: timeouts, silence, retry-after, and its address.

The SDK writes every request with its numbers into a log, waits for ever by default and drops the answer's headers; nothing of it
is changed here but those. Its own retries stay off: a message that may have been taken is never simply sent again (fault 6).
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

from channels.errors import InDoubt, Misconfigured, NotAccepted
from channels.twilio.codes import error_of

if TYPE_CHECKING:
    from aiohttp import ClientSession

VENDOR = "https://api.twilio.com"
TIMEOUT_SECONDS = 15.0
CONNECTIONS = 64
# Shorter than any load balancer's idle time: a kept connection that dies under a POST would put that message in doubt.
KEEP_ALIVE_SECONDS = 8.0

_silence = logging.getLogger("channels.twilio.silence")
_silence.propagate = False
_silence.setLevel(logging.CRITICAL + 1)


class Account:
    """One Twilio account, reached over one pool of connections per event loop."""

    def __init__(self, sid: str, token: str, base_url: str = VENDOR, timeout: float = TIMEOUT_SECONDS) -> None:
        self.sid = sid
        self.token = token
        self.base_url = base_url.rstrip("/")
        self.timeout = timeout
        self._loop: asyncio.AbstractEventLoop | None = None
        self._session: ClientSession | None = None
        self._messages: Any = None

    @property
    def session(self) -> ClientSession:
        """The pool of connections of the running loop; the SDK and the media fetch share it."""
        self._open()
        assert self._session is not None
        return self._session

    @property
    def messages(self) -> Any:
        """The SDK's message list; the SDK ships no types."""
        self._open()
        return self._messages

    async def close(self) -> None:
        """Close the pool, when it belongs to this loop."""
        session, self._session, self._messages = self._session, None, None
        if session is not None and self._loop is asyncio.get_running_loop():
            await session.close()
        self._loop = None

    def _open(self) -> None:
        running = asyncio.get_running_loop()
        if self._session is not None and self._loop is running and not self._session.closed:
            return
        from aiohttp import ClientSession, TCPConnector
        from twilio.rest import Client

        connector = TCPConnector(limit=CONNECTIONS, keepalive_timeout=KEEP_ALIVE_SECONDS)
        self._session = ClientSession(connector=connector)
        client = Client(self.sid, self.token, http_client=_http_client(self._session, self.timeout), environment={"": ""})
        client.api.base_url = self.base_url
        self._messages = client.api.v2010.account.messages
        self._loop = running


def _http_client(session: ClientSession, timeout: float) -> Any:
    """Return the SDK's own HTTP client around our session, raising our errors where the SDK loses what they need."""
    from aiohttp import ClientConnectorError, ClientError, ConnectionTimeoutError, InvalidURL, encode_basic_auth
    from twilio.http.async_http_client import AsyncTwilioHttpClient

    class Quiet(AsyncTwilioHttpClient):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__(pool_connections=False, logger=_silence)
            self.session = session

        async def request(self, *args: Any, **options: Any) -> Any:
            options["timeout"] = timeout
            login = options.pop("auth", None)
            if login:  # the SDK's way of logging in is deprecated in aiohttp, and our tests take warnings for errors
                options["headers"] = {**(options.get("headers") or {}), "Authorization": encode_basic_auth(*login)}
            try:
                answer = await super().request(*args, **options)
            except (ClientConnectorError, ConnectionTimeoutError) as error:
                raise NotAccepted("Twilio cannot be reached.", code=type(error).__name__) from None
            except InvalidURL as error:
                raise Misconfigured("Twilio's address in the settings is not valid.", code=type(error).__name__) from None
            except (ClientError, TimeoutError, OSError) as error:
                raise InDoubt("The connection to Twilio broke.", code=type(error).__name__) from None
            if answer.status_code == 429:
                raise error_of(None, 429, _seconds(answer.headers.get("Retry-After")))
            return answer

    return Quiet()


def _seconds(header: str | None) -> float | None:
    try:
        return min(max(float(header or ""), 0.0), 3600.0)
    except ValueError:
        return None
