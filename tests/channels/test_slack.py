"""Slack: the contract, and what is Slack's own."""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest

from channels.base import ELSEWHERE, Challenge, Found, Ignored, Outbound, Receipt, Received, Request, StaffAction
from channels.errors import BadAddress, InDoubt, Misconfigured, NotAccepted, Permanent, Refused, SendError, Throttled, TooLong
from channels.slack import Slack
from channels.slack.refusals import UNSUITABLE, error_of
from channels.slack.suitable import suitable
from tests.channels.contract import NOW, OLD_SECRET, SECRET, WORDS, ChannelContract, run
from tests.channels.provider import Answer, Provider, hangs_up, says, sleeps

CHANNEL = "C0CASE1"
PRIVATE = {"id": CHANNEL, "name": "case", "is_private": True, "is_archived": False, "is_ext_shared": False, "is_member": True}
PRESS = {
    "type": "block_actions",
    "user": {"id": "U0TEACH", "username": WORDS, "team_id": "T1"},
    "api_app_id": "A1",
    "team": {"id": "T1", "domain": "d"},
    "container": {"type": "message", "message_ts": "1763737200.000100", "channel_id": CHANNEL},
    "channel": {"id": CHANNEL, "name": WORDS},
    "message": {"ts": "1763737200.000100", "text": WORDS},
    "trigger_id": "1.2.canary",
    "response_url": "https://hooks.slack.com/actions/T1/1/x",
    "actions": [{"type": "button", "action_id": "acknowledge", "value": "out_01J2", "action_ts": "1763737260.000200"}],
}


def request(body: bytes, secret: str = SECRET, at: datetime = NOW, kind: str = "application/x-www-form-urlencoded") -> Request:
    ts = str(int(at.timestamp()))
    signed = "v0=" + hmac.new(secret.encode(), b"v0:" + ts.encode() + b":" + body, "sha256").hexdigest()
    return Request("POST", "/hooks/slack", {"X-Slack-Request-Timestamp": ts, "X-Slack-Signature": signed}, body, kind)


def interaction(payload: Mapping[str, Any], secret: str = SECRET) -> Request:
    return request(urlencode({"payload": json.dumps(payload)}).encode(), secret)


def event(payload: Mapping[str, Any]) -> Request:
    return request(json.dumps(payload).encode(), kind="application/json")


def slack(base_url: str = "http://127.0.0.1:9", **options: Any) -> Slack:
    return Slack(
        bot_token="xoxb-" + SECRET,
        signing_secret=SECRET,
        previous_secret=OLD_SECRET,
        public_base_url="https://families.example.org",
        team_id="T1",
        base_url=base_url + "/api/",
        timeout=5,
        **options,
    )


def ok(**more: Any) -> Answer:
    return says(200, {"ok": True, **more})


def no(word: str) -> Answer:
    return says(200, {"ok": False, "error": word})


INFO = ok(channel=PRIVATE)
POSTED = ok(channel=CHANNEL, ts="1763737200.000100", message={"text": WORDS})


class TestSlackContract(ChannelContract):
    kinds = ("slack",)
    signature_header = "x-slack-signature"
    replays_expire = True

    def build(self, base_url: str) -> Slack:
        return slack(base_url)

    def genuine(self, secret: str = SECRET) -> Request:
        return interaction(PRESS, secret)

    def signed(self, body: bytes, secret: str = SECRET) -> Request:
        return request(body, secret)

    def malformed_bodies(self) -> Sequence[bytes]:
        return [
            b"",
            b"{",
            b"[]",
            b"payload=",
            b"payload=%5B1%5D",
            b"payload=null",
            b"[" * 60_000,
            b'{"a":' * 30_000,
            b"x" * 300_000,
            b'{"type": "event_callback", "event": 5}'[:-1],
        ]

    def outbound(self) -> Outbound:
        return Outbound("out_01canary", "slack", "", CHANNEL, WORDS, created_at=NOW)

    def accepts(self) -> Sequence[Answer]:
        return [INFO, POSTED]

    def throttles(self, seconds: int) -> Sequence[Answer]:
        return [INFO, says(429, {"ok": False, "error": "ratelimited"}, **{"Retry-After": str(seconds)})]

    def refuses(self) -> Mapping[type[SendError], Sequence[Answer]]:
        return {
            BadAddress: [INFO, no("is_archived")],
            Misconfigured: [INFO, no("invalid_auth")],
            TooLong: [INFO, no("msg_too_long")],
            Permanent: [INFO, no(f"something new about {WORDS}")],
            NotAccepted: [no("internal_error")],
        }

    def fails_after_taking(self) -> Sequence[Sequence[Answer]]:
        return [
            [INFO, hangs_up],
            [INFO, sleeps],
            [INFO, says(500, "oops", content_type="text/html")],
            [INFO, says(200, "not json")],
            [INFO, says(200, [1])],
            [INFO, no("fatal_error")],
            [INFO, ok(channel=CHANNEL)],
        ]


