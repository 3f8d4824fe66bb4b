"""The group committer: all turns that wait share one commit, and each waiter is answered after it.

A commit costs the same for one turn as for sixty-four, and on SQLite there is one writer anyway: so one thread per process takes
whatever waits (at most `batch`), lets `do` make it durable by one commit, and only then lets the waiters go. A turn that comes alone
is committed at once. Under load the writer gives the callers it just let go a few milliseconds to come back: they always do, and without
that every second batch would hold one turn and cost a whole commit (measured: full, one, full, one ...).

At most one turn of a conversation is in a batch; its next one waits for the next batch, in order. How a batch becomes durable is
`bot.service.commits`. The queue is bounded: beyond it `Busy` (503), and the provider tries again.
"""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Generic, TypeVar

from bot.errors import Busy
from bot.log import get_log
from bot.service.commits import Do, Done

GATHER_SECONDS = 0.004
LOOK_SECONDS = 0.0004
"""How long a batch may gather after a full one, and how often the writer looks: a wake-up for each arrival would cost more."""

Item = TypeVar("Item")
Result = TypeVar("Result")

BATCH = 64
FIRST, SECOND = 24, 16
"""Where another process commits: how many turns may go to it although that leaves nobody for the batch behind, and how many are worth
being that batch. Two smaller ones that follow each other cost hardly more than one, and keep nobody waiting for sixty-four (measured with
40 families at once: 4 % fewer turns a second than with 64 and halves of 32, the slowest in a hundred answered in 32 ms instead of 45)."""

BOUND = 2048
"""Waiting turns before we say Busy: well under a second of work, so that whoever waits is answered within a provider's patience."""


class Waiting:
    """One turn in the queue, and what it came to once its batch is durable. `tell` hears of it then, with the others it waits for."""

    __slots__ = ("error", "item", "key", "result", "tell", "waiter")

    def __init__(self, item: Any, key: str, tell: Tell, waiter: Any) -> None:
        self.item = item
        self.key = key
        self.tell = tell
        self.waiter = waiter
        self.result: Any = None
        self.error: Exception | None = None


Tell = Callable[[Sequence[Waiting]], None]
"""Called on the writer's thread, once a batch, with everything of the batch that was handed in with it. Must not block."""


def _unlock(done: Sequence[Waiting]) -> None:
    for one in done:
        one.waiter.release()


