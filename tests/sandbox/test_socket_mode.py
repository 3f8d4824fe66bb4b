"""The vendor's Socket Mode client and bolt's dispatcher connect, are greeted, acknowledge, and come back when told to."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
from slack_bolt import App
from slack_bolt.adapter.socket_mode.builtin import SocketModeHandler
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.socket_mode import SocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse

from bot.sandbox.server import Handle
from channels.slack.listen import close
from tests.sandbox.conftest import CASE, TEACHER, eventually

BUTTON = [
    {
        "type": "actions",
        "elements": [{"type": "button", "action_id": "acknowledge", "value": "out_1", "text": {"type": "plain_text", "text": "OK"}}],
    }
]
Listen = Callable[[SocketModeClient, SocketModeRequest], None]


@pytest.fixture
def connect(start: Callable[..., Handle]) -> Iterator[Callable[[Listen], Handle]]:
    clients: list[tuple[SocketModeClient, Handle]] = []

    def connect(listen: Listen, **wishes: Any) -> Handle:
        handle = start(**wishes)
        web = WebClient("xoxb-sandbox", base_url=handle.slack_url)
        quiet = logging.getLogger("tests.socket_mode")
        quiet.setLevel(logging.CRITICAL)
        client = SocketModeClient("xapp-sandbox", web_client=web, logger=quiet, ping_interval=1)
        client.socket_mode_request_listeners.append(listen)
        client.connect()
        clients.append((client, handle))
        eventually(lambda: handle.ask("")["sockets"])
        return handle

    yield connect
    for client, handle in clients:
        client.auto_reconnect_enabled = False
        handle.stop()  # first, else the client waits three seconds for its own socket
        close(client)


def acknowledge(client: SocketModeClient, request: SocketModeRequest) -> None:
    client.send_socket_mode_response(SocketModeResponse(envelope_id=request.envelope_id))


def test_an_event_comes_by_envelope_and_is_acknowledged(connect: Callable[..., Handle]) -> None:
    seen: list[SocketModeRequest] = []

    def listen(client: SocketModeClient, request: SocketModeRequest) -> None:
        seen.append(request)
        acknowledge(client, request)

    handle = connect(listen)
    told = handle.ask("slack/event", {"type": "app_mention", "user": TEACHER.id})
    assert (told["taken"], told["tries"]) == (True, 1)
    (request,) = seen
    assert (request.type, request.payload["event"]["type"], request.retry_attempt) == ("events_api", "app_mention", 0)


def test_an_event_nobody_acknowledges_is_sent_again(connect: Callable[..., Handle]) -> None:
    seen: list[tuple[int | None, str | None]] = []

    def listen(client: SocketModeClient, request: SocketModeRequest) -> None:
        seen.append((request.retry_attempt, request.retry_reason))
        if len(seen) == 3:
            acknowledge(client, request)

    handle = connect(listen, time_scale=0.1, slack_retry_after=(0.0, 0.0))
    told = handle.ask("slack/event", {"type": "app_mention"})
    assert (told["taken"], told["tries"]) == (True, 3)
    assert seen == [(0, ""), (1, "timeout"), (2, "timeout")]


def test_buttons_and_commands_come_by_envelope_and_may_be_answered_in_it(connect: Callable[..., Handle]) -> None:
    kinds: list[str] = []

    def listen(client: SocketModeClient, request: SocketModeRequest) -> None:
        kinds.append(request.type)
        body = {"text": "Three cases."} if request.type == "slash_commands" else None
        client.send_socket_mode_response(SocketModeResponse(envelope_id=request.envelope_id, payload=body))

    handle = connect(listen)
    posted = WebClient("xoxb-sandbox", base_url=handle.slack_url).chat_postMessage(channel=CASE.id, text="Alert", blocks=BUTTON)
    press = {"channel": CASE.id, "ts": posted["ts"], "action_id": "acknowledge", "user": TEACHER.id}
    assert handle.ask("slack/press", press)["taken"] is True
    assert handle.ask("slack/command", {"command": "/hearthline", "channel": CASE.id, "user": TEACHER.id})["taken"] is True
    assert kinds == ["interactive", "slash_commands"]
    assert [w["text"] for w in handle.ask(f"slack/messages?channel={CASE.id}")["ephemeral"]] == ["Three cases."]


def test_a_client_told_to_leave_comes_back_by_a_new_connection(connect: Callable[..., Handle]) -> None:
    handle = connect(acknowledge)
    assert handle.ask("slack/disconnect", {"reason": "refresh_requested"}) == {"disconnected": 1}
    opened = eventually(lambda: [e for e in handle.ask("log")["events"] if e["what"] == "slack.socket_opened"], lambda e: len(e) >= 2)
    assert len(opened) >= 2
    eventually(lambda: handle.ask("")["sockets"], lambda n: n >= 1)
    assert eventually(lambda: handle.ask("slack/event", {"type": "x"})["taken"]) is True


def test_bolts_dispatcher_works_by_socket(start: Callable[..., Handle]) -> None:
    handle = start()
    pressed: list[str] = []
    web = WebClient("xoxb-sandbox", base_url=handle.slack_url)
    app = App(client=web, signing_secret="8f" * 16)

    @app.action("acknowledge")
    def on_press(ack: Callable[..., None], body: dict[str, Any], respond: Callable[..., None]) -> None:
        ack()
        pressed.append(body["actions"][0]["value"])
        respond(text="Acknowledged", replace_original=True)

    socket = SocketModeHandler(app, "xapp-sandbox")
    socket.connect()
    try:
        eventually(lambda: handle.ask("")["sockets"])
        posted = web.chat_postMessage(channel=CASE.id, text="Alert", blocks=BUTTON)
        press = {"channel": CASE.id, "ts": posted["ts"], "action_id": "acknowledge", "user": TEACHER.id}
        assert handle.ask("slack/press", press)["taken"] is True
        shown = eventually(
            lambda: handle.ask(f"slack/messages?channel={CASE.id}")["messages"], lambda rows: rows[0]["text"] == "Acknowledged"
        )
        assert ([m["text"] for m in shown], pressed) == (["Acknowledged"], ["out_1"])
    finally:
        socket.client.auto_reconnect_enabled = False
        handle.stop()
        close(socket.client)


def test_only_the_app_token_opens_a_connection_and_an_address_opens_once(start: Callable[..., Handle]) -> None:
    handle = start()
    with pytest.raises(SlackApiError) as refused:
        WebClient("xoxb-sandbox", base_url=handle.slack_url).apps_connections_open(app_token="xoxb-sandbox")
    assert refused.value.response["error"] == "not_allowed_token_type"
    url = handle.twilio_url + "/slack/socket?ticket=unknown"
    assert requests.get(url, timeout=60).status_code == 404


def test_without_a_connection_the_socket_transport_reaches_nobody(start: Callable[..., Handle]) -> None:
    handle = start(slack_transport="socket", slack_retry_after=(0.0,))
    assert handle.ask("slack/event", {"type": "x"})["taken"] is False


def test_nonsense_from_a_client_is_noted_and_survived(start: Callable[..., Handle]) -> None:
    import asyncio

    import aiohttp

    handle = start()
    web = WebClient("xapp-sandbox", base_url=handle.slack_url)
    url = str(web.apps_connections_open(app_token="xapp-sandbox")["url"])

    async def talk() -> dict[str, Any]:
        async with aiohttp.ClientSession() as session, session.ws_connect(url) as socket:
            hello = await socket.receive_json()
            await socket.send_str("not json")
            await socket.send_str('{"envelope_id": "unknown"}')
            await socket.send_str("[]")
            await socket.send_bytes(b"x")
            return dict(hello)

    hello = asyncio.run(talk())
    assert (hello["type"], hello["num_connections"], hello["connection_info"]) == ("hello", 1, {"app_id": "A0SANDBOX01"})
    eventually(lambda: [e["what"] for e in handle.ask("log")["events"]], lambda e: "slack.socket_nonsense" in e)
