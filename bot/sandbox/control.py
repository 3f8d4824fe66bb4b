"""The sandbox's own address, /sandbox: play a family or a colleague, ask what was accepted, order misbehaviour.

POST /sandbox/twilio/inbound    {"from", "to"?, "body", "media"?, "channel"?: "whatsapp", "times"?}   a family texts
POST /sandbox/twilio/status     {"sid", "status", "error_code"?}             push a message's status by hand
POST /sandbox/twilio/fate       {"to", "status", "error_code"}               how deliveries to one address end
GET  /sandbox/twilio/messages   ?to=&from=&direction=&after=&limit=          what was accepted, in order
GET  /sandbox/twilio/counts                                                  accepted, distinct, twice
GET  /sandbox/slack/messages    ?channel=                                    what was posted
POST /sandbox/slack/press | submit | event | command | verify | disconnect     "team", "user_team": from another workspace
POST /sandbox/slack/channels | users                                         add or change one or several
GET  /sandbox/translations                                                   what the translators were sent
POST /sandbox/mail/...          somebody writes to us, what becomes of our mail; GET what was taken (see mail_control)
POST /sandbox/misbehave         a rule, a list of rules, or {"clear": true}; GET shows the rules
POST /sandbox/configure         options to change;  POST /sandbox/clock {"ahead_seconds"}
GET  /sandbox/log               ?after=N&limit=                              what happened, ids only
POST /sandbox/reset             forget all that was accepted
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import orjson
from aiohttp import web

from bot.sandbox import control_views
from bot.sandbox.mail_control import MailControl
from bot.sandbox.mail_host import BadMail, MailHost
from bot.sandbox.misbehave import BadRule
from bot.sandbox.options import BadOption, SlackChannel, SlackUser
from bot.sandbox.slack_events import SlackEvents
from bot.sandbox.slack_refusal import SlackRefusal
from bot.sandbox.slack_workspace import Workspace
from bot.sandbox.socket_mode import SocketMode
from bot.sandbox.state import State, as_json
from bot.sandbox.translators import Translators
from bot.sandbox.twilio_callbacks import Deliveries
from bot.sandbox.twilio_errors import DELIVERY_ERRORS
from bot.sandbox.twilio_inbound import BadInbound, TwilioInbound
from bot.sandbox.twilio_schema import STATUSES

Wish = dict[str, Any]


class BadWish(Exception):
    """The control address did not understand."""


class Control:
    """What answers under /sandbox."""

    def __init__(
        self,
        state: State,
        deliveries: Deliveries,
        inbound: TwilioInbound,
        workspace: Workspace,
        events: SlackEvents,
        sockets: SocketMode,
        translators: Translators,
        mail: MailHost,
    ) -> None:
        self.state = state
        self.deliveries = deliveries
        self.inbound = inbound
        self.workspace = workspace
        self.events = events
        self.sockets = sockets
        self.translators = translators
        self.mail = MailControl(mail)

    def routes(self) -> list[web.RouteDef]:
        posts: dict[str, Callable[[Any], Awaitable[Any]]] = {
            "twilio/inbound": self.twilio_inbound,
            "twilio/status": self.twilio_status,
            "twilio/fate": self.twilio_fate,
            "slack/press": self.events.press,
            "slack/submit": self.events.submit,
            "slack/event": self.events.event,
            "slack/command": self.events.command,
            "slack/verify": self.slack_verify,
            "slack/disconnect": self.slack_disconnect,
            "slack/channels": self.slack_channels,
            "slack/users": self.slack_users,
            "mail/inbound": self.mail.inbound,
            "mail/fate": self.mail.fate,
            "mail/renew": self.mail.renew,
            "misbehave": self.misbehave,
            "configure": self.configure,
            "clock": self.clock,
            "reset": self.reset,
        }
        gets: dict[str, Callable[[Any], Any]] = {
            "twilio/messages": lambda query: control_views.messages(self.state, query),
            "twilio/counts": lambda _: control_views.counts(self.state),
            "slack/messages": lambda query: control_views.slack_messages(self.workspace, query),
            "translations": lambda _: {"heard": list(self.translators.heard)},
            "mail/messages": self.mail.messages,
            "mail/heads": self.mail.heads,
            "mail/counts": self.mail.counts,
            "mail/coming": self.mail.coming,
            "misbehave": lambda _: {"rules": self.state.misbehaviour.report()},
            "log": lambda query: control_views.log(self.state, query),
            "": lambda _: control_views.about(self.state, self.sockets, self.mail.host),
        }
        return [
            *(web.post(f"/sandbox/{path}", _posted(act)) for path, act in posts.items()),
            *(web.get(f"/sandbox/{path}".rstrip("/"), _asked(act)) for path, act in gets.items()),
        ]

    async def twilio_inbound(self, wish: Wish) -> Wish:
        """Let a family text; `times` posts the same event again, as a provider's duplicate would."""
        message = self.inbound.take(wish)
        arrival = await self.inbound.arrive(message)
        for _ in range(int(wish.get("times", 1)) - 1):
            arrival.attempts.extend((await self.inbound.arrive(message)).attempts)
        return arrival.as_json()

    async def twilio_status(self, wish: Wish) -> Wish:
        message = self.state.ledger.by_sid.get(str(wish.get("sid", "")))
        if message is None or wish.get("status") not in STATUSES:
            raise BadWish("needs the sid of a message and one of the vendor's statuses")
        self.deliveries.move(message, wish["status"], wish.get("error_code"))
        return {"sid": message.sid, "status": message.status}

    async def twilio_fate(self, wish: Wish) -> Wish:
        code = wish.get("error_code")
        if code is not None and code not in DELIVERY_ERRORS:
            raise BadWish(f"error_code is one of {', '.join(map(str, DELIVERY_ERRORS))}, or null for a good end")
        to = str(wish.get("to", ""))
        if code is None:
            self.deliveries.fates.pop(to, None)
        else:
            self.deliveries.fates[to] = (str(wish.get("status") or DELIVERY_ERRORS[code][0]), code)
        return {"fates": len(self.deliveries.fates)}

    async def slack_verify(self, _: Wish) -> Wish:
        return await self.events.verify()

    async def slack_disconnect(self, wish: Wish) -> Wish:
        return {"disconnected": await self.sockets.disconnect(str(wish.get("reason", "refresh_requested")))}

    async def slack_channels(self, wish: Wish | list[Wish]) -> Wish:
        for one in wish if isinstance(wish, list) else [wish]:
            self.workspace.put_channel(SlackChannel(**{**one, "members": tuple(one.get("members", ()))}))
        return {"channels": len(self.workspace.conversations)}

    async def slack_users(self, wish: Wish | list[Wish]) -> Wish:
        for one in wish if isinstance(wish, list) else [wish]:
            self.workspace.put_user(SlackUser(**one))
        return {"users": len(self.workspace.users)}

    async def misbehave(self, wish: Wish | list[Wish]) -> Wish:
        for one in wish if isinstance(wish, list) else [wish]:
            if one.get("clear"):
                self.state.misbehaviour.clear()
            else:
                self.state.misbehaviour.add(one)
        return {"rules": self.state.misbehaviour.report()}

    async def configure(self, wish: Wish) -> Wish:
        self.state.options = self.state.options.changed(wish)
        return {"changed": sorted(wish)}

    async def clock(self, wish: Wish) -> Wish:
        self.state.ahead = float(wish.get("ahead_seconds", 0))
        return {"ahead_seconds": self.state.ahead}

    async def reset(self, _: Wish) -> Wish:
        self.state.ledger.reset()
        self.state.misbehaviour.clear()
        self.deliveries.fates.clear()
        self.workspace.reset()
        self.translators.heard.clear()
        self.mail.host.reset()
        return {"reset": True}


def _posted(act: Callable[[Any], Awaitable[Any]]) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def handle(request: web.Request) -> web.Response:
        try:
            return as_json(await act(orjson.loads(await request.read() or b"{}")))
        except SlackRefusal as refusal:
            return as_json({"error": refusal.error}, 400)
        except (BadInbound, BadMail, BadRule, BadOption, BadWish, TypeError, ValueError, AttributeError) as error:
            return as_json({"error": f"{type(error).__doc__ or type(error).__name__} {error}"}, 400)

    return handle


def _asked(act: Callable[[Any], Any]) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def handle(request: web.Request) -> web.Response:
        try:
            return as_json(act(request.query))
        except ValueError as error:
            return as_json({"error": str(error)}, 400)

    return handle
