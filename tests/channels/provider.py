"""A provider on 127.0.0.1 that answers as a test tells it to: a real server, so that the real SDKs' real connections are tested."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractContextManager, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.channels.in_thread import in_thread


@dataclass
class Seen:
    """One request as it arrived."""

    method: str
    path: str
    query: dict[str, str]
    form: dict[str, str]
    headers: dict[str, str]
    body: bytes
    json: Any = None


Answer = Callable[[Seen, web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Provider:
    """The server. `answers` are used one after the other; the last one stays."""

    url: str = ""
    seen: list[Seen] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)

    def will(self, *answers: Answer) -> None:
        self.answers[:] = answers

    async def handle(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        form: dict[str, str] = {}
        data: Any = None
        if request.content_type == "application/x-www-form-urlencoded":
            form = {k: str(v) for k, v in (await request.post()).items()}
        elif request.content_type == "application/json" and body:
            data = await request.json()
        seen = Seen(request.method, request.path, dict(request.query), form, dict(request.headers), body, data)
        self.seen.append(seen)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return await answer(seen, request)


def says(status: int, body: Any, **headers: str) -> Answer:
    """Answer with this status and JSON (or text)."""

    async def answer(_seen: Seen, _request: web.Request) -> web.StreamResponse:
        if isinstance(body, bytes | str):
            kind = headers.pop("content_type", "application/json")
            return web.Response(status=status, body=body, content_type=kind, headers=headers)
        return web.json_response(body, status=status, headers=headers)

    return answer


async def hangs_up(_seen: Seen, request: web.Request) -> web.StreamResponse:
    """Take the request and drop the connection without a word."""
    assert request.transport is not None
    request.transport.abort()
    await asyncio.sleep(0.05)
    return web.Response()


async def sleeps(_seen: Seen, _request: web.Request) -> web.StreamResponse:
    """Take the request and never answer in time."""
    await asyncio.sleep(60)
    return web.Response()


def provider() -> AbstractContextManager[Provider]:
    """Serve until the end of the block, on a free port."""
    return in_thread(_served)


@asynccontextmanager
async def _served() -> AsyncIterator[Provider]:
    it = Provider()
    app = web.Application(client_max_size=64 * 1024 * 1024)
    app.router.add_route("*", "/{any:.*}", it.handle)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    it.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield it
    await runner.cleanup()