def taken(received: Received) -> Any:
    (found,) = received.events
    return found


@pytest.mark.parametrize("action", ["open", "acknowledge", "say_thanks", "ask_liaison", "acknowledge_page"])
def test_a_press_is_who_what_where_and_never_the_text(action: str) -> None:
    payload = PRESS | {"actions": [PRESS["actions"][0] | {"action_id": action}]}  # type: ignore[index]
    found = taken(slack().receive(interaction(payload), NOW))
    assert isinstance(found, StaffAction)
    assert replace(found, event_id="") == StaffAction(
        provider="slack",
        event_id="",
        actor="U0TEACH",
        action=action,
        target="out_01J2",
        channel_id=CHANNEL,
        response_url="https://hooks.slack.com/actions/T1/1/x",
        raw={"type": "block_actions", "team_id": "T1", "message_ts": "1763737200.000100", "action_ts": "1763737260.000200"},
    )
    assert WORDS not in repr(found)


def test_a_button_of_another_version_is_unknown_and_another_press_is_another_event() -> None:
    later = PRESS | {"actions": [PRESS["actions"][0] | {"action_id": "fly", "action_ts": "1763737261.0"}]}  # type: ignore[index]
    first, second = taken(slack().receive(interaction(PRESS), NOW)), taken(slack().receive(interaction(later), NOW))
    assert second.action == "unknown"
    assert first.event_id != second.event_id
    assert len(first.event_id) <= 160


def test_ids_that_are_none_are_dropped() -> None:
    payload = PRESS | {"user": {"id": "U1\nevil"}, "actions": [{"action_id": "open", "value": "x" * 500, "action_ts": 5}]}
    found = taken(slack().receive(interaction(payload), NOW))
    assert (found.actor, found.target) == ("", "")


def test_the_challenge_is_answered() -> None:
    received = slack().receive(event({"type": "url_verification", "challenge": "abc", "token": "t"}), NOW)
    assert taken(received) == Challenge(b'{"challenge": "abc"}', "application/json")
    assert (received.reply_body, received.reply_type) == (b'{"challenge": "abc"}', "application/json")


def test_our_command_is_answered_to_the_asker_alone() -> None:
    form = {"command": "/hearthline", "text": WORDS, "user_id": "U1", "team_id": "T1", "channel_id": "C1", "response_url": "https://x"}
    received = slack().receive(request(urlencode(form).encode()), NOW)
    assert taken(received) == Ignored("command")
    assert json.loads(received.reply_body) == {"text": "Your cases: https://families.example.org/console/", "response_type": "ephemeral"}


@pytest.mark.parametrize(
    "payload",
    [
        {
            "type": "event_callback",
            "event": {"type": "message", "text": WORDS, "channel": "C1", "user": "U1", "ts": "1.2"},
            "event_id": "Ev1",
        },
        {"type": "event_callback", "event": {"type": "message", "subtype": "message_changed"}, "event_id": "Ev1"},
        {"type": "event_callback", "event": {"type": "invented_tomorrow"}, "event_id": "Ev1"},
        {"type": "view_closed", "view": {}, "user": {"id": "U1"}},
        {"type": "invented_tomorrow"},
        {"ssl_check": "1", "token": "x"},
        {"type": "block_actions", "actions": []},
    ],
)
def test_what_carries_nothing_for_us_is_taken_and_dropped(payload: dict[str, Any]) -> None:
    received = slack().receive(event(payload), NOW)
    assert isinstance(taken(received), Ignored)
    assert received.reply_status == 200


