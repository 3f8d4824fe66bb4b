"""May we post in this channel? What Slack says about it now decides, and what Slack does not say counts against it (fault 14).

https://docs.slack.dev/reference/objects/conversation-object and https://docs.slack.dev/reference/methods/conversations.members
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from channels.errors import BadAddress
from channels.slack.client import Workspace
from channels.slack.refusals import UNSUITABLE

PAGE_SIZE = 200
MAX_PAGES = 5
"""A team has a dozen members; a channel of more than a thousand is none."""


async def check_channel(workspace: Workspace, channel: str, readers: frozenset[str] | None) -> None:
    """Raise `BadAddress` unless this very channel is private, ours alone, alive, has us as a member, and nobody beside the readers."""
    said = await workspace.call("conversations_info", repeatable=True, channel=channel)
    about = said.get("channel")
    if not isinstance(about, dict) or not suitable(about, channel):
        raise BadAddress("The case's Slack channel is not a private channel of our own. Check the case's channel.", code=UNSUITABLE)
    if readers is not None and not await only(workspace, channel, readers):
        raise BadAddress("Somebody in the case's Slack channel is not on the case's team. Check the channel's members.", code=UNSUITABLE)


def suitable(about: Mapping[str, Any], channel: str) -> bool:
    """Whether what Slack says about a channel lets us post there."""
    shared = ("is_ext_shared", "is_pending_ext_shared", "is_shared", "is_org_shared")
    return (
        about.get("id") == channel
        and about.get("is_private") is True
        and about.get("is_archived") is not True
        and about.get("is_member") is not False
        and not any(about.get(one) for one in shared)
    )


async def only(workspace: Workspace, channel: str, readers: frozenset[str]) -> bool:
    """Whether everybody in the channel is a reader or our own app; False when the list cannot be read to its end."""
    us = (await workspace.call("auth_test", repeatable=True)).get("user_id")
    cursor = ""
    for _ in range(MAX_PAGES):
        more = {"cursor": cursor} if cursor else {}
        said = await workspace.call("conversations_members", repeatable=True, channel=channel, limit=PAGE_SIZE, **more)
        members = said.get("members")
        if not isinstance(members, list) or any(one != us and one not in readers for one in members):
            return False
        cursor = str((said.get("response_metadata") or {}).get("next_cursor") or "")
        if not cursor:
            return True
    return False
