"""Writes a few lines into a case's record as the receive service does, for tests of what reads it."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from bot.store import tables as t
from bot.store.chain import entry_content, link, mark_content
from bot.store.database import Database
from bot.store.migrations import guards
from bot.store.types import Plain
from tests.fakes.clock import START

CASE = "cas_demo_diego"


def intrude(database: Database, statement: sa.Executable) -> None:
    """Change what the database refuses to change, as somebody would who owns it."""
    with database.begin() as conn:
        for removal in guards.removal(conn.dialect.name):
            conn.exec_driver_sql(removal)
        conn.execute(statement)


def entry(number: int, words: str = "Le encanta el fútbol") -> dict[str, Any]:
    return {
        "id": f"ent_{number}",
        "district_id": "dst_demo",
        "case_id": CASE,
        "student_id": "stu_demo_diego",
        "kind": "strength",
        "source_role": "family",
        "contact_id": "con_demo_es",
        "entered_by": None,
        "message_id": None,
        "channel": "sms",
        "flow_id": "home-observations",
        "flow_version": 1,
        "step_id": "1",
        "asked_text_ref": "home-observations/1@1",
        "answer_raw": Plain("dst_demo", words),
        "answer_lang": "es",
        "answer_norm": Plain("dst_demo", '{"interests":"fútbol"}'),
        "media": [],
        "visibility": "team",
        "corrects_id": None,
        "requirement_refs": ["S1-12"],
        "created_at": START,
    }


def mark(number: int, entry_id: str) -> dict[str, Any]:
    return {
        "id": f"mrk_{number}",
        "district_id": "dst_demo",
        "case_id": CASE,
        "entry_id": entry_id,
        "kind": "confirmed",
        "value": Plain("dst_demo", '{"by":"con_demo_es"}'),
        "created_at": START,
    }


def write(database: Database, *rows: dict[str, Any]) -> None:
    """Append, each row a link after the one before."""
    with database.begin() as conn:
        for row in rows:
            seq, head = conn.execute(sa.select(t.Case.chain_seq, t.Case.chain_head).where(t.Case.id == CASE)).one()
            table, content = (t.EntryMark, mark_content) if "entry_id" in row else (t.CaseEntry, entry_content)
            numbered = {**row, "seq": seq + 1}
            salt = bytes([seq]) * 16
            digest, chain = link(bytes(head), content(numbered), salt)
            conn.execute(sa.insert(table).values(**numbered, salt=salt, digest=digest, chain=chain))
            conn.execute(sa.update(t.Case).where(t.Case.id == CASE).values(chain_seq=seq + 1, chain_head=chain))
