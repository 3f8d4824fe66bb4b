"""A process's place among the workers: a leased slot with a fence, renewed every few seconds, and known to be dead when it is not.

On SQLite one process works at a time, and holds a lock on a file beside the database that the kernel drops with it: whoever gets the lock
knows that everybody before is gone, without waiting for a lease.
"""

from __future__ import annotations

import fcntl
import os
import socket
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import sqlalchemy as sa

from bot.errors import HearthlineError
from bot.log import get_log
from bot.service import recover
from bot.service.runtime import Runtime
from bot.store import slots
from bot.store.database import Database
from bot.store.slots import Slot

_log = get_log("heartbeat")

BEAT_SECONDS = 3.0
LEASE = timedelta(seconds=12)
PATIENCE_SECONDS = 6.0
"""How long a starting process waits for the one before it to let go."""


class AlreadyServed(HearthlineError):
    """Another hearthline process works on this database; SQLite serves one. Stop it first, or use PostgreSQL."""

    exit_code = 2


class NoSlot(HearthlineError):
    """All worker slots are taken."""


class Heartbeat:
    """Holds a slot for this process. `holder` names it in leases; `slot` is its executor number.

    `on_lost` is called when the slot was lost (a database away for longer than the lease): whoever runs under it must start again.
    """

    def __init__(self, runtime: Runtime, on_lost: Callable[[], None] | None = None) -> None:
        self.runtime = runtime
        self.on_lost = on_lost
        self.holder = f"{socket.gethostname()[:20]}.{os.getpid()}.{runtime.ids.new('evc')[-10:]}"
        self.slot: Slot | None = None
        self.lost = threading.Event()
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None
        self._lock: int | None = None

    def start(self) -> Slot:
        """Take a slot, and put what its last holder left into recovery.

        :raises AlreadyServed: on SQLite, when another process serves it.
        """
        alone = self._lock_alone() if self.runtime.database.is_sqlite else False
        now = self.runtime.clock.now()
        with self.runtime.database.begin() as conn:
            gone = slots.holders(conn) if alone else []
            slot = slots.acquire(conn, self.holder, now, now + LEASE, taken_over=gone)
            if slot is None:
                raise NoSlot
            recover.sweep(conn, self.runtime, now, dead=[*gone, slot.previous] if slot.previous else gone)
        self.slot = slot
        self._thread = threading.Thread(target=self._beat, name="heartbeat", daemon=True)
        self._thread.start()
        _log.info("slot_taken", slot=slot.number, fence=slot.fence)
        return slot

    def stop(self) -> None:
        """Give the slot back."""
        self._ended.set()
        if self._thread is not None:
            self._thread.join(2)
        if self.slot is not None and not self.lost.is_set():
            with self.runtime.database.begin() as conn:
                slots.release(conn, self.slot, self.runtime.clock.now())
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _beat(self) -> None:
        assert self.slot is not None
        while not self._ended.wait(BEAT_SECONDS):
            try:
                with self.runtime.database.begin() as conn:
                    ours = slots.renew(conn, self.slot, self.runtime.clock.now() + LEASE)
            except sa.exc.SQLAlchemyError:  # a database away for a moment; the lease decides how long that may be
                _log.warning("heartbeat_missed", slot=self.slot.number)
                continue
            if not ours:
                _log.error("slot_lost", slot=self.slot.number, fence=self.slot.fence)
                self.lost.set()
                if self.on_lost is not None:
                    self.on_lost()
                return

    @property
    def number(self) -> int:
        """Our executor number."""
        assert self.slot is not None, "no slot was taken"
        return self.slot.number

    def _lock_alone(self) -> bool:
        self._lock = _locked(self.runtime.database, PATIENCE_SECONDS)
        if self._lock is None:
            raise AlreadyServed
        return True


def is_served(database: Database) -> bool:
    """Whether another process delivers from this SQLite file and does not let go in a few seconds."""
    handle = _locked(database, PATIENCE_SECONDS)
    if handle is None:
        return True
    os.close(handle)
    return False


def _locked(database: Database, patience: float) -> int | None:
    """The lock beside the SQLite file, as an open file; None when somebody holds it longer than we wait."""
    handle = os.open(Path(f"{database.engine.url.database}.lock"), os.O_CREAT | os.O_RDWR, 0o600)
    until = time.monotonic() + patience
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            if time.monotonic() > until:
                os.close(handle)
                return None
            time.sleep(0.1)
        else:
            return handle
