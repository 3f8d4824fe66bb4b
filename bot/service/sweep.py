"""What we may have missed: inbound messages whose webhook never reached us, and photos and voice notes still at the provider."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection

from bot.errors import HearthlineError
from bot.log import get_log
from bot.service import lost_file, receive, tell_staff
from bot.service.deliver import Deliverer
from bot.service.runtime import Runtime
from bot.store import due
from bot.store.due import PendingAttachment
from channels.base import Inbound, MediaRef
from channels.errors import ChannelError, Permanent, Untaken

_log = get_log("sweep")

BACK = timedelta(hours=24)
"""How far back the provider's list is read: an outage of a night is caught up with (fault 8)."""

ATTACHMENT_TRIES = 8
BATCH = 20
SECONDS = 60.0


def inbound(runtime: Runtime, deliverer: Deliverer) -> int:
    """Ask every provider that keeps a list for messages to us, and take in those we never saw. What we know already changes nothing."""
    now = runtime.clock.now()
    committer: Any = runtime.committer or receive.committer_for(runtime)
    taken = 0
    for channel in {id(one): one for one in runtime.channels.values()}.values():
        missed = getattr(channel, "missed", None)
        if missed is None:
            continue
        try:
            found: Sequence[Inbound] = deliverer.run(missed(now - BACK, now)).result(SECONDS)
        except (ChannelError, TimeoutError) as error:
            _log.warning("inbound_sweep_failed", provider=channel.name, error=type(error).__name__)
            continue
        taken += sum(_take(committer, one) for one in found)
    if runtime.committer is None:
        committer.close()
    return taken


def _take(committer: Any, one: Inbound) -> int:
    try:
        outcome = committer.submit(one)
    except HearthlineError:  # busy: the next sweep finds it again
        return 0
    return 0 if outcome.state == "duplicate" else 1


def attachments(runtime: Runtime, deliverer: Deliverer) -> int:
    """Fetch what families attached and keep it sealed; what cannot be fetched in the end is a task for the liaison."""
    with runtime.database.read() as conn:
        waiting = due.pending_attachments(conn, runtime.clock.now(), ATTACHMENT_TRIES, BATCH)
    return sum(_fetch(runtime, deliverer, one) for one in waiting)


def _fetch(runtime: Runtime, deliverer: Deliverer, one: PendingAttachment) -> int:
    fetch = getattr(runtime.channels.get(one.channel), "fetch", None)
    try:
        if fetch is None or not one.url:
            raise ChannelError("nothing to fetch it with")  # noqa: TRY301 - counted as a try like any other
        wanted = asyncio.wait_for(fetch(MediaRef(one.content_type, one.url)), SECONDS)
        content_type, data = deliverer.run(wanted).result(SECONDS + 5)
    except (ChannelError, TimeoutError) as error:
        give_up = isinstance(error, Permanent) or one.attempts + 1 >= ATTACHMENT_TRIES
        code = getattr(error, "code", "")
        _log.warning(
            "attachment_not_fetched", attachment_id=one.id, attempts=one.attempts + 1, error=type(error).__name__, provider_code=code
        )
        with runtime.database.begin() as conn:
            due.count_attachment_try(conn, one, give_up=give_up)
            if give_up:
                _tell(conn, runtime, one)
            told = lost_file.tell(conn, runtime, one, runtime.clock.now()) if isinstance(error, Untaken) else []
        runtime.wake(told)
        return 0
    with runtime.database.begin() as conn:
        due.store_attachment(conn, one, content_type[:120], data, hashlib.sha256(data).hexdigest())
    return 1


def _tell(conn: Connection, runtime: Runtime, one: PendingAttachment) -> None:
    """Whose file it was, to a person who can ask for it; one of a message that is for trained staff is theirs."""
    grave = one.visibility == "safety_only"
    known: dict[str, Any] = {"district_id": one.district_id, "case_id": one.case_id, "contact_id": one.contact_id, "about": one.message_id}
    reason = "attachment_unseen" if grave else "attachment"
    tell_staff.task(conn, runtime, runtime.clock.now(), reason, visibility=one.visibility if grave else "team", **known)
