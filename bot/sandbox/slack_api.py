"""The Web API methods we use, and only those: any other answers `unknown_method`, as Slack does.

https://docs.slack.dev/reference/methods
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from typing import Any, Final

import orjson
from aiohttp import web

from bot.sandbox import slack_conversations, slack_posting, slack_views
from bot.sandbox.misbehave import Rule
from bot.sandbox.slack_refusal import SlackRefusal
from bot.sandbox.slack_workspace import Workspace
from bot.sandbox.socket_mode import SocketMode
from bot.sandbox.state import State, as_json

Args = dict[str, Any]
Method = Callable[[Workspace, Args], dict[str, Any]]

METHODS: Final[dict[str, Method]] = {
    **slack_posting.METHODS,
    **slack_conversations.METHODS,
    **slack_views.METHODS,
}


def unknown(workspace: Workspace, args: Args) -> dict[str, Any]:
    del workspace, args
    raise SlackRefusal("unknown_method")


JSON_ARGUMENTS: Final = ("blocks", "attachments", "metadata", "view")
"""Arguments the SDK sends as JSON text when the request is a form."""


def bad_day(rule: Rule) -> web.Response:
    """Answer as Slack does when it throttles or fails."""
    if rule.kind == "429":
        return as_json({"ok": False, "error": "ratelimited"}, 429, {"Retry-After": f"{rule.retry_after:g}"})
    return as_json({"ok": False, "error": "internal_error"}, 500)


class SlackApi:
    """What answers under /api."""

    def __init__(self, state: State, workspace: Workspace, sockets: SocketMode) -> None:
        self.state = state
        self.workspace = workspace
        self.sockets = sockets

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/api/{method}", self.call),
            web.get("/api/{method}", self.call),
            web.post("/slack/response/{ticket}", self.respond),
        ]

    async def call(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["method"]

        async def act() -> web.StreamResponse:
            return await self._call(request, name)

        return await self.state.answer(request, f"slack.{name}", act, bad_day)

    async def _call(self, request: web.Request, name: str) -> web.Response:
        try:
            args = await _arguments(request)
            self._authorise(request, args, name)
            if name == "apps.connections.open":
                return as_json({"ok": True, "url": self.sockets.new_address()})
            return as_json({"ok": True, **METHODS.get(name, unknown)(self.workspace, args)})
        except SlackRefusal as refusal:
            self.state.ledger.note("slack.refused", method=name, error=refusal.error)
            status = 429 if refusal.error == "ratelimited" else 200
            return as_json({"ok": False, "error": refusal.error, **refusal.more}, status, refusal.headers)

    def _authorise(self, request: web.Request, args: Args, name: str) -> None:
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        token = token if kind == "Bearer" else str(args.pop("token", ""))
        if not token:
            raise SlackRefusal("not_authed")
        options = self.state.options
        wanted, other = options.bot_token, options.app_token
        if name == "apps.connections.open":
            wanted, other = other, wanted
        if not hmac.compare_digest(token.encode(), wanted.encode()):
            raise SlackRefusal("not_allowed_token_type" if hmac.compare_digest(token.encode(), other.encode()) else "invalid_auth")

    async def respond(self, request: web.Request) -> web.Response:
        """Take what we post to a response_url: a reply only the user sees, or a change of the message the button was on."""
        ticket = request.match_info["ticket"]
        try:
            wish = orjson.loads(await request.read())
        except orjson.JSONDecodeError:
            return as_json({"ok": False, "error": "invalid_payload"}, 400)
        try:
            slack_posting.respond(self.workspace, ticket, wish)
        except SlackRefusal as refusal:
            return as_json({"ok": False, "error": refusal.error}, 404)
        self.state.ledger.note("slack.response_url", ticket=ticket)
        return web.Response(text="ok")


async def _arguments(request: web.Request) -> Args:
    args: Args = dict(request.query)
    if request.content_type == "application/json":
        try:
            told = orjson.loads(await request.read() or b"{}")
        except orjson.JSONDecodeError as error:
            raise SlackRefusal("invalid_json") from error
        if not isinstance(told, dict):
            raise SlackRefusal("json_not_object")
        return args | told
    args |= {name: value for name, value in (await request.post()).items() if isinstance(value, str)}
    for name in JSON_ARGUMENTS:
        if isinstance(args.get(name), str):
            try:
                args[name] = orjson.loads(args[name])
            except orjson.JSONDecodeError as error:
                raise SlackRefusal("invalid_arguments") from error
    return args
