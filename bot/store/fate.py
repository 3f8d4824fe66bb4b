"""What became of the rows that were handed over: answers, status news, and rows whose fate nobody knows.

A status never goes back: the higher rank wins, whatever order the news arrives in, and equal ranks keep the first.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import NamedTuple, cast

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.store.outbox import CHANNELS, OUTBOX, WITH_PERSON, insert_ignoring, medium
from bot.store.tables import Case, Consent, ConsentLedger, Endpoint, SeenEvent, Staff
from bot.store.types import Plain

_ENDPOINT = cast("sa.Table", Endpoint.__table__)
_SEEN = cast("sa.Table", SeenEvent.__table__)
_CONSENT = cast("sa.Table", Consent.__table__)
_LEDGER = cast("sa.Table", ConsentLedger.__table__)
_CASE = cast("sa.Table", Case.__table__)
_STAFF = cast("sa.Table", Staff.__table__)
_AFTER_HAND = ("handed", "in_doubt", "sent", "delivered", "undelivered", "failed")


class Accepted(NamedTuple):
    """The provider took the row: its id, the state and rank of what it answered, the segments it counted (0 = not said)."""

    id: str
    provider: str
    provider_id: str
    state: str
    rank: int
    segments: int


class Unsent(NamedTuple):
    """The provider did not take the row (or we do not know): what it is now, why, and when to look again.

    `from_states` is what the row may still be: news that came in the meantime is never overwritten.
    """

    id: str
    state: str
    reason: str
    error_code: str
    not_before: datetime
    attempts: int
    from_states: tuple[str, ...] = ("handed",)


class News(NamedTuple):
    """One status callback in our words. `outbox_id` is "" when the provider did not give it back."""

    provider: str
    provider_id: str
    word: str
    state: str
    rank: int
    outbox_id: str
    error_code: str


class Doubt(NamedTuple):
    """A row in doubt, with what `look_up` needs."""

    id: str
    district_id: str
    contact_id: str | None
    case_id: str | None
    channel: str
    sender: str
    address: str
    body: str
    attempts: int
    handed_at: datetime
    created_at: datetime


@cache
def _accept() -> sa.Update:
    """The statement of `accept`, made once: it runs for every message."""
    rank = sa.bindparam("its_rank", type_=sa.Integer)
    segments = sa.bindparam("its_segments", type_=sa.Integer)
    return (
        sa.update(OUTBOX)
        .where(OUTBOX.c.id == sa.bindparam("row"), sa.or_(*(OUTBOX.c.state == word for word in _AFTER_HAND)))
        .values(
            state=sa.case((OUTBOX.c.rank < rank, sa.bindparam("its_state", type_=sa.String)), else_=OUTBOX.c.state),
            rank=sa.case((OUTBOX.c.rank < rank, rank), else_=OUTBOX.c.rank),
            reason="",
            provider=sa.bindparam("its_provider"),
            provider_id=sa.case((OUTBOX.c.provider_id == "", sa.bindparam("its_id", type_=sa.String)), else_=OUTBOX.c.provider_id),
            segments=sa.case((segments > 0, segments), else_=OUTBOX.c.segments),
            settled_at=sa.func.coalesce(OUTBOX.c.settled_at, sa.bindparam("at", type_=OUTBOX.c.settled_at.type)),
            lease_owner="",
            lease_until=None,
        )
    )


def accept(conn: Connection, answers: Sequence[Accepted], now: datetime) -> None:
    """Keep the provider's receipts. A callback may have been quicker: then only its id and segments are added."""
    if not answers:
        return
    conn.execute(
        _accept(),
        [
            {
                "row": a.id,
                "its_state": a.state,
                "its_rank": a.rank,
                "its_provider": a.provider,
                "its_id": a.provider_id,
                "its_segments": a.segments,
                "at": now,
            }
            for a in sorted(answers)
        ],
    )


def keep_unsent(conn: Connection, outcomes: Sequence[Unsent], now: datetime) -> list[str]:
    """Write down what did not go. Gives the ids that were still what `from_states` says, and of the same try."""
    kept = []
    for one in sorted(outcomes):
        final = one.state in ("failed", "cancelled")
        result = conn.execute(
            sa.update(OUTBOX)
            .where(OUTBOX.c.id == one.id, OUTBOX.c.state.in_(one.from_states), OUTBOX.c.attempts == one.attempts)
            .values(
                state=one.state,
                reason=one.reason,
                error_code=one.error_code,
                not_before=one.not_before,
                settled_at=now if final else None,
                lease_owner="",
                lease_until=None,
            )
        )
        if result.rowcount:
            kept.append(one.id)
    return kept


