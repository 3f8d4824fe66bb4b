"""What Slack sends us: signed events, button presses, form submissions, slash commands, the url_verification question.

Three seconds to answer. Events are tried again up to three times (at once, after one minute, after five), with the vendor's
retry headers; a button press or command is not tried again: the user sees an error instead.
"""

from __future__ import annotations

import asyncio
from typing import Any, Final
from urllib.parse import urlencode

import orjson

from bot.sandbox import slack_posting, slack_views
from bot.sandbox.misbehave import POSTS
from bot.sandbox.options import SlackUser
from bot.sandbox.signing import slack_signature
from bot.sandbox.slack_conversations import visible
from bot.sandbox.slack_refusal import SlackRefusal
from bot.sandbox.slack_workspace import ResponseUrl, Workspace
from bot.sandbox.socket_mode import SocketMode
from bot.sandbox.state import State
from bot.sandbox.webhook import Attempt

PATIENCE: Final = 3.0
REASONS: Final = {"ct": "connection_failed", "rt": "http_timeout", "4xx": "http_error", "5xx": "http_error"}
FORM: Final = "application/x-www-form-urlencoded"

Wish = dict[str, Any]
Told = dict[str, Any]


class SlackEvents:
    """The way from a person in Slack to our address, over HTTP or the socket."""

    def __init__(self, state: State, workspace: Workspace, sockets: SocketMode) -> None:
        self.state = state
        self.workspace = workspace
        self.sockets = sockets

    async def verify(self) -> Told:
        """Ask the url_verification question."""
        challenge = self.state.new_id("", 24)
        asked = {"token": self.state.options.verification_token, "challenge": challenge, "type": "url_verification"}
        answer = await self._post(orjson.dumps(asked), "application/json", {})
        said = answer.body.strip()
        echoed = said == challenge
        if not echoed:
            try:
                echoed = orjson.loads(said)["challenge"] == challenge
            except (orjson.JSONDecodeError, KeyError, TypeError):
                echoed = False
        return {"status": answer.status, "verified": echoed and answer.status == 200}

    async def event(self, event: Wish) -> Told:
        """Send one event to the Events API subscriber, with retries. A `team` other than ours: it happened in another workspace."""
        state, options = self.state, self.state.options
        event = dict(event)
        team = str(event.pop("team", "") or options.team_id)
        payload = {
            "token": options.verification_token,
            "team_id": team,
            "context_team_id": team,
            "context_enterprise_id": None,
            "api_app_id": options.app_id,
            "event": {"event_ts": self.workspace.new_ts(), **event},
            "type": "event_callback",
            "event_id": state.new_id("Ev0", 8),
            "event_time": int(state.now()),
            "authorizations": [
                {
                    "enterprise_id": None,
                    "team_id": team,
                    "user_id": options.bot_user_id,
                    "is_bot": True,
                    "is_enterprise_install": False,
                }
            ],
            "is_ext_shared_channel": False,
            "event_context": state.new_id("4-", 24),
        }
        rule = state.misbehaviour.draw("event", POSTS) if state.misbehaviour.rules else None
        kind = "" if rule is None else rule.kind
        if kind:
            state.ledger.note("misbehaved", method="event", kind=kind)
        if kind == "withhold":
            return {"event_id": payload["event_id"], "taken": False, "tries": 0}
        if kind == "late" and rule is not None:
            await asyncio.sleep(rule.seconds)
        told = await self._event_rounds(payload)
        return await self._event_rounds(payload) if kind == "duplicate" else told

    async def _event_rounds(self, payload: Wish) -> Told:
        identity, reason, status, number = payload["event_id"], "", 0, 0
        for number, wait in enumerate((0.0, *self.state.options.slack_retry_after)):
            if wait:
                await asyncio.sleep(wait)
            if self._by_socket():
                seconds = PATIENCE * self.state.options.time_scale
                told = await self.sockets.send("events_api", payload, seconds, retry_attempt=number, retry_reason=reason)
                self.state.ledger.note("slack.event", event_id=identity, attempt=number + 1, acked=told is not None)
                reason = "timeout"
                if told is not None:
                    return {"event_id": identity, "taken": True, "tries": number + 1, "status": 200}
                continue
            headers = {"X-Slack-Retry-Num": str(number), "X-Slack-Retry-Reason": reason} if number else {}
            answer = await self._post(orjson.dumps(payload), "application/json", headers)
            self.state.ledger.note("slack.event", event_id=identity, attempt=number + 1, status=answer.status, ms=answer.milliseconds)
            status = answer.status
            if not answer.failure:
                return {"event_id": identity, "taken": True, "tries": number + 1, "status": status}
            reason = REASONS[answer.failure]
            if answer.headers.get("x-slack-no-retry") == "1":
                break
        return {"event_id": identity, "taken": False, "tries": number + 1, "status": status}

    async def press(self, wish: Wish) -> Told:
        """Press a button: {"channel", "ts", "action_id", "user", "value"?, "team"?, "user_team"?}; see `_envelope`."""
        workspace, state = self.workspace, self.state
        channel, ts = str(wish.get("channel", "")), str(wish.get("ts", ""))
        conversation = workspace.conversations.get(channel)
        post = None if conversation is None else conversation.posts.get(ts)
        if conversation is None or post is None:
            raise SlackRefusal("message_not_found")
        user = self._user(wish)
        block, element = _element(post, str(wish.get("action_id", "")), wish.get("value"))
        action: Wish = {name: element[name] for name in ("action_id", "text", "value", "type", "style", "url") if name in element}
        if "options" in element:
            chosen = [option for option in element["options"] if option.get("value") == wish.get("value")]
            action["selected_option"] = chosen[0] if chosen else None
        action |= {"block_id": block["block_id"], "action_ts": workspace.new_ts()}
        channel_name = "directmessage" if conversation.is_im else conversation.name
        payload = {
            "type": "block_actions",
            **self._envelope(user, wish),
            "container": {"type": "message", "message_ts": ts, "channel_id": channel, "is_ephemeral": False},
            "channel": {"id": channel, "name": channel_name},
            "message": slack_posting.shown(post),
            "state": {"values": {}},
            "response_url": self._response_url(channel, user.id, ts),
            "actions": [action],
        }
        state.ledger.note("slack.pressed", channel=channel, ts=ts, action_id=action.get("action_id"), user=user.id)
        return await self._interact(payload)

    async def submit(self, wish: Wish) -> Told:
        """Send a filled-in form: {"view_id", "user", "values", "team"?, "user_team"?}."""
        user = self._user(wish)
        view = slack_views.submitted(self.workspace, str(wish.get("view_id", "")), dict(wish.get("values") or {}))
        told = await self._interact({"type": "view_submission", **self._envelope(user, wish), "view": view, "response_urls": []})
        if told["taken"] and "response_action" not in told["body"]:
            self.workspace.views.pop(view["id"], None)
        return told

    async def command(self, wish: Wish) -> Told:
        """Send a slash command: {"command", "text"?, "channel", "user", "team"?}."""
        options, user = self.state.options, self._user(wish)
        conversation = visible(self.workspace, {"channel": wish.get("channel")})
        fields = {
            "token": options.verification_token,
            "team_id": str(wish.get("team") or options.team_id),
            "team_domain": options.team_domain,
            "channel_id": conversation.id,
            "channel_name": "directmessage" if conversation.is_im else conversation.name,
            "user_id": user.id,
            "user_name": user.name,
            "command": str(wish.get("command", "")),
            "text": str(wish.get("text", "")),
            "api_app_id": options.app_id,
            "is_enterprise_install": "false",
            "response_url": self._response_url(conversation.id, user.id, ""),
            "trigger_id": self.workspace.new_trigger(user.id),
        }
        if self._by_socket():
            told = await self._by_envelope("slash_commands", fields)
        else:
            answer = await self._post(urlencode(fields).encode(), FORM, {})
            told = _told(answer)
        self.state.ledger.note("slack.command", channel=conversation.id, user=user.id, status=told["status"])
        self._show_answer(conversation.id, user.id, told)
        return told

    def _show_answer(self, channel: str, user: str, told: Told) -> None:
        """A command may be answered at once with text or a message."""
        said = told["body"].strip()
        if not told["taken"] or not said:
            return
        try:
            wish = orjson.loads(said)
        except orjson.JSONDecodeError:
            wish = {"text": said}
        if not isinstance(wish, dict) or not (wish.get("text") or wish.get("blocks")):
            return
        conversation = self.workspace.conversations[channel]
        if wish.get("response_type") == "in_channel":
            self.workspace.post(conversation, slack_posting.with_block_ids(self.workspace, wish))
        else:
            slack_posting.whisper(self.workspace, conversation, user, wish)

    async def _interact(self, payload: Wish) -> Told:
        if self._by_socket():
            told = await self._by_envelope("interactive", payload)
        else:
            answer = await self._post(urlencode({"payload": orjson.dumps(payload).decode()}).encode(), FORM, {})
            told = _told(answer)
        self.state.ledger.note("slack.interaction", type=payload["type"], status=told["status"], ms=told["ms"])
        return told

    async def _by_envelope(self, kind: str, payload: Wish) -> Told:
        acked = await self.sockets.send(kind, payload, PATIENCE * self.state.options.time_scale)
        body = "" if acked is None or not acked.get("payload") else orjson.dumps(acked["payload"]).decode()
        return {"taken": acked is not None, "status": 200 if acked is not None else 0, "body": body, "ms": 0}

    def _by_socket(self) -> bool:
        transport = self.state.options.slack_transport
        return transport == "socket" or (transport == "auto" and self.sockets.connected > 0)

    async def _post(self, body: bytes, kind: str, headers: dict[str, str]) -> Attempt:
        options = self.state.options
        timestamp = str(int(self.state.now()))
        signed = {
            "Content-Type": kind,
            "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
            "X-Slack-Request-Timestamp": timestamp,
            "X-Slack-Signature": slack_signature(options.signing_secret, timestamp, body),
            **headers,
        }
        if not options.slack_request_url:
            return Attempt("", 0, "ct", 0)
        return await self.state.poster.post(options.slack_request_url, body, signed, connect=PATIENCE, read=PATIENCE)

    def _user(self, wish: Wish) -> SlackUser:
        user = self.workspace.users.get(str(wish.get("user", "")))
        if user is None:
            raise SlackRefusal("user_not_found")
        return user

    def _envelope(self, user: SlackUser, wish: Wish) -> Wish:
        """Who and where. Another `team`: the app is installed in that workspace too. Another `user_team`: a guest of a shared channel."""
        options = self.state.options
        team = str(wish.get("team") or options.team_id)
        return {
            "user": {"id": user.id, "username": user.name, "name": user.name, "team_id": str(wish.get("user_team") or team)},
            "api_app_id": options.app_id,
            "token": options.verification_token,
            "trigger_id": self.workspace.new_trigger(user.id),
            "team": {"id": team, "domain": options.team_domain},
            "enterprise": None,
            "is_enterprise_install": False,
        }

    def _response_url(self, channel: str, user: str, ts: str) -> str:
        ticket = self.state.new_id("", 24)
        self.workspace.response_urls[ticket] = ResponseUrl(channel, user, ts)
        return f"{self.state.base_url}/slack/response/{ticket}"


def _element(post: Wish, action_id: str, value: Any) -> tuple[Wish, Wish]:
    """Find what is pressed; among equal action ids the one with the value."""
    found: list[tuple[Wish, Wish]] = []
    for block in post.get("blocks", []):
        elements = [*block.get("elements", []), block.get("accessory") or {}]
        found += [(block, element) for element in elements if isinstance(element, dict) and element.get("action_id") == action_id]
    for block, element in found:
        if value is None or element.get("value") == value or "options" in element:
            return block, element
    raise SlackRefusal("action_not_found")


def _told(answer: Attempt) -> Told:
    return {"taken": not answer.failure, "status": answer.status, "body": answer.body, "ms": answer.milliseconds}
