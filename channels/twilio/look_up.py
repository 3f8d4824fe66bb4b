"""Ask Twilio's own list: what became of a message in doubt, and which of a family's messages never reached us.

The list has no idempotency key to search by, so a message is known by To, From, text and time; that is why two equal texts to one
number on one day must differ before they are sent. The list lags: not finding a message means nothing until the lag has passed.
https://www.twilio.com/docs/messaging/api/message-resource#read-multiple-message-resources
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from channels.base import Found, Inbound, MediaRef, Outbound
from channels.errors import Malformed, NotAccepted, SendError
from channels.twilio.client import Account
from channels.twilio.codes import error_of
from channels.twilio.receive import MAX_MEDIA, inbound
from channels.twilio.send import address, receipt_of

LIST_LAG = timedelta(seconds=120)
CLOCK_SLACK = timedelta(seconds=10)
PAGE_SIZE = 100
MAX_PAGES = 20
MAX_PAGE_SIZE = 1000
MAX_SWEEP_PAGES = 100


async def look_up(account: Account, message: Outbound, since: datetime, now: datetime, lag: timedelta = LIST_LAG) -> Found:
    """Return what Twilio's list says. `certain` is only true when the list was read to `since` and is older than its lag."""
    from twilio.base.exceptions import TwilioException

    wanted = (address(message.channel, message.to), address(message.channel, message.sender), message.text.strip())
    # No date filter: it looks at the time of sending, which a message still queued there does not have.
    filters = {"to": wanted[0], "from_": wanted[1], "page_size": PAGE_SIZE}
    earliest = since - CLOCK_SLACK
    try:
        page = await account.messages.page_async(**filters)
        for _ in range(MAX_PAGES):
            seen = list(page)
            oldest = _made(seen[-1]) if seen else None
            for one in seen:
                if _is_it(one, wanted, earliest):
                    return Found(receipt_of(one), certain=True)
            page = None if oldest and oldest < earliest else await page.next_page_async()
            if page is None:
                return Found(None, certain=now - since >= lag)
    except (SendError, TwilioException, ValueError, KeyError, TypeError):
        return Found(None, certain=False)  # it could not be asked: that is no answer
    return Found(None, certain=False)


async def missed(account: Account, since: datetime, *, stop_replies: str = "ours") -> Sequence[Inbound]:
    """Return every message families wrote since then, oldest first; what we already have is dropped by its id (fault 8)."""
    from twilio.base.exceptions import TwilioException

    found: list[Inbound] = []
    try:
        page = await account.messages.page_async(date_sent_after=since, page_size=MAX_PAGE_SIZE)
        for _ in range(MAX_SWEEP_PAGES):
            for one in page:
                if one.direction == "inbound" and _made(one) >= since:
                    with suppress(Malformed):  # one that no webhook could have brought either must not hide the others
                        found.append(await _inbound(one, stop_replies))
            page = await page.next_page_async()
            if page is None:
                break
    except TwilioException as refusal:
        raise _unreadable(refusal) from None
    return tuple(reversed(found))


def _is_it(one: Any, wanted: tuple[str, str, str], earliest: datetime) -> bool:
    same = (str(one.to), str(one.from_), str(one.body or "").strip()) == wanted
    return same and str(one.direction).startswith("outbound") and _made(one) >= earliest


def _made(one: Any) -> datetime:
    made = one.date_created or one.date_sent
    if not isinstance(made, datetime) or not one.sid:
        raise ValueError("a message without id or time")  # whoever cannot read the list knows nothing
    return made


def _unreadable(refusal: Exception) -> SendError:
    """Why a list could not be read. The SDK says "Unable to fetch page" and hides the answer in the arguments."""
    answer = refusal.args[1] if len(refusal.args) > 1 else refusal
    status = int(getattr(answer, "status_code", 0) or getattr(answer, "status", 0) or 500)
    return NotAccepted("Twilio's list cannot be read just now.", code=str(status)) if status >= 500 else error_of(None, status)


async def _inbound(one: Any, stop_replies: str) -> Inbound:
    form = {"MessageSid": str(one.sid), "From": str(one.from_), "To": str(one.to), "Body": str(one.body or "")}
    message = inbound(form, stop_replies=stop_replies)
    if str(one.num_media or "0") == "0":
        return message
    return replace(message, media=tuple(_media(one, each) for each in await one.media.list_async(limit=MAX_MEDIA)))


def _media(one: Any, each: Any) -> MediaRef:
    path = str(each.uri).removesuffix(".json")
    address = one._version.domain.absolute_url(path)  # noqa: SLF001 - the SDK knows its address and does not say it otherwise
    return MediaRef(content_type=str(each.content_type or ""), url=address, provider_id=str(each.sid))
