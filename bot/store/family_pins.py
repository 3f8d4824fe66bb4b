"""PINs of families who share a phone: whether one is needed, its hash, how often it was wrong. Writes here never commit."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy import Connection

from bot.store.database import only_reads
from bot.store.outbox import insert_ignoring
from bot.store.tables import Endpoint, FamilyLink, FamilyPin

Row = Any
"""A row with its columns by name."""

_PIN = cast("sa.Table", FamilyPin.__table__)


def shares_phone(conn: Connection, contact_id: str) -> bool:
    """Whether somebody else may read the phone a code would go to."""
    query = sa.select(Endpoint.id).where(Endpoint.contact_id == contact_id, Endpoint.shared.is_(True), Endpoint.state == "active")
    return conn.execute(query.limit(1)).first() is not None


def pin(conn: Connection, contact_id: str) -> Row | None:
    """The PIN's hash and its wrong tries, locked where they may change: two guesses at once count as two."""
    query = sa.select(FamilyPin.hash, FamilyPin.tries).where(FamilyPin.contact_id == contact_id)
    return conn.execute(query if only_reads(conn) else query.with_for_update()).one_or_none()


def keep(conn: Connection, contact_id: str, district_id: str, digest: bytes, now: datetime) -> bool:
    """Keep the first PIN; False when there is one already: who comes second does not replace it."""
    values = {"contact_id": contact_id, "district_id": district_id, "hash": digest, "tries": 0, "set_at": now}
    return conn.execute(insert_ignoring(conn, _PIN).values(**values).returning(_PIN.c.contact_id)).first() is not None


def count(conn: Connection, contact_id: str, tries: int) -> None:
    conn.execute(sa.update(FamilyPin).where(FamilyPin.contact_id == contact_id).values(tries=tries))


def forget(conn: Connection, contact_id: str) -> None:
    """Nobody has a PIN, and no browser has passed with one."""
    conn.execute(sa.delete(FamilyPin).where(FamilyPin.contact_id == contact_id))
    conn.execute(sa.update(FamilyLink).where(FamilyLink.contact_id == contact_id).values(pin_ok_at=None))


def passed(conn: Connection, token_hash: bytes, now: datetime) -> None:
    """This link's browser has given the PIN."""
    conn.execute(sa.update(FamilyLink).where(FamilyLink.token_hash == token_hash).values(pin_ok_at=now))
