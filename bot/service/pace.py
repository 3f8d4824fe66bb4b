"""How fast each sender may go: a token bucket in segments, one row per sender, taken in the transaction that claims.

A carrier counts segments, not messages, and queues what comes too fast; what it queued we can no longer stop. So the rest waits with us:
live replies go first and may run ahead of the sender's speed, but never by more than 30 s of texts; everything else waits for its token.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy.engine import Connection

from bot.store import outbox
from bot.store.outbox import Candidate, Pace

AHEAD_SECONDS = 30.0
"""How much of a sender's texts may wait in the provider's own queue."""

LIVE = 1
"""Priorities up to this are live: class F and STOP confirmations (0), replies in a talk (1)."""

_ROUNDS = 3  # a window full of one exhausted sender's rows is read again without it, this often


def filled(bucket: Pace, now: datetime) -> float:
    """Tokens in the bucket now. It holds one second of the sender's speed, so that no burst exceeds it."""
    full = max(bucket.rate, 1.0)
    if bucket.tokens is None or bucket.filled_at is None:
        return full
    return min(full, bucket.tokens + max(0.0, (now - bucket.filled_at).total_seconds()) * bucket.rate)


def room(tokens: float, rate: float, priority: int) -> bool:
    """Whether a row of this priority may leave now. Class F always may."""
    if priority == 0:
        return True
    return tokens > -AHEAD_SECONDS * rate if priority <= LIVE else tokens > 0


def in_order(found: Sequence[Candidate], due: Sequence[Candidate]) -> list[Candidate]:
    """The rows found, each with what is due before it in its conversation: an earlier row leaves as urgently as the one behind it.

    So a question the school started is not overtaken by the reply to what the family wrote meanwhile.
    """
    place = {row.id: number for number, row in enumerate(found)}
    last = {row.conversation: row.id for row in sorted(found)}
    talks: dict[str, dict[str, Candidate]] = {}
    for row in [*due, *found]:
        if row.id <= last.get(row.conversation, ""):
            talks.setdefault(row.conversation, {})[row.id] = row
    ordered = []
    for rows in talks.values():
        urgency, turn = 9, len(found)
        for row in sorted(rows.values(), reverse=True):
            urgency, turn = min(urgency, row.priority), min(turn, place.get(row.id, turn))
            ordered.append((urgency, turn, row._replace(priority=urgency)))
    return [row for _, _, row in sorted(ordered)]


def pick(
    rows: Sequence[Candidate], buckets: dict[tuple[str, str], Pace], now: datetime
) -> tuple[list[Candidate], set[tuple[str, str]], dict[tuple[str, str], Pace]]:
    """The rows that may leave now, the senders that are exhausted, and the buckets after it.

    Once a row of a conversation has to wait, all later ones of it wait too: a talk stays in order.
    """
    left = {key: bucket._replace(tokens=filled(bucket, now), filled_at=now) for key, bucket in buckets.items()}
    chosen: list[Candidate] = []
    exhausted: set[tuple[str, str]] = set()
    waiting: set[str] = set()
    for row in rows:
        key = (row.channel, row.sender)
        bucket = left.get(key)
        if row.conversation in waiting and row.priority:
            continue
        if bucket is None:  # Slack and web chat have no carrier behind them
            chosen.append(row)
            continue
        assert bucket.tokens is not None
        if not room(bucket.tokens, bucket.rate, row.priority):
            waiting.add(row.conversation)
            exhausted.add(key)
            continue
        left[key] = bucket._replace(tokens=bucket.tokens - row.segments)
        chosen.append(row)
    return chosen, exhausted, left


def claim(
    conn: Connection,
    *,
    owner: str,
    now: datetime,
    lease_until: datetime,
    limit: int,
    max_priority: int = 9,
    paused: Iterable[tuple[str, str]] = (),
    audience: str = "",
) -> tuple[list[Candidate], bool]:
    """Lease up to `limit` due rows to this process, within each sender's pace. True beside them: more is due, but has to wait its turn."""
    outbox.take_turn(conn)
    without = set(paused)
    chosen: list[Candidate] = []
    more = False
    for _ in range(_ROUNDS):
        wanted = limit - len(chosen)
        found = outbox.candidates(conn, now, wanted, max_priority=max_priority, without=without, audience=audience)
        talks = {row.conversation for row in found if row.priority and row.conversation.startswith("con_")}
        rows = in_order(found, outbox.due_of(conn, talks, now) if talks else [])
        buckets = {(one.channel, one.address): one for one in outbox.paces(conn, ((row.channel, row.sender) for row in rows))}
        picked, exhausted, left = pick(rows, buckets, now)
        outbox.claim(conn, [row.id for row in picked], owner, lease_until)
        outbox.save_paces(conn, [left[key] for key in {(row.channel, row.sender) for row in picked} if key in left])
        chosen += picked
        without |= exhausted
        more = more or bool(exhausted) or len(found) == wanted
        if len(found) < wanted or not exhausted or len(chosen) >= limit:
            break
    return chosen, more
