"""Whose address a message names that nobody can vouch for: who looks into it must know whom to call, and at which number."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from bot.engine.values import say_phone
from bot.service.runtime import Runtime
from bot.store import rights, tasks


@dataclass(frozen=True, slots=True)
class OnFile:
    """A contact with that address. `phone` is "" where none is on file; `may` is "nothing" for whom nothing may be told."""

    name: str
    relation: str
    lang: str
    phone: str
    may: str


def on_file(conn: Connection, runtime: Runtime, district_id: str, address: str, now: datetime) -> tuple[OnFile, ...]:
    """The contacts of a district who have this address. It says nothing about who wrote."""
    rows = tasks.with_address(conn, district_id, runtime.vault.index(district_id, address))
    return tuple(
        OnFile(
            name=row.name,
            relation=row.relation or "",
            lang=row.lang_written,
            phone=say_phone(row.phone) if row.phone else "",
            may="" if rights.may_hear_of_somebody(conn, row.id, now) else "nothing",
        )
        for row in rows
    )
