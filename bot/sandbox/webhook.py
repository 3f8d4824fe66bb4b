"""Posting webhooks the way Twilio does: connection overrides in the address, retries, fallback, one idempotency token.

https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, Final
from urllib.parse import parse_qsl, quote_plus, urldefrag

import aiohttp

CONNECT_MS: Final = (100, 5_000, 10_000)
READ_MS: Final = (100, 15_000, 15_000)
TOTAL_MS: Final = (100, 15_000, 15_000)
RETRIES: Final = (0, 1, 5)
POLICIES: Final = frozenset({"4xx", "5xx", "ct", "rt"})
DEFAULT_POLICY: Final = frozenset({"ct"})
STALE: Final = "stale"
KEPT_BODY: Final = 2_000


quoted = lru_cache(maxsize=8192)(quote_plus)
"""Half of a callback's values (account, numbers, statuses) are the same in the next one; quoting is a fifth of its cost."""


@dataclass(frozen=True, slots=True)
class Target:
    """An address without its fragment, and what the fragment asked for."""

    url: str
    connect: float
    read: float
    total: float
    retries: int
    policies: frozenset[str]

    @classmethod
    def parse(cls, address: str) -> Target:
        """Read `#rc=5&rp=all`; values outside the vendor's limits are pulled to the limit, unknown ones are ignored."""
        url, fragment = urldefrag(address) if "#" in address else (address, "")
        if not fragment:
            return cls(url, CONNECT_MS[1] / 1000, READ_MS[1] / 1000, TOTAL_MS[1] / 1000, RETRIES[1], DEFAULT_POLICY)
        wishes = dict(parse_qsl(fragment))

        def number(name: str, limits: tuple[int, int, int]) -> int:
            low, default, high = limits
            text = wishes.get(name, "")
            return min(high, max(low, int(text))) if text.isdecimal() else default

        policies = frozenset(wishes.get("rp", "ct").split(","))
        return cls(
            url=url,
            connect=number("ct", CONNECT_MS) / 1000,
            read=number("rt", READ_MS) / 1000,
            total=number("tt", TOTAL_MS) / 1000,
            retries=number("rc", RETRIES),
            policies=POLICIES if "all" in policies else policies & POLICIES,
        )


@dataclass(frozen=True, slots=True)
class Attempt:
    """One POST: `status` 0 means no answer, `failure` is ct, rt, 4xx, 5xx or "" when all went well."""

    url: str
    status: int
    failure: str
    milliseconds: int
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


class Poster:
    """The provider's HTTP client."""

    def __init__(self, note: Callable[..., None], time_scale: Callable[[], float]) -> None:
        self._note = note
        self._time_scale = time_scale
        self._session: aiohttp.ClientSession | None = None

    async def open(self) -> None:
        self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    async def post(self, url: str, body: bytes, headers: Mapping[str, str], *, connect: float, read: float) -> Attempt:
        """Post once; never raises.

        A kept connection that the other side had closed meanwhile is no attempt: it is made again on a new one, as HTTP clients do.
        """
        attempt = await self._post(url, body, headers, connect, read)
        if attempt.failure == STALE:
            attempt = await self._post(url, body, headers, connect, read)
        return replace(attempt, failure="rt") if attempt.failure == STALE else attempt

    async def _post(self, url: str, body: bytes, headers: Mapping[str, str], connect: float, read: float) -> Attempt:
        assert self._session is not None
        scale = self._time_scale()
        began = time.perf_counter()
        status, text, failure = 0, "", ""
        answered: Mapping[str, str] = {}
        try:
            timeout = aiohttp.ClientTimeout(total=read * scale, sock_connect=connect * scale)
            async with self._session.post(url, data=body, headers=headers, timeout=timeout, allow_redirects=False) as answer:
                status = answer.status
                text = (await answer.read())[:KEPT_BODY].decode(errors="replace")
                answered = {name.lower(): value for name, value in answer.headers.items()}
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.InvalidURL):
            failure = "ct"
        except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError):
            failure = STALE
        except (aiohttp.ClientError, TimeoutError):
            failure = "rt"
        if status >= 400:
            failure = "5xx" if status >= 500 else "4xx"
        return Attempt(url, status, failure, round((time.perf_counter() - began) * 1000), text, answered)

    async def twilio(
        self,
        what: str,
        address: str,
        fields: Mapping[str, str],
        sign: Callable[[str, Mapping[str, str]], str],
        *,
        token: str,
        fallback: str = "",
        ids: Mapping[str, Any],
    ) -> list[Attempt]:
        """Post a signed form with the vendor's retries, then to the fallback address; return every attempt."""
        attempts = await self._rounds(what, Target.parse(address), fields, sign, token, ids)
        if attempts[-1].failure and fallback:
            told = {**fields, "ErrorCode": "11200", "ErrorUrl": Target.parse(address).url}
            attempts += await self._rounds(what, Target.parse(fallback), told, sign, token, ids)
        return attempts

    async def _rounds(
        self,
        what: str,
        target: Target,
        fields: Mapping[str, str],
        sign: Callable[[str, Mapping[str, str]], str],
        token: str,
        ids: Mapping[str, Any],
    ) -> list[Attempt]:
        headers = {
            "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
            "User-Agent": "TwilioProxy/1.1",
            "X-Twilio-Signature": sign(target.url, fields),
            "I-Twilio-Idempotency-Token": token,
            "Accept": "*/*",
        }
        body = "&".join(f"{name}={quoted(value)}" for name, value in fields.items()).encode()
        attempts: list[Attempt] = []
        spent = 0.0
        for number in range(1 + target.retries):
            read = min(target.read, max(0.1, target.total - spent))
            attempt = await self.post(target.url, body, headers, connect=target.connect, read=read)
            attempts.append(attempt)
            spent += attempt.milliseconds / 1000 / self._time_scale()
            self._note(what, attempt=number + 1, status=attempt.status, failure=attempt.failure, ms=attempt.milliseconds, **ids)
            if not attempt.failure or attempt.failure not in target.policies or spent >= target.total:
                break
        return attempts
