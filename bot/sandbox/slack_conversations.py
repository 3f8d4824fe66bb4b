"""auth.test, conversations.* and users.*: who and what is there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from bot.sandbox.options import SlackUser
from bot.sandbox.slack_posting import shown
from bot.sandbox.slack_refusal import SlackRefusal
from bot.sandbox.slack_workspace import Conversation, Workspace

PAGE: Final = 100
LARGEST_PAGE: Final = 999


def api_test(workspace: Workspace, args: dict[str, Any]) -> dict[str, Any]:
    del workspace
    return {"args": args}


def auth_test(workspace: Workspace, args: dict[str, Any]) -> dict[str, Any]:
    del args
    options = workspace.state.options
    return {
        "url": f"https://{options.team_domain}.slack.com/",
        "team": options.team_domain,
        "user": options.bot_name,
        "team_id": options.team_id,
        "user_id": options.bot_user_id,
        "bot_id": options.bot_id,
        "is_enterprise_install": False,
    }


def visible(workspace: Workspace, args: dict[str, Any]) -> Conversation:
    conversation = workspace.conversations.get(str(args.get("channel", "")))
    if conversation is None or (conversation.is_private and workspace.bot.id not in conversation.members):
        raise SlackRefusal("channel_not_found")
    return conversation


def conversation_json(workspace: Workspace, conversation: Conversation) -> dict[str, Any]:
    """One conversation as conversations.info shows it."""
    options = workspace.state.options
    common: dict[str, Any] = {
        "id": conversation.id,
        "created": conversation.created,
        "is_im": conversation.is_im,
        "is_org_shared": False,
        "context_team_id": options.team_id,
        "updated": conversation.created * 1000,
        "is_archived": conversation.is_archived,
    }
    if conversation.is_im:
        return common | {"user": conversation.user, "is_user_deleted": False, "is_open": True, "priority": 0}
    topic = {"value": "", "creator": "", "last_set": 0}
    return common | {
        "name": conversation.name,
        "name_normalized": conversation.name,
        "is_channel": True,
        "is_group": False,
        "is_mpim": False,
        "is_private": conversation.is_private,
        "is_general": False,
        "is_shared": conversation.is_ext_shared,
        "is_ext_shared": conversation.is_ext_shared,
        "is_pending_ext_shared": False,
        "pending_shared": [],
        "pending_connected_team_ids": [],
        "parent_conversation": None,
        "shared_team_ids": [options.team_id],
        "unlinked": 0,
        "creator": options.bot_user_id,
        "is_member": workspace.bot.id in conversation.members,
        "last_read": "0000000000.000000",
        "topic": topic,
        "purpose": topic,
        "previous_names": [],
    }


def info(workspace: Workspace, args: dict[str, Any]) -> dict[str, Any]:
    conversation = visible(workspace, args)
    channel = conversation_json(workspace, conversation)
    if str(args.get("include_num_members", "")).lower() in {"1", "true"}:
        channel["num_members"] = len(conversation.members)
    return {"channel": channel}


def members(workspace: Workspace, args: dict[str, Any]) -> dict[str, Any]:
    conversation = visible(workspace, args)
    everybody = sorted(conversation.members)
    start, size = _page(args)
    return {"members": everybody[start : start + size], "response_metadata": _cursor(start + size, len(everybody))}


def history(workspace: Workspace, args: dict[str, Any]) -> dict[str, Any]:
    """Newest first; metadata only when asked for."""
    conversation = visible(workspace, args)
    if workspace.bot.id not in conversation.members:
        raise SlackRefusal("not_in_channel")
    posts = [post for post in reversed(conversation.posts.values()) if not _is_reply(post) and _inside(post, args)]
    listed = _listed(posts, args)
    return listed | {"pin_count": 0, "channel_actions_ts": None, "channel_actions_count": 0}


def replies(workspace: Workspace, args: dict[str, Any]) -> dict[str, Any]:
    conversation = visible(workspace, args)
    thread = str(args.get("ts", ""))
    if thread not in conversation.posts:
        raise SlackRefusal("thread_not_found")
    return _listed([post for post in conversation.posts.values() if thread in {post["ts"], post.get("thread_ts")}], args)


def open_direct(workspace: Workspace, args: dict[str, Any]) -> dict[str, Any]:
    users = [user for user in str(args.get("users", "")).split(",") if user]
    if not users:
        raise SlackRefusal("users_list_not_supplied")
    if any(user not in workspace.users for user in users):
        raise SlackRefusal("user_not_found")
    if len(users) > 1:
        raise SlackRefusal("method_not_supported_for_channel_type")
    if workspace.users[users[0]].deleted:
        raise SlackRefusal("user_disabled")
    already = "D" + users[0].removeprefix("U") in workspace.conversations
    conversation = workspace.direct(users[0])
    if str(args.get("return_im", "")).lower() in {"1", "true"}:
        return {"no_op": already, "already_open": already, "channel": conversation_json(workspace, conversation)}
    return {"channel": {"id": conversation.id}}


def user_json(workspace: Workspace, user: SlackUser) -> dict[str, Any]:
    options = workspace.state.options
    is_bot = user.id == workspace.bot.id
    real_name = user.real_name or user.name
    return {
        "id": user.id,
        "team_id": options.team_id,
        "name": user.name,
        "deleted": user.deleted,
        "real_name": real_name,
        "tz": "America/Chicago",
        "tz_label": "Central Standard Time",
        "tz_offset": -21600,
        "profile": {
            "title": "",
            "phone": "",
            "skype": "",
            "real_name": real_name,
            "real_name_normalized": real_name,
            "display_name": user.name,
            "display_name_normalized": user.name,
            "fields": {},
            "status_text": "",
            "status_emoji": "",
            "status_expiration": 0,
            "avatar_hash": "",
            "email": user.email or None,
            "team": options.team_id,
        },
        "is_admin": False,
        "is_owner": False,
        "is_primary_owner": False,
        "is_restricted": user.is_restricted,
        "is_ultra_restricted": False,
        "is_bot": is_bot,
        "is_app_user": False,
        "updated": 0,
    }


def user_info(workspace: Workspace, args: dict[str, Any]) -> dict[str, Any]:
    user = workspace.users.get(str(args.get("user", "")))
    if user is None:
        raise SlackRefusal("user_not_found")
    return {"user": user_json(workspace, user)}


def user_by_email(workspace: Workspace, args: dict[str, Any]) -> dict[str, Any]:
    wanted = str(args.get("email", "")).lower()
    for user in workspace.users.values():
        if wanted and user.email.lower() == wanted and not user.deleted:
            return {"user": user_json(workspace, user)}
    raise SlackRefusal("users_not_found")


def _is_reply(post: dict[str, Any]) -> bool:
    return bool(post.get("thread_ts", post["ts"]) != post["ts"])


def _inside(post: dict[str, Any], args: dict[str, Any]) -> bool:
    inclusive = str(args.get("inclusive", "")).lower() in {"1", "true"}
    ts, oldest, latest = post["ts"], str(args.get("oldest") or "0"), str(args.get("latest") or "9999999999")
    if inclusive and ts in {oldest, latest}:
        return True
    return float(oldest) < float(ts) < float(latest)


def _listed(posts: list[dict[str, Any]], args: dict[str, Any]) -> dict[str, Any]:
    with_metadata = str(args.get("include_all_metadata", "")).lower() in {"1", "true"}
    start, size = _page(args)
    page = [
        {name: value for name, value in shown(post).items() if with_metadata or name != "metadata"} for post in posts[start : start + size]
    ]
    cursor = _cursor(start + size, len(posts))
    return {"messages": page, "has_more": bool(cursor["next_cursor"]), "response_metadata": cursor}


def _page(args: dict[str, Any]) -> tuple[int, int]:
    try:
        start = int(str(args.get("cursor") or "after:0").removeprefix("after:"))
        return start, min(LARGEST_PAGE, max(1, int(args.get("limit") or PAGE)))
    except ValueError as error:
        raise SlackRefusal("invalid_cursor") from error


def _cursor(reached: int, total: int) -> dict[str, str]:
    return {"next_cursor": f"after:{reached}" if reached < total else ""}


METHODS: Final[dict[str, Callable[[Workspace, dict[str, Any]], dict[str, Any]]]] = {
    "api.test": api_test,
    "auth.test": auth_test,
    "conversations.history": history,
    "conversations.info": info,
    "conversations.members": members,
    "conversations.open": open_direct,
    "conversations.replies": replies,
    "users.info": user_info,
    "users.lookupByEmail": user_by_email,
}
