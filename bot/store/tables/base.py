"""The declarative base and the columns most rows share."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, MappedColumn, mapped_column

from bot.store.types import Id, Utc

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """All our tables."""

    metadata = sa.MetaData(naming_convention=NAMES)


def key() -> MappedColumn[str]:
    return mapped_column(Id, primary_key=True)


def ref(target: str, *, null: bool = False, index: bool = False, pk: bool = False) -> MappedColumn[Any]:
    return mapped_column(Id, sa.ForeignKey(target), nullable=null, index=index, primary_key=pk)


def district(*, index: bool = False) -> MappedColumn[str]:
    """The tenant every row belongs to (the shard key later)."""
    return mapped_column(Id, sa.ForeignKey("district.id"), nullable=False, index=index)


def tenant() -> MappedColumn[str]:
    """The tenant of a row on the hot path. No foreign key: its case, contact or session has one, and each check costs a look-up."""
    return mapped_column(Id, nullable=False)


def moment(*, null: bool = False, index: bool = False) -> MappedColumn[Any]:
    return mapped_column(Utc, nullable=null, index=index)


def word(length: int = 40, *, null: bool = False, default: str | None = None) -> MappedColumn[Any]:
    """A short code word of ours (a state, a kind, a language tag)."""
    return mapped_column(sa.String(length), nullable=null, default=default)


__all__ = ["Base", "Mapped", "datetime", "district", "key", "moment", "ref", "tenant", "word"]