FROM_ELSEWHERE: dict[str, dict[str, Any]] = {
    "another workspace": {"team": {"id": "T2"}, "user": {"id": "U0TEACH", "team_id": "T2"}},
    "another workspace, its person not said": {"team": {"id": "T2"}, "user": {"id": "U0TEACH"}},
    "a guest of a shared channel": {"team": {"id": "T1"}, "user": {"id": "U0TEACH", "team_id": "T2"}},
    "a shared channel of the other's": {"team": {"id": "T2"}, "user": {"id": "U0TEACH", "team_id": "T1"}},
    "an organization, whose person is another's": {"team": None, "enterprise": {"id": "E2"}, "user": {"id": "U0TEACH", "team_id": "T2"}},
    "a list": {"team": {"id": ["T1"]}, "user": {"id": "U0TEACH"}},
}


@pytest.mark.parametrize("where", FROM_ELSEWHERE)
def test_a_person_of_another_workspace_with_the_same_id_is_nobody_of_ours(where: str) -> None:
    payload = PRESS | FROM_ELSEWHERE[where]
    ours = PRESS | {"team": {"id": "T1"}, "user": {"id": "U0TEACH", "team_id": "T1"}}
    desk = slack()._desk  # what Socket Mode calls
    for take in (lambda p: slack().receive(interaction(p), NOW), desk.take):
        assert taken(take(payload)) == Ignored(ELSEWHERE)
        assert isinstance(taken(take(ours)), StaffAction)


def test_a_signed_press_that_names_no_workspace_is_of_our_app() -> None:
    received = slack().receive(interaction(PRESS | {"team": None, "user": {"id": "U0TEACH"}}), NOW)
    assert isinstance(taken(received), StaffAction)


def test_a_command_or_event_of_another_workspace_is_not_answered() -> None:
    form = {"command": "/hearthline", "text": "", "user_id": "U1", "team_id": "T2", "channel_id": "C1", "response_url": "https://x"}
    received = slack().receive(request(urlencode(form).encode()), NOW)
    assert (taken(received), received.reply_body) == (Ignored(ELSEWHERE), b"")
    said = {"type": "event_callback", "team_id": "T2", "event": {"type": "message", "user": "U1"}, "event_id": "Ev1"}
    assert taken(slack().receive(event(said), NOW)) == Ignored(ELSEWHERE)
    guest = said | {"team_id": "T1", "event": {"type": "message", "user": "U1", "user_team": "T2"}}
    assert taken(slack().receive(event(guest), NOW)) == Ignored(ELSEWHERE)


def test_while_slack_does_not_say_which_workspace_is_ours_nobody_counts() -> None:
    unsure = Slack(bot_token="xoxb", signing_secret=SECRET, public_base_url="https://x.example", base_url="http://127.0.0.1:9/api/")
    with pytest.raises(Refused):
        unsure.receive(interaction(PRESS), NOW)


@pytest.mark.parametrize("ts", ["abc", "1531420618.5", "9" * 5000, "", " 1", "-1", "１５３１４２０６１８", "1e9", "0x5", "\x00", "1\n"])
def test_a_timestamp_that_is_none_is_refused_without_an_exception_of_the_sdk(ts: str) -> None:
    genuine = interaction(PRESS)
    for header in (ts, None):
        headers = {k: v for k, v in genuine.headers.items() if "Timestamp" not in k} | (
            {"X-Slack-Request-Timestamp": header} if header is not None else {}
        )
        with pytest.raises(Refused) as raised:
            slack().receive(replace(genuine, headers=headers), NOW)
        assert type(raised.value) is Refused
        assert raised.value.__cause__ is None


