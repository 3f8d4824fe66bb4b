"""The site as granian calls it (RSGI, on an event loop): families' texts by the short way, everything else by Flask in a thread.

A text's request is verified and parsed on the loop (about 0.1 ms), handed to the committer, and answered when its batch is durable;
meanwhile it is one future. Flask's threads are for pages, forms and Slack, which may wait for a database or a network. Why not WSGI
alone: there each text that waits holds a thread, and a batch of 64 wakes 64 of them, which take the interpreter's lock from the
committer at every statement (measured on two cores: 660 turns a second instead of 1,990 on SQLite, 1,450 instead of 2,200 on PostgreSQL).
"""

from __future__ import annotations

import asyncio
import io
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol
from urllib.parse import urlsplit

from flask import Flask

from bot.log import get_log
from bot.service.committer import Waiting
from bot.service.runtime import Runtime
from bot.web import guard, hooks
from channels.base import Event, Request

MAX_BODY = 32 * 1024 * 1024
"""More than any page takes in; each page has a limit of its own below it."""

DRAIN_SECONDS = 2.0
"""How long a server that stops waits for the requests it has taken: the commit they wait for is under way."""

TEXTS = "/hooks/twilio/"
Pairs = list[tuple[str, str]]
_log = get_log("web")


class Headers(Protocol):
    def items(self) -> Pairs: ...
    def get(self, key: str, default: Any = None) -> Any: ...


class Scope(Protocol):
    """What granian says of a request; `path` is decoded, header names are in lower case."""

    method: str
    path: str
    query_string: str
    http_version: str
    scheme: str
    client: str
    server: str

    @property
    def headers(self) -> Headers: ...


class Exchange(Protocol):
    """A request's body and the way to answer it, once."""

    async def __call__(self) -> bytes: ...
    def __aiter__(self) -> Any: ...
    def response_bytes(self, status: int, headers: Pairs, body: bytes) -> None: ...
    def response_empty(self, status: int, headers: Pairs) -> None: ...


class TooLarge(Exception):
    """A body over its limit; what is left of it is not read."""


class Site:
    """One serving process. `flask` stays a complete WSGI site of its own. Everything but `_durable` runs on the loop's thread."""

    def __init__(self, flask: Flask) -> None:
        self.flask = flask
        runtime: Runtime = flask.extensions["runtime"]
        self._runtime = runtime
        self._threads = ThreadPoolExecutor(runtime.settings.threads, thread_name_prefix="page")
        self._headers: Pairs = list(guard.headers(runtime).items())
        self._under_way = 0
        self._loop: asyncio.AbstractEventLoop = None  # type: ignore[assignment]  # the server brings it before the first request

    def __rsgi_init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop

    def __rsgi_del__(self, loop: asyncio.AbstractEventLoop) -> None:
        loop.run_until_complete(self._drain())
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def __rsgi__(self, scope: Scope, exchange: Exchange) -> None:
        if scope.method == "POST" and scope.path.startswith(TEXTS) and _is_text(scope.path):
            await self._text(scope, exchange)
        else:
            await self._page(scope, exchange)

    # --- families' texts ----------------------------------------------------------------------------------------------------------------

    async def _text(self, scope: Scope, exchange: Exchange) -> None:
        headers = dict(scope.headers.items())
        try:
            body = await _body(exchange, headers.get("content-length"), hooks.MAX_BODY)
            path = f"{scope.path}?{scope.query_string}" if scope.query_string else scope.path
            asked = Request("POST", path, headers, body, headers.get("content-type", ""))
            reply = await hooks.answer(self._runtime, "sms", asked, self._submit)
        except TooLarge:
            reply = hooks.Reply(413)
        except Exception as error:  # noqa: BLE001 - our fault, whatever it is: the provider tries again
            _log.error("request_failed", path_name="hooks.twilio", exc_info=error)
            reply = hooks.Reply(500)
        more = [("content-type", reply.content_type)] if reply.content_type else []
        if reply.retry_after:
            more.append(("retry-after", reply.retry_after))
        exchange.response_bytes(reply.status, self._headers + more, reply.body)

    def _submit(self, event: Event) -> asyncio.Future[Any]:
        future: asyncio.Future[Any] = self._loop.create_future()
        self._runtime.committer.hand_in(event, self._durable, future)
        self._under_way += 1
        return future

    def _durable(self, done: Sequence[Waiting]) -> None:
        """On the committer's thread: one call to the loop for the whole batch."""
        self._loop.call_soon_threadsafe(self._resolve, done)

    def _resolve(self, done: Sequence[Waiting]) -> None:
        self._under_way -= len(done)
        for one in done:
            if one.waiter.done():  # its request was given up meanwhile
                continue
            if one.error is not None:
                one.waiter.set_exception(one.error)
            else:
                one.waiter.set_result(one.result)

    async def _drain(self) -> None:
        """Answer what is under way: not those who have not even sent their whole request."""
        until = self._loop.time() + DRAIN_SECONDS
        while self._under_way and self._loop.time() < until:  # noqa: ASYNC110 - once, when we stop: no event needs to be kept for it
            await asyncio.sleep(0.01)

    # --- everything else ----------------------------------------------------------------------------------------------------------------

    async def _page(self, scope: Scope, exchange: Exchange) -> None:
        try:
            body = await _body(exchange, scope.headers.get("content-length"), MAX_BODY)
        except TooLarge:
            exchange.response_empty(413, self._headers)
            return
        self._under_way += 1
        try:
            status, headers, content = await self._loop.run_in_executor(self._threads, _call, self.flask, _environ(scope, body))
            exchange.response_bytes(status, headers, content)
        finally:
            self._under_way -= 1


