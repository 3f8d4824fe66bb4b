"""What a real conversation writes forms one chain, survives a key rotation, and no word of it lies open in the database."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.app import build_runtime
from bot.clock import RealIds
from bot.config import Settings
from bot.service import keys, receive
from bot.service.runtime import Runtime
from bot.service.start_flow import start_flow
from bot.service.verify import verify
from bot.store import tables as t
from bot.store.database import Database
from bot.store.sealed import sealed_tables
from channels.base import Inbound
from tests.conftest import MASTER_KEY
from tests.fakes.clock import START, TickingClock

REPLIES = [
    "Le encanta el mercado con su abuela Quetzalcoatlita",
    "1 y 3",
    "2",
    "Español y mam",
    "Su tía Xochiquetzalli",
    "Que lea sola",
    "1",
]


@pytest.fixture
def runtime(world: Database, tmp_path: Path) -> Iterator[Runtime]:
    env = {
        "HEARTHLINE_MODE": "test",
        "HEARTHLINE_DATA_DIR": str(tmp_path),
        "HEARTHLINE_DATABASE_URL": world.url,
        "HEARTHLINE_MASTER_KEY": base64.b64encode(MASTER_KEY).decode(),
    }
    runtime = build_runtime(Settings.load(env), clock=TickingClock(), ids=RealIds(), channels={})
    yield runtime
    runtime.database.close()


@pytest.fixture
def conversation(runtime: Runtime) -> Runtime:
    with runtime.database.begin() as conn:
        start_flow(conn, runtime, "con_demo_es", "cas_demo_diego", "home-observations", "core", START)
    committer = receive.committer_for(runtime)
    for number, text in enumerate(REPLIES):
        committer.submit(Inbound("twilio", f"SM{number:032x}", "sms", "+15550100001", "+15550101002", text))
    committer.close()
    return runtime


def words(database: Database) -> list[str]:
    with database.read() as conn:
        return list(conn.scalars(sa.select(t.CaseEntry.answer_raw).where(t.CaseEntry.answer_raw.is_not(None)).order_by(t.CaseEntry.seq)))


def test_the_record_of_a_conversation_is_one_unbroken_chain(conversation: Runtime) -> None:
    with conversation.database.read() as conn:
        findings = list(verify(conn, conversation.vault))
    assert [one.subject for one in findings if not one.holds] == []
    assert {one.subject: one.links for one in findings}["CV-1002"] >= 6
    assert words(conversation.database)[0] == REPLIES[0]


def test_it_still_is_after_its_keys_were_rotated(conversation: Runtime) -> None:
    before = words(conversation.database)
    keys.rotate(conversation.database, TickingClock(), RealIds(), "dst_demo")
    assert words(conversation.database) == before
    with conversation.database.read() as conn:
        assert all(one.holds for one in verify(conn, conversation.vault))


def test_no_column_of_any_table_holds_the_family_s_words_or_number(conversation: Runtime) -> None:
    canaries = [b"Quetzalcoatlita", b"Xochiquetzalli", b"15550101002", b"Delgado", b"Diego"]
    found = []
    with conversation.database.read() as conn:
        for table in t.Base.metadata.sorted_tables:
            for row in conn.execute(sa.text(f"select * from {table.name}")):
                for name, value in row._mapping.items():
                    data = bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode()
                    found += [(table.name, name, canary) for canary in canaries if canary in data]
    assert found == []
    assert len(sealed_tables()) > 10
