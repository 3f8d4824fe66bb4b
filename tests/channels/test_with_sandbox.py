"""The channels against the sandbox: whole conversations over real connections, accepted messages counted at the provider."""

from __future__ import annotations

import asyncio
import base64
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiohttp import web

from bot.sandbox.options import Options, SlackChannel, SlackUser
from bot.sandbox.server import Handle, Sandbox
from channels.base import Channel, Event, Inbound, Outbound, Received, Request, StaffAction, StatusUpdate
from channels.errors import BadAddress, ChannelError, InDoubt, Refused, Stopped, Throttled
from channels.registry import build
from tests.channels.provider import Seen, provider

FAMILY = "+15550109907"
OURS = "+15550100001"
CASE = "C0CASE1"
TEACHER = "U0TEACH"


@dataclass
class House:
    """A tiny web room: takes webhooks, verifies and parses them by the channels, keeps the events."""

    url: str
    sandbox: Handle
    channels: dict[str, Channel]
    events: list[Event] = field(default_factory=list)

    async def hook(self, seen: Seen, request: web.Request) -> web.StreamResponse:
        channel = self.channels["slack" if seen.path.startswith("/hooks/slack") else "sms"]
        asked = Request(seen.method, request.raw_path, dict(request.headers), seen.body, request.headers.get("Content-Type", ""))
        try:
            received = channel.receive(asked, datetime.now(UTC))
        except Refused as refusal:
            return web.Response(status=refusal.http_status)
        self.events.extend(received.events)
        return web.Response(status=received.reply_status, body=received.reply_body, content_type=received.reply_type)

    def run(self, *what: Callable[[], Any]) -> Any:
        """Await each in one loop; the last result is returned."""

        async def go() -> Any:
            result = None
            try:
                for one in what:
                    result = await one()
            finally:
                for channel in {id(c): c for c in self.channels.values()}.values():
                    await channel.close()
            return result

        return asyncio.run(go())

    def wait(self, until: Callable[[], bool]) -> None:
        end = time.monotonic() + 60
        while not until() and time.monotonic() < end:
            time.sleep(0.02)
        assert until()

    def of(self, kind: type[Any]) -> list[Any]:
        return [event for event in self.events if isinstance(event, kind)]

    def accepted(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.sandbox.ask("twilio/messages?direction=outbound")["messages"]
        return found


def options_of(sandbox: Handle, url: str, **more: str) -> dict[str, str]:
    defaults = sandbox.sandbox.state.options
    return {
        "twilio_account_sid": defaults.account_sid,
        "twilio_auth_token": defaults.auth_token,
        "twilio_base_url": sandbox.twilio_url,
        "slack_bot_token": defaults.bot_token,
        "slack_signing_secret": defaults.signing_secret,
        "slack_app_token": defaults.app_token,
        "slack_base_url": sandbox.slack_url,
        "session_secret": "s",
        "public_base_url": url,
        "in_doubt_wait_seconds": "1",
    } | more


@pytest.fixture
def house() -> Iterator[House]:
    with provider() as door:
        options = Options(
            mode="test",
            seed=7,
            message_webhook=f"{door.url}/hooks/twilio/message#rc=1&rp=all",
            slack_request_url=f"{door.url}/hooks/slack",
            list_lag_seconds=0.2,
            time_scale=0.6,
            slack_users=(SlackUser(TEACHER, "teacher", "A Teacher"),),
            slack_channels=(
                SlackChannel(CASE, "case-1", members=(TEACHER,)),
                SlackChannel("C0PUBLIC", "all", is_private=False),
                SlackChannel("C0SHARED", "shared", is_ext_shared=True),
                SlackChannel("C0GONE", "gone", is_archived=True),
                SlackChannel("C0OUT", "without-us", bot_is_member=False),
            ),
        )
        sandbox = Sandbox(options).start_in_thread()
        it = House(door.url, sandbox, build(options_of(sandbox, door.url)))
        door.will(it.hook)
        try:
            yield it
        finally:
            sandbox.stop()


def text(words: str, outbox_id: str = "out_01J2", channel: str = "sms") -> Outbound:
    return Outbound(outbox_id, channel, OURS, FAMILY, words)


def test_a_familys_text_and_photo_arrive_and_can_be_fetched(house: House) -> None:
    picture = b"\x89PNG\r\n"
    media = [{"content_type": "image/png", "data": base64.b64encode(picture).decode()}]
    words = "A mi hija le gusta leer. ¿Sí? 😀"
    answer = house.sandbox.ask("twilio/inbound", {"from": FAMILY, "body": words, "media": media})
    assert [a["status"] for a in answer["attempts"]] == [200]
    (event,) = house.of(Inbound)
    assert (event.text, event.sender, event.to, event.provider_id) == (words, FAMILY, OURS, answer["sid"])
    assert house.run(lambda: house.channels["sms"].fetch(event.media[0])) == ("image/png", picture)  # type: ignore[attr-defined]


def test_a_text_is_accepted_once_and_its_statuses_carry_our_id(house: House) -> None:
    receipt = house.run(lambda: house.channels["sms"].send(text("¿Le gusta leer?")))
    house.wait(lambda: "delivered" in [e.status for e in house.of(StatusUpdate)])
    assert {(e.provider_id, e.outbox_id) for e in house.of(StatusUpdate)} == {(receipt.provider_id, "out_01J2")}
    assert [(m["sid"], m["to"], m["body"]) for m in house.accepted()] == [(receipt.provider_id, FAMILY, "¿Le gusta leer?")]


def test_whatsapp_goes_both_ways(house: House) -> None:
    house.sandbox.ask("twilio/inbound", {"from": FAMILY, "body": "hola", "channel": "whatsapp"})
    (event,) = house.of(Inbound)
    assert (event.channel, event.sender, event.to) == ("whatsapp", FAMILY, OURS)
    house.run(lambda: house.channels["whatsapp"].send(text("hola", channel="whatsapp")))
    assert [m["to"] for m in house.accepted()] == [f"whatsapp:{FAMILY}"]


@pytest.mark.parametrize(("kind", "taken"), [("500_after", True), ("drop_after", True), ("500_before", False), ("drop_before", False)])
def test_a_text_in_doubt_is_settled_by_the_list(house: House, kind: str, taken: bool) -> None:
    house.sandbox.ask("misbehave", {"method": "twilio.create", "kind": kind, "next": 1})
    sms, began = house.channels["sms"], datetime.now(UTC)
    with pytest.raises(InDoubt):
        house.run(lambda: sms.send(text("Good morning")))
    early = house.run(lambda: sms.look_up(text("Good morning"), began, began))
    assert early.certain is (early.receipt is not None)
    time.sleep(0.4)
    found = house.run(lambda: sms.look_up(text("Good morning"), began, began + timedelta(seconds=2)))
    assert (found.receipt is not None, found.certain) == (taken, True)
    assert len(house.accepted()) == (1 if taken else 0)


def test_asked_to_slow_down_nothing_was_taken(house: House) -> None:
    house.sandbox.ask("misbehave", {"method": "twilio.create", "kind": "429", "next": 1, "retry_after": 3})
    with pytest.raises(Throttled) as raised:
        house.run(lambda: house.channels["sms"].send(text("x")))
    assert raised.value.retry_after == 3.0
    assert house.accepted() == []


def test_the_providers_own_stop_is_known_as_answered_and_then_as_stopped(house: House) -> None:
    house.sandbox.ask("configure", {"stop_replies": "provider"})
    house.channels = build(options_of(house.sandbox, house.url, twilio_stop_replies="provider"))
    house.sandbox.ask("twilio/inbound", {"from": FAMILY, "body": "STOP"})
    assert [e.answered_by_provider for e in house.of(Inbound)] == [True]
    with pytest.raises(Stopped):
        house.run(lambda: house.channels["sms"].send(text("x")))


def test_a_number_that_is_none_is_a_bad_address(house: House) -> None:
    with pytest.raises(BadAddress):
        house.run(lambda: house.channels["sms"].send(Outbound("out_1", "sms", OURS, "12", "x")))


def test_texts_whose_webhook_was_lost_are_found_by_the_list(house: House) -> None:
    began = datetime.now(UTC) - timedelta(seconds=5)
    house.sandbox.ask("configure", {"message_webhook": "http://127.0.0.1:9/nobody"})
    for n in range(3):
        house.sandbox.ask("twilio/inbound", {"from": FAMILY, "body": f"lost {n}"})
    house.run(lambda: house.channels["sms"].send(text("not one of theirs")))
    time.sleep(0.4)
    found = house.run(lambda: house.channels["sms"].missed(began, datetime.now(UTC)))  # type: ignore[attr-defined]
    assert [(m.text, m.sender, m.to) for m in found] == [(f"lost {n}", FAMILY, OURS) for n in range(3)]
    assert house.of(Inbound) == []


def blocks(target: str) -> list[dict[str, Any]]:
    button = {"type": "button", "action_id": "acknowledge", "text": {"type": "plain_text", "text": "Acknowledge"}, "value": target}
    return [{"type": "section", "text": {"type": "plain_text", "text": "New input"}}, {"type": "actions", "elements": [button]}]


def alert(to: str = CASE, outbox_id: str = "out_01J2") -> Outbound:
    return Outbound(outbox_id, "slack", "", to, "New family input on case CV-1001", blocks=blocks(outbox_id))


def posts(house: House, channel: str = CASE) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = house.sandbox.ask(f"slack/messages?channel={channel}")["messages"]
    return found


def test_an_alert_is_posted_pressed_and_changed(house: House) -> None:
    slack = house.channels["slack"]
    receipt = house.run(lambda: slack.send(alert()))
    (post,) = posts(house)
    assert receipt.provider_id == f"{CASE}:{post['ts']}"
    assert post["unfurl"] == {"unfurl_links": False, "unfurl_media": False}
    assert post["metadata"]["event_payload"] == {"outbox_id": "out_01J2"}
    pressed = house.sandbox.ask("slack/press", {"channel": CASE, "ts": post["ts"], "action_id": "acknowledge", "user": TEACHER})
    assert (pressed["taken"], pressed["status"]) == (True, 200)
    (action,) = house.of(StaffAction)
    assert (action.actor, action.action, action.target) == (TEACHER, "acknowledge", "out_01J2")
    address = f"{action.channel_id}:{action.raw['message_ts']}"
    assert address == receipt.provider_id
    house.run(lambda: slack.send(Outbound("out_2", "slack", "", address, "Acknowledged", blocks=[])))
    assert [p["text"] for p in posts(house)] == ["Acknowledged"]
    house.run(lambda: slack.answer(action.response_url, "Seen by a teacher", []))  # type: ignore[attr-defined]
    assert [p["text"] for p in posts(house)] == ["Seen by a teacher"]


@pytest.mark.parametrize("channel", ["C0PUBLIC", "C0SHARED", "C0GONE", "C0OUT", "C0NOWHERE"])
def test_an_alert_never_reaches_an_unsuitable_channel(house: House, channel: str) -> None:
    with pytest.raises(BadAddress) as raised:
        house.run(lambda: house.channels["slack"].send(alert(channel)))
    assert raised.value.code == "channel_unsuitable"
    assert [c["messages"] for c in house.sandbox.ask("slack/messages")["channels"] if c["messages"]] == []


@pytest.mark.parametrize(("invited", "posted"), [((TEACHER,), True), ((TEACHER, "U0GUEST"), False)])
def test_an_alert_is_not_posted_where_a_stranger_was_invited(house: House, invited: tuple[str, ...], posted: bool) -> None:
    house.sandbox.ask("slack/channels", {"id": CASE, "name": "case-1", "members": list(invited)})
    message = replace(alert(), readers=frozenset({TEACHER}))
    if posted:
        house.run(lambda: house.channels["slack"].send(message))
    else:
        with pytest.raises(BadAddress):
            house.run(lambda: house.channels["slack"].send(message))
    assert len(posts(house)) == posted


def test_a_person_gets_it_directly(house: House) -> None:
    receipt = house.run(lambda: house.channels["slack"].send(alert(TEACHER)))
    channel, _, ts = receipt.provider_id.partition(":")
    assert [(p["ts"], p["text"]) for p in posts(house, channel)] == [(ts, "New family input on case CV-1001")]


@pytest.mark.parametrize(("kind", "taken"), [("500_after", True), ("drop_after", True), ("drop_before", False)])
@pytest.mark.parametrize("to", [CASE, TEACHER])
def test_an_alert_in_doubt_is_settled_by_the_history(house: House, kind: str, taken: bool, to: str) -> None:
    slack, began = house.channels["slack"], datetime.now(UTC)
    house.run(lambda: slack.send(alert(to, "out_before")))
    house.sandbox.ask("misbehave", {"method": "slack.chat.postMessage", "kind": kind, "next": 1})
    with pytest.raises(InDoubt):
        house.run(lambda: slack.send(alert(to)))
    found = house.run(lambda: slack.look_up(alert(to), began, began + timedelta(seconds=30)))
    assert (found.receipt is not None, found.certain) == (taken, True)


def test_our_workspace_is_the_one_of_our_token_and_is_asked_for_once(house: House) -> None:
    house.run(lambda: house.channels["slack"].send(alert()))
    (post,) = posts(house)
    press = {"channel": CASE, "ts": post["ts"], "action_id": "acknowledge", "user": TEACHER}
    for other in ({"team": "T0OTHER"}, {"user_team": "T0OTHER"}):
        assert house.sandbox.ask("slack/press", press | other)["status"] == 200
    assert house.sandbox.ask("slack/command", {"command": "/hearthline", "user": TEACHER, "channel": CASE, "team": "T0OTHER"})["body"] == ""
    assert house.of(StaffAction) == []
    assert house.sandbox.ask("slack/press", press)["taken"] is True
    assert [one.actor for one in house.of(StaffAction)] == [TEACHER]


def test_slack_events_commands_and_its_question_are_answered(house: House) -> None:
    assert house.sandbox.ask("slack/verify", {})["verified"] is True
    assert house.sandbox.ask("slack/event", {"type": "message", "channel": CASE, "user": TEACHER, "text": "hi"})["taken"] is True
    command = house.sandbox.ask("slack/command", {"command": "/hearthline", "text": "", "user": TEACHER, "channel": CASE})
    assert command["taken"] is True


def test_socket_mode_acknowledges_only_what_is_durable(house: House) -> None:
    slack = house.channels["slack"]
    house.run(lambda: slack.send(alert()))
    (post,) = posts(house)
    over, broken = threading.Event(), threading.Event()
    broken.set()

    def emit(received: Received) -> None:
        if broken.is_set():
            raise ChannelError("the database is away")
        house.events.extend(received.events)

    listener = threading.Thread(target=slack.listen, args=(emit, over.is_set), daemon=True)  # type: ignore[attr-defined]
    listener.start()
    try:
        house.wait(lambda: house.sandbox.ask("")["sockets"] == 1)
        press = {"channel": CASE, "ts": post["ts"], "action_id": "acknowledge", "user": TEACHER}
        assert house.sandbox.ask("slack/press", press)["taken"] is False
        broken.clear()
        assert house.sandbox.ask("slack/press", press | {"user_team": "T0OTHER"})["taken"] is True
        assert house.sandbox.ask("slack/press", press)["taken"] is True
        asked = house.sandbox.ask("slack/command", {"command": "/hearthline", "text": "", "user": TEACHER, "channel": CASE})
        assert (asked["taken"], f"{house.url}/console/" in str(asked)) == (True, True)
    finally:
        over.set()
        listener.join(60)
    assert not listener.is_alive()
    assert [(e.actor, e.action) for e in house.of(StaffAction)] == [(TEACHER, "acknowledge")]
