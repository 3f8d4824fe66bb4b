"""After a crash: rows nobody works on any more, and rows whose fate nobody knows.

A row that was claimed was certainly not sent: it is queued again. A row that was handed may have been sent: it is in doubt, and settled
by (a) the status callback that carries our outbox id, else (b) the provider's own list once that cannot lag any more, then sent again.
What stays unknown goes to a person, never into a blind second try (faults 2.1).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy.engine import Connection

from bot.log import get_log
from bot.service import settle, tell_staff
from bot.service.runtime import Runtime
from bot.store import fate, slots
from bot.store.fate import Doubt, Unsent
from bot.store.outbox import WITH_PERSON
from channels.base import Found, Outbound

_log = get_log("recover")

BATCH = 100
AT_ONCE = 8
LOOK_UP_SECONDS = 30.0
ASK_AGAIN = timedelta(seconds=15)
"""How soon a provider that could not say yet is asked again, at most: a tenth of the wait when that is shorter."""

MOST_BLIND = 3
"""How often a message is sent in all when nobody can say whether it arrived (mail): a copy is the same message, a third would annoy."""

RunDb = Callable[..., Awaitable[Any]]


class Swept(NamedTuple):
    """What a sweep found."""

    released: int
    in_doubt: int
    held: int


def sweep(conn: Connection, runtime: Runtime, now: datetime, *, dead: Sequence[str] = ()) -> Swept:
    """Free what dead processes held, and look at held rows again. `dead`: holders known to be gone, besides those whose lease ran out."""
    gone = [*dead, *slots.dead_holders(conn, now)]
    recovery = runtime.settings.recovery == "on"
    released = fate.release_claims(conn, now, gone)
    doubted = fate.doubt_orphans(conn, now, gone, state="in_doubt" if recovery else "queued")
    held = fate.release_held(conn, now)
    if released or doubted:
        _log.warning("orphans_found", count=released, backlog=len(doubted))
    return Swept(released, len(doubted), held)


async def ask_providers(runtime: Runtime, run_db: RunDb) -> int:
    """Settle rows in doubt by the provider's own list, on the loop the channels' clients live in; `run_db` runs a function beside it."""
    now = runtime.clock.now()
    before = now - timedelta(seconds=runtime.settings.in_doubt_wait_seconds)

    def waiting() -> list[Doubt]:
        with runtime.database.read() as conn:
            return fate.doubts(conn, now, before, BATCH)

    rows: list[Doubt] = await run_db(waiting)
    gate = asyncio.Semaphore(AT_ONCE)
    answers = await asyncio.gather(*(_ask(runtime, row, gate) for row in rows))

    def write() -> int:
        with runtime.database.begin() as conn:
            return sum(resolve(conn, runtime, row, found, runtime.clock.now()) for row, found in zip(rows, answers, strict=True))

    return await run_db(write) if rows else 0


async def _ask(runtime: Runtime, row: Doubt, gate: asyncio.Semaphore) -> Found:
    channel = runtime.channels.get(row.channel)
    if channel is None:
        return Found(None, certain=False)
    message = Outbound(outbox_id=row.id, channel=row.channel, sender=row.sender, to=row.address, text=row.body, created_at=row.created_at)
    async with gate:
        try:
            return await asyncio.wait_for(channel.look_up(message, row.handed_at, runtime.clock.now()), LOOK_UP_SECONDS)
        except Exception as error:  # noqa: BLE001 - whatever the provider's list says or does, not knowing is the safe answer
            _log.warning("look_up_failed", outbox_id=row.id, error=type(error).__name__)
            return Found(None, certain=False)


def resolve(conn: Connection, runtime: Runtime, row: Doubt, found: Found, now: datetime) -> int:
    """Settle one row in doubt by what the provider said; 1 when it is settled, sent on its way again or given to a person."""
    if found.receipt is not None:
        fate.accept(conn, [settle.accepted(row.id, found.receipt)], now)
        _log.info("doubt_settled", outbox_id=row.id, outcome="accepted")
        return 1

    def unsent(state: str, reason: str, at: datetime) -> Unsent:
        return Unsent(row.id, state, reason, "", at, row.attempts, from_states=("in_doubt",))

    guessed_enough = found.blind and row.attempts >= MOST_BLIND
    if found.certain and not guessed_enough:
        _log.info("doubt_settled", outbox_id=row.id, outcome="not_accepted")
        return len(fate.keep_unsent(conn, [unsent("queued", "not_accepted", now)], now))
    too_long = now - row.handed_at >= timedelta(seconds=runtime.settings.in_doubt_person_seconds)
    if guessed_enough or too_long:  # where nobody can be asked, waiting tells nothing and holds up what comes after it
        if not fate.keep_unsent(conn, [unsent("in_doubt", WITH_PERSON, now)], now):
            return 0
        tell_staff.task(
            conn, runtime, now, "in_doubt", district_id=row.district_id, case_id=row.case_id, contact_id=row.contact_id, about=row.id
        )
        return 1
    soon = min(ASK_AGAIN, timedelta(seconds=runtime.settings.in_doubt_wait_seconds / 10))
    fate.keep_unsent(conn, [unsent("in_doubt", "asked", now + soon)], now)
    return 0
