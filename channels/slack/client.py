"""The official SDK's clients, with timeouts, without their retries and without their logs (they write whole messages at DEBUG)."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from channels.errors import InDoubt, NotAccepted, Permanent
from channels.slack.refusals import as_question, error_of

if TYPE_CHECKING:
    from aiohttp import ClientSession
    from slack_sdk.web import WebClient
    from slack_sdk.web.async_client import AsyncWebClient

VENDOR = "https://slack.com/api/"
TIMEOUT_SECONDS = 15
KEEP_ALIVE_SECONDS = 8.0
ANSWER_HOST = "hooks.slack.com"

silence = logging.getLogger("channels.slack.silence")
silence.propagate = False
silence.disabled = True
silence.setLevel(logging.CRITICAL + 1)


class Workspace:
    """One Slack workspace through our app's bot token, over one pool of connections per event loop."""

    def __init__(self, token: str, base_url: str = VENDOR, timeout: int = TIMEOUT_SECONDS) -> None:
        self.token = token
        self.base_url = base_url.rstrip("/") + "/"
        self.timeout = timeout
        self._loop: asyncio.AbstractEventLoop | None = None
        self._session: ClientSession | None = None
        self._client: AsyncWebClient | None = None

    async def call(self, method: str, *, repeatable: bool, **arguments: Any) -> Mapping[str, Any]:
        """Call one method of the Web API, by the SDK's name for it, and return what it says; every failure is one of our errors.

        :param repeatable: a repeated call changes nothing, so an unclear outcome is not a doubt.
        """
        try:
            return await self._call(method, arguments)
        except InDoubt as doubt:
            raise (as_question(doubt) if repeatable else doubt) from None

    async def answer(self, response_url: str, message: Mapping[str, Any]) -> None:
        """Post to the address an interaction brought along: Slack's only, never a stranger's."""
        from aiohttp import ClientError

        at, home = urlsplit(response_url), urlsplit(self.base_url)
        if (at.scheme, at.netloc) not in {("https", ANSWER_HOST), (home.scheme, home.netloc)}:
            raise Permanent("The answer's address is not Slack's; nothing was sent.", code="host")
        self._open()
        assert self._session is not None
        try:
            async with self._session.post(response_url, json=dict(message), allow_redirects=False) as said:
                if said.status != 200:
                    raise as_question(error_of(f"http_{said.status}", said.status, said.headers))
        except (ClientError, TimeoutError, OSError) as error:
            raise NotAccepted("Slack could not be reached.", code=type(error).__name__) from None

    async def open(self) -> None:
        """Load the SDK ahead of the first call."""
        self._open()

    async def close(self) -> None:
        """Close the pool, when it belongs to this loop."""
        session, self._session, self._client = self._session, None, None
        if session is not None and self._loop is asyncio.get_running_loop():
            await session.close()
        self._loop = None

    def waiting_client(self) -> WebClient:
        """Return the SDK's client for threads, which Bolt and Socket Mode are built on."""
        from slack_sdk.web import WebClient

        client = WebClient(base_url=self.base_url, timeout=self.timeout, logger=silence, retry_handlers=[])
        client.proxy = None  # a proxy from the environment would see every message
        return client

    def _open(self) -> AsyncWebClient:
        running = asyncio.get_running_loop()
        if self._client is not None and self._session is not None and self._loop is running and not self._session.closed:
            return self._client
        from aiohttp import ClientSession, ClientTimeout, TCPConnector
        from slack_sdk.web.async_client import AsyncWebClient

        self._session = ClientSession(
            connector=TCPConnector(limit=16, keepalive_timeout=KEEP_ALIVE_SECONDS), timeout=ClientTimeout(total=self.timeout)
        )
        self._client = AsyncWebClient(
            token=self.token, base_url=self.base_url, timeout=self.timeout, session=self._session, logger=silence, retry_handlers=[]
        )
        self._client.proxy = None
        self._loop = running
        return self._client

    async def _call(self, method: str, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        from aiohttp import ClientConnectorError, ClientError, ConnectionTimeoutError
        from slack_sdk.errors import SlackApiError, SlackClientError

        client = self._open()
        try:
            said = await getattr(client, method)(**arguments)
        except SlackApiError as refusal:
            raise _refusal(refusal.response) from None
        except (ClientConnectorError, ConnectionTimeoutError) as error:
            raise NotAccepted("Slack cannot be reached.", code=type(error).__name__) from None
        except (ClientError, SlackClientError, TimeoutError, OSError, ValueError, TypeError, AttributeError) as error:
            raise InDoubt("The connection to Slack broke.", code=type(error).__name__) from None
        if not isinstance(said.data, dict) or said.data.get("ok") is not True:
            raise InDoubt("Slack's answer could not be read.", code="unreadable")
        return said.data


def _refusal(answer: Any) -> Exception:
    """Read the SDK's error, which carries its own response or, for a body it could not read, the HTTP library's."""
    status = int(getattr(answer, "status_code", 0) or getattr(answer, "status", 0) or 500)
    data = getattr(answer, "data", None)
    word = data.get("error") if isinstance(data, dict) else None
    if not isinstance(word, str):
        return error_of("unreadable", status if status in {408, 429} or status >= 300 else 500, getattr(answer, "headers", None))
    return error_of(word, status, getattr(answer, "headers", None))
