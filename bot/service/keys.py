"""Key rotation: a new data key for a district, everything sealed again under it; or a new master key around the same data keys.

Both may run while families write. Another process learns of a new key from the first value it reads that is sealed under it; what it
sealed under the old one meanwhile still opens, and the next pass seals it again. The chains hold: they hash words, not cipher text.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.clock import Clock, Ids
from bot.service import audit
from bot.store.database import Database
from bot.store.sealed import SealedTable, sealed_tables, under_other_keys, write_raw
from bot.store.tables import DistrictKey
from bot.store.vault import SEAL, Vault, WrappedKey, wrapped_keys

BATCH = 500
"""Rows sealed again in one transaction: a few milliseconds in which nobody else may write on SQLite."""


def rotate(database: Database, clock: Clock, ids: Ids, district_id: str, *, batch: int = BATCH) -> int:
    """Give a district a new sealing key and seal everything again under it; says how many rows were.

    Its own transactions, many of them, because it takes long: the one service that is not one transaction. Run again, it goes on where
    it was stopped.
    """
    with database.begin() as conn:
        new = database.vault.add_key(conn, district_id, SEAL, clock.now(), ids.new)
    database.vault.refresh(district_id)  # only now: what is sealed under a key that is rolled back is lost
    resealed = reseal(database, district_id, batch=batch)
    with database.begin() as conn:
        retire(conn, district_id, new, clock)
        audit.record(
            conn,
            district_id=district_id,
            actor_kind="operator",
            actor_id="command_line",
            action="rotate_keys",
            object_kind="key",
            object_id=new.id,
            now=clock.now(),
            new_id=ids.new,
        )
    return resealed


def reseal(database: Database, district_id: str, *, batch: int = BATCH) -> int:
    """Seal again whatever is not under the district's newest key."""
    probe = database.vault.seal(district_id, b"")
    header = probe[: 2 + probe[1]]
    return sum(_reseal_table(database, one, district_id, header, batch) for one in sealed_tables())


def retire(conn: Connection, district_id: str, newest: WrappedKey, clock: Clock) -> None:
    """Mark the older sealing keys: they open, and seal nothing any more. They are kept, because a backup may need them."""
    conn.execute(
        sa.update(DistrictKey)
        .where(
            DistrictKey.district_id == district_id,
            DistrictKey.purpose == SEAL,
            DistrictKey.id != newest.id,
            DistrictKey.retired_at.is_(None),
        )
        .values(retired_at=clock.now())
    )


def rewrap(conn: Connection, vault: Vault, new_master: bytes) -> int:
    """Wrap every data key by a new master key, in one transaction; start every process with the new one afterwards."""
    wrapper = Vault(new_master)
    keys = [
        key for district_id in conn.scalars(sa.select(DistrictKey.district_id).distinct()).all() for key in wrapped_keys(conn, district_id)
    ]
    for key in keys:
        wrapped = wrapper.wrap(key.id, key.district_id, key.purpose, vault.unwrap(key))
        conn.execute(sa.update(DistrictKey).where(DistrictKey.id == key.id).values(wrapped=wrapped))
    return len(keys)


def _reseal_table(database: Database, one: SealedTable, district_id: str, header: bytes, batch: int) -> int:
    done, after = 0, ""
    while True:
        with database.begin() as conn:
            rows = under_other_keys(conn, one, district_id, header, batch, after)
            if not rows:
                return done
            write_raw(conn, one, [_again(database.vault, district_id, one.columns, row) for row in rows])
        done, after = done + len(rows), rows[-1]["id"]


def _again(vault: Vault, district_id: str, columns: tuple[str, ...], row: dict[str, Any]) -> dict[str, Any]:
    new: dict[str, Any] = {"id": row["id"]}
    for name in columns:
        new[name] = None if row[name] is None else vault.seal(district_id, vault.unseal(bytes(row[name])))
    return new
