"""What delivery tests share: rows in the outbox of the demo district, and a provider of a few lines that records what it accepted."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from bot.clock import RealIds
from bot.config import Settings
from bot.i18n import shipped_catalogues
from bot.service.runtime import Runtime
from bot.store.database import Database
from bot.store.tables import Handoff, Outbox
from bot.store.types import Plain
from channels.base import Channel, Found, Inbound, Outbound, Receipt, Received, Request

DISTRICT = "dst_demo"
SMS = "+15550100001"


class Provider:
    """Accepts everything, unless an error is waiting for it. `accepted` is what it took; `slow` seconds pass before it answers."""

    name = "twilio"
    channels: tuple[str, ...] = ("sms", "whatsapp", "slack", "webchat")

    def __init__(self) -> None:
        self.accepted: list[Outbound] = []
        self.errors: list[Exception] = []
        self.asked: list[str] = []
        self.knows = True
        self.slow = 0.0
        self.stuck = ""
        """Messages to this channel do not come through as long as it stands here."""
        self.most_at_once = 0
        self.at_once = 0
        self.closed = False

    def receive(self, request: Request, now: datetime) -> Received:
        del request, now
        return Received(())

    async def send(self, message: Outbound) -> Receipt:
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            await asyncio.sleep(self.slow)
            while message.channel == self.stuck:
                await asyncio.sleep(0.01)
            if self.errors:
                raise self.errors.pop(0)
            self.accepted.append(message)
            return Receipt(self.name, f"SM{len(self.accepted):032d}", "queued", 1)
        finally:
            self.at_once -= 1

    async def look_up(self, message: Outbound, since: datetime, now: datetime) -> Found:
        del since, now
        self.asked.append(message.outbox_id)
        for place, one in enumerate(self.accepted):
            if (one.to, one.text) == (message.to, message.text):
                return Found(Receipt(self.name, f"SM{place + 1:032d}", "sent", 1), certain=True)
        return Found(None, certain=self.knows)

    async def close(self) -> None:
        self.closed = True

    async def missed(self, since: datetime, now: datetime) -> Sequence[Inbound]:
        del since, now
        return ()

    def texts(self) -> list[str]:
        return [one.text for one in self.accepted]


def runtime(database: Database, clock: Any, tmp_path: Path, provider: Channel, **settings: Any) -> Runtime:
    """The runtime of a test, with one provider behind every channel."""
    values = Settings(**{"mode": "test", "data_dir": tmp_path, "database_url": database.url, "in_doubt_wait_seconds": 5.0, **settings})
    return Runtime(
        settings=values,
        clock=clock,
        ids=RealIds(),
        database=database,
        vault=database.vault,
        channels=dict.fromkeys(("sms", "whatsapp", "slack", "webchat"), provider),
        catalogues=shipped_catalogues(),
    )


def row(number: int, now: datetime, contact: str = "demo_es", **changes: Any) -> dict[str, Any]:
    """One queued live reply to a family of the demo district, about its child."""
    child = {"demo_en": "maya", "demo_es": "diego", "demo_ar": "yusuf", "demo_so": "ayaan"}[contact]
    values: dict[str, Any] = {
        "id": f"out_{number:026d}",
        "district_id": DISTRICT,
        "audience": "family",
        "contact_id": f"con_{contact}",
        "endpoint_id": f"end_{contact}_sms",
        "staff_id": None,
        "case_id": f"cas_demo_{child}",
        "guardianship_id": f"gua_{contact}_demo_{child}",
        "channel": "sms",
        "sender": SMS,
        "address": None,
        "address_index": None,
        "message_class": "C",
        "purpose": "ask",
        "answers_family": True,
        "ref": "home-observations/1@1",
        "body": Plain(DISTRICT, f"Text {number}"),
        "blocks": None,
        "lang": "es",
        "segments": 1,
        "priority": 1,
        "state": "queued",
        "reason": "",
        "attempts": 0,
        "rank": 0,
        "lease_owner": "",
        "lease_until": None,
        "handed_at": None,
        "provider": "",
        "provider_id": "",
        "not_before": now,
        "not_after": None,
        "created_at": now,
    }
    text = changes.pop("text", None)
    values.update(changes)
    if text is not None:
        values["body"] = Plain(DISTRICT, text)
    return values


def staff_row(number: int, now: datetime, **changes: Any) -> dict[str, Any]:
    """One alert to the team's Slack channel."""
    alert = {
        "audience": "staff",
        "contact_id": None,
        "endpoint_id": None,
        "guardianship_id": None,
        "channel": "slack",
        "sender": "",
        "address": Plain(DISTRICT, "C0DEMO1002"),
        "purpose": "alert",
        "priority": 2,
        "lang": "en",
    }
    return row(number, now, **{**alert, **changes})


def queue(database: Database, *rows: dict[str, Any]) -> None:
    with database.begin() as conn:
        conn.execute(sa.insert(Outbox), list(rows))


def outbox_rows(database: Database) -> dict[str, Any]:
    """number -> row, as the outbox has it now."""
    with database.read() as conn:
        return {int(one.id[-26:]): one for one in conn.execute(sa.select(Outbox.__table__).order_by(Outbox.id))}


def states(database: Database) -> dict[int, tuple[str, str]]:
    """number -> (state, reason)."""
    return {number: (one.state, one.reason) for number, one in outbox_rows(database).items()}


def change(database: Database, table: Any, where: Any, **values: Any) -> None:
    with database.begin() as conn:
        conn.execute(sa.update(table).where(where).values(**values))


def tasks(database: Database) -> list[tuple[str, str, str | None]]:
    """(role, reason, contact) of the open tasks."""
    with database.read() as conn:
        query = sa.select(Handoff.to_role, Handoff.reason, Handoff.contact_id).order_by(Handoff.id)
        return [(one[0], one[1], one[2]) for one in conn.execute(query)]


def until(ready: Callable[[], bool], seconds: float = 60.0) -> None:
    """Wait for something another thread does."""
    end = time.monotonic() + seconds
    while not ready():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.01)


class Noon:
    """A clock that stands at noon of a school day in the demo district and moves only when told to."""

    def __init__(self, moment: datetime) -> None:
        self.moment = moment

    def now(self) -> datetime:
        return self.moment

    def advance(self, **delta: float) -> None:
        self.moment += timedelta(**delta)


__all__ = [
    "DISTRICT",
    "SMS",
    "Noon",
    "Provider",
    "change",
    "outbox_rows",
    "queue",
    "replace",
    "row",
    "runtime",
    "staff_row",
    "states",
    "tasks",
    "until",
]