@pytest.mark.parametrize(("seconds", "fresh"), [(0, True), (300, True), (-300, True), (301, False), (-301, False)])
def test_five_minutes_either_way_and_no_more(seconds: int, fresh: bool) -> None:
    channel = slack()
    if fresh:
        assert channel.receive(interaction(PRESS), NOW + timedelta(seconds=seconds)).events
    else:
        with pytest.raises(Refused):
            channel.receive(interaction(PRESS), NOW + timedelta(seconds=seconds))


def test_a_post_names_our_message_and_shows_no_preview(vendor: Provider) -> None:
    vendor.will(INFO, POSTED)
    channel = slack(vendor.url)
    blocks = [{"type": "section", "text": {"type": "plain_text", "text": "x"}}]
    receipt = run(channel, channel.send(Outbound("out_01J2", "slack", "", CHANNEL, "New family input", blocks=blocks)))
    assert receipt == Receipt("slack", f"{CHANNEL}:1763737200.000100", "delivered")
    asked, posted = vendor.seen
    assert (asked.path, asked.query) == ("/api/conversations.info", {"channel": CHANNEL})
    assert posted.path == "/api/chat.postMessage"
    assert posted.json == {
        "channel": CHANNEL,
        "text": "New family input",
        "blocks": blocks,
        "metadata": {"event_type": "hearthline_message", "event_payload": {"outbox_id": "out_01J2"}},
        "unfurl_links": False,
        "unfurl_media": False,
    }


@pytest.mark.parametrize(
    ("changes", "good"),
    [
        ({}, True),
        ({"is_private": False}, False),
        ({"is_private": None}, False),
        ({"is_ext_shared": True}, False),
        ({"is_pending_ext_shared": True}, False),
        ({"is_org_shared": True}, False),
        ({"is_shared": True}, False),
        ({"is_archived": True}, False),
        ({"is_member": False}, False),
        ({"id": "C0OTHER"}, False),
        ({"name": "renamed"}, True),
    ],
)
def test_only_our_own_private_living_channel_is_posted_to(vendor: Provider, changes: dict[str, Any], good: bool) -> None:
    about = PRIVATE | changes
    assert suitable(about, CHANNEL) is good
    vendor.will(ok(channel=about), POSTED)
    channel = slack(vendor.url)
    if good:
        assert run(channel, channel.send(Outbound("out_1", "slack", "", CHANNEL, "x"))).provider_id
        return
    with pytest.raises(BadAddress) as raised:
        run(channel, channel.send(Outbound("out_1", "slack", "", CHANNEL, "x")))
    assert raised.value.code == UNSUITABLE
    assert [seen.path for seen in vendor.seen] == ["/api/conversations.info"]


ALERT = Outbound("out_1", "slack", "", CHANNEL, "x", readers=frozenset({"U0TEACH", "U0LIAIS"}))
US = ok(user_id="U0BOT")


def members(*ids: object, cursor: str = "") -> Any:
    return ok(members=list(ids), response_metadata={"next_cursor": cursor})


@pytest.mark.parametrize(
    "answers",
    [
        [members("U0TEACH", "U0BOT")],
        [members("U0TEACH", "U0BOT", cursor="b"), members("U0LIAIS")],
        [members()],
    ],
)
def test_a_channel_with_nobody_but_readers_and_us_is_posted_to(vendor: Provider, answers: list[Any]) -> None:
    vendor.will(INFO, US, *answers, POSTED)
    channel = slack(vendor.url)
    assert run(channel, channel.send(ALERT)).provider_id
    assert [seen.path.rpartition("/")[2] for seen in vendor.seen][2:-1] == ["conversations.members"] * len(answers)


@pytest.mark.parametrize(
    "answers",
    [
        [members("U0TEACH", "U0BOT", "U0STRANGER")],
        [members("U0TEACH", cursor="b"), members("U0STRANGER")],
        [members("U0TEACH", None)],
        [ok(members="U0TEACH")],
        [members("U0TEACH", cursor="more")] * 5,
    ],
)
def test_a_channel_with_anybody_else_in_it_is_not(vendor: Provider, answers: list[Any]) -> None:
    vendor.will(INFO, US, *answers, POSTED)
    channel = slack(vendor.url)
    with pytest.raises(BadAddress) as raised:
        run(channel, channel.send(ALERT))
    assert raised.value.code == UNSUITABLE
    assert "/api/chat.postMessage" not in [seen.path for seen in vendor.seen]