# --- status news ------------------------------------------------------------------------------------------------------------------------


class Changed(NamedTuple):
    """A row whose state moved because of news."""

    id: str
    district_id: str
    contact_id: str | None
    case_id: str | None
    endpoint_id: str | None
    staff_id: str | None
    state: str
    error_code: str
    news: int


def apply_news(conn: Connection, news: Sequence[News], now: datetime) -> list[Changed]:
    """Apply status callbacks, each (provider id, status) once. `Changed.news` is the index of the news that moved the row."""
    fresh = _unseen(conn, news, now)
    if not fresh:
        return []
    by_row = [one.outbox_id for _, one in fresh if one.outbox_id]
    by_provider = [(one.provider, one.provider_id) for _, one in fresh if not one.outbox_id]
    query = (
        sa.select(
            OUTBOX.c.id, OUTBOX.c.district_id, OUTBOX.c.contact_id, OUTBOX.c.case_id, OUTBOX.c.endpoint_id, OUTBOX.c.staff_id,
            OUTBOX.c.provider, OUTBOX.c.provider_id, OUTBOX.c.rank,
        )
        .where(
            sa.or_(OUTBOX.c.id.in_(by_row), sa.tuple_(OUTBOX.c.provider, OUTBOX.c.provider_id).in_(by_provider)),
            OUTBOX.c.state.in_(_AFTER_HAND),
        )
        .order_by(OUTBOX.c.id)
        .with_for_update()
    )  # fmt: skip
    rows = conn.execute(query).all()
    by_id = {row.id: row for row in rows}
    by_sid = {(row.provider, row.provider_id): row for row in rows if row.provider_id}
    best: dict[str, tuple[int, News]] = {}
    for index, one in fresh:
        row = by_id.get(one.outbox_id) if one.outbox_id else by_sid.get((one.provider, one.provider_id))
        if row is not None and one.rank > max(row.rank, best[row.id][1].rank if row.id in best else 0):
            best[row.id] = (index, one)
    for row_id, (_, one) in sorted(best.items()):
        row = by_id[row_id]
        conn.execute(
            sa.update(OUTBOX)
            .where(OUTBOX.c.id == row_id)
            .values(
                state=one.state,
                rank=one.rank,
                reason="",
                error_code=one.error_code,
                provider=row.provider or one.provider,
                provider_id=row.provider_id or one.provider_id,
                settled_at=now,
                lease_owner="",
                lease_until=None,
            )
        )
    return [
        Changed(row.id, row.district_id, row.contact_id, row.case_id, row.endpoint_id, row.staff_id, one.state, one.error_code, index)
        for row_id, (index, one) in sorted(best.items())
        for row in (by_id[row_id],)
    ]


def _unseen(conn: Connection, news: Sequence[News], now: datetime) -> list[tuple[int, News]]:
    """The news that was not told before, in order: a repeat (or a replay) changes nothing."""
    keys: dict[tuple[str, str], int] = {}
    for index, one in enumerate(news):
        keys.setdefault((one.provider, f"{one.provider_id}:{one.word}"), index)
    if not keys:
        return []
    rows = [{"provider": provider, "event_id": event_id, "seen_at": now} for provider, event_id in sorted(keys)]
    inserted = insert_ignoring(conn, _SEEN).values(rows).returning(_SEEN.c.provider, _SEEN.c.event_id)
    new = {(row[0], row[1]) for row in conn.execute(inserted)}
    return [(index, news[index]) for key, index in keys.items() if key in new]


# --- rows whose fate is unknown -----------------------------------------------------------------------------------------------------------


def release_claims(conn: Connection, now: datetime, dead: Sequence[str]) -> int:
    """Queue what a dead process had leased and not handed: certainly not sent."""
    result = conn.execute(
        sa.update(OUTBOX)
        .where(OUTBOX.c.state == "claimed", sa.or_(OUTBOX.c.lease_until < now, OUTBOX.c.lease_owner.in_(dead)))
        .values(state="queued", lease_owner="", lease_until=None)
    )
    return int(result.rowcount)


