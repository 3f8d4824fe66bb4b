"""What is sealed can be opened by its key only; rotation loses nothing."""

from __future__ import annotations

import os
from collections.abc import Sequence

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import KeyMissing, MasterKeyWrong, SealBroken
from bot.store.database import Database, open_database
from bot.store.tables import District, DistrictKey, School, Student
from bot.store.types import Plain
from bot.store.vault import INDEX, SEAL, Vault, WrappedKey, wrapped_keys
from tests.conftest import MASTER_KEY
from tests.fakes.clock import START, CountingIds


class Shelf:
    """Keys in a list instead of a table."""

    def __init__(self) -> None:
        self.rows: list[WrappedKey] = []
        self.vault = Vault(MASTER_KEY, self.fetch)

    def fetch(self, district_id: str, key_id: str) -> Sequence[WrappedKey]:
        return [row for row in self.rows if (row.id == key_id if key_id else row.district_id == district_id)]

    def add(self, key_id: str, district_id: str = "dst_a", purpose: str = SEAL, *, retired: bool = False) -> None:
        wrapped = self.vault.wrap(key_id, district_id, purpose, os.urandom(32))
        self.rows.append(WrappedKey(key_id, district_id, purpose, wrapped, retired))


@pytest.fixture
def shelf() -> Shelf:
    shelf = Shelf()
    for district in ("dst_a", "dst_b"):
        shelf.add(f"key_{district}_seal", district)
        shelf.add(f"key_{district}_index", district, INDEX)
    return shelf


_SHELF = Shelf()
_SHELF.add("key_1")
_SHELF.add("key_2", purpose=INDEX)


@given(st.binary(max_size=4096))
def test_what_is_sealed_opens_as_it_was(data: bytes) -> None:
    sealed = _SHELF.vault.seal("dst_a", data)
    assert _SHELF.vault.unseal(sealed) == data
    assert len(data) < 4 or data not in sealed


def test_the_same_words_are_sealed_differently_each_time(shelf: Shelf) -> None:
    assert len({shelf.vault.seal("dst_a", b"the same") for _ in range(50)}) == 50


def test_every_changed_byte_is_noticed(shelf: Shelf) -> None:
    sealed = shelf.vault.seal("dst_a", b"words")
    for place in range(len(sealed)):
        broken = bytearray(sealed)
        broken[place] ^= 1
        with pytest.raises((SealBroken, KeyMissing)):
            shelf.vault.unseal(bytes(broken))


@pytest.mark.parametrize("blob", [b"", b"\x01", b"\x02\x00", b"\x01\xff", b"plain text"])
def test_what_is_no_sealed_value_is_refused(shelf: Shelf, blob: bytes) -> None:
    with pytest.raises((SealBroken, KeyMissing)):
        shelf.vault.unseal(blob)


def test_a_cut_value_is_refused(shelf: Shelf) -> None:
    sealed = shelf.vault.seal("dst_a", b"words")
    for end in range(len(sealed)):
        with pytest.raises((SealBroken, KeyMissing)):
            shelf.vault.unseal(sealed[:end])


def test_a_district_s_key_opens_nothing_of_another(shelf: Shelf) -> None:
    sealed = shelf.vault.seal("dst_a", b"words")
    body = sealed[2 + sealed[1] :]
    other = shelf.vault.seal("dst_b", b"x")
    with pytest.raises(SealBroken):
        shelf.vault.unseal(other[: 2 + other[1]] + body)


def test_a_district_without_keys_cannot_seal_or_index(shelf: Shelf) -> None:
    with pytest.raises(KeyMissing):
        shelf.vault.seal("dst_none", b"words")
    with pytest.raises(KeyMissing):
        shelf.vault.index("dst_none", "words")
    with pytest.raises(KeyMissing):
        Vault(MASTER_KEY).seal("dst_a", b"words")
    with pytest.raises(KeyMissing):
        Vault(MASTER_KEY).unseal(shelf.vault.seal("dst_a", b"words"))


def test_another_master_key_opens_nothing(shelf: Shelf) -> None:
    with pytest.raises(MasterKeyWrong):
        Vault(bytes(32), shelf.fetch).seal("dst_a", b"words")


@pytest.mark.parametrize("length", [0, 16, 31, 33])
def test_a_master_key_has_32_bytes(length: int) -> None:
    with pytest.raises(MasterKeyWrong):
        Vault(bytes(length))


def test_a_wrapped_key_moved_to_another_row_does_not_unwrap(shelf: Shelf) -> None:
    row = shelf.rows[0]
    for moved in (row._replace(district_id="dst_b"), row._replace(id="key_x"), row._replace(purpose=INDEX), row._replace(wrapped=b"x")):
        with pytest.raises(MasterKeyWrong):
            shelf.vault.unwrap(moved)


