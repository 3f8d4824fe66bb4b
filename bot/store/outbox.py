"""The outbox: what is to be sent, and the truth about what became of it. Each function here runs inside the caller's transaction.

queued -> claimed (leased to a process) -> handed (durable, then posted) -> sent -> delivered | undelivered | failed
Before `handed` also held, cancelled, expired; after it in_doubt, when nobody knows whether the provider took the message.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple, cast

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection
from sqlalchemy.sql.elements import ColumnElement

from bot.store.tables import Case, Guardianship, Outbox, Sender, SenderPace

OUTBOX = cast("sa.Table", Outbox.__table__)
_SENDER = cast("sa.Table", Sender.__table__)
_PACE = cast("sa.Table", SenderPace.__table__)

CHANGE = "update"
"""The purpose of a row that changes a message of ours; `ref` is the row of that message."""

WITH_PERSON = "with_person"
"""The reason of a row in doubt that a person has been asked about: it no longer holds up what comes after it."""

_CLAIM_TURN = 7_231_554_121  # any constant: the PostgreSQL advisory lock by which claims take turns
_MEDIUM = {"sms": "phone", "whatsapp": "phone", "webchat": "chat", "email": "email"}
CHANNELS = tuple(_MEDIUM)
"""The channels families are reached by."""


def columns(table: sa.Table, names: str) -> list[sa.Column[Any]]:
    return [table.c[name] for name in names.split()]


def medium(channel: str) -> str:
    """The medium consent is given for: one STOP covers SMS and WhatsApp of a number."""
    return _MEDIUM.get(channel, channel)


TO_STAFF = Outbox.audience == sa.literal_column("'staff'")
"""Said with the word itself: SQLite looks into `ix_outbox_staff` for no question that leaves it open."""


def about_cases(case_ids: Sequence[str]) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """Texts to families about these cases. Found by the children's adults, whatever their rights are today: an index by case alone would
    cost every text, and only adults of a child are ever written to about it (a trigger sees to that)."""
    adults = sa.select(Guardianship.contact_id).join(Case, Case.student_id == Guardianship.student_id).where(Case.id.in_(case_ids))
    return Outbox.contact_id.in_(adults), Outbox.case_id.in_(case_ids)


# --- claim ------------------------------------------------------------------------------------------------------------------------------


class Candidate(NamedTuple):
    """A row that is due and whose conversation has nothing unsettled before it. Rows of one `conversation` leave one after the other.

    A crisis text is a conversation of its own: it waits for nothing.
    """

    id: str
    district_id: str
    conversation: str
    priority: int
    channel: str
    sender: str
    segments: int


class Pace(NamedTuple):
    """One sender's token bucket as stored; `tokens` is None when it was never used."""

    sender_id: str
    district_id: str
    channel: str
    address: str
    rate: float
    tokens: float | None
    filled_at: datetime | None


def take_turn(conn: Connection) -> None:
    """Let claims of several processes take turns: two at once could each take one half of a conversation, and lose its order."""
    if conn.dialect.name == "postgresql":
        conn.execute(sa.select(sa.func.pg_advisory_xact_lock(_CLAIM_TURN)))


def _unsettled_before() -> ColumnElement[bool]:
    """Whether the same conversation has an earlier row on its way, or one as urgent waiting for another try. Class F never waits."""
    first = OUTBOX.alias("first")
    return sa.exists().where(
        OUTBOX.c.priority > 0,
        first.c.contact_id == OUTBOX.c.contact_id,
        first.c.channel == OUTBOX.c.channel,
        first.c.created_at <= OUTBOX.c.created_at,
        first.c.id < OUTBOX.c.id,
        sa.or_(
            first.c.state.in_(["claimed", "handed"]),
            sa.and_(
                first.c.priority <= OUTBOX.c.priority,
                sa.or_(
                    sa.and_(first.c.state == "in_doubt", first.c.reason != WITH_PERSON),
                    sa.and_(first.c.state == "queued", first.c.attempts > 0),
                ),
            ),
        ),
    )


_CANDIDATE = (
    *columns(OUTBOX, "id district_id"),
    sa.case(
        (OUTBOX.c.priority == 0, OUTBOX.c.id),
        else_=sa.func.coalesce(OUTBOX.c.contact_id, OUTBOX.c.staff_id, sa.case((OUTBOX.c.purpose == CHANGE, OUTBOX.c.ref)), OUTBOX.c.id),
    ),
    *columns(OUTBOX, "priority channel sender segments"),
)
_DUE = (OUTBOX.c.state == sa.literal_column("'queued'"), OUTBOX.c.not_before <= sa.bindparam("now"))


