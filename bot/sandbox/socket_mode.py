"""Socket Mode: the address from apps.connections.open, the WebSocket, envelopes and their acknowledgements.

https://docs.slack.dev/apis/events-api/using-socket-mode
"""

from __future__ import annotations

import asyncio
from typing import Any, Final

import orjson
from aiohttp import WSMsgType, web

from bot.sandbox.state import State

PATH: Final = "/slack/socket"
CONNECTION_SECONDS: Final = 3_600


class SocketMode:
    """All open WebSockets of our app."""

    def __init__(self, state: State) -> None:
        self.state = state
        self._tickets: set[str] = set()
        self._open: list[web.WebSocketResponse] = []
        self._waiting: dict[str, asyncio.Future[dict[str, Any]]] = {}
        self._next = 0

    @property
    def connected(self) -> int:
        return len(self._open)

    def routes(self) -> list[web.RouteDef]:
        return [web.get(PATH, self.connect)]

    def new_address(self) -> str:
        """A WebSocket address that opens once."""
        ticket = self.state.new_id("", 24)
        self._tickets.add(ticket)
        return f"{self.state.base_url.replace('http', 'ws', 1)}{PATH}?ticket={ticket}&app_id={self.state.options.app_id}"

    async def connect(self, request: web.Request) -> web.StreamResponse:
        """Greet and read acknowledgements until the client goes."""
        ticket = request.query.get("ticket", "")
        if ticket not in self._tickets:
            return web.Response(status=404, text="link_disabled")
        self._tickets.discard(ticket)
        socket = web.WebSocketResponse(heartbeat=30)
        await socket.prepare(request)
        self._open.append(socket)
        self.state.ledger.note("slack.socket_opened", connections=self.connected)
        try:
            await socket.send_str(self._hello())
            async for frame in socket:
                if frame.type is WSMsgType.TEXT:
                    self._acknowledged(frame.data)
        finally:
            if socket in self._open:
                self._open.remove(socket)
            self.state.ledger.note("slack.socket_closed", connections=self.connected)
        return socket

    async def send(self, kind: str, payload: dict[str, Any], seconds: float, **more: Any) -> dict[str, Any] | None:
        """Send one envelope on one connection and wait for its acknowledgement; None when none came in time."""
        if not self._open:
            return None
        self._next += 1
        socket = self._open[self._next % len(self._open)]
        identity = self.state.new_id("env-", 24)
        waiter: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._waiting[identity] = waiter
        envelope = {"envelope_id": identity, "type": kind, "payload": payload, "accepts_response_payload": kind != "events_api"}
        try:
            await socket.send_str(orjson.dumps(envelope | more).decode())
            return await asyncio.wait_for(waiter, seconds)
        except (TimeoutError, ConnectionError):
            return None
        finally:
            del self._waiting[identity]

    async def disconnect(self, reason: str = "refresh_requested") -> int:
        """Ask every client to come back by a new connection, then close, as Slack does when it moves containers."""
        leaving = list(self._open)
        for socket in leaving:
            await socket.send_str(orjson.dumps({"type": "disconnect", "reason": reason, "debug_info": {"host": "sandbox"}}).decode())
            await socket.close()
        return len(leaving)

    def _hello(self) -> str:
        hello = {
            "type": "hello",
            "num_connections": self.connected,
            "connection_info": {"app_id": self.state.options.app_id},
            "debug_info": {"host": "sandbox", "build_number": 1, "approximate_connection_time": CONNECTION_SECONDS},
        }
        return orjson.dumps(hello).decode()

    def _acknowledged(self, text: str) -> None:
        try:
            told = orjson.loads(text)
        except orjson.JSONDecodeError:
            self.state.ledger.note("slack.socket_nonsense")
            return
        waiter = self._waiting.get(told.get("envelope_id", "")) if isinstance(told, dict) else None
        if waiter is not None and not waiter.done():
            waiter.set_result(told)