def test_where_nobody_may_read_along_nobody_may_be_there(vendor: Provider) -> None:
    vendor.will(INFO, US, members("U0TEACH"), POSTED)
    channel = slack(vendor.url)
    with pytest.raises(BadAddress):
        run(channel, channel.send(replace(ALERT, readers=frozenset())))


@pytest.mark.parametrize("named", ["general", "#general", "-", ""])
def test_a_place_named_otherwise_than_by_its_id_is_not_posted_to(vendor: Provider, named: str) -> None:
    vendor.will(INFO, POSTED)
    channel = slack(vendor.url)
    with pytest.raises(BadAddress):
        run(channel, channel.send(replace(ALERT, to=named, readers=None)))
    assert "/api/chat.postMessage" not in [seen.path for seen in vendor.seen]


def test_a_channel_we_cannot_see_is_unsuitable_too(vendor: Provider) -> None:
    vendor.will(no("channel_not_found"))
    channel = slack(vendor.url)
    with pytest.raises(BadAddress) as raised:
        run(channel, channel.send(Outbound("out_1", "slack", "", CHANNEL, "x")))
    assert raised.value.code == UNSUITABLE


def test_a_person_gets_a_direct_message(vendor: Provider) -> None:
    vendor.will(ok(channel={"id": "D0TEACH"}), ok(channel="D0TEACH", ts="5.5"))
    channel = slack(vendor.url)
    assert run(channel, channel.send(Outbound("out_1", "slack", "", "U0TEACH", "x"))).provider_id == "D0TEACH:5.5"
    assert [seen.path for seen in vendor.seen] == ["/api/conversations.open", "/api/chat.postMessage"]


@pytest.mark.parametrize(
    ("word", "status", "error"),
    [
        ("ratelimited", 200, Throttled),
        ("anything", 429, Throttled),
        ("anything", 502, InDoubt),
        ("request_timeout", 200, InDoubt),
        ("not_in_channel", 200, BadAddress),
        ("missing_scope", 200, Misconfigured),
        ("http_403", 403, Misconfigured),
        ("msg_blocks_too_long", 200, TooLong),
        ("invalid_blocks", 200, Permanent),
    ],
)
def test_a_word_of_slacks_becomes_the_error_that_carries_the_policy(word: str, status: int, error: type[SendError]) -> None:
    assert type(error_of(word, status)) is error


@pytest.mark.parametrize(("header", "seconds"), [("7", 7.0), ("soon", 1.0), ("-5", 0.0), ("999999", 3600.0)])
def test_a_strange_retry_after_is_bounded(header: str, seconds: float) -> None:
    error = error_of("ratelimited", 429, {"Retry-After": header})
    assert isinstance(error, Throttled)
    assert error.retry_after == seconds


@pytest.mark.parametrize("answer", [says(200, ""), says(200, b"", content_type="text/plain")])
def test_an_answer_without_words_leaves_it_in_doubt(vendor: Provider, answer: Answer) -> None:
    vendor.will(INFO, answer)
    channel = slack(vendor.url)
    with pytest.raises(InDoubt):
        run(channel, channel.send(Outbound("out_1", "slack", "", CHANNEL, "x")))


def history(*messages: dict[str, Any], cursor: str = "", **more: Any) -> Answer:
    return ok(messages=list(messages), response_metadata={"next_cursor": cursor}, **more)


MINE = {"ts": "9.9", "text": "x", "metadata": {"event_type": "hearthline_message", "event_payload": {"outbox_id": "out_1"}}}
OTHER = MINE | {"ts": "8.8", "metadata": {"event_type": "hearthline_message", "event_payload": {"outbox_id": "out_2"}}}
DOUBTED = Outbound("out_1", "slack", "", CHANNEL, WORDS)
LATER = NOW + timedelta(seconds=60)


def look_up(vendor: Provider, now: datetime = LATER) -> Found:
    channel = slack(vendor.url)
    return run(channel, channel.look_up(DOUBTED, NOW, now))
