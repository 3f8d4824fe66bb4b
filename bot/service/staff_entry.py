"""Lines that staff add to a case record outside of any talk: an entry of their own, or a mark on somebody's entry. The chain goes on."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy import Connection

from bot.service.runtime import Runtime
from bot.store.chain import entry_content, link, mark_content
from bot.store.tables import Case, CaseEntry, EntryMark
from bot.store.types import Plain


class Book:
    """One case's record, locked by the first look: lines are added in order, and `close` notes how far the chain has come."""

    def __init__(self, conn: Connection, runtime: Runtime, case_id: str, now: datetime) -> None:
        self._conn = conn
        self._runtime = runtime
        self._now = now
        query = sa.select(Case.id, Case.district_id, Case.student_id, Case.chain_seq, Case.chain_head).where(Case.id == case_id)
        self._case = conn.execute(query.with_for_update()).one()
        self._seq, self._head = self._case.chain_seq, bytes(self._case.chain_head)

    def entry(self, kind: str, norm: Mapping[str, Any], *, staff_id: str, visibility: str, words: str = "", step: str = "") -> str:
        """Add what a staff member says; the entry's id."""
        row: dict[str, Any] = {
            "id": self._runtime.ids.new("ent"),
            "district_id": self._case.district_id,
            "case_id": self._case.id,
            "student_id": self._case.student_id,
            "seq": self._seq + 1,
            "kind": kind,
            "source_role": "staff",
            "contact_id": None,
            "entered_by": staff_id,
            "message_id": None,
            "channel": "console",
            "flow_id": "",
            "flow_version": 0,
            "step_id": step,
            "asked_text_ref": "",
            "answer_raw": self._sealed(words) if words else None,
            "answer_lang": "",
            "answer_norm": self._sealed(orjson.dumps(norm).decode()) if norm else None,
            "media": [],
            "visibility": visibility,
            "corrects_id": None,
            "requirement_refs": [],
            "created_at": self._now,
        }
        self._link(row, entry_content(row))
        self._conn.execute(sa.insert(CaseEntry), [row])
        return str(row["id"])

    def mark(self, entry_ids: Iterable[str], kind: str, value: Mapping[str, Any]) -> None:
        """Say something later about entries: `kind` visibility, translation or confirmed."""
        for entry_id in entry_ids:
            row: dict[str, Any] = {
                "id": self._runtime.ids.new("mrk"),
                "district_id": self._case.district_id,
                "case_id": self._case.id,
                "entry_id": entry_id,
                "seq": self._seq + 1,
                "kind": kind,
                "value": self._sealed(orjson.dumps(value).decode()),
                "created_at": self._now,
            }
            self._link(row, mark_content(row))
            self._conn.execute(sa.insert(EntryMark), [row])

    def close(self) -> None:
        """Write down where the chain ends now."""
        self._conn.execute(sa.update(Case).where(Case.id == self._case.id).values(chain_seq=self._seq, chain_head=self._head))

    def _sealed(self, text: str) -> Plain:
        return Plain(self._case.district_id, text)

    def _link(self, row: dict[str, Any], content: Mapping[str, Any]) -> None:
        salt = os.urandom(16)
        digest, self._head = link(self._head, content, salt)
        self._seq += 1
        row["salt"], row["digest"], row["chain"] = salt, digest, self._head