class Committer(Generic[Item, Result]):
    """One writer thread per process, started by the first turn, started afresh in a forked child.

    :param do: makes a batch durable (`bot.service.commits`).
    :param key: the conversation an item belongs to; "" for items that may share a batch with any other.
    :param prepare: called with each item before it waits, on its caller's thread: what can be found out of it alone.
    :param after: told the results of every batch once they are durable; what it raises is logged and changes nothing.
    """

    def __init__(
        self,
        do: Do,
        *,
        key: Callable[[Item], str],
        prepare: Callable[[Item], Item] | None = None,
        after: Callable[[Sequence[Result]], None] | None = None,
        batch: int = BATCH,
        bound: int = BOUND,
    ) -> None:
        self._do = do
        self._key = key
        self._prepare = prepare
        self._after = after
        self._batch = batch
        self._bound = bound
        self._log = get_log("committer")
        self._afresh()
        os.register_at_fork(after_in_child=self._afresh)

    def _afresh(self) -> None:
        """A forked child has no writer thread, and locks that may be held by threads it does not have."""
        self._waiting: deque[Waiting] = deque()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._closed = False
        self._last = 0
        self._under_way = 0

    def submit(self, item: Item) -> Result:
        """Do one item's turn and return its result once it is durable.

        Raises `Busy` when too many wait or we are closing, and what the database raised when even the raw message could not be kept.
        """
        lock = threading.Lock()
        lock.acquire()
        waiting = self._made(item, _unlock, lock)
        self._queue(waiting)
        lock.acquire()
        if waiting.error is not None:
            raise waiting.error
        result: Result = waiting.result
        return result

    def hand_in(self, item: Item, tell: Tell, waiter: Any) -> None:
        """Queue one item's turn without waiting for it: `tell` is called when it is durable or lost. `waiter` is the caller's own.

        Raises `Busy` when too many wait or we are closing.
        """
        self._queue(self._made(item, tell, waiter))

    def _made(self, item: Item, tell: Tell, waiter: Any) -> Waiting:
        return Waiting(self._prepare(item) if self._prepare else item, self._key(item), tell, waiter)

    def _queue(self, waiting: Waiting) -> None:
        with self._changed:
            if self._closed or len(self._waiting) >= self._bound:
                raise Busy
            self._waiting.append(waiting)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="committer", daemon=True)
                self._thread.start()
            self._changed.notify()

    def close(self) -> None:
        """Finish what waits, take no more, end the thread."""
        with self._changed:
            self._closed = True
            thread = self._thread
            self._changed.notify()
        if thread is not None:
            thread.join()
        self._do.close()

    @property
    def backlog(self) -> int:
        """How many turns wait now."""
        return len(self._waiting)

    @property
    def busy(self) -> bool:
        """Whether any turn waits or is being committed now."""
        return bool(self._waiting or self._under_way)

    def _run(self) -> None:
        while batch := self._take():
            items = [one.item for one in batch]
            with self._changed:
                self._under_way += 1
            try:
                self._do(items, partial(self._settle, batch))
            except Exception as error:  # noqa: BLE001 - every waiter must be answered, whatever happened
                self._log.error("batch_lost", count=len(batch), exc_info=error)
                self._settle(batch, [Done(None, error)] * len(batch))

    def _settle(self, batch: Sequence[Waiting], found: Sequence[Done]) -> None:
        """The batch is durable, or lost. May be called on another thread."""
        for one, done in zip(batch, found, strict=True):
            one.result, one.error = done
        with self._changed:
            self._under_way -= 1
            self._changed.notify()
        self._answer(batch)
        self._tell(batch)

    def _take(self) -> list[Waiting]:
        """The next batch, oldest first, one turn of a conversation; empty only when we close."""
        with self._changed:
            while not self._may_take():
                if self._closed and not self._waiting:
                    return []
                self._changed.wait()
        if not self._do.apart:
            self._gather()
        with self._changed:
            taken: list[Waiting] = []
            later: list[Waiting] = []
            talks: set[str] = set()
            most = self._most()
            while self._waiting and len(taken) < most:
                one = self._waiting.popleft()
                if one.key and one.key in talks:
                    later.append(one)
                    continue
                talks.add(one.key)
                taken.append(one)
            self._waiting.extendleft(reversed(later))
            self._last = len(taken)
            return taken

    def _may_take(self) -> bool:
        """One batch at a time; behind one that another process works on, a second that is worth a commit, so that it never idles."""
        if not self._under_way:
            return bool(self._waiting)
        return self._under_way == 1 and self._do.apart and len(self._waiting) >= min(SECOND, self._batch // 2)

    def _most(self) -> int:
        """How many the next batch may hold. Where another process commits, half of those who wait stay for the one behind it."""
        return min(self._batch, max(FIRST, len(self._waiting) // 2)) if self._do.apart else self._batch

    def _gather(self) -> None:
        """Until as many wait as were in the last batch, or a few milliseconds have passed. After a lone turn: not at all."""
        if self._last < 2:
            return
        until = time.monotonic() + GATHER_SECONDS
        while len(self._waiting) < self._last and not self._closed and time.monotonic() < until:
            time.sleep(LOOK_SECONDS)

    def _answer(self, batch: Sequence[Waiting]) -> None:
        """Let the waiters go: those who asked to be told together are told together."""
        together: dict[Tell, list[Waiting]] = {}
        for one in batch:
            together.setdefault(one.tell, []).append(one)
        for tell, done in together.items():
            try:
                tell(done)
            except Exception as error:  # noqa: BLE001 - whoever waited is gone (a server that stops); the turns are durable
                self._log.error("waiters_gone", count=len(done), exc_info=error)

    def _tell(self, batch: Sequence[Waiting]) -> None:
        done = [one.result for one in batch if one.error is None]
        if self._after is None or not done:
            return
        try:
            self._after(done)
        except Exception as error:  # noqa: BLE001 - delivery's sweep is the safety net
            self._log.error("wake_failed", count=len(done), exc_info=error)
