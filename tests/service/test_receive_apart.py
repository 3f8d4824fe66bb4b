"""Batches in a process of their own: durable there, told here, and nothing lost when that process is."""

from __future__ import annotations

import os
import pickle
import signal
import socket
import struct
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from queue import SimpleQueue

import pytest
import sqlalchemy as sa

from bot.service.apart import Apart, Lost, serve
from bot.service.commits import Commits, Done
from bot.service.committer import SECOND, Committer
from tests.service.test_receive_committer import NOTE, Note, OneFile

Made = Callable[[], Committer[Note, str]]


def work(conn: sa.Connection, notes: Sequence[Note]) -> list[str]:
    """Write them, and say which process did; "die" kills that process, the first time."""
    conn.execute(NOTE.insert(), [{"talk": talk, "text": text} for talk, text in notes])
    for talk, text in notes:
        if text == "poison":
            raise ValueError("poison")
        if text == "die" and not Path(talk).exists():
            Path(talk).touch()
            os.kill(os.getpid(), signal.SIGKILL)
    return [f"{os.getpid()} {text}" for _, text in notes]


def rescue(_conn: sa.Connection, _note: Note, _error: Exception) -> str:
    raise RuntimeError("cannot even keep it")


@pytest.fixture
def database(tmp_path: Path) -> Iterator[OneFile]:
    one = OneFile(str(tmp_path / "notes.db"))
    one.engine.dispose()
    yield one
    one.engine.dispose()


@pytest.fixture
def made(database: OneFile) -> Iterator[Made]:
    """Makes a committer whose batches another process does."""
    made: list[Committer[Note, str]] = []

    def make() -> Committer[Note, str]:
        apart = Apart(Commits(database, work, rescue), ())  # type: ignore[arg-type]
        made.append(Committer(apart, key=lambda note: note[0], batch=4))
        return made[-1]

    yield make
    for one in made:
        one.close()


def together(committer: Committer[Note, str], notes: Sequence[Note]) -> list[object]:
    """Hand all in at once; what each came to, in the order given."""
    found: dict[int, object] = {}
    all_told = threading.Event()

    def tell(done: Sequence[object]) -> None:
        for one in done:
            found[one.waiter] = one.error or one.result  # type: ignore[attr-defined]
        if len(found) == len(notes):
            all_told.set()

    for at, note in enumerate(notes):
        committer.hand_in(note, tell, at)
    assert all_told.wait(60)
    return [found[at] for at in range(len(notes))]


def test_another_process_does_the_batches_and_the_answers_come_back(made: Made, database: OneFile) -> None:
    committer = made()
    found = together(committer, [(f"t{n % 5}", f"note {n}") for n in range(40)])
    pids = {str(one).split()[0] for one in found}
    assert [str(one).split(" ", 1)[1] for one in found] == [f"note {n}" for n in range(40)]
    assert len(pids) == 1
    assert pids != {str(os.getpid())}
    texts = database.texts()
    for talk in range(5):  # each conversation in its order
        assert [text for text in texts if int(text.split()[1]) % 5 == talk] == [f"note {n}" for n in range(talk, 40, 5)]


class Held:
    """Stands for the other process: each batch is done when it is let go."""

    apart = True

    def __init__(self) -> None:
        self.batches: SimpleQueue[tuple[int, Callable[[], None]]] = SimpleQueue()

    def __call__(self, items: Sequence[Note], then: Callable[[Sequence[Done]], None]) -> None:
        self.batches.put((len(items), lambda: then([Done("") for _ in items])))

    def close(self) -> None: ...


@pytest.mark.parametrize(("waiting", "sizes"), [(40, [24, 16]), (200, [64, 64, 36, 24, 12])])
def test_of_those_who_wait_about_half_are_left_for_the_batch_behind(waiting: int, sizes: list[int]) -> None:
    held, all_told = Held(), threading.Event()
    committer: Committer[Note, str] = Committer(held, key=lambda note: note[0])
    told: list[int] = []

    def tell(done: Sequence[object]) -> None:
        told.append(len(done))
        if sum(told) == waiting + 1:
            all_told.set()

    committer.hand_in(("first", ""), tell, None)
    _, let_go = held.batches.get(timeout=60)
    with committer._changed:  # nobody is taken before all of them wait
        for n in range(waiting):
            committer.hand_in((f"talk {n}", ""), tell, n)
    found: list[int] = []
    under_way = [let_go]
    while sum(found) < waiting:
        if waiting - sum(found) < SECOND:  # too few to be behind another
            assert held.batches.empty()
            under_way.pop()()
        size, let_go = held.batches.get(timeout=60)
        found.append(size)
        under_way.append(let_go)
        if len(under_way) == 2:  # no third
            assert held.batches.empty()
            under_way.pop(0)()
    under_way.pop()()
    assert all_told.wait(60)
    assert found == sizes
    committer.close()


def test_a_turn_that_cannot_be_kept_is_told_to_its_waiter_alone(made: Made) -> None:
    committer = made()
    good, bad = together(committer, [("a", "good"), ("b", "poison")])
    assert str(good).endswith("good")
    assert isinstance(bad, Lost)
    assert str(bad) == "RuntimeError"


def test_when_the_process_is_killed_its_batches_are_done_here_and_nobody_hears_of_it(made: Made, database: OneFile, tmp_path: Path) -> None:
    committer = made()
    notes = [("a", "first"), (str(tmp_path / "killed"), "die"), *((f"t{n}", f"note {n}") for n in range(20))]
    found = together(committer, notes)
    assert [str(one).split(" ", 1)[1] for one in found] == [text for _, text in notes]
    assert f"{os.getpid()} die" in found
    assert committer.submit(("z", "later")) == f"{os.getpid()} later"
    assert sorted(set(database.texts())) == sorted({text for _, text in notes} | {"later"})


def test_a_database_that_is_gone_fails_the_batch_and_not_the_process(made: Made, database: OneFile) -> None:
    database.broken = True
    committer = made()
    assert [type(one) for one in together(committer, [("a", "x"), ("b", "y")])] == [Lost, Lost]


def test_closing_ends_the_process(database: OneFile) -> None:
    apart = Apart(Commits(database, work, rescue), ())  # type: ignore[arg-type]
    committer: Committer[Note, str] = Committer(apart, key=lambda note: note[0])
    pid = int(committer.submit(("a", "hello")).split()[0])
    os.kill(pid, 0)
    committer.close()
    committer.close()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert database.texts() == ["hello"]


def test_a_process_that_cannot_begin_is_done_without(database: OneFile) -> None:
    def begin() -> None:
        raise RuntimeError("no such capability")

    committer: Committer[Note, str] = Committer(Apart(Commits(database, work, rescue), [begin]), key=lambda note: note[0])  # type: ignore[arg-type]
    assert committer.submit(("a", "hello")) == f"{os.getpid()} hello"
    committer.close()


def test_the_loop_ends_with_its_other_half(database: OneFile) -> None:
    ours, theirs = socket.socketpair()
    loop = threading.Thread(target=serve, args=(Commits(database, work, rescue), theirs))
    loop.start()
    data = pickle.dumps([("a", "hello")])
    ours.sendall(struct.pack("!Q", len(data)))
    for at in range(len(data)):  # a byte at a time
        ours.sendall(data[at : at + 1])
    (size,) = struct.unpack("!Q", ours.recv(8, socket.MSG_WAITALL))
    assert pickle.loads(ours.recv(size, socket.MSG_WAITALL)) == [Done(f"{os.getpid()} hello")]
    ours.close()
    loop.join(60)
    assert not loop.is_alive()
    theirs.close()
