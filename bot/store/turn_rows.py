"""What a batch of turns writes: rows are collected in memory and written set by set, one executemany a table.

The order of `_ORDER` is the order of foreign keys, and what must be cancelled is cancelled before anything new is queued.
Cost: a row at a time through the driver is what group commit exists to avoid; nothing here asks for generated ids.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.dialects import postgresql, sqlite

from bot.store.bulk import Bulk, Sending, sending
from bot.store.tables import (
    Attachment,
    Case,
    CaseChoice,
    CaseEntry,
    Consent,
    ConsentLedger,
    Contact,
    Endpoint,
    EntryMark,
    Guardianship,
    Handoff,
    Message,
    Outbox,
    Session,
    Timer,
)

_Rows = list[dict[str, Any]]


class TurnRows:
    """Rows to write. Attributes named after tables hold whole rows; the others hold changes."""

    def __init__(self) -> None:
        self.message: _Rows = []
        self.message_again: _Rows = []
        self.attachment: _Rows = []
        self.session: _Rows = []
        self.case_entry: _Rows = []
        self.entry_mark: _Rows = []
        self.chain: _Rows = []
        self.handoff: _Rows = []
        self.consent_ledger: _Rows = []
        self.consent: _Rows = []
        self.case_choice: _Rows = []
        self.language: _Rows = []
        self.identity: _Rows = []
        self.seen: _Rows = []
        self.confirmed: _Rows = []
        self.shared: _Rows = []
        self.blocked: _Rows = []
        self.child_held: _Rows = []
        self.safety_hold: _Rows = []
        self.stopped: _Rows = []
        self.stranger_stopped: _Rows = []
        self.child_stopped: _Rows = []
        self.topic_stopped: _Rows = []
        self.timers_cancelled: _Rows = []
        self.timer: _Rows = []
        self.outbox: _Rows = []

    def write(self, conn: Connection) -> None:
        """Write everything, in the caller's transaction. A message that is there already fails it: another process stored it since we
        looked, and the replay finds which."""
        statements = _statements(conn.dialect.name)
        with sending(conn) as send:
            for name in _ORDER:
                rows: _Rows = getattr(self, name)
                if not rows:
                    continue
                if name == "timer" and self._set_anew():
                    send.flush()
                if name == "outbox":
                    self._queue(send)
                elif name in _BULK:
                    send(_BULK[name], rows)
                else:
                    send.flush()
                    conn.execute(statements[name], rows)

    def _set_anew(self) -> bool:
        """Whether timers of one talk are taken back and set again, as where a flow follows another: one statement cannot do both."""
        ended = {row["session_id"] for row in self.timers_cancelled}
        return any(row["session_id"] in ended for row in self.timer)

    def _queue(self, send: Sending) -> None:
        """Texts that are said once may be there already. To look for that costs, and the others are new by their ids."""
        once = [row for row in self.outbox if row["dedupe_key"] is not None]
        if len(once) < len(self.outbox):
            send(_BULK["outbox"], [row for row in self.outbox if row["dedupe_key"] is None] if once else self.outbox)
        if once:
            send(_ONCE, once)


_ORDER = (
    "message",
    "message_again",
    "attachment",
    "session",
    "case_entry",
    "entry_mark",
    "chain",
    "handoff",
    "child_held",
    "consent_ledger",
    "consent",
    "case_choice",
    "language",
    "identity",
    "seen",
    "confirmed",
    "shared",
    "blocked",
    "safety_hold",
    "stopped",
    "stranger_stopped",
    "child_stopped",
    "topic_stopped",
    "timers_cancelled",
    "timer",
    "outbox",
)


_TALK = ("case_id", "channel", "endpoint_id", "flow_id", "flow_version", "status", "state", "version", "updated_at")
_UNSENT = {
    "state": "'queued'",
    "reason": "''",
    "rank": "0",
    "attempts": "0",
    "lease_owner": "''",
    "lease_until": "NULL",
    "handed_at": "NULL",
    "settled_at": "NULL",
    "provider": "''",
    "provider_id": "''",
    "error_code": "''",
}
_BULK: Mapping[str, Bulk] = {
    "message": Bulk(Message),
    "session": Bulk(Session, key=("id",), changed=_TALK),
    "case_entry": Bulk(CaseEntry),
    "entry_mark": Bulk(EntryMark),
    "chain": Bulk(Case, key=("id",), changed=("chain_seq", "chain_head"), update=True),
    "handoff": Bulk(Handoff, fixed={"acknowledged_at": "NULL"}),
    "seen": Bulk(Endpoint, key=("id",), changed=("last_inbound_at",), update=True),
    "timers_cancelled": Bulk(Timer, key=("session_id", "state"), update=True, fixed={"state": "'cancelled'"}),
    "timer": Bulk(Timer, key=("id",), changed=("step_id", "due_at", "not_after", "state"), same=("due_at", "not_after", "state")),
    "outbox": Bulk(Outbox, fixed=_UNSENT),
}
"""What the turns of ordinary talks write. The other tables are written now and then, and by plain statements."""

_ONCE = Bulk(Outbox, ignore=True, fixed=_UNSENT)


def _upsert(dialect: str, table: Any, key: Sequence[str], changed: Sequence[str]) -> Any:
    insert: Any = postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)
    return insert.on_conflict_do_update(index_elements=list(key), set_={name: insert.excluded[name] for name in changed})


def _set(table: Any, key: str, *names: str, **fixed: Any) -> Any:
    changed: dict[str, Any] = {name: sa.bindparam(f"new_{name}") for name in names}
    return sa.update(table).where(getattr(table, key) == sa.bindparam("row_id")).values(**changed, **fixed)


def _of_number(table: Any) -> Any:
    return sa.and_(table.district_id == sa.bindparam("district"), table.address_index == sa.bindparam("index"))


def _cancel(*whose: Any) -> Any:
    return (
        sa.update(Outbox)
        .where(
            *whose,
            Outbox.audience == "family",
            Outbox.message_class != "F",
            sa.or_(Outbox.state == sa.literal_column("'queued'"), Outbox.state == sa.literal_column("'held'")),
        )
        .values(state="cancelled", reason=sa.bindparam("why"), settled_at=sa.bindparam("at"))
    )


def _cancel_number(*about: Any) -> Any:
    """Everything queued for a number, but class F, to every contact on it; found by contact, for which there is an index.

    :param about: only what is about this.
    """
    here = _of_number(Endpoint)
    contacts = sa.select(Endpoint.contact_id).where(here).scalar_subquery()
    return _cancel(Outbox.contact_id.in_(contacts), Outbox.endpoint_id.in_(sa.select(Endpoint.id).where(here).scalar_subquery()), *about)


@cache
def _statements(dialect: str) -> Mapping[str, Any]:
    """Every statement once per process; SQLAlchemy then compiles each once."""
    return {
        "message_again": _set(Message, "id", "contact_id", "case_id", "session_id", "visibility", "screened", "state", "error", "attempts"),
        "attachment": sa.insert(Attachment),
        "consent_ledger": sa.insert(ConsentLedger),
        "consent": _upsert(dialect, Consent, ("district_id", "address_index", "medium"), ("state", "until", "changed_at", "stopped_for")),
        "case_choice": _upsert(dialect, CaseChoice, ("contact_id",), ("case_id", "until")),
        "language": _set(Contact, "id", "lang_written", lang_by="family"),
        "identity": _set(Contact, "id", "identity"),
        "confirmed": _set(Endpoint, "id", "confirmed_at", "last_inbound_at", state="active"),
        "shared": sa.update(Endpoint).where(_of_number(Endpoint)).values(shared=True),
        "blocked": sa.update(Endpoint).where(_of_number(Endpoint)).values(state="blocked"),
        "child_held": sa.update(Guardianship)
        .where(Guardianship.contact_id == sa.bindparam("contact"), Guardianship.hold == "")
        .values(hold=sa.bindparam("why")),
        "safety_hold": _set(Case, "id", safety_hold=True),
        "stopped": _cancel_number(),
        "child_stopped": _cancel_number(
            Outbox.case_id.in_(sa.select(Case.id).where(Case.student_id == sa.bindparam("student")).scalar_subquery())
        ),
        "topic_stopped": _cancel_number(Outbox.ref.startswith(sa.bindparam("flow"))),
        "stranger_stopped": _cancel(Outbox.contact_id.is_(None), _of_number(Outbox)),
    }


def quarantine(conn: Connection, message_id: str, attempts: int, error: str, *, given_up: bool) -> None:
    """Count a failed try of a message; after the last one it is a person's."""
    state = "quarantined" if given_up else "failed"
    conn.execute(sa.update(Message).where(Message.id == message_id).values(state=state, attempts=attempts, error=error[:200]))
