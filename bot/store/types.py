"""Column types: UTC times, sealed (encrypted) text, JSON by orjson, ids."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, NamedTuple, Protocol

import orjson
import sqlalchemy as sa
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

Id = sa.String(40)
"""Ids are ours: a short kind, "_" and a ULID ("ent_01J..."), opaque, sorted by time, safe in addresses and logs."""


class Plain(NamedTuple):
    """Text on its way into a sealed column: which district's key seals it, and the text."""

    district_id: str
    text: str


class PlainBytes(NamedTuple):
    """Bytes on their way into a sealed column (attachments, session state)."""

    district_id: str
    data: bytes


class Vault(Protocol):
    """Seals and opens; `bot.store.vault` is the real one. The composition root puts it on the engine's dialect as `vault`."""

    def seal(self, district_id: str, data: bytes) -> bytes: ...
    def unseal(self, blob: bytes) -> bytes: ...


def _vault(dialect: Dialect) -> Vault:
    vault: Vault = dialect.vault  # type: ignore[attr-defined]
    return vault


class SealedText(TypeDecorator[str]):
    """Text encrypted at rest. Bind a `Plain`; a read gives the text. The blob names its key, so rotation needs no district on read."""

    impl = sa.LargeBinary
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> bytes | None:
        if value is None:
            return None
        district_id, text = value
        return _vault(dialect).seal(district_id, text.encode())

    def process_result_value(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else _vault(dialect).unseal(bytes(value)).decode()


class SealedBytes(TypeDecorator[bytes]):
    """Bytes encrypted at rest. Bind a `PlainBytes`; a read gives the bytes."""

    impl = sa.LargeBinary
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> bytes | None:
        if value is None:
            return None
        district_id, data = value
        return _vault(dialect).seal(district_id, data)

    def process_result_value(self, value: Any, dialect: Dialect) -> bytes | None:
        return None if value is None else _vault(dialect).unseal(bytes(value))


class Utc(TypeDecorator[datetime]):
    """A moment, always UTC. A naive time is a mistake and refused."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone cannot be stored: pass an aware datetime")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Json(TypeDecorator[Any]):
    """Small JSON without personal data."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else orjson.dumps(value).decode()

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        return None if value is None else orjson.loads(value)
