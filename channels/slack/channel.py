"""Slack as a channel for staff: alerts and direct messages out, buttons in."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from channels.base import Emit, Found, Outbound, Receipt, Received, Request
from channels.slack.client import TIMEOUT_SECONDS, VENDOR, Workspace
from channels.slack.listen import listen
from channels.slack.look_up import look_up
from channels.slack.receive import Desk
from channels.slack.send import PROVIDER, send


class Slack:
    """`channels.base.Channel` and `Listener` over one Slack workspace.

    :param previous_secret: accepted from requests while the signing secret is being changed.
    :param app_token: only for Socket Mode.
    :param team_id: our workspace's id, where it is known; else Slack is asked for it once.
    """

    name = PROVIDER
    channels: tuple[str, ...] = ("slack",)

    def __init__(
        self,
        *,
        bot_token: str,
        signing_secret: str,
        public_base_url: str,
        previous_secret: str = "",
        app_token: str = "",
        team_id: str = "",
        base_url: str = VENDOR,
        timeout: int = TIMEOUT_SECONDS,
    ) -> None:
        self._workspace = Workspace(bot_token, base_url, timeout)
        self._desk = Desk(self._workspace, (signing_secret, previous_secret), public_base_url, team_id)
        self._app_token = app_token

    def receive(self, request: Request, now: datetime) -> Received:
        """Verify and parse a request that came over HTTP."""
        return self._desk.receive(request, now)

    def listen(self, emit: Emit, stop: Callable[[], bool]) -> None:
        """Receive over Socket Mode until `stop()`."""
        listen(self._workspace, self._app_token, self._desk.take, emit, stop)

    async def open(self) -> None:
        """Load the SDK ahead of the first message."""
        await self._workspace.open()

    async def send(self, message: Outbound) -> Receipt:
        """Post or change one message, once. The receipt's id, "<channel>:<ts>", is the address that changes it later."""
        return await send(self._workspace, message)

    async def look_up(self, message: Outbound, since: datetime, now: datetime) -> Found:
        """What became of a message in doubt, by the conversation's history."""
        return await look_up(self._workspace, message, since, now)

    async def answer(
        self, response_url: str, text: str, blocks: Sequence[Mapping[str, Any]] | None = None, *, replace: bool = True
    ) -> None:
        """Answer a press after its acknowledgement: change the message it came from, or tell the presser alone."""
        message: dict[str, Any] = {"text": text, "replace_original": replace}
        if blocks is not None:
            message["blocks"] = [dict(block) for block in blocks]
        if not replace:
            message["response_type"] = "ephemeral"
        await self._workspace.answer(response_url, message)

    async def close(self) -> None:
        """Give back connections."""
        await self._workspace.close()
