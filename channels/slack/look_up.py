"""Ask Slack whether it has a message: our outbox id is in the metadata of every one we post.

https://docs.slack.dev/reference/methods/conversations.history
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from channels.base import Found, Outbound, Receipt
from channels.errors import SendError
from channels.slack.client import Workspace
from channels.slack.send import PROVIDER, place_of

CLOCK_SLACK = timedelta(seconds=10)
# A post that broke off may still be on its way when we ask.
SETTLED_AFTER = timedelta(seconds=10)
PAGE_SIZE = 200
MAX_PAGES = 20


async def look_up(workspace: Workspace, message: Outbound, since: datetime, now: datetime) -> Found:
    """Return what Slack has. A change of a message is simply made again, so it is never looked for."""
    place, _, ts = message.to.partition(":")
    if ts:
        return Found(None, certain=True)
    cursor = ""
    try:
        channel = await place_of(workspace, place)
        for _ in range(MAX_PAGES):
            said = await workspace.call(
                "conversations_history",
                repeatable=True,
                channel=channel,
                oldest=f"{(since - CLOCK_SLACK).timestamp():.6f}",
                limit=PAGE_SIZE,
                include_all_metadata=True,
                **({"cursor": cursor} if cursor else {}),
            )
            for one in said["messages"]:
                if outbox_id_of(one) == message.outbox_id:
                    return Found(Receipt(PROVIDER, f"{channel}:{one['ts']}", "delivered"), certain=True)
            cursor = str((said.get("response_metadata") or {}).get("next_cursor") or "")
            if not cursor:
                return Found(None, certain=not said.get("has_more") and now - since >= SETTLED_AFTER)
    except (SendError, KeyError, TypeError, AttributeError):
        return Found(None, certain=False)  # it could not be asked: that is no answer
    return Found(None, certain=False)


def outbox_id_of(one: Mapping[str, Any]) -> str:
    """Return the outbox id a message in the history carries, "" for anybody else's."""
    payload = (one.get("metadata") or {}).get("event_payload") or {}
    return str(payload.get("outbox_id", ""))
