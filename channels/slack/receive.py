"""Slack's requests as values, by Bolt's dispatcher: who pressed what on which message.

    {"type": "block_actions", "user": {"id": "U.."}, "container": {"message_ts": "..", "channel_id": "C.."}, "response_url": "https://..",
     "actions": [{"action_id": "acknowledge", "value": "out_..", "action_ts": ".."}]}

Bolt knows every kind of payload there is; we register one listener a kind, and each only puts a value down. Nothing is called over the
network here: the acknowledgement must leave within 3 seconds. https://docs.slack.dev/reference/interaction-payloads
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from channels.base import ELSEWHERE, Challenge, Event, Ignored, Received, Request, StaffAction
from channels.errors import Malformed, Refused
from channels.slack import signature
from channels.slack.client import Workspace, silence
from channels.slack.home import Home

if TYPE_CHECKING:
    from slack_bolt import App

PROVIDER = "slack"
MAX_BODY = 256 * 1024
ACTIONS = frozenset({"open", "acknowledge", "say_thanks", "ask_liaison", "acknowledge_page"})
COMMAND = "/hearthline"
UNKNOWN = "unknown"

_ANY = re.compile(".*", re.DOTALL)
_ID = re.compile(r"[0-9A-Za-z_.:-]{1,80}", re.ASCII)
_FOUND = "hearthline_found"


class Desk:
    """Where Slack's requests arrive, by HTTP or by Socket Mode."""

    def __init__(self, workspace: Workspace, secrets: tuple[str, ...], public_base_url: str, team_id: str = "") -> None:
        self._workspace = workspace
        self._home = Home(workspace, team_id)
        self._secrets = secrets
        self._public_base_url = public_base_url.rstrip("/")

    def receive(self, request: Request, now: datetime) -> Received:
        """Verify and parse one HTTP request. Raises nothing but `Refused` and `Malformed`, whatever a stranger sends."""
        if len(request.body) > MAX_BODY:
            raise Malformed
        headers = {name.lower(): value for name, value in request.headers.items()}
        signature.verify(headers, request.body, self._secrets, now)
        try:
            return self._dispatch(request.body.decode(), request.content_type or headers.get("content-type", ""))
        except Refused:
            raise
        except Exception as error:
            raise Malformed from error

    def take(self, payload: Mapping[str, Any]) -> Received:
        """Parse one payload of Socket Mode, whose connection has already shown who is talking."""
        from slack_bolt import BoltRequest

        if not self._home.is_home_of(payload):
            return Received((Ignored(ELSEWHERE),))
        found: list[Event] = []
        said = self._app.dispatch(BoltRequest(body=dict(payload), mode="socket_mode", context={_FOUND: found}))
        return _received(said, found)

    def _dispatch(self, body: str, content_type: str) -> Received:
        from slack_bolt import BoltRequest

        payload = _payload(body)
        if payload.get("type") == "url_verification":
            challenge = json.dumps({"challenge": str(payload.get("challenge", ""))[:1000]}).encode()
            return Received((Challenge(challenge, "application/json"),), challenge, "application/json")
        if "ssl_check" not in payload and not self._home.is_home_of(payload):
            return Received((Ignored(ELSEWHERE),))
        found: list[Event] = []
        kind = [content_type.partition(";")[0].strip().lower()]
        said = self._app.dispatch(BoltRequest(body=body, headers={"content-type": kind}, context={_FOUND: found}))
        return _received(said, found)

    @cached_property
    def _app(self) -> App:
        """Bolt, told to stay off the network: who we are is no question here, and requests are verified before it sees them."""
        from slack_bolt import App
        from slack_bolt.authorization import AuthorizeResult

        def authorize(enterprise_id: str | None, team_id: str | None) -> AuthorizeResult:
            return AuthorizeResult(enterprise_id=enterprise_id, team_id=team_id, bot_token=self._workspace.token)

        app = App(
            name="channels.slack.silence",
            logger=silence,
            client=self._workspace.waiting_client(),
            authorize=authorize,
            process_before_response=True,
            request_verification_enabled=False,
            ignoring_self_events_enabled=False,
            attaching_conversation_kwargs_enabled=False,
        )
        app.action(_ANY)(self._on_action)
        app.command(_ANY)(self._on_command)
        for register in (app.event, app.shortcut, app.view, app.options):
            register(_ANY)(_on_anything_else)
        return app

    def _on_action(self, ack: Any, body: dict[str, Any], context: Any) -> None:
        ack()
        pressed: list[Event] = list(staff_actions(body))
        context[_FOUND].extend(pressed or [Ignored(str(body.get("type", ""))[:40])])

    def _on_command(self, ack: Any, body: dict[str, Any], context: Any) -> None:
        if body.get("command") == COMMAND:
            ack(text=f"Your cases: {self._public_base_url}/console/", response_type="ephemeral")
        else:
            ack()
        context[_FOUND].append(Ignored("command"))


def _on_anything_else(ack: Any, body: dict[str, Any], context: Any) -> None:
    ack()
    context[_FOUND].append(Ignored(str(body.get("type", ""))[:40]))


def staff_actions(body: Mapping[str, Any]) -> list[StaffAction]:
    """Return what was pressed in one `block_actions` payload; other kinds of action are not ours.

    Slack gives an interaction no id of its own: who, what, where and when are its id, so that a repeat of the request has the same.
    """
    if body.get("type") != "block_actions":
        return []
    container, channel = body.get("container") or {}, body.get("channel") or {}
    team = body.get("team") or {}
    actor = _id((body.get("user") or {}).get("id"))
    channel_id = _id(channel.get("id") or container.get("channel_id"))
    message_ts = _id(container.get("message_ts") or (body.get("message") or {}).get("ts"))
    found = []
    for action in body.get("actions") or []:
        action_id, target, action_ts = str(action.get("action_id", "")), _id(action.get("value")), _id(action.get("action_ts"))
        parts = (_id(team.get("id")), actor, channel_id, message_ts, action_id, target, action_ts)
        found.append(
            StaffAction(
                provider=PROVIDER,
                event_id="act:" + hashlib.sha256("\x1f".join(parts).encode()).hexdigest(),
                actor=actor,
                action=action_id if action_id in ACTIONS else UNKNOWN,
                target=target,
                channel_id=channel_id,
                response_url=str(body.get("response_url") or "")[:500],
                raw={"type": "block_actions", "team_id": parts[0], "message_ts": message_ts, "action_ts": action_ts},
            )
        )
    return found


def _payload(body: str) -> Mapping[str, Any]:
    """Return the request's own object, wherever Slack put it; anything else is `Malformed`."""
    if body.lstrip().startswith("{"):
        payload = json.loads(body)
    else:
        form = parse_qs(body, keep_blank_values=True, max_num_fields=200)
        if not form.keys() & {"payload", "command", "ssl_check"}:
            raise Malformed
        payload = json.loads(form["payload"][0]) if "payload" in form else {name: values[0] for name, values in form.items()}
    if not isinstance(payload, dict):
        raise Malformed
    return payload


def _received(said: Any, found: list[Event]) -> Received:
    # A genuine request Bolt has no listener for, or trips over, carries nothing for us; Slack is told that it arrived.
    if said.status != 200 or not found:
        return Received(tuple(found) or (Ignored("unhandled"),))
    kind = (said.headers.get("content-type") or ["text/plain"])[0]
    return Received(tuple(found), str(said.body or "").encode(), kind.partition(";")[0])


def _id(value: object) -> str:
    """Return an opaque id as it is, "" for anything that is none."""
    return value if isinstance(value, str) and _ID.fullmatch(value) else ""
