"""HTTP for translators on the web: patience, a limit on what comes back, no redirects, no proxy nobody configured, one way of failing."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator
from functools import lru_cache
from typing import Any

import httpx

from translations.base import TranslationError

SECONDS = 10.0
LARGEST_ANSWER = 1024 * 1024


@lru_cache(maxsize=4)
def _trust(ca_file: str) -> ssl.SSLContext:
    """Reading the public authorities costs more than a call."""
    return ssl.create_default_context(cafile=ca_file or None)


class TooLarge(httpx.TransportError):
    """The answer is longer than any translation of a message."""


class _Counted(httpx.AsyncByteStream):
    def __init__(self, stream: httpx.AsyncByteStream, limit: int) -> None:
        self._stream = stream
        self._limit = limit

    async def __aiter__(self) -> AsyncIterator[bytes]:
        read = 0
        async for part in self._stream:
            read += len(part)
            if read > self._limit:
                raise TooLarge("the answer is too large")
            yield part

    async def aclose(self) -> None:
        await self._stream.aclose()


class _Limited(httpx.AsyncHTTPTransport):
    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await super().handle_async_request(request)
        assert isinstance(response.stream, httpx.AsyncByteStream)
        response.stream = _Counted(response.stream, LARGEST_ANSWER)
        return response


def client(ca_file: str = "", seconds: float = SECONDS, **more: Any) -> httpx.AsyncClient:
    """A client with our limits. `ca_file`: the sandbox's own authority, trusted instead of the public ones."""
    verify = _trust(ca_file)
    return httpx.AsyncClient(transport=_Limited(verify=verify, retries=0), timeout=seconds, follow_redirects=False, trust_env=False, **more)


def failure(error: Exception) -> TranslationError:
    """Ours for theirs: a code word, and nothing of what theirs said."""
    if isinstance(error, TranslationError):
        return error
    if isinstance(error, httpx.TimeoutException):
        return TranslationError("slow")
    if isinstance(error, httpx.TransportError):
        return TranslationError("unreachable")
    return TranslationError("unreadable")


def pause(response: httpx.Response) -> float:
    """How many seconds the other side asks us to wait."""
    try:
        return max(0.0, float(response.headers.get("retry-after", "0")))
    except ValueError:
        return 0.0
