"""The published shapes of the Slack answers we play, as tables of facts: required fields, their JSON types, the form of ids.

Source: the vendor's OpenAPI document of the Web API (github.com/slackapi/slack-api-specs, web-api/slack_web_openapi_v2.json), its
`required` lists. `tests/sandbox/test_slack_schema.py` holds our answers against these tables.
"""

from __future__ import annotations

from typing import Final

Fields = dict[str, tuple[type, ...]]

TEXT: Final = (str,)
FLAG: Final = (bool,)
WHOLE: Final = (int,)
OBJECT: Final = (dict,)
LIST: Final = (list,)

IDS: Final[dict[str, str]] = {
    "app": r"A[A-Z0-9]+",
    "bot": r"B[A-Z0-9]{8,}",
    "channel": r"[CGD][A-Z0-9]{8,}",
    "team": r"T[A-Z0-9]{2,}",
    "ts": r"\d{10}\.\d{6}",
    "user": r"[UW][A-Z0-9]{2,}",
}

ANSWERS: Final[dict[str, Fields]] = {
    "auth.test": {"ok": FLAG, "url": TEXT, "team": TEXT, "user": TEXT, "team_id": TEXT, "user_id": TEXT},
    "chat.delete": {"ok": FLAG, "channel": TEXT, "ts": TEXT},
    "chat.postEphemeral": {"ok": FLAG, "message_ts": TEXT},
    "chat.postMessage": {"ok": FLAG, "channel": TEXT, "ts": TEXT, "message": OBJECT},
    "chat.update": {"ok": FLAG, "channel": TEXT, "ts": TEXT, "text": TEXT, "message": OBJECT},
    "conversations.history": {
        "ok": FLAG,
        "messages": LIST,
        "has_more": FLAG,
        "pin_count": WHOLE,
        "channel_actions_ts": (int, type(None)),
        "channel_actions_count": WHOLE,
    },
    "conversations.info": {"ok": FLAG, "channel": OBJECT},
    "conversations.members": {"ok": FLAG, "members": LIST, "response_metadata": OBJECT},
    "conversations.open": {"ok": FLAG, "channel": OBJECT},
    "conversations.replies": {"ok": FLAG, "messages": LIST},
    "users.info": {"ok": FLAG, "user": OBJECT},
    "users.lookupByEmail": {"ok": FLAG, "user": OBJECT},
    "views.open": {"ok": FLAG, "view": OBJECT},
    "views.update": {"ok": FLAG, "view": OBJECT},
}
"""What a good answer of each method must hold."""

MESSAGE: Final[Fields] = {"text": TEXT, "type": TEXT, "ts": TEXT}
THREAD_PARENT: Final[Fields] = MESSAGE | {"user": TEXT, "thread_ts": TEXT, "reply_count": WHOLE, "subscribed": FLAG}
THREAD_REPLY: Final[Fields] = MESSAGE | {"user": TEXT, "thread_ts": TEXT, "parent_user_id": TEXT}
CHANNEL: Final[Fields] = {
    "id": TEXT,
    "name": TEXT,
    "created": WHOLE,
    "creator": TEXT,
    "is_archived": FLAG,
    "is_channel": FLAG,
    "is_general": FLAG,
    "is_mpim": FLAG,
    "is_group": FLAG,
    "is_org_shared": FLAG,
    "is_im": FLAG,
    "is_shared": FLAG,
    "is_private": FLAG,
    "name_normalized": TEXT,
    "topic": OBJECT,
    "purpose": OBJECT,
}
DIRECT: Final[Fields] = {
    "id": TEXT,
    "created": WHOLE,
    "is_im": FLAG,
    "is_org_shared": FLAG,
    "user": TEXT,
    "priority": (int, float),
}
USER: Final[Fields] = {
    "id": TEXT,
    "name": TEXT,
    "profile": OBJECT,
    "is_bot": FLAG,
    "updated": WHOLE,
    "is_app_user": FLAG,
}
PROFILE: Final[Fields] = {
    "real_name": TEXT,
    "display_name": TEXT,
    "avatar_hash": TEXT,
    "real_name_normalized": TEXT,
    "display_name_normalized": TEXT,
    "title": TEXT,
    "phone": TEXT,
    "skype": TEXT,
    "status_text": TEXT,
    "status_emoji": TEXT,
    "fields": (dict, list, type(None)),
}
