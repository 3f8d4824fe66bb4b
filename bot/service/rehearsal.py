"""A conversation played through the real receive service, without HTTP and without a provider: what was said, written and handed on.

For `hearthline say` and for tests of conversations. The database is the caller's to throw away.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy import Connection

from bot.service.receive import Arrival, rescue, take_in
from bot.service.runtime import Runtime
from bot.service.start_flow import check_variant, start_flow
from bot.store import inbound
from bot.store.tables import Case, CaseEntry, Contact, Endpoint, EntryMark, Handoff, Message, Outbox, Sender, Student
from channels.base import Inbound

Line = dict[str, Any]
CHANNEL = "sms"

ENVELOPE = (
    "id",
    "case_id",
    "student_id",
    "kind",
    "source_role",
    "contact_id",
    "channel",
    "flow_id",
    "flow_version",
    "step_id",
    "asked_text_ref",
    "answer_raw",
    "answer_lang",
    "answer_norm",
    "translation",
    "media",
    "visibility",
    "confirmed_by_contact",
    "created_at",
    "requirement_refs",
)
"""The keys of a case entry as domain.md 0.4 names them."""


@dataclass(slots=True)
class Rehearsal:
    """One contact's conversation. Each step gives the lines it added, in the order things happened."""

    runtime: Runtime
    contact_id: str
    lang: str = ""
    case_id: str = ""
    _sender: str = ""
    _ours: str = ""
    _seen: set[str] = field(default_factory=set)
    _count: int = 0

    def prepare(self) -> None:
        """Find the contact's number and first open case; choose the language."""
        now = self.runtime.clock.now()
        with self.runtime.database.begin() as conn:
            if self.lang:
                conn.execute(sa.update(Contact).where(Contact.id == self.contact_id).values(lang_written=self.lang))
            else:
                self.lang = conn.scalars(sa.select(Contact.lang_written).where(Contact.id == self.contact_id)).one()
            number = sa.select(Endpoint.address, Endpoint.district_id)
            row = conn.execute(number.where(Endpoint.contact_id == self.contact_id, Endpoint.channel == CHANNEL)).one()
            self._sender = row.address
            ours = sa.select(Sender.address).where(Sender.district_id == row.district_id, Sender.channel == CHANNEL)
            self._ours = conn.scalars(ours).one()
            cases = inbound.open_cases(conn, [self.contact_id], now)
            self.case_id = cases[0].id if cases else ""

    def start(self, flow_id: str, variant: str) -> list[Line]:
        """The school begins: the flow's first question."""
        now = self.runtime.clock.now()
        with self.runtime.database.begin() as conn:
            start_flow(conn, self.runtime, self.contact_id, self.case_id or None, flow_id, variant, now)
        return self._news()

    def check(self, flow_id: str, variant: str) -> bool:
        """Whether the family begins this flow; raises `FlowUnknown` when flow or variant does not exist."""
        flow = self.runtime.library.flow(flow_id)
        check_variant(flow, variant)
        return bool(flow.begins == "family")

    def write(self, text: str, begins: tuple[str, str] = ("", "")) -> list[Line]:
        """The family writes; `begins` names the flow (and variant) that this message is the beginning of."""
        self._count += 1
        now = self.runtime.clock.now()
        item = Inbound("local", f"{self.contact_id}:{self._count}", CHANNEL, self._ours, self._sender, text)
        try:
            with self.runtime.database.begin() as conn:
                arrival = Arrival(item, start=begins)
                take_in(conn, self.runtime, [arrival], now)
        except Exception as error:
            with self.runtime.database.begin() as conn:
                rescue(conn, self.runtime, item, error, now)
            raise
        with self.runtime.database.read() as conn:
            screened, lang = conn.execute(sa.select(Message.screened, Message.lang).where(Message.id == arrival.message_id)).one()
        self.lang = lang
        heard = [_message("in", self.lang, text), {"type": "screen", "fired": screened.split(",") if screened else []}]
        return heard + self._news()

    def entries(self) -> list[Line]:
        """The case record as it stands, in order."""
        with self.runtime.database.read() as conn:
            marks = _marks(conn)
            rows = conn.execute(sa.select(CaseEntry).order_by(CaseEntry.case_id, CaseEntry.seq).with_only_columns(*CaseEntry.__table__.c))
            return [_entry(row, marks) for row in rows]

    def child(self) -> tuple[str, str]:
        """(code, first name) of the case this is about; ("", "") without one."""
        query = sa.select(Case.code, Student.first_name).join(Student, Student.id == Case.student_id).where(Case.id == self.case_id)
        with self.runtime.database.read() as conn:
            row = conn.execute(query).one_or_none()
        return (row.code, row.first_name) if row else ("", "")

    def _news(self) -> list[Line]:
        with self.runtime.database.read() as conn:
            found = [*_said(conn), *_handed(conn)]
        fresh = [(key, line) for key, line in found if key not in self._seen]
        self._seen.update(key for key, _ in fresh)
        return [line for _, line in fresh]


def _message(direction: str, lang: str, text: str) -> Line:
    return {"type": "message", "direction": direction, "lang": lang, "text": text}


def _said(conn: Connection) -> Iterator[tuple[str, Line]]:
    columns = (Outbox.id, Outbox.audience, Outbox.purpose, Outbox.lang, Outbox.body, Outbox.staff_id, Outbox.handoff_id, Outbox.state)
    paged: set[tuple[str | None, str | None]] = set()
    for row in conn.execute(sa.select(*columns).order_by(Outbox.created_at, Outbox.priority, Outbox.id)):
        if row.audience == "family":
            if row.state != "cancelled":
                yield row.id, _message("out", row.lang, row.body)
        elif row.purpose == "alert":
            yield row.id, {"type": "alert", "to_role": "teacher", "body": row.body}
        elif row.purpose == "page" and (row.handoff_id, row.staff_id) not in paged:  # one line a person, not one a channel
            paged.add((row.handoff_id, row.staff_id))
            yield row.id, {"type": "alert", "to_role": "on_call", "body": row.body}


def _handed(conn: Connection) -> Iterator[tuple[str, Line]]:
    for row in conn.execute(sa.select(Handoff.id, Handoff.to_role, Handoff.reason, Handoff.body).order_by(Handoff.id)):
        kind = "alert" if row.reason == "alert" else "handoff"
        yield row.id, {"type": kind, "to_role": row.to_role, "body": row.body or row.reason}


def _marks(conn: Connection) -> dict[str, dict[str, Any]]:
    """The newest mark of each kind by entry."""
    found: dict[str, dict[str, Any]] = {}
    for row in conn.execute(sa.select(EntryMark.entry_id, EntryMark.kind, EntryMark.value).order_by(EntryMark.seq)):
        found.setdefault(row.entry_id, {})[row.kind] = orjson.loads(row.value) if row.value else {}
    return found


def _entry(row: Any, marks: dict[str, dict[str, Any]]) -> Line:
    said = marks.get(row.id, {})
    now = {
        **row._asdict(),
        "answer_norm": orjson.loads(row.answer_norm) if row.answer_norm else None,
        "translation": said.get("translation"),
        "visibility": said.get("visibility", {}).get("visibility", row.visibility),
        "confirmed_by_contact": "confirmed" in said,
        "created_at": row.created_at.isoformat(timespec="seconds").replace("+00:00", "Z"),
    }
    return {"type": "entry", **{name: now[name] for name in ENVELOPE}}
