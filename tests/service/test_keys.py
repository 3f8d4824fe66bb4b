"""Rotation loses nothing, breaks no chain, and leaves nothing under the old key."""

from __future__ import annotations

import base64

import pytest
import sqlalchemy as sa

from bot.errors import MasterKeyWrong
from bot.service import keys
from bot.service.verify import verify
from bot.store import tables as t
from bot.store.database import Database, open_database
from bot.store.sealed import sealed_tables
from bot.store.vault import SEAL, wrapped_keys
from tests.fakes.clock import CountingIds, TickingClock
from tests.service.record_writer import entry, mark, write


class MoreIds(CountingIds):
    """Ids that do not meet the seed's."""

    def new(self, kind: str) -> str:
        return super().new(kind).replace("_0", "_R", 1)


def everything(database: Database) -> list[object]:
    with database.read() as conn:
        return [
            tuple(row)
            for one in sealed_tables()
            for row in conn.execute(sa.select(one.table.c.id, *(one.table.c[c] for c in one.columns)).order_by(one.table.c.id))
        ]


def keys_used(database: Database) -> set[str]:
    with database.read() as conn:
        return {
            database.vault.sealed_by(bytes(value))
            for one in sealed_tables()
            for name in one.columns
            for value in conn.scalars(sa.text(f"select {name} from {one.table.name} where {name} is not null"))
        }


def test_every_table_with_sealed_columns_is_known_and_has_an_id() -> None:
    found = {one.table.name: one.columns for one in sealed_tables()}
    assert set(found) >= {
        "student",
        "contact",
        "endpoint",
        "case_entry",
        "entry_mark",
        "handoff",
        "message",
        "attachment",
        "session",
        "outbox",
        "staff",
    }
    assert all("id" in one.table.c and "district_id" in one.table.c for one in sealed_tables())


def test_after_a_rotation_everything_reads_as_before_and_nothing_is_under_the_old_key(world: Database, clock: TickingClock) -> None:
    write(world, entry(1), entry(2), mark(1, "ent_1"))
    before = everything(world)
    (old,) = keys_used(world)
    with world.read() as conn:
        index = conn.scalar(sa.select(t.Endpoint.address_index).order_by(t.Endpoint.id).limit(1))
    resealed = keys.rotate(world, clock, MoreIds(), "dst_demo", batch=7)
    assert resealed == len(before)
    assert everything(world) == before
    (new,) = keys_used(world)
    assert new != old
    with world.read() as conn:
        assert [(row.purpose, row.retired) for row in wrapped_keys(conn, "dst_demo") if row.purpose == SEAL] == [
            (SEAL, True),
            (SEAL, False),
        ]
        assert conn.scalar(sa.select(t.Endpoint.address_index).order_by(t.Endpoint.id).limit(1)) == index
        assert all(finding.holds for finding in verify(conn, world.vault))
        assert conn.scalar(sa.select(t.Audit.action)) == "rotate_keys"
    assert keys.reseal(world, "dst_demo") == 0


def test_a_process_that_missed_the_rotation_goes_on_reading_and_writing(world: Database, clock: TickingClock) -> None:
    other = open_database(world.url, bytes(range(32)))
    other.vault.seal("dst_demo", b"it knows the old key")
    keys.rotate(world, clock, MoreIds(), "dst_demo")
    assert everything(other) == everything(world)
    with other.begin() as conn:
        conn.execute(sa.text("update school set name = name"))
    write(other, entry(9))
    other.close()
    assert ("ent_9", "Le encanta el fútbol", '{"interests":"fútbol"}') in everything(world)
    assert keys.reseal(world, "dst_demo") in (0, 1)
    assert len(keys_used(world)) == 1


def test_a_rotation_that_was_stopped_goes_on_when_run_again(world: Database, clock: TickingClock) -> None:
    ids = MoreIds()
    with world.begin() as conn:
        world.vault.add_key(conn, "dst_demo", SEAL, clock.now(), ids.new)
    before = everything(world)
    assert keys.rotate(world, clock, ids, "dst_demo") == len(before)
    assert everything(world) == before
    with world.read() as conn:
        assert [row.retired for row in wrapped_keys(conn, "dst_demo") if row.purpose == SEAL] == [True, True, False]


def test_a_new_master_key_opens_everything_and_the_old_one_nothing(world: Database) -> None:
    before = everything(world)
    new_master = b"n" * 32
    with world.begin() as conn:
        assert keys.rewrap(conn, world.vault, new_master) == 2
    reopened = open_database(world.url, new_master)
    assert everything(reopened) == before
    reopened.close()
    stale = open_database(world.url, bytes(range(32)))
    with pytest.raises(MasterKeyWrong):
        everything(stale)
    stale.close()
    assert base64.b64encode(new_master)
