"""Which process holds which executor slot. A slot is leased and has a fence: whoever lost the lease finds the number moved on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple, cast

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.store.outbox import insert_ignoring
from bot.store.tables import ExecutorSlot

_SLOT = cast("sa.Table", ExecutorSlot.__table__)
SLOTS = 64
"""Processes that may work at once on one database."""


class Slot(NamedTuple):
    """A slot we hold. `previous` is whoever held it before us, "" when nobody did: gone, so its rows may be taken over."""

    number: int
    fence: int
    previous: str


def acquire(conn: Connection, holder: str, now: datetime, lease_until: datetime, *, taken_over: Sequence[str] = ()) -> Slot | None:
    """Lease the lowest slot that is free, whose lease ran out, or whose holder is in `taken_over`; None when all are held."""
    conn.execute(insert_ignoring(conn, _SLOT), [{"slot": n, "holder": "", "lease_until": now, "fence": 0} for n in range(SLOTS)])
    free = sa.or_(_SLOT.c.lease_until <= now, _SLOT.c.holder.in_(taken_over))
    query = sa.select(_SLOT.c.slot, _SLOT.c.holder, _SLOT.c.fence).where(free).order_by(_SLOT.c.slot).limit(1)
    row = conn.execute(query.with_for_update(skip_locked=True)).first()
    if row is None:
        return None
    conn.execute(sa.update(_SLOT).where(_SLOT.c.slot == row.slot).values(holder=holder, lease_until=lease_until, fence=row.fence + 1))
    return Slot(row.slot, row.fence + 1, row.holder)


def renew(conn: Connection, slot: Slot, lease_until: datetime) -> bool:
    """Prolong our lease; False when somebody else has the slot by now."""
    result = conn.execute(sa.update(_SLOT).where(_SLOT.c.slot == slot.number, _SLOT.c.fence == slot.fence).values(lease_until=lease_until))
    return bool(result.rowcount)


def release(conn: Connection, slot: Slot, now: datetime) -> None:
    """Give the slot back, with nothing left to take over."""
    conn.execute(sa.update(_SLOT).where(_SLOT.c.slot == slot.number, _SLOT.c.fence == slot.fence).values(holder="", lease_until=now))


def dead_holders(conn: Connection, now: datetime) -> list[str]:
    """Holders whose lease ran out."""
    query = sa.select(_SLOT.c.holder).where(_SLOT.c.holder != "", _SLOT.c.lease_until < now).order_by(_SLOT.c.slot)
    return [row[0] for row in conn.execute(query)]


def silent(conn: Connection, now: datetime) -> list[int]:
    """Slots nobody holds now: workflows still marked as running there belong to a process that died."""
    held = {row[0] for row in conn.execute(sa.select(_SLOT.c.slot).where(_SLOT.c.lease_until >= now, _SLOT.c.holder != ""))}
    return [number for number in range(SLOTS) if number not in held]


def holders(conn: Connection) -> list[str]:
    """Every holder on record, alive or not."""
    return [row[0] for row in conn.execute(sa.select(_SLOT.c.holder).where(_SLOT.c.holder != "").order_by(_SLOT.c.slot))]
