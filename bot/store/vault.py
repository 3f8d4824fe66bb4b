"""Seals personal text at rest: AES-256-GCM under a key per district, each key wrapped by the installation's master key.

A sealed value is version (1 byte), length of the key's id (1 byte), the key's id, nonce (12 bytes), cipher text and tag; everything
before the nonce is authenticated too. It names its key, so an old value opens after a rotation, and erasing a key erases what it sealed.
Nonces are random: one key must stay far below 2**32 values, which rotation (`hearthline db rotate-keys`) sees to.
`index` is a keyed hash for equality look-ups (blind index); its key is never rotated alone, because every index would change.
Seal and unseal cost about 2 us each (measured on one core of a small server): the unwrapped ciphers are kept in memory.
"""

from __future__ import annotations

import hmac
import os
import threading
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bot.errors import KeyMissing, MasterKeyWrong, SealBroken
from bot.store.nonces import fresh
from bot.store.tables.people import DistrictKey

VERSION = 1
SEAL = "seal"
INDEX = "index"
_NONCE = 12
_KEY_BYTES = 32


class WrappedKey(NamedTuple):
    """A key as the database holds it."""

    id: str
    district_id: str
    purpose: str
    wrapped: bytes
    retired: bool


Fetch = Callable[[str, str], Sequence[WrappedKey]]
"""`fetch(district_id, key_id)`: the keys of a district or the one with this id, whichever is not ""; in a connection of its own."""


class Vault:
    """Seals, opens and indexes. Threads may share one; keys that are not known yet are fetched from the database once."""

    def __init__(self, master_key: bytes, fetch: Fetch | None = None) -> None:
        if len(master_key) != _KEY_BYTES:
            raise MasterKeyWrong("The master key must have 32 bytes.")
        self._master = AESGCM(master_key)
        self._fetch = fetch
        self._lock = threading.Lock()
        self._sealing: dict[str, tuple[bytes, Callable[[bytes, bytes, bytes], bytes]]] = {}
        self._opening: dict[bytes, Callable[[bytes, bytes, bytes], bytes]] = {}
        self._indexing: dict[str, bytes] = {}

    def bind(self, fetch: Fetch) -> None:
        """Say where keys are fetched from (the database does, when it is opened)."""
        self._fetch = fetch

    def seal(self, district_id: str, data: bytes) -> bytes:
        """Encrypt under the district's newest key."""
        try:
            header, encrypt = self._sealing[district_id]
        except KeyError:
            header, encrypt = self._learn(district_id)
        nonce = fresh()[:_NONCE]
        return b"".join((header, nonce, encrypt(nonce, data, header)))

    def unseal(self, blob: bytes) -> bytes:
        """Decrypt what `seal` made, under whichever key it names."""
        try:
            start = 2 + blob[1]
            known = blob[0] == VERSION
        except IndexError:
            raise SealBroken from None
        if not known:
            raise SealBroken
        header = blob[:start]
        decrypt = self._opening.get(header) or self._find(header)
        try:
            return decrypt(blob[start : start + _NONCE], blob[start + _NONCE :], header)
        except (InvalidTag, ValueError):
            raise SealBroken from None

    def index(self, district_id: str, text: str) -> bytes:
        """32 bytes that are equal for equal text in one district, and say nothing without its key."""
        key = self._indexing.get(district_id)
        if key is None:
            self._learn(district_id)
            key = self._indexing[district_id]
        return hmac.new(key, text.encode(), "sha256").digest()  # unlike `hmac.digest` it keeps the interpreter's lock

    def sealed_by(self, blob: bytes) -> str:
        """The id of the key that sealed this."""
        return blob[2 : 2 + blob[1]].decode("ascii", "replace")

    def new_keys(self, conn: sa.Connection, district_id: str, now: datetime, new_id: Callable[[str], str]) -> None:
        """Give a new district its keys, in the transaction that inserts the district; usable at once in this process."""
        for purpose in (SEAL, INDEX):
            self._admit(self.add_key(conn, district_id, purpose, now, new_id))

    def add_key(self, conn: sa.Connection, district_id: str, purpose: str, now: datetime, new_id: Callable[[str], str]) -> WrappedKey:
        """Insert one more wrapped key. It is not used before `refresh`: sealing under a key that is rolled back would lose data."""
        key_id = new_id("key")
        wrapped = self.wrap(key_id, district_id, purpose, os.urandom(_KEY_BYTES))
        row = {"id": key_id, "district_id": district_id, "purpose": purpose, "wrapped": wrapped, "created_at": now, "retired_at": None}
        conn.execute(sa.insert(DistrictKey), [row])
        return WrappedKey(key_id, district_id, purpose, wrapped, retired=False)

    def wrap(self, key_id: str, district_id: str, purpose: str, key: bytes) -> bytes:
        """Encrypt a data key under the master key, bound to its row."""
        nonce = os.urandom(_NONCE)
        return nonce + self._master.encrypt(nonce, key, f"{key_id}|{district_id}|{purpose}".encode())

    def unwrap(self, row: WrappedKey) -> bytes:
        """The data key of a row; `MasterKeyWrong` when the master key is another one or the row was changed."""
        try:
            bound = f"{row.id}|{row.district_id}|{row.purpose}".encode()
            return self._master.decrypt(row.wrapped[:_NONCE], row.wrapped[_NONCE:], bound)
        except (InvalidTag, ValueError):
            raise MasterKeyWrong from None

    def refresh(self, district_id: str) -> None:
        """Take note of keys that another process, or a rotation that has committed, added."""
        self._learn(district_id)

    def _learn(self, district_id: str) -> tuple[bytes, Callable[[bytes, bytes, bytes], bytes]]:
        rows = self._fetch(district_id, "") if self._fetch else ()
        with self._lock:
            for row in rows:
                self._admit(row)
        try:
            self._indexing[district_id]
            return self._sealing[district_id]
        except KeyError:
            raise KeyMissing(f"District {district_id} has no keys.") from None

    def _find(self, header: bytes) -> Callable[[bytes, bytes, bytes], bytes]:
        key_id = header[2:].decode("ascii", "replace")
        for row in self._fetch("", key_id) if self._fetch else ():
            # its district's other keys too: an unknown key mostly means that another process rotated
            self._learn(row.district_id)
        if header not in self._opening:
            raise KeyMissing
        return self._opening[header]

    def _admit(self, row: WrappedKey) -> None:
        key = self.unwrap(row)
        if row.purpose == INDEX:
            self._indexing[row.district_id] = key
            return
        name = row.id.encode()
        header = bytes((VERSION, len(name))) + name
        cipher = AESGCM(key)
        self._opening[header] = cipher.decrypt
        if not row.retired:
            self._sealing[row.district_id] = (header, cipher.encrypt)


def wrapped_keys(conn: sa.Connection, district_id: str = "", key_id: str = "") -> list[WrappedKey]:
    """The keys of a district, oldest first so that the newest unretired one seals, or the one with this id."""
    table = DistrictKey
    query = sa.select(table.id, table.district_id, table.purpose, table.wrapped, table.retired_at)
    query = query.where(table.id == key_id) if key_id else query.where(table.district_id == district_id)
    rows: Sequence[Any] = conn.execute(query.order_by(table.created_at, table.id)).all()
    return [WrappedKey(row.id, row.district_id, row.purpose, bytes(row.wrapped), row.retired_at is not None) for row in rows]