def doubt_orphans(conn: Connection, now: datetime, dead: Sequence[str], *, state: str = "in_doubt") -> list[str]:
    """Rows a process died with between `handed` and settled: the provider may have them.

    `state` is "queued" only when recovery is switched off for the kill harness, which is then seen to duplicate.
    """
    result = conn.execute(
        sa.update(OUTBOX)
        .where(OUTBOX.c.state == "handed", sa.or_(OUTBOX.c.lease_until < now, OUTBOX.c.lease_owner.in_(dead)))
        .values(state=state, reason="holder_died", not_before=now, lease_owner="", lease_until=None)
        .returning(OUTBOX.c.id)
    )
    return [row[0] for row in result]


def doubts(conn: Connection, now: datetime, handed_before: datetime, limit: int) -> list[Doubt]:
    """Rows in doubt that may be asked about now: long enough ago for the provider's list to show them."""
    query = (
        sa.select(
            OUTBOX.c.id, OUTBOX.c.district_id, OUTBOX.c.contact_id, OUTBOX.c.case_id, OUTBOX.c.channel, OUTBOX.c.sender,
            sa.func.coalesce(_ENDPOINT.c.address, OUTBOX.c.address, type_=OUTBOX.c.address.type),
            OUTBOX.c.body, OUTBOX.c.attempts, OUTBOX.c.handed_at, OUTBOX.c.created_at,
        )
        .outerjoin(_ENDPOINT, _ENDPOINT.c.id == OUTBOX.c.endpoint_id)
        .where(
            OUTBOX.c.state == sa.literal_column("'in_doubt'"),
            OUTBOX.c.reason != WITH_PERSON,
            OUTBOX.c.handed_at <= handed_before,
            OUTBOX.c.not_before <= now,
        )
        .order_by(OUTBOX.c.handed_at, OUTBOX.c.id)
        .limit(limit)
    )  # fmt: skip
    return [Doubt._make(row) for row in conn.execute(query)]


def release_held(conn: Connection, now: datetime) -> int:
    """Queue held rows whose time to look again has come: the hand-over decides afresh, under the locks."""
    result = conn.execute(
        sa.update(OUTBOX).where(OUTBOX.c.state == sa.literal_column("'held'"), OUTBOX.c.not_before <= now).values(state="queued")
    )
    return int(result.rowcount)


def no_more(reason: str, now: datetime) -> sa.Update:
    """Of the rows this is narrowed to, those that have not left leave no more: a worker that holds one finds its lease gone."""
    waiting = OUTBOX.c.state.in_(["queued", "held", "claimed"])
    return sa.update(OUTBOX).where(waiting).values(state="cancelled", reason=reason, settled_at=now, lease_owner="", lease_until=None)


def cancel_waiting(conn: Connection, district_id: str, index: bytes, channels: Sequence[str], reason: str, now: datetime) -> int:
    """Cancel what still waits for a number (class F stays)."""
    endpoints = sa.select(_ENDPOINT.c.id).where(_ENDPOINT.c.district_id == district_id, _ENDPOINT.c.address_index == index)
    theirs = OUTBOX.c.endpoint_id.in_(endpoints), OUTBOX.c.channel.in_(channels), OUTBOX.c.message_class != "F"
    return int(conn.execute(no_more(reason, now).where(*theirs)).rowcount)


# --- what a failure means for others ------------------------------------------------------------------------------------------------------


class RowFacts(NamedTuple):
    """Whom a row was to, and about."""

    id: str
    district_id: str
    contact_id: str | None
    case_id: str | None
    endpoint_id: str | None
    channel: str
    message_class: str
    number: bytes | None


def exists(conn: Connection, outbox_id: str) -> bool:
    """Whether there is such a row: a status may name one that was erased."""
    return conn.execute(sa.select(OUTBOX.c.id).where(OUTBOX.c.id == outbox_id)).first() is not None


