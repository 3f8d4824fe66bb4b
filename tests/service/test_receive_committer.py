"""The group committer: shared commits, order within a conversation, poison turns, bounds, forks."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator, Sequence

import pytest
import sqlalchemy as sa

from bot.errors import Busy
from bot.service.commits import Commits
from bot.service.committer import Committer

METADATA = sa.MetaData()
NOTE = sa.Table(
    "note",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("talk", sa.String(20), nullable=False),
    sa.Column("text", sa.String(40), nullable=False),
)


class OneFile:
    """A database as the committer sees it: a write transaction, counted."""

    def __init__(self, path: str) -> None:
        self.engine = sa.create_engine(f"sqlite:///{path}", connect_args={"check_same_thread": False, "timeout": 30})
        sa.event.listen(self.engine, "connect", lambda raw, _: setattr(raw, "isolation_level", None))
        sa.event.listen(self.engine, "begin", self._begin)
        sa.event.listen(self.engine, "commit", self._count)
        self.broken, self.commits = False, 0
        METADATA.create_all(self.engine)
        self.commits = 0

    def _begin(self, conn: sa.Connection) -> None:
        if self.broken:
            raise sa.exc.OperationalError("begin", {}, OSError("disk full"))
        conn.exec_driver_sql("BEGIN IMMEDIATE")

    def _count(self, _conn: sa.Connection) -> None:
        self.commits += 1

    def texts(self) -> list[str]:
        with self.engine.connect() as conn:
            return list(conn.execute(sa.select(NOTE.c.text).order_by(NOTE.c.id)).scalars())


Note = tuple[str, str]


class Desk:
    """Writes notes; a gate lets a test hold the first batch while others queue up behind it."""

    def __init__(self) -> None:
        self.batches: list[list[Note]] = []
        self.gate = threading.Event()
        self.gate.set()
        self.entered = threading.Event()

    def work(self, conn: sa.Connection, notes: Sequence[Note]) -> list[str]:
        self.entered.set()
        assert self.gate.wait(60)
        self.batches.append(list(notes))
        conn.execute(NOTE.insert(), [{"talk": talk, "text": text} for talk, text in notes])
        if any(text.startswith("poison") for _, text in notes):
            raise ValueError("poison")
        return [f"kept {text}" for _, text in notes]

    def rescue(self, conn: sa.Connection, note: Note, error: Exception) -> str:
        if note[1] == "poison for good":
            raise RuntimeError("cannot even keep it")
        conn.execute(NOTE.insert(), [{"talk": note[0], "text": f"raw {note[1]}"}])
        return f"rescued {type(error).__name__}"


@pytest.fixture
def database(tmp_path) -> Iterator[OneFile]:
    one = OneFile(str(tmp_path / "notes.db"))
    yield one
    one.engine.dispose()


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def told() -> list[list[str]]:
    return []


@pytest.fixture
def committer(database, desk, told) -> Iterator[Committer[Note, str]]:
    one: Committer[Note, str] = Committer(
        Commits(database, desk.work, desk.rescue),
        key=lambda note: note[0],
        after=lambda results: told.append(list(results)),
        batch=8,
        bound=30,
    )
    yield one
    desk.gate.set()
    one.close()


def submit_all(committer, notes: Sequence[Note], *, pause: float = 0.0) -> list[object]:
    """Submit each from a thread of its own; answers (or errors) in the order given."""
    answers: list[object] = [None] * len(notes)

    def one(at: int) -> None:
        try:
            answers[at] = committer.submit(notes[at])
        except Exception as error:
            answers[at] = error

    threads = []
    for at in range(len(notes)):
        threads.append(threading.Thread(target=one, args=(at,)))
        threads[-1].start()
        if pause:
            time.sleep(pause)
    submit_all.threads = threads
    return answers


def join() -> None:
    for thread in submit_all.threads:
        thread.join(60)
        assert not thread.is_alive()


def hold_first(committer, desk) -> threading.Thread:
    """Start a batch of one and keep it inside its transaction."""
    desk.gate.clear()
    first = threading.Thread(target=committer.submit, args=(("first", "first"),))
    first.start()
    assert desk.entered.wait(60)
    return first


def wait_for_backlog(committer, count: int) -> None:
    limit = time.monotonic() + 60
    while committer.backlog < count and time.monotonic() < limit:
        time.sleep(0.002)
    assert committer.backlog == count


def test_it_is_busy_from_the_first_turn_that_waits_to_the_last_that_is_durable(committer, desk):
    assert not committer.busy
    first = hold_first(committer, desk)
    assert committer.busy
    desk.gate.set()
    first.join(60)
    assert not committer.busy


def test_a_turn_is_durable_when_its_waiter_is_answered(committer, database):
    assert committer.submit(("a", "hello")) == "kept hello"
    assert database.texts() == ["hello"]


def test_turns_that_wait_share_one_commit(committer, database, desk, told):
    first = hold_first(committer, desk)
    notes = [(f"t{n}", f"note {n}") for n in range(8)]
    answers = submit_all(committer, notes)
    wait_for_backlog(committer, 8)
    desk.gate.set()
    first.join(60)
    join()
    assert sorted(answers) == [f"kept note {n}" for n in range(8)]
    assert database.commits == 2
    assert [len(results) for results in told] == [1, 8]


def test_a_batch_holds_one_turn_of_a_conversation_and_keeps_their_order(committer, database, desk):
    first = hold_first(committer, desk)
    notes = [("ana", "ana 1"), ("ana", "ana 2"), ("bo", "bo 1"), ("ana", "ana 3"), ("", "free 1"), ("", "free 2")]
    submit_all(committer, notes, pause=0.03)
    wait_for_backlog(committer, 6)
    desk.gate.set()
    first.join(60)
    join()
    assert [[text for _, text in batch] for batch in desk.batches] == [
        ["first"],
        ["ana 1", "bo 1", "free 1", "free 2"],
        ["ana 2"],
        ["ana 3"],
    ]


def test_a_batch_is_never_larger_than_its_limit(committer, desk):
    first = hold_first(committer, desk)
    submit_all(committer, [(f"t{n}", f"n{n}") for n in range(19)])
    wait_for_backlog(committer, 19)
    desk.gate.set()
    first.join(60)
    join()
    assert [len(batch) for batch in desk.batches] == [1, 8, 8, 3]


def test_a_poison_turn_does_not_fail_its_neighbours(committer, database, desk):
    first = hold_first(committer, desk)
    answers = submit_all(committer, [("a", "good 1"), ("b", "poison"), ("c", "good 2")], pause=0.03)
    wait_for_backlog(committer, 3)
    desk.gate.set()
    first.join(60)
    join()
    assert answers == ["kept good 1", "rescued ValueError", "kept good 2"]
    assert database.texts() == ["first", "good 1", "raw poison", "good 2"]
    assert database.commits == 2


def test_a_message_that_cannot_even_be_kept_raises_to_its_own_waiter_only(committer, database, desk, told):
    first = hold_first(committer, desk)
    answers = submit_all(committer, [("a", "good"), ("b", "poison for good")], pause=0.03)
    wait_for_backlog(committer, 2)
    desk.gate.set()
    first.join(60)
    join()
    assert answers[0] == "kept good"
    assert isinstance(answers[1], RuntimeError)
    assert database.texts() == ["first", "good"]
    assert told == [["kept first"], ["kept good"]]


def test_a_database_that_is_gone_is_told_to_every_waiter_and_the_next_turn_works(committer, database, told):
    database.broken = True
    with pytest.raises(sa.exc.OperationalError):
        committer.submit(("a", "lost"))
    database.broken = False
    assert committer.submit(("a", "found")) == "kept found"
    assert told == [["kept found"]]


def test_more_than_the_bound_is_busy(committer, desk):
    first = hold_first(committer, desk)
    submit_all(committer, [(f"t{n}", f"n{n}") for n in range(30)])
    wait_for_backlog(committer, 30)
    with pytest.raises(Busy):
        committer.submit(("x", "one too many"))
    desk.gate.set()
    first.join(60)
    join()


def test_closing_finishes_what_waits_and_takes_no_more(committer, database, desk):
    first = hold_first(committer, desk)
    answers = submit_all(committer, [("a", "last")])
    wait_for_backlog(committer, 1)
    closing = threading.Thread(target=committer.close)
    closing.start()
    desk.gate.set()
    closing.join(60)
    first.join(60)
    join()
    assert answers == ["kept last"]
    with pytest.raises(Busy):
        committer.submit(("b", "too late"))


def test_closing_an_idle_committer_ends_at_once(database, desk):
    idle: Committer[Note, str] = Committer(Commits(database, desk.work, desk.rescue), key=lambda note: note[0])
    idle.close()
    assert idle.backlog == 0


def test_closing_a_committer_that_waits_for_work_ends_its_thread(database, desk):
    one: Committer[Note, str] = Committer(Commits(database, desk.work, desk.rescue), key=lambda note: note[0])
    one.submit(("a", "hello"))
    time.sleep(0.05)
    one.close()
    assert database.texts() == ["hello"]


def test_who_does_not_wait_is_told_once_a_batch(committer, database, desk):
    told: list[list[tuple[object, object, object]]] = []
    heard = threading.Semaphore(0)

    def tell(done) -> None:
        told.append([(one.waiter, one.result, one.error) for one in done])
        heard.release()

    first = hold_first(committer, desk)
    for n in range(3):
        committer.hand_in((f"t{n}", f"note {n}"), tell, n)
    desk.gate.set()
    assert heard.acquire(timeout=60)
    first.join(60)
    assert told == [[(n, f"kept note {n}", None) for n in range(3)]]


def test_who_is_gone_when_told_stops_nobody(committer, database, desk):
    def gone(_) -> None:
        raise RuntimeError("Event loop is closed")

    first = hold_first(committer, desk)
    committer.hand_in(("a", "theirs"), gone, None)
    answers = submit_all(committer, [("b", "ours")])
    wait_for_backlog(committer, 2)
    desk.gate.set()
    first.join(60)
    join()
    assert (answers, database.texts()) == (["kept ours"], ["first", "theirs", "ours"])


def test_a_wake_that_raises_changes_nothing(database, desk):
    def broken(_: Sequence[str]) -> None:
        raise RuntimeError("delivery is not there")

    one: Committer[Note, str] = Committer(Commits(database, desk.work, desk.rescue), key=lambda note: note[0], after=broken)
    assert one.submit(("a", "hello")) == "kept hello"
    assert one.submit(("a", "again")) == "kept again"
    one.close()


def test_a_forked_child_gets_a_writer_of_its_own(committer, database):
    assert committer.submit(("a", "parent")) == "kept parent"
    child = os.fork()
    if child == 0:
        code = 1
        try:
            database.engine.dispose(close=False)
            code = 0 if committer.submit(("a", "child")) == "kept child" else 2
        finally:
            os._exit(code)
    assert os.waitpid(child, 0)[1] == 0
    assert committer.submit(("a", "parent again")) == "kept parent again"
    assert database.texts() == ["parent", "child", "parent again"]