def _is_text(path: str) -> bool:
    """The two addresses of `hooks` that families' texts and news about ours come to."""
    rest = path.removeprefix(TEXTS)
    return rest == "message" or (rest.startswith("status/") and rest.count("/") == 1 and len(rest) > len("status/"))


async def _body(exchange: Exchange, length: str | None, limit: int) -> bytes:
    """The whole body, or `TooLarge` before more than `limit` of it is held."""
    if length is not None:
        if not length.isdecimal() or int(length) > limit:
            raise TooLarge
        return await exchange()
    parts, size = [], 0
    async for part in exchange:
        size += len(part)
        if size > limit:
            raise TooLarge
        parts.append(part)
    return b"".join(parts)


def _environ(scope: Scope, body: bytes) -> dict[str, Any]:
    """The request as WSGI has it (PEP 3333)."""
    server = urlsplit(f"//{scope.server}")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": scope.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": scope.path.encode().decode("latin-1"),
        "QUERY_STRING": scope.query_string,
        "SERVER_NAME": server.hostname or "",
        "SERVER_PORT": str(server.port or 80),
        "SERVER_PROTOCOL": f"HTTP/{scope.http_version}",
        "REMOTE_ADDR": urlsplit(f"//{scope.client}").hostname or "",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.scheme,
        "wsgi.input": io.BytesIO(body),
        "wsgi.input_terminated": True,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for name, value in scope.headers.items():
        key = name.upper().replace("-", "_")
        if key not in ("CONTENT_TYPE", "CONTENT_LENGTH"):
            key = f"HTTP_{key}"
        between = "; " if key == "HTTP_COOKIE" else ","
        environ[key] = f"{environ[key]}{between}{value}" if key in environ else value
    return environ


def _call(flask: Flask, environ: dict[str, Any]) -> tuple[int, Pairs, bytes]:
    """One WSGI call in a thread, its answer whole: our pages and files are small."""
    started: list[Any] = []

    def start_response(status: str, headers: Pairs, _exc_info: Any = None) -> Any:
        started[:] = [int(status[:3]), headers]

    parts = flask(environ, start_response)
    try:
        content = b"".join(parts)
    finally:
        if hasattr(parts, "close"):
            parts.close()
    status, headers = started
    return status, headers, content
