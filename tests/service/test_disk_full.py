"""A disk that is full at any moment of a turn and of a delivery (fault 21): each step has happened or has not, nothing is sent that is not
written down, and all goes on when there is room again."""

from __future__ import annotations

import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa

from bot.service import receive, settle
from bot.service.deliver import LEASE
from bot.service.hand_over import hand_over
from bot.service.pace import claim
from bot.service.runtime import Runtime
from bot.store.tables import CaseEntry, Message, Outbox, Sender, Session
from channels.base import Receipt
from tests.service.posting import queue, row
from tests.service.receiving import family_rows, rows, sms, start

FRAME = 24 + 4096
"""What one changed page takes in SQLite's log."""

_T = TypeVar("_T")


@contextmanager
def room_for(runtime: Runtime, frames: int) -> Iterator[None]:
    """Writing beyond so many pages fails half way, as on a disk that fills up."""
    log = Path(runtime.database.url.removeprefix("sqlite:///") + "-wal")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (log.stat().st_size + frames * FRAME + FRAME // 2, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def standing(runtime: Runtime) -> Any:
    """All that a step changes."""
    kept = [rows(runtime, Outbox), rows(runtime, Message), rows(runtime, CaseEntry), rows(runtime, Session)]
    return [[{name: value for name, value in row.items() if name != "seq"} for row in table] for table in kept]


def done(runtime: Runtime, frames: int, step: Callable[[], _T]) -> tuple[_T, bool]:
    """What the step came to, and whether the disk was full at first: then nothing of it has happened."""
    before = standing(runtime)
    try:
        with room_for(runtime, frames):
            return step(), False
    except sa.exc.OperationalError:
        assert standing(runtime) == before
        return step(), True


def delivered(runtime: Runtime, frames: int) -> list[bool]:
    """Claim, hand over, post and settle all that is due; at which of them the disk was full."""
    now = runtime.clock.now()

    def begin(work: Callable[[Any], _T]) -> Callable[[], _T]:
        def step() -> _T:
            with runtime.database.begin() as conn:
                return work(conn)

        return step

    (claimed, _), first = done(runtime, frames, begin(lambda conn: claim(conn, owner="me", now=now, lease_until=now + LEASE, limit=9)))
    ids = [one.id for one in claimed]
    going, second = done(runtime, frames, begin(lambda conn: hand_over(conn, runtime, ids, owner="me", now=now, lease_until=now + LEASE)))
    assert {row["state"] for row in rows(runtime, Outbox, Outbox.id.in_(ids))} == {"handed"}, "recorded before it is posted"
    answers = [settle.Answer(one, Receipt("twilio", f"SM{one.message.outbox_id}", "queued"), None) for one in going]
    _, third = done(runtime, frames, begin(lambda conn: settle.settle(conn, runtime, answers, now)))
    assert {row["state"] for row in rows(runtime, Outbox, Outbox.id.in_(ids))} == {"sent"}
    return [first, second, third]


def test_a_disk_that_is_full_at_any_moment_of_a_delivery_sends_nothing_that_is_not_written_down(lite: Runtime) -> None:
    with lite.database.begin() as conn:
        conn.execute(sa.update(Sender).values(segments_per_second=1000.0))
    full = []
    for frames in range(8):
        queue(lite.database, row(frames + 1, lite.clock.now(), message_class="A"))
        full.append(delivered(lite, frames))
    assert full[0] == [True, True, True]
    assert full[-1] == [False, False, False]


def test_a_disk_that_is_full_at_any_moment_of_a_turn_keeps_the_words_once_and_answers_once(lite: Runtime) -> None:
    start(lite)
    commits, full = receive.commits_for(lite), []
    for frames in range(20):
        before, item = len(family_rows(lite)), sms("HELP", sid=f"SM{frames}")
        written = Message.provider_id == item.provider_id
        try:
            with room_for(lite, frames):
                (came,) = commits.commit([item])
            failed = came.error is not None
        except sa.exc.OperationalError:
            failed = True
        full.append(failed)
        if failed:  # the provider was not told 200, and comes again
            assert rows(lite, Message, written) == []
            assert len(family_rows(lite)) == before
            (came,) = commits.commit([item])
        (message,) = rows(lite, Message, written)
        answers = [row["ref"] for row in family_rows(lite) if row["message_id"] == message["id"]]
        assert (message["state"], answers) == ("done", ["stop-help/help", "home-observations/1"])
    assert full[0]
    assert not full[-1]
    with lite.database.read() as conn:
        assert conn.exec_driver_sql("pragma integrity_check").scalar() == "ok"
