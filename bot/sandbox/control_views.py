"""What the control address shows: JSON made from what the sandbox keeps."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from bot.sandbox.mail_host import MailHost
from bot.sandbox.message import Message
from bot.sandbox.slack_posting import shown
from bot.sandbox.slack_workspace import Conversation, Workspace
from bot.sandbox.socket_mode import SocketMode
from bot.sandbox.state import State

LOG_PAGE: Final = 1_000
Query = Mapping[str, str]


def moment(seconds: float | None) -> str | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")


def message_json(message: Message) -> dict[str, Any]:
    """One accepted message with what the vendor's own API would not tell: its order and its callback address."""
    return {
        "n": message.n,
        "sid": message.sid,
        "direction": message.direction,
        "from": message.sender,
        "to": message.to,
        "body": message.body,
        "status": message.status,
        "error_code": message.error_code,
        "num_segments": message.segments,
        "created_at": moment(message.created),
        "updated_at": moment(message.updated),
        "sent_at": moment(message.sent),
        "status_callback": message.callback,
        "validity_period": message.valid_seconds,
        "content_sid": message.content_sid,
        "media": [{"sid": media.sid, "content_type": media.content_type, "url": media.url} for media in message.media],
    }


def messages(state: State, query: Query) -> dict[str, Any]:
    """In order of acceptance. `with` finds both directions of one phone."""
    after, limit = int(query.get("after", 0)), int(query.get("limit", 100_000))
    ledger = state.ledger
    rows = ledger.by_address.get(query["with"], []) if "with" in query else ledger.messages
    found = [
        message_json(message)
        for message in rows
        if message.n > after
        and ("to" not in query or message.to == query["to"])
        and ("from" not in query or message.sender == query["from"])
        and ("direction" not in query or message.direction.startswith(query["direction"]))
    ]
    return {"messages": found[:limit], "last": ledger.last}


def counts(state: State) -> dict[str, Any]:
    """How many messages of ours were accepted, and which (To, Body) more than once."""
    pairs = state.ledger.counts
    twice = [{"to": to, "body": body, "count": count} for (to, body), count in pairs.items() if count > 1]
    return {"accepted": pairs.total(), "distinct": len(pairs), "twice": twice}


def slack_messages(workspace: Workspace, query: Query) -> dict[str, Any]:
    """One channel's posts in order, or every channel with its posts."""
    names = {user.id: user.real_name or user.name for user in workspace.users.values()}

    def conversation_json(conversation: Conversation) -> dict[str, Any]:
        return {
            "id": conversation.id,
            "name": conversation.name,
            "is_im": conversation.is_im,
            "is_private": conversation.is_private,
            "user": conversation.user,
            "user_name": names.get(conversation.user, ""),
            "members": sorted(conversation.members),
            "messages": [
                {**shown(post), "channel": conversation.id, "unfurl": post.get("_unfurl")} for post in conversation.posts.values()
            ],
            "ephemeral": conversation.ephemeral,
        }

    if "channel" in query:
        conversation = workspace.find(query["channel"])
        return {"messages": [], "ephemeral": []} if conversation is None else conversation_json(conversation)
    return {"channels": [conversation_json(conversation) for conversation in workspace.conversations.values()]}


def log(state: State, query: Query) -> dict[str, Any]:
    after, limit = int(query.get("after", 0)), min(int(query.get("limit", LOG_PAGE)), LOG_PAGE)
    rows = state.ledger.since(after, limit)
    return {"events": rows, "last": rows[-1]["n"] if rows else max(after, state.ledger.logged)}


def about(state: State, sockets: SocketMode, mail: MailHost) -> dict[str, Any]:
    """What a demo prints: who the account is and where we are called."""
    options = state.options
    return {
        "twilio_url": state.base_url,
        "slack_url": state.base_url + "/api/",
        "control_url": state.base_url + "/sandbox",
        "account_sid": options.account_sid,
        "senders": list(options.senders),
        "message_webhook": options.message_webhook,
        "slack_request_url": options.slack_request_url,
        "stop_replies": options.stop_replies,
        "sockets": sockets.connected,
        "mail_smtp_port": mail.smtp_port,
        "mail_imap_port": mail.imap_port,
        "mail_authserv_id": options.mail_authserv_id,
        "mail_delivery": options.mail_delivery,
        "accepted": state.ledger.counts.total(),
        "inbound": sum(message.inbound for message in state.ledger.messages),
    }