def test_the_index_is_equal_for_equal_text_in_one_district_only(shelf: Shelf) -> None:
    vault = shelf.vault
    assert vault.index("dst_a", "+15550101001") == vault.index("dst_a", "+15550101001")
    assert vault.index("dst_a", "+15550101001") != vault.index("dst_a", "+15550101002")
    assert vault.index("dst_a", "+15550101001") != vault.index("dst_b", "+15550101001")
    assert len(vault.index("dst_b", "")) == 32


def test_a_new_key_seals_and_the_old_one_still_opens(shelf: Shelf) -> None:
    old = shelf.vault.seal("dst_a", b"before")
    shelf.rows[0] = shelf.rows[0]._replace(retired=True)
    shelf.add("key_newer")
    assert shelf.vault.sealed_by(shelf.vault.seal("dst_a", b"x")) == "key_dst_a_seal"
    shelf.vault.refresh("dst_a")
    new = shelf.vault.seal("dst_a", b"after")
    assert shelf.vault.sealed_by(new) == "key_newer"
    assert [shelf.vault.unseal(old), shelf.vault.unseal(new)] == [b"before", b"after"]


def test_a_key_another_process_made_is_found_when_its_work_is_read(shelf: Shelf) -> None:
    shelf.vault.seal("dst_a", b"known before")
    shelf.add("key_elsewhere")
    other = Vault(MASTER_KEY, shelf.fetch)
    sealed = other.seal("dst_a", b"from the other process")
    assert shelf.vault.unseal(sealed) == b"from the other process"
    assert shelf.vault.sealed_by(shelf.vault.seal("dst_a", b"x")) == "key_elsewhere"


def make_district(database: Database, ids: CountingIds) -> None:
    with database.begin() as conn:
        conn.execute(sa.insert(District).values(id="dst_1", name="d", zone="UTC", settings={}, demo=True, created_at=START))
        database.vault.new_keys(conn, "dst_1", START, ids.new)
        conn.execute(sa.insert(School).values(id="sch_1", district_id="dst_1", name="s", phone="+15550100000", zone="UTC"))
        student = {"id": "stu_1", "district_id": "dst_1", "school_id": "sch_1", "first_name": Plain("dst_1", "Ánh"), "last_name": None}
        conn.execute(sa.insert(Student).values(birth_date=None, grade="3", **student))


def test_a_sealed_column_holds_no_plain_text_and_reads_back(database: Database, ids: CountingIds) -> None:
    make_district(database, ids)
    with database.read() as conn:
        assert conn.execute(sa.select(Student.first_name, Student.last_name)).one() == ("Ánh", None)
        raw = bytes(conn.scalar(sa.text("select first_name from student")))
    assert "Ánh".encode() not in raw
    assert database.vault.sealed_by(raw) == "key_00000000000000000000000001"


def test_another_process_reads_with_keys_from_the_database(database: Database, ids: CountingIds) -> None:
    make_district(database, ids)
    other = open_database(database.url, MASTER_KEY)
    with other.read() as conn:
        assert conn.scalar(sa.select(Student.first_name)) == "Ánh"
    with other.begin() as conn:
        conn.execute(sa.update(Student).values(last_name=Plain("dst_1", "Lê")))
    other.close()
    with database.read() as conn:
        assert conn.scalar(sa.select(Student.last_name)) == "Lê"


def test_keys_lie_wrapped_in_the_database(database: Database, ids: CountingIds) -> None:
    make_district(database, ids)
    with database.read() as conn:
        rows = wrapped_keys(conn, "dst_1")
        assert conn.scalar(sa.select(sa.func.count()).select_from(DistrictKey)) == 2
    assert [(row.purpose, len(row.wrapped), row.retired) for row in rows] == [(SEAL, 60, False), (INDEX, 60, False)]
    assert database.vault.unwrap(rows[0]) not in rows[0].wrapped


def test_sealing_is_cheap_enough_for_every_column(shelf: Shelf) -> None:
    """2-4 us a value is the target; ten times that on a busy machine would still be far from the cost of a commit."""
    import time

    text = "a message of usual length, like those that families write to school " * 2
    data = text.encode()
    best = 1.0
    for _ in range(5):
        start = time.thread_time()
        for _ in range(1000):
            shelf.vault.unseal(shelf.vault.seal("dst_a", data))
        best = min(best, (time.thread_time() - start) / 2000)
    assert best < 200e-6
