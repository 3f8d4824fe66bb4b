"""Batches in a process of their own, forked from the serving one: two cores do what one interpreter's lock would keep on one.

The serving process reads and verifies requests and answers them; its child plays the turns and commits them. They talk by one pair of
sockets: a batch there, what it came to back. The child lives as long as its parent: it ends when the socket does. When the child is lost
(killed, out of memory) its open batch is rolled back by the database or was committed already; the parent plays it once more itself,
duplicates being known by their ids, and goes on alone. Nobody waiting hears of it.
"""

from __future__ import annotations

import gc
import os
import pickle
import signal
import socket
import struct
from collections.abc import Callable, Sequence
from contextlib import suppress
from queue import SimpleQueue
from threading import Thread
from typing import Any

from bot.log import get_log
from bot.service.commits import Commits, Done, Then

_SIZE = struct.Struct("!Q")
_log = get_log("committer")


class Lost(Exception):
    """A turn could not even be kept raw; the child's log says why. Its name is all that crosses processes."""


class Apart:
    """`commits`, done by a child. Fork while this process has one thread and no open connection."""

    apart = True

    def __init__(self, commits: Commits[Any, Any], begin: Sequence[Callable[[], None]]) -> None:
        """`begin` is called first in the child: to tie its life to ours, to leave our connections alone."""
        self._commits = commits
        ours, theirs = socket.socketpair()
        gc.collect()
        gc.freeze()  # what is there now is shared with the child as long as neither touches it
        self._pid = os.fork()
        if self._pid == 0:
            ours.close()
            _live(commits, theirs, begin)
        theirs.close()
        self._socket = ours
        self._under_way: SimpleQueue[tuple[Sequence[Any], Then] | None] = SimpleQueue()
        self._answers: Thread | None = None

    def __call__(self, items: Sequence[Any], then: Then) -> None:
        if self._answers is None:
            self._answers = Thread(target=self._listen, name="writer", daemon=True)
            self._answers.start()
        self._under_way.put((items, then))  # known before it is sent: whatever happens to the child, the listener sees to it
        with suppress(OSError):
            _send(self._socket, list(items))

    def _listen(self) -> None:
        """Give each batch what it came to. Once the child is lost, play its open batches and all later ones here."""
        lost = False
        while one := self._under_way.get():
            items, then = one
            if not lost:
                try:
                    then(_receive(self._socket))
                    continue
                except (OSError, EOFError) as error:
                    _log.error("writer_lost", count=len(items), exc_info=error)
                    lost = True
            then(_attempt(self._commits, items))

    def close(self) -> None:
        """Finish what is under way, let the child end and wait for it."""
        if self._answers is not None:
            self._under_way.put(None)
            self._answers.join()
            self._answers = None
        if self._pid:
            self._socket.close()
            os.waitpid(self._pid, 0)
            self._pid = 0


def _live(commits: Commits[Any, Any], wire: socket.socket, begin: Sequence[Callable[[], None]]) -> None:
    """The child. Never returns: what is behind the fork belongs to the parent."""
    code = 1
    try:
        for one in (signal.SIGINT, signal.SIGTERM):  # sent to the whole group: the parent stops first, and may have batches to finish
            signal.signal(one, signal.SIG_IGN)
        for call in begin:
            call()
        serve(commits, wire)
        code = 0
    except BaseException as error:  # noqa: BLE001 - said and gone: the parent goes on alone
        _log.error("writer_failed", exc_info=error)
    finally:
        os._exit(code)


def serve(commits: Commits[Any, Any], wire: socket.socket) -> None:
    """Make batches durable, one after the other, until whoever sends them is gone."""
    try:
        while True:
            _send(wire, [_told(done) for done in _attempt(commits, _receive(wire))])
    except (OSError, EOFError):
        return


def _attempt(commits: Commits[Any, Any], items: Sequence[Any]) -> list[Done]:
    try:
        return commits.commit(items)
    except Exception as error:  # noqa: BLE001 - every waiter must be answered, whatever happened
        _log.error("batch_lost", count=len(items), exc_info=error)
        return [Done(None, error)] * len(items)


def _told(done: Done) -> Done:
    return done if done.error is None else Done(None, Lost(type(done.error).__name__))


def _send(wire: socket.socket, what: Any) -> None:
    data = pickle.dumps(what, pickle.HIGHEST_PROTOCOL)
    wire.sendall(_SIZE.pack(len(data)) + data)


def _receive(wire: socket.socket) -> Any:
    (size,) = _SIZE.unpack(_exactly(wire, _SIZE.size))
    return pickle.loads(_exactly(wire, size))  # noqa: S301 - from our own other half


def _exactly(wire: socket.socket, size: int) -> bytes:
    data = bytearray(size)
    view, at = memoryview(data), 0
    while at < size:
        count = wire.recv_into(view[at:])
        if not count:
            raise EOFError
        at += count
    return bytes(data)
