"""Post a message for staff: into the case's own private channel or as a direct message, once, with our id in its metadata.

Addresses: "C..." or "G..." a channel, "U..." or "W..." a person, "D..." a direct message, "<channel>:<ts>" a message of ours to change.
Before every post into a channel Slack is asked what that channel is now: it must still be private, not shared with another
organisation, not archived, have us in it, and nobody who may not read the message. Otherwise `BadAddress` with code
`channel_unsuitable` sends the message to the case lead instead (fault 14). Previews are off: fetching one would tell a stranger's
server that we wrote.
"""

from __future__ import annotations

from typing import Any

from channels.base import Outbound, Receipt
from channels.errors import BadAddress, InDoubt, TooLong
from channels.slack.client import Workspace
from channels.slack.suitable import check_channel

PROVIDER = "slack"
MAX_CHARACTERS = 40_000
EVENT_TYPE = "hearthline_message"
_PEOPLE = ("U", "W")
_DIRECT = "D"


async def send(workspace: Workspace, message: Outbound) -> Receipt:
    """Post (or change) the message. Only a clear answer means taken; anything unclear after the post is `InDoubt` (fault 6)."""
    if len(message.text) > MAX_CHARACTERS:
        raise TooLong("Slack does not take a message this long.", code="msg_too_long")
    place, _, ts = message.to.partition(":")
    channel = await place_of(workspace, place)
    if not channel.startswith(_DIRECT):  # whatever else it is: Slack takes a channel's name as well as its id
        await check_channel(workspace, channel, message.readers)
    content = _content(message)
    if ts:
        await workspace.call("chat_update", repeatable=True, channel=channel, ts=ts, **content)
        return Receipt(PROVIDER, f"{channel}:{ts}", "delivered")
    said = await workspace.call("chat_postMessage", repeatable=False, channel=channel, unfurl_links=False, unfurl_media=False, **content)
    if not said.get("ts"):
        raise InDoubt("Slack's answer holds no message id.", code="no_ts")
    return Receipt(PROVIDER, f"{said.get('channel') or channel}:{said['ts']}", "delivered")


async def place_of(workspace: Workspace, address: str) -> str:
    """Return the conversation's id: a person's direct message is opened first (opening it again changes nothing)."""
    if not address.startswith(_PEOPLE):
        return address
    said = await workspace.call("conversations_open", repeatable=True, users=address)
    opened = said.get("channel")
    found = opened.get("id") if isinstance(opened, dict) else None
    if not isinstance(found, str) or not found:
        raise BadAddress("This person cannot be reached in Slack. Check the person's Slack id.", code="no_dm")
    return found


def _content(message: Outbound) -> dict[str, Any]:
    metadata = {"event_type": EVENT_TYPE, "event_payload": {"outbox_id": message.outbox_id}}
    content: dict[str, Any] = {"text": message.text, "metadata": metadata}
    if message.blocks is not None:
        content["blocks"] = [dict(block) for block in message.blocks]
    return content
