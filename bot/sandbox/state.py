"""What all parts of one sandbox share."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
import time
from collections.abc import Awaitable, Callable
from typing import Any

import orjson
from aiohttp import web

from bot.sandbox.ledger import Ledger
from bot.sandbox.misbehave import Misbehaviour, Rule
from bot.sandbox.options import Options
from bot.sandbox.webhook import Poster


class State:
    """Options, ledger, misbehaviour, the poster of webhooks, and the provider's own clock and ids."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.ahead = 0.0
        self.ledger = Ledger(self.now, options.log_size, options.journal)
        self.misbehaviour = Misbehaviour(options.seed)
        self.poster = Poster(self.ledger.note, lambda: self.options.time_scale)
        self.base_url = ""
        # A journal makes each start's seed another one: ids given before a restart must not be given again.
        self._salt = secrets.token_hex(8) if options.seed is None else f"{options.seed}/{self.ledger.read_lines}"
        self._made = 0

    def now(self) -> float:
        """The provider's clock; a test may put it ahead (WhatsApp's 24 hours)."""
        return time.time() + self.ahead

    def new_id(self, prefix: str, length: int = 32) -> str:
        """A new id such as SM + 32 hex digits: never the same twice, the same again with the same seed."""
        self._made += 1
        digest = hashlib.blake2b(f"{self._salt}/{prefix}/{self._made}".encode(), digest_size=16).hexdigest()
        return prefix + digest[:length]

    async def answer(
        self,
        request: web.Request,
        method: str,
        act: Callable[[], Awaitable[web.StreamResponse]],
        refusal: Callable[[Rule], web.Response],
    ) -> web.StreamResponse:
        """Answer a request, on a bad day badly. `refusal` writes the vendor's own 429 or 500."""
        rule = self.misbehaviour.draw(method) if self.misbehaviour.rules else None
        if rule is None:
            return await act()
        self.ledger.note("misbehaved", method=method, kind=rule.kind)
        if rule.kind in {"429", "500_before"}:
            return refusal(rule)
        if rule.kind == "drop_before":
            return dropped(request)
        response = await act()
        if rule.kind == "500_after":
            return refusal(rule)
        if rule.kind == "drop_after":
            return dropped(request)
        await asyncio.sleep(rule.seconds)
        return response


def dropped(request: web.Request) -> web.Response:
    """Cut the connection: the caller sees it closed without an answer, as when a load balancer dies."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=500)


def as_json(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    """A JSON answer."""
    return web.Response(body=orjson.dumps(body), status=status, content_type="application/json", headers=headers)