def row_facts(conn: Connection, outbox_id: str) -> RowFacts:
    """Whom a row was to, and about."""
    query = (
        sa.select(OUTBOX.c.id, OUTBOX.c.district_id, OUTBOX.c.contact_id, OUTBOX.c.case_id, OUTBOX.c.endpoint_id)
        .add_columns(OUTBOX.c.channel, OUTBOX.c.message_class, sa.func.coalesce(_ENDPOINT.c.address_index, OUTBOX.c.address_index))
        .outerjoin(_ENDPOINT, _ENDPOINT.c.id == OUTBOX.c.endpoint_id)
        .where(OUTBOX.c.id == outbox_id)
    )
    return RowFacts._make(conn.execute(query).one())


def addresses_of(conn: Connection, ids: Sequence[str]) -> dict[str, str]:
    """Where rows went, by id."""
    address = sa.func.coalesce(_ENDPOINT.c.address, OUTBOX.c.address, type_=OUTBOX.c.address.type)
    query = sa.select(OUTBOX.c.id, address).outerjoin(_ENDPOINT, _ENDPOINT.c.id == OUTBOX.c.endpoint_id).where(OUTBOX.c.id.in_(ids))
    return {row[0]: row[1] or "" for row in conn.execute(query)}


def record_stop(conn: Connection, row: RowFacts, ledger_id: str, now: datetime, *, source: str = "provider") -> None:
    """The receiver opted out at the provider, or by a mail's own address (`source`).

    A line in the ledger, and nothing that waits for the number goes any more.
    """
    if row.number is None:
        return
    key = {"district_id": row.district_id, "address_index": row.number, "medium": medium(row.channel)}
    conn.execute(insert_ignoring(conn, _CONSENT), {**key, "state": "stopped", "changed_at": now})
    where = [_CONSENT.c[name] == value for name, value in key.items()]
    conn.execute(sa.update(_CONSENT).where(*where).values(state="stopped", until=None, changed_at=now))
    conn.execute(
        sa.insert(_LEDGER),
        {
            "id": ledger_id,
            "district_id": row.district_id,
            "contact_id": row.contact_id,
            "address_index": row.number,
            "medium": key["medium"],
            "state": "stopped",
            "source": source,
            "notice_version": "",
            "created_at": now,
        },
    )
    cancel_waiting(conn, row.district_id, row.number, [name for name in CHANNELS if medium(name) == key["medium"]], "stopped", now)


def mark_unreachable(conn: Connection, row: RowFacts) -> None:
    """Nothing more goes to this address until a person looked at it, or whoever has it now says that it is theirs (fault 10)."""
    if row.endpoint_id is not None:
        active = sa.and_(_ENDPOINT.c.id == row.endpoint_id, _ENDPOINT.c.state == "active")
        conn.execute(sa.update(_ENDPOINT).where(active).values(state="unreachable", confirmed_at=None))


def send_once_more(conn: Connection, outbox_id: str, at: datetime) -> bool:
    """Queue again what the provider took at the first try and a carrier then did not deliver; False for a second time, and for the one
    confirmation of a STOP, which is never two."""
    row = sa.update(OUTBOX).where(OUTBOX.c.id == outbox_id, OUTBOX.c.attempts == 1, OUTBOX.c.purpose != "confirm_stop")
    again = {"state": "queued", "reason": "once_more", "rank": 0, "provider_id": "", "not_before": at, "settled_at": None}
    return bool(conn.execute(row.where(OUTBOX.c.state.in_(["undelivered", "failed"])).values(again)).rowcount)


def redirect_to_lead(conn: Connection, row: RowFacts, now: datetime) -> bool:
    """Send a team alert whose channel is unsuitable to the case's lead in person instead; False when it already was (fault 14)."""
    if row.case_id is None or row.channel != "slack":
        return False
    lead = sa.select(_STAFF.c.slack_user).join(_CASE, sa.func.coalesce(_CASE.c.lead_id, _CASE.c.liaison_id) == _STAFF.c.id)
    user = conn.execute(lead.where(_CASE.c.id == row.case_id, _STAFF.c.active)).scalar()
    address = conn.execute(sa.select(OUTBOX.c.address).where(OUTBOX.c.id == row.id)).scalar()
    if not user or user == address:
        return False
    conn.execute(
        sa.update(OUTBOX)
        .where(OUTBOX.c.id == row.id)
        .values(state="queued", reason="redirected", address=Plain(row.district_id, user), not_before=now, settled_at=None)
    )
    return True
