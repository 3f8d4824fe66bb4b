"""chat.* methods and response_url: what may be posted where, and what Slack answers."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Final

from bot.sandbox.slack_refusal import SlackRefusal
from bot.sandbox.slack_workspace import Conversation, Workspace

MAX_TEXT: Final = 40_000
MAX_BLOCKS: Final = 50
RESPONSE_URL_USES: Final = 5
BLOCK_TYPES: Final = frozenset(
    {"actions", "context", "divider", "file", "header", "image", "input", "rich_text", "section", "video", "markdown", "table"}
)


def place_of(workspace: Workspace, args: dict[str, Any]) -> Conversation:
    """Find where a post may go, or refuse with Slack's word."""
    conversation = workspace.find(str(args.get("channel", "")))
    if conversation is None:
        raise SlackRefusal("channel_not_found")
    if workspace.bot.id not in conversation.members:
        # A private channel we are not in does not exist for us.
        raise SlackRefusal("channel_not_found" if conversation.is_private else "not_in_channel")
    if conversation.is_archived:
        raise SlackRefusal("is_archived")
    return conversation


def check_content(args: dict[str, Any]) -> None:
    blocks = args.get("blocks") or []
    if not args.get("text") and not blocks and not args.get("attachments"):
        raise SlackRefusal("no_text")
    if len(args.get("text") or "") > MAX_TEXT:
        raise SlackRefusal("msg_too_long")
    if not isinstance(blocks, list) or any(not isinstance(block, dict) for block in blocks):
        raise SlackRefusal("invalid_blocks_format")
    if len(blocks) > MAX_BLOCKS or any(block.get("type") not in BLOCK_TYPES for block in blocks):
        raise SlackRefusal("invalid_blocks")
    metadata = args.get("metadata")
    if metadata and not (isinstance(metadata, dict) and metadata.get("event_type") and "event_payload" in metadata):
        raise SlackRefusal("invalid_metadata_format")


def post_message(workspace: Workspace, args: dict[str, Any]) -> dict[str, Any]:
    conversation = place_of(workspace, args)
    check_content(args)
    state = workspace.state
    now, gap = state.now(), state.options.slack_per_channel_seconds
    if gap and now - conversation.last_post < gap:
        wait = math.ceil(gap - (now - conversation.last_post)) or 1
        raise SlackRefusal("ratelimited", {"Retry-After": str(wait)})
    thread = args.get("thread_ts")
    if thread and thread not in conversation.posts:
        raise SlackRefusal("thread_not_found")
    conversation.last_post = now
    post = workspace.post(conversation, with_block_ids(workspace, args))
    # Kept beside the message so that tests see whether previews were switched off; Slack does not show it.
    post["_unfurl"] = {name: args.get(name) for name in ("unfurl_links", "unfurl_media")}
    state.ledger.note("slack.posted", channel=conversation.id, ts=post["ts"], thread_ts=thread)
    return {"channel": conversation.id, "ts": post["ts"], "message": shown(post)}


def update(workspace: Workspace, args: dict[str, Any]) -> dict[str, Any]:
    conversation = place_of(workspace, args)
    post = conversation.posts.get(str(args.get("ts", "")))
    if post is None:
        raise SlackRefusal("message_not_found")
    if post["user"] != workspace.bot.id:
        raise SlackRefusal("cant_update_message")
    check_content(args)
    change(workspace, conversation, post, with_block_ids(workspace, args))
    workspace.state.ledger.note("slack.updated", channel=conversation.id, ts=post["ts"])
    return {"channel": conversation.id, "ts": post["ts"], "text": post["text"], "message": shown(post)}


def change(workspace: Workspace, conversation: Conversation, post: dict[str, Any], wish: dict[str, Any]) -> None:
    """Replace a post's content; without blocks the old ones go, as in Slack when text is given."""
    post["text"] = wish.get("text") or ""
    for name in ("blocks", "attachments", "metadata"):
        if wish.get(name) is not None:
            post[name] = wish[name]
        elif name != "metadata":
            post.pop(name, None)
    post["edited"] = {"user": workspace.bot.id, "ts": workspace.new_ts()}
    workspace.remember(conversation, post)


def delete(workspace: Workspace, args: dict[str, Any]) -> dict[str, Any]:
    conversation = place_of(workspace, args)
    post = conversation.posts.pop(str(args.get("ts", "")), None)
    if post is None:
        raise SlackRefusal("message_not_found")
    workspace.remember(conversation, {"ts": post["ts"], "deleted": True})
    workspace.state.ledger.note("slack.deleted", channel=conversation.id, ts=post["ts"])
    return {"channel": conversation.id, "ts": post["ts"]}


def post_ephemeral(workspace: Workspace, args: dict[str, Any]) -> dict[str, Any]:
    conversation = place_of(workspace, args)
    user = str(args.get("user", ""))
    if user not in conversation.members:
        raise SlackRefusal("user_not_in_channel")
    check_content(args)
    ts = whisper(workspace, conversation, user, with_block_ids(workspace, args))
    return {"message_ts": ts}


def whisper(workspace: Workspace, conversation: Conversation, user: str, wish: dict[str, Any]) -> str:
    """Show something to one user only."""
    ts = workspace.new_ts()
    kept = {"ts": ts, "to_user": user, "text": wish.get("text") or "", "blocks": wish.get("blocks") or []}
    conversation.ephemeral.append(kept)
    workspace.state.ledger.note("slack.ephemeral", channel=conversation.id, ts=ts)
    return ts


def respond(workspace: Workspace, ticket: str, wish: dict[str, Any]) -> None:
    """Do what a post to a response_url asks; five times at most."""
    if ticket not in workspace.response_urls:
        raise SlackRefusal("expired_url")
    answer = workspace.response_urls[ticket]
    if answer.uses >= RESPONSE_URL_USES:
        raise SlackRefusal("used_url")
    answer.uses += 1
    conversation = workspace.conversations[answer.channel]
    post = conversation.posts.get(answer.ts)
    if wish.get("delete_original") and post is not None:
        del conversation.posts[answer.ts]
        workspace.remember(conversation, {"ts": answer.ts, "deleted": True})
    elif wish.get("replace_original") and post is not None:
        check_content(wish)
        change(workspace, conversation, post, with_block_ids(workspace, wish))
    elif wish.get("response_type") == "in_channel":
        check_content(wish)
        workspace.post(conversation, with_block_ids(workspace, wish))
    else:
        check_content(wish)
        whisper(workspace, conversation, answer.user, wish)


def with_block_ids(workspace: Workspace, args: dict[str, Any]) -> dict[str, Any]:
    """Slack gives every block an id that has none."""
    blocks = args.get("blocks")
    if not blocks:
        return args
    named = [{**block, "block_id": block.get("block_id") or workspace.state.new_id("", 5)} for block in blocks]
    return {**args, "blocks": named}


def shown(one: dict[str, Any]) -> dict[str, Any]:
    """Return a post or a view as the API shows it: without our own notes."""
    return {name: value for name, value in one.items() if not name.startswith("_")}


METHODS: Final[dict[str, Callable[[Workspace, dict[str, Any]], dict[str, Any]]]] = {
    "chat.postMessage": post_message,
    "chat.update": update,
    "chat.delete": delete,
    "chat.postEphemeral": post_ephemeral,
}
