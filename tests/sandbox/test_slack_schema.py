"""Our Slack answers hold what the vendor's published schema requires."""

from __future__ import annotations

import re
from typing import Any

from slack_sdk import WebClient

from bot.sandbox import slack_schema
from bot.sandbox.server import Handle
from bot.sandbox.slack_api import METHODS
from tests.sandbox.conftest import CASE, TEACHER

VIEW = {"type": "modal", "title": {"type": "plain_text", "text": "x"}, "blocks": []}


def check(row: dict[str, Any], table: slack_schema.Fields) -> None:
    assert {name for name in table if name not in row} == set()
    assert {name: row[name] for name, kinds in table.items() if type(row[name]) not in kinds} == {}


def test_every_method_has_a_table_and_every_table_a_method() -> None:
    assert set(METHODS) - {"api.test"} == set(slack_schema.ANSWERS)


def test_every_answer_and_object_holds_the_required_fields(sandbox: Handle) -> None:
    slack = WebClient("xoxb-sandbox", base_url=sandbox.slack_url)
    posted = slack.chat_postMessage(channel=CASE.id, text="Alert")
    reply = slack.chat_postMessage(channel=CASE.id, text="Reply", thread_ts=posted["ts"])
    trigger = sandbox.sandbox.workspace.new_trigger(TEACHER.id)
    opened = slack.views_open(trigger_id=trigger, view=VIEW)
    told = {
        "auth.test": slack.auth_test(),
        "chat.postMessage": posted,
        "chat.postEphemeral": slack.chat_postEphemeral(channel=CASE.id, user=TEACHER.id, text="x"),
        "chat.update": slack.chat_update(channel=CASE.id, ts=posted["ts"], text="x"),
        "conversations.history": slack.conversations_history(channel=CASE.id),
        "conversations.info": slack.conversations_info(channel=CASE.id),
        "conversations.members": slack.conversations_members(channel=CASE.id),
        "conversations.open": slack.conversations_open(users=TEACHER.id, return_im=True),
        "conversations.replies": slack.conversations_replies(channel=CASE.id, ts=posted["ts"]),
        "users.info": slack.users_info(user=TEACHER.id),
        "users.lookupByEmail": slack.users_lookupByEmail(email=TEACHER.email),
        "views.open": opened,
        "views.update": slack.views_update(view_id=opened["view"]["id"], view=VIEW),
        "chat.delete": slack.chat_delete(channel=CASE.id, ts=reply["ts"]),
    }
    assert set(told) == set(slack_schema.ANSWERS)
    for method, answer in told.items():
        check(answer.data, slack_schema.ANSWERS[method])
    check(told["conversations.info"]["channel"], slack_schema.CHANNEL)
    check(told["conversations.open"]["channel"], slack_schema.DIRECT)
    check(told["users.info"]["user"], slack_schema.USER)
    check(told["users.info"]["user"]["profile"], slack_schema.PROFILE)
    check(told["conversations.history"]["messages"][0], slack_schema.MESSAGE)
    parent, child = told["conversations.replies"]["messages"]
    check(parent, slack_schema.THREAD_PARENT)
    check(child, slack_schema.THREAD_REPLY)
    ids = {
        "app": posted["message"]["app_id"],
        "bot": told["auth.test"]["bot_id"],
        "channel": told["conversations.open"]["channel"]["id"],
        "team": told["auth.test"]["team_id"],
        "ts": posted["ts"],
        "user": told["auth.test"]["user_id"],
    }
    assert {name for name, value in ids.items() if not re.fullmatch(slack_schema.IDS[name], value)} == set()
