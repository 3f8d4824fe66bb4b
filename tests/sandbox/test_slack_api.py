"""The vendor's own WebClient talks to the sandbox; what Slack refuses is refused in its words."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import requests
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.sandbox.options import SlackChannel, SlackUser
from bot.sandbox.server import Handle
from tests.sandbox.conftest import CASE, LIAISON, TEACHER

BLOCKS = [
    {"type": "section", "text": {"type": "mrkdwn", "text": "Case CV-1001"}},
    {"type": "actions", "elements": [{"type": "button", "action_id": "open", "text": {"type": "plain_text", "text": "Open"}}]},
]
META = {"event_type": "outbox", "event_payload": {"id": "out_1"}}


def error(act: Callable[[], object]) -> str:
    with pytest.raises(SlackApiError) as refused:
        act()
    return str(refused.value.response["error"])


def test_auth_test_says_who_we_are(slack: WebClient) -> None:
    told = slack.auth_test()
    assert (told["user_id"], told["bot_id"], told["team_id"]) == ("U0HEARTHBOT", "B0HEARTHBOT", "T0SANDBOX01")


def test_a_post_is_kept_with_blocks_metadata_and_previews_off(slack: WebClient, sandbox: Handle) -> None:
    told = slack.chat_postMessage(
        channel=CASE.id, text="Case CV-1001", blocks=BLOCKS, metadata=META, unfurl_links=False, unfurl_media=False
    )
    (kept,) = sandbox.ask(f"slack/messages?channel={CASE.id}")["messages"]
    assert (kept["ts"], kept["text"], kept["metadata"]) == (told["ts"], "Case CV-1001", META)
    assert kept["unfurl"] == {"unfurl_links": False, "unfurl_media": False}
    assert [block["type"] for block in kept["blocks"]] == ["section", "actions"]
    assert all(block["block_id"] for block in kept["blocks"])


def test_history_shows_metadata_only_when_asked(slack: WebClient) -> None:
    for number in range(3):
        slack.chat_postMessage(channel=CASE.id, text=f"{number}", metadata=META)
    plain = slack.conversations_history(channel=CASE.id)
    asked = slack.conversations_history(channel=CASE.id, include_all_metadata=True)
    assert [m["text"] for m in plain["messages"]] == ["2", "1", "0"]
    assert [m.get("metadata") for m in plain["messages"]] == [None] * 3
    assert [m["metadata"] for m in asked["messages"]] == [META] * 3


def test_history_pages_and_cuts_by_time(slack: WebClient) -> None:
    stamps = [slack.chat_postMessage(channel=CASE.id, text=f"{number}")["ts"] for number in range(5)]
    pages = [[m["text"] for m in page["messages"]] for page in slack.conversations_history(channel=CASE.id, limit=2)]
    assert pages == [["4", "3"], ["2", "1"], ["0"]]
    later = slack.conversations_history(channel=CASE.id, oldest=stamps[2])
    assert [m["text"] for m in later["messages"]] == ["4", "3"]
    exact = slack.conversations_history(channel=CASE.id, oldest=stamps[2], latest=stamps[2], inclusive=True)
    assert [m["text"] for m in exact["messages"]] == ["2"]


def test_a_reply_stays_in_its_thread(slack: WebClient) -> None:
    ts = slack.chat_postMessage(channel=CASE.id, text="Alert")["ts"]
    reply = slack.chat_postMessage(channel=CASE.id, text="Thanks", thread_ts=ts)
    assert reply["message"]["thread_ts"] == ts
    assert [m["text"] for m in slack.conversations_history(channel=CASE.id)["messages"]] == ["Alert"]
    assert [m["text"] for m in slack.conversations_replies(channel=CASE.id, ts=ts)["messages"]] == ["Alert", "Thanks"]
    assert error(lambda: slack.chat_postMessage(channel=CASE.id, text="x", thread_ts="1.2")) == "thread_not_found"


def test_a_post_to_a_user_opens_the_direct_message(slack: WebClient) -> None:
    opened = slack.conversations_open(users=TEACHER.id)["channel"]["id"]
    told = slack.chat_postMessage(channel=TEACHER.id, text="Your link")
    assert told["channel"] == opened == "D0TEACHER1"
    info = slack.conversations_info(channel=opened)["channel"]
    assert (info["is_im"], info["user"]) == (True, TEACHER.id)
    full = slack.conversations_open(users=TEACHER.id, return_im=True)
    assert (full["already_open"], full["channel"]["user"]) == (True, TEACHER.id)


def test_updates_replace_text_and_blocks(slack: WebClient, sandbox: Handle) -> None:
    ts = slack.chat_postMessage(channel=CASE.id, text="Alert", blocks=BLOCKS)["ts"]
    told = slack.chat_update(channel=CASE.id, ts=ts, text="Acknowledged")
    assert (told["ts"], told["text"]) == (ts, "Acknowledged")
    (kept,) = sandbox.ask(f"slack/messages?channel={CASE.id}")["messages"]
    assert ("blocks" in kept, kept["edited"]["user"]) == (False, "U0HEARTHBOT")
    assert error(lambda: slack.chat_update(channel=CASE.id, ts="1.2", text="x")) == "message_not_found"
    slack.chat_delete(channel=CASE.id, ts=ts)
    assert error(lambda: slack.chat_delete(channel=CASE.id, ts=ts)) == "message_not_found"


def test_a_whisper_is_for_one_member(slack: WebClient, sandbox: Handle) -> None:
    slack.chat_postEphemeral(channel=CASE.id, user=TEACHER.id, text="Only you")
    shown = sandbox.ask(f"slack/messages?channel={CASE.id}")
    assert (shown["messages"], [w["text"] for w in shown["ephemeral"]]) == ([], ["Only you"])
    assert error(lambda: slack.chat_postEphemeral(channel=CASE.id, user=LIAISON.id, text="x")) == "user_not_in_channel"


def test_info_tells_what_the_channel_is(slack: WebClient, sandbox: Handle) -> None:
    channel = slack.conversations_info(channel=CASE.id, include_num_members=True)["channel"]
    told = {name: channel[name] for name in ("is_private", "is_ext_shared", "is_archived", "num_members", "is_member")}
    assert told == {"is_private": True, "is_ext_shared": False, "is_archived": False, "num_members": 2, "is_member": True}
    sandbox.ask("slack/channels", {"id": CASE.id, "name": "renamed", "is_private": False, "is_ext_shared": True, "members": [LIAISON.id]})
    changed = slack.conversations_info(channel=CASE.id)["channel"]
    assert (changed["name"], changed["is_private"], changed["is_ext_shared"], changed["is_shared"]) == ("renamed", False, True, True)
    assert "num_members" not in changed
    assert slack.conversations_members(channel=CASE.id)["members"] == ["U0HEARTHBOT", LIAISON.id]


def test_what_slack_refuses(start: Callable[..., Handle]) -> None:
    places = (
        SlackChannel("C0ARCHIVED", "old", is_archived=True),
        SlackChannel("C0PUBLIC01", "public", is_private=False, bot_is_member=False),
        SlackChannel("C0PRIVATE1", "private", bot_is_member=False),
        CASE,
    )
    gone = SlackUser("U0GONE0001", "gone", deleted=True)
    handle = start(slack_channels=places, slack_users=(TEACHER, gone))
    slack = WebClient("xoxb-sandbox", base_url=handle.slack_url)

    def post(channel: str, **more: object) -> str:
        return error(lambda: slack.chat_postMessage(channel=channel, **{"text": "x", **more}))

    assert post("C0NOWHERE1") == "channel_not_found"
    assert post("C0ARCHIVED") == "is_archived"
    assert post("C0PUBLIC01") == "not_in_channel"
    assert post("C0PRIVATE1") == "channel_not_found"
    assert post(CASE.id, text="x" * 40_001) == "msg_too_long"
    assert error(lambda: slack.api_call("chat.postMessage", json={"channel": CASE.id})) == "no_text"
    assert post(CASE.id, blocks=[{"type": "poem"}]) == "invalid_blocks"
    assert post(CASE.id, blocks=[{"type": "divider"}] * 51) == "invalid_blocks"
    assert post(CASE.id, blocks=["divider"]) == "invalid_blocks_format"
    assert post(CASE.id, metadata={"event_type": "x"}) == "invalid_metadata_format"
    assert error(lambda: slack.conversations_info(channel="C0PRIVATE1")) == "channel_not_found"
    assert error(lambda: slack.conversations_history(channel="C0PUBLIC01")) == "not_in_channel"
    assert error(lambda: slack.conversations_replies(channel=CASE.id, ts="1.2")) == "thread_not_found"
    assert error(lambda: slack.conversations_open(users="U0NOBODY01")) == "user_not_found"
    assert error(lambda: slack.conversations_open(users=gone.id)) == "user_disabled"
    assert error(lambda: slack.conversations_open(users="")) == "users_list_not_supplied"
    assert error(lambda: slack.conversations_open(users=[TEACHER.id, gone.id])) == "method_not_supported_for_channel_type"
    assert error(lambda: slack.users_info(user="U0NOBODY01")) == "user_not_found"
    assert error(lambda: slack.users_lookupByEmail(email="x@demo.example")) == "users_not_found"
    assert error(lambda: slack.conversations_members(channel=CASE.id, cursor="x")) == "invalid_cursor"
    assert error(lambda: slack.api_call("reactions.add")) == "unknown_method"


def test_users_are_found_by_id_and_address(slack: WebClient) -> None:
    by_id = slack.users_info(user=TEACHER.id)["user"]
    by_address = slack.users_lookupByEmail(email="Teacher@demo.example")["user"]
    assert by_id == by_address
    assert (by_id["real_name"], by_id["is_bot"]) == ("Teacher One", False)


@pytest.mark.parametrize(
    ("token", "word"), [("", "not_authed"), ("xoxb-other", "invalid_auth"), ("xapp-sandbox", "not_allowed_token_type")]
)
def test_a_wrong_token_is_refused(sandbox: Handle, token: str, word: str) -> None:
    assert error(lambda: WebClient(token, base_url=sandbox.slack_url).auth_test()) == word


def test_a_token_may_come_in_the_form_and_bad_json_is_named(sandbox: Handle) -> None:
    url = sandbox.slack_url
    assert requests.post(f"{url}auth.test", {"token": "xoxb-sandbox"}, timeout=60).json()["ok"] is True
    headers = {"Authorization": "Bearer xoxb-sandbox", "Content-Type": "application/json"}
    told = [requests.post(f"{url}api.test", data, headers=headers, timeout=60).json() for data in ("{", "[]", '{"a": 1}')]
    assert [one.get("error") for one in told] == ["invalid_json", "json_not_object", None]
    form = {"token": "xoxb-sandbox", "channel": CASE.id, "text": "x", "blocks": "{"}
    assert requests.post(f"{url}chat.postMessage", form, timeout=60).json()["error"] == "invalid_arguments"


def test_one_post_a_while_and_channel_when_the_limit_is_on(start: Callable[..., Handle]) -> None:
    handle = start(slack_per_channel_seconds=600.0, slack_channels=(CASE, SlackChannel("C0CASE0002", "case-2")))
    slack = WebClient("xoxb-sandbox", base_url=handle.slack_url, retry_handlers=[])
    slack.chat_postMessage(channel=CASE.id, text="1")
    with pytest.raises(SlackApiError) as refused:
        slack.chat_postMessage(channel=CASE.id, text="2")
    response = refused.value.response
    assert (response.status_code, response["error"]) == (429, "ratelimited")
    assert 1 <= int(response.headers["Retry-After"]) <= 600
    slack.chat_postMessage(channel="C0CASE0002", text="another channel")
    handle.ask("clock", {"ahead_seconds": 600})
    slack.chat_postMessage(channel=CASE.id, text="2")
    assert [m["text"] for m in handle.ask(f"slack/messages?channel={CASE.id}")["messages"]] == ["1", "2"]


def test_all_channels_are_shown_with_their_people(slack: WebClient, sandbox: Handle) -> None:
    slack.chat_postMessage(channel=TEACHER.id, text="Your link")
    sandbox.ask("slack/users", [{"id": "U0NEW00001", "name": "new"}])
    shown = {one["id"]: one for one in sandbox.ask("slack/messages")["channels"]}
    assert sorted(shown) == [CASE.id, "D0TEACHER1"]
    assert (shown["D0TEACHER1"]["user_name"], shown["D0TEACHER1"]["messages"][0]["text"]) == ("Teacher One", "Your link")
    assert sandbox.ask("slack/messages?channel=C0NOWHERE1") == {"messages": [], "ephemeral": []}
