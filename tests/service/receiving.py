"""A district that receives: the demo world with a runtime around it, and short words for what tests do all the time."""

from __future__ import annotations

import itertools
from dataclasses import replace
from functools import lru_cache
from importlib.resources import files
from typing import Any

import sqlalchemy as sa

from bot.clock import Clock, RealIds
from bot.config import Settings
from bot.engine.library import shipped
from bot.i18n import shipped_catalogues
from bot.lists import ready
from bot.service import directory
from bot.service.receive import Outcome, receive_batch
from bot.service.runtime import Runtime
from bot.service.start_flow import start_flow
from bot.store.database import Database
from bot.store.tables import Outbox
from channels.base import Inbound, MediaRef

OURS = "+15550100001"
EN, ES, AR, SO, SIBLINGS = (f"+1555010100{n}" for n in range(1, 6))
STRANGER = "+15550109999"

SHOWN = (
    "kind",
    "step_id",
    "answer_raw",
    "answer_norm",
    "asked_text_ref",
    "visibility",
    "flow_id",
    "flow_version",
    "source_role",
    "answer_lang",
)
"""What an entry says whatever channel it came by."""

_number = itertools.count(1)


class Quiet:
    """A channel that only exists: receive never calls one."""

    name = "quiet"
    channels = ("sms", "whatsapp", "slack", "webchat")


@lru_cache
def _pure() -> tuple[Any, Any, Any]:
    catalogues = shipped_catalogues()
    return shipped(catalogues), catalogues, ready(files("flows") / "words")


def runtime_for(database: Database, clock: Clock, *, slack: bool = True) -> Runtime:
    library, catalogues, words = _pure()
    settings = Settings.load({"HEARTHLINE_MODE": "test", "HEARTHLINE_DATA_DIR": "/nonexistent", **KEYS})
    kinds = ("sms", "whatsapp", "slack", "webchat") if slack else ("sms", "whatsapp", "webchat")
    channels: Any = dict.fromkeys(kinds, Quiet())
    directory.forget(database.engine)
    return Runtime(settings, clock, RealIds(), database, database.vault, channels, library, catalogues, words)


KEYS = {"HEARTHLINE_MASTER_KEY": "A" * 43 + "=", "HEARTHLINE_SESSION_SECRET": "test"}


def sms(text: str, sender: str = EN, *, sid: str = "", to: str = OURS, channel: str = "sms", **more: Any) -> Inbound:
    return Inbound("twilio", sid or f"SM{next(_number):032x}", channel, to, sender, text, **more)


def photo() -> MediaRef:
    return MediaRef("image/jpeg", url="https://media.example/1")


def take(runtime: Runtime, *items: Any) -> list[Outcome]:
    """One batch, committed."""
    with runtime.database.begin() as conn:
        return receive_batch(conn, runtime, items, runtime.clock.now())


def rows(runtime: Runtime, table: Any, *where: Any) -> list[dict[str, Any]]:
    """Rows of a table in the order they were made."""
    columns = table.__table__.c
    order = (
        [columns.seq] if "seq" in columns and "case_id" in columns and table.__tablename__ != "outbox" else [next(iter(columns.values()))]
    )
    with runtime.database.read() as conn:
        return [dict(row) for row in conn.execute(sa.select(*columns).where(*where).order_by(*order)).mappings()]


def family_rows(runtime: Runtime) -> list[dict[str, Any]]:
    """What was queued for families, oldest first."""
    return rows(runtime, Outbox, Outbox.audience == "family")


def said(runtime: Runtime) -> list[str]:
    return [one["body"] for one in family_rows(runtime)]


def change(runtime: Runtime, table: Any, *where: Any, **values: Any) -> None:
    with runtime.database.begin() as conn:
        conn.execute(sa.update(table).where(*where).values(**values))
    directory.forget(runtime.database.engine)


def without_library(runtime: Runtime) -> Runtime:
    """Every turn of this runtime raises."""
    return replace(runtime, library=None)


def start(runtime, contact="con_demo_en", case=None, flow="home-observations", variant=""):
    """The school starts a talk, in a transaction of its own."""
    with runtime.database.begin() as conn:
        return start_flow(conn, runtime, contact, case, flow, variant, runtime.clock.now())