@lru_cache(maxsize=32)
def _candidates(without: int, audience: str) -> sa.Select[Any]:
    """The claim's statement with so many senders left out, made once: building it costs as much as running it."""
    whose = (OUTBOX.c.audience == audience,) if audience else ()
    rests = OUTBOX.c.priority > 0  # what is about danger is tried all the same: nobody waits an hour for 988
    passed_over = (
        sa.not_(sa.and_(rests, OUTBOX.c.channel == sa.bindparam(f"channel_{n}"), OUTBOX.c.sender == sa.bindparam(f"sender_{n}")))
        for n in range(without)
    )
    return (
        sa.select(*_CANDIDATE)
        .where(*_DUE, OUTBOX.c.priority <= sa.bindparam("top"), ~_unsettled_before(), *passed_over, *whose)
        .order_by(OUTBOX.c.priority, OUTBOX.c.not_before, OUTBOX.c.id)
        .limit(sa.bindparam("most", type_=sa.Integer))
        .with_for_update(of=OUTBOX, skip_locked=True)
    )


def candidates(
    conn: Connection, now: datetime, limit: int, *, max_priority: int = 9, without: Iterable[tuple[str, str]] = (), audience: str = ""
) -> list[Candidate]:
    """Due rows in the order they should leave: priority, then time, then id. `without`: senders (channel, address) that are exhausted;
    `audience`: only to these."""
    left_out = sorted(without)
    given: dict[str, Any] = {"now": now, "top": max_priority, "most": limit}
    for number, (channel, sender) in enumerate(left_out):
        given |= {f"channel_{number}": channel, f"sender_{number}": sender}
    return [Candidate._make(row) for row in conn.execute(_candidates(len(left_out), audience), given)]


def any_due(conn: Connection, now: datetime, max_priority: int) -> bool:
    """Whether anything is due."""
    query = sa.select(OUTBOX.c.id).where(*_DUE, OUTBOX.c.priority <= max_priority).limit(1)
    return conn.execute(query, {"now": now}).first() is not None


_EARLIER = (
    sa.select(*_CANDIDATE)
    .where(*_DUE, OUTBOX.c.contact_id.in_(sa.bindparam("contacts", expanding=True)), ~_unsettled_before())
    .order_by(OUTBOX.c.id)
    .with_for_update(of=OUTBOX, skip_locked=True)
)


def due_of(conn: Connection, contacts: Iterable[str], now: datetime) -> list[Candidate]:
    """Everything that is due for these contacts, oldest first: what was said first goes first, however urgent what came later is."""
    return [Candidate._make(row) for row in conn.execute(_EARLIER, {"now": now, "contacts": sorted(contacts)})]


_PACES = (
    sa.select(*columns(_SENDER, "id district_id channel address segments_per_second"), _PACE.c.tokens, _PACE.c.filled_at)
    .outerjoin(_PACE, _PACE.c.sender_id == _SENDER.c.id)
    .where(sa.tuple_(_SENDER.c.channel, _SENDER.c.address).in_(sa.bindparam("senders", expanding=True)))
)


def paces(conn: Connection, senders: Iterable[tuple[str, str]]) -> list[Pace]:
    """The token buckets of these senders (channel, address)."""
    wanted = sorted(set(senders))
    if not wanted:
        return []
    return [Pace._make(row) for row in conn.execute(_PACES, {"senders": wanted})]


def save_paces(conn: Connection, buckets: Sequence[Pace]) -> None:
    """Keep what is left in the buckets."""
    for bucket in buckets:
        values = {"tokens": bucket.tokens, "filled_at": bucket.filled_at}
        if not conn.execute(sa.update(_PACE).where(_PACE.c.sender_id == bucket.sender_id).values(values)).rowcount:
            conn.execute(sa.insert(_PACE), {"sender_id": bucket.sender_id, "district_id": bucket.district_id, **values})


def claim(conn: Connection, ids: Sequence[str], owner: str, lease_until: datetime) -> None:
    """Lease these due rows (just read by `candidates` in this transaction) to one process."""
    if ids:
        conn.execute(
            sa.update(OUTBOX)
            .where(OUTBOX.c.id.in_(ids), OUTBOX.c.state == "queued")
            .values(state="claimed", lease_owner=owner, lease_until=lease_until)
        )


def unclaim(conn: Connection, ids: Sequence[str], owner: str) -> None:
    """Give rows back that were leased and not handed: the one before them in their conversation has to wait, or we are stopping."""
    if ids:
        conn.execute(
            sa.update(OUTBOX)
            .where(OUTBOX.c.id.in_(ids), OUTBOX.c.state == "claimed", OUTBOX.c.lease_owner == owner)
            .values(state="queued", lease_owner="", lease_until=None)
        )


def insert_ignoring(conn: Connection, table: sa.Table) -> Any:
    """An INSERT that passes over what is already there, for the database at hand."""
    if conn.dialect.name == "postgresql":
        return postgresql.insert(table).on_conflict_do_nothing()
    return sqlite.insert(table).on_conflict_do_nothing()
