"""One batch, one commit: what the group committer does with the turns it has taken, each of them told apart when the batch fails.

When a batch raises, it is rolled back and replayed one turn at a time, a savepoint each, so that a poison turn does not fail its
neighbours; what raises again is given to `rescue`, which keeps the raw message alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

import sqlalchemy as sa

from bot.log import get_log
from bot.store.database import Database, Kept

Item = TypeVar("Item")
Result = TypeVar("Result")


class Done(NamedTuple):
    """What an item came to once its batch is durable: a result, or why not even the raw message could be kept."""

    result: Any
    error: Exception | None = None


Then = Callable[[Sequence[Done]], None]


class Do(Protocol):
    """Makes batches durable, in the order they are given. `apart`: in another process, so that one may be given behind another."""

    apart: bool

    def __call__(self, items: Sequence[Any], then: Then) -> None:
        """Tell `then` what each item came to, in order, from any thread. Raises when nothing of the batch is durable."""

    def close(self) -> None:
        """Finish what is under way."""


class Commits(Generic[Item, Result]):
    """Batches in transactions of this process.

    :param work: does a batch inside the open transaction, one result an item, in order; never commits.
    :param rescue: keeps what can be kept of an item whose turn raised; runs inside the same transaction.
    """

    apart = False

    def __init__(
        self,
        database: Database,
        work: Callable[[sa.Connection, Sequence[Item]], Sequence[Result]],
        rescue: Callable[[sa.Connection, Item, Exception], Result],
    ) -> None:
        self._kept = Kept(database.engine)
        self._work = work
        self._rescue = rescue
        self._log = get_log("committer")

    def __call__(self, items: Sequence[Item], then: Then) -> None:
        then(self.commit(items))

    def close(self) -> None:
        """Nothing is ever under way: end the connection."""
        self._kept.close()

    def commit(self, items: Sequence[Item]) -> list[Done]:
        """The whole batch by one commit, or each turn by itself. Raises when not even that can be tried."""
        try:
            with self._kept.begin() as conn:
                results = self._work(conn, items)
        except Exception as error:  # noqa: BLE001 - whatever it was, each turn gets its own try
            self._log.warning("batch_replayed", count=len(items), exc_info=error)
            with self._kept.begin() as conn:
                return [self._alone(conn, item) for item in items]
        return [Done(result) for _, result in zip(items, results, strict=True)]

    def _alone(self, conn: sa.Connection, item: Item) -> Done:
        try:
            with conn.begin_nested():
                return Done(self._work(conn, [item])[0])
        except Exception as error:  # noqa: BLE001 - the turn failed: keep the message, let the worker try again
            self._log.error("turn_failed", exc_info=error)
            return self._save(conn, item, error)

    def _save(self, conn: sa.Connection, item: Item, error: Exception) -> Done:
        try:
            with conn.begin_nested():
                return Done(self._rescue(conn, item, error))
        except Exception as lost:  # noqa: BLE001 - not even the message could be kept: its waiter must know, the others go on
            self._log.error("message_lost", exc_info=lost)
            return Done(None, lost)
