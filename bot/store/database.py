"""Opens the database: SQLite (WAL, every commit on disk) or PostgreSQL, the same for everybody above.

`begin()` is the one way to write: a transaction that takes SQLite's single writer's place at once (BEGIN IMMEDIATE), because a
deferred one that turns writer later fails with "database is locked" however long it would wait. `read()` can never write.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from bot.errors import SettingsError
from bot.store import arrays
from bot.store.vault import Vault, WrappedKey, wrapped_keys

BUSY_SECONDS = 60
_READS = "only_reads"
_MIGRATION_LOCK = 7_231_554_120  # any constant: the PostgreSQL advisory lock that lets one process migrate at a time


@dataclass(frozen=True, slots=True)
class Database:
    """An open database. Both engines seal and open through `vault` (on their dialect, where the column types find it)."""

    engine: Engine
    reader: Engine
    vault: Vault
    url: str

    @property
    def is_sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """One transaction that may write: committed at the end, rolled back on any error."""
        with self.engine.begin() as conn:
            yield conn

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection that cannot write. On PostgreSQL each statement sees the newest state; on SQLite all see one moment."""
        with self.reader.connect() as conn:
            yield conn

    def look_at(self, tables: Sequence[str]) -> None:
        """Let PostgreSQL's planner know how much is in tables that have just grown by thousands of rows: until it looks by itself, minutes
        later, it may think them empty. A transaction of its own, behind the one that wrote. SQLite goes by its indexes."""
        if tables and not self.is_sqlite:
            with self.begin() as conn:
                conn.exec_driver_sql(f"ANALYZE {', '.join(tables)}")

    def forked(self) -> None:
        """In a forked child: leave the parent's connections to the parent, and open its own."""
        self.engine.dispose(close=False)
        self.reader.dispose(close=False)

    def close(self) -> None:
        self.engine.dispose()
        self.reader.dispose()


class Kept:
    """One connection for many transactions in a row, for one thread at a time: the pool asks a connection whether it still lives each
    time it lends it, a trip to the server for every batch of turns. After any error the next transaction has another one.

    On PostgreSQL it joins by keys alone. All that turns read is found by keys; but a statement keeps the plan it got, and the one made for
    the first texts of a new house, to read their whole table and compare (seen in the plans), is slower by every text that comes."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._conn: Connection | None = None

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """One transaction: committed at the end, rolled back on any error."""
        try:
            if self._conn is None:
                self._conn = self._engine.connect()
                if self._engine.dialect.name == "postgresql":
                    with self._conn.begin():
                        self._conn.exec_driver_sql("set enable_hashjoin = off")
                        self._conn.exec_driver_sql("set enable_mergejoin = off")
            with self._conn.begin():
                yield self._conn
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """End the connection: nobody else shall be lent what was set on it."""
        if self._conn is not None:
            self._conn.invalidate()
            self._conn.close()
            self._conn = None


def only_reads(conn: Connection) -> bool:
    """Whether this is a connection of `Database.read`: PostgreSQL refuses a lock there (SELECT ... FOR UPDATE), SQLite has none."""
    return bool(conn.get_execution_options().get(_READS))


def open_database(url: str, vault_master: bytes) -> Database:
    """Open, without creating tables: `migrate` does that."""
    address = address_of(url)
    vault = Vault(vault_master)
    if address.get_backend_name() == "sqlite":
        engine, reader = _sqlite(address)
    else:
        engine, reader = _postgres(address)
    for each in (engine, reader):
        each.dialect.vault = vault  # type: ignore[attr-defined]
    reader.update_execution_options(**{_READS: True})

    def fetch(district_id: str, key_id: str) -> Sequence[WrappedKey]:
        with reader.connect() as conn:
            return wrapped_keys(conn, district_id, key_id)

    vault.bind(fetch)
    return Database(engine, reader, vault, url)


def migrate(database: Database) -> None:
    """Bring the tables up to date with the migrations this version ships. Processes that start together take turns."""
    from alembic import command

    with migrations() as config, database.begin() as conn:
        if not database.is_sqlite:
            conn.execute(sa.text("select pg_advisory_xact_lock(:lock)"), {"lock": _MIGRATION_LOCK})
        config.attributes["connection"] = conn
        command.upgrade(config, "head")


@contextmanager
def migrations() -> Iterator[Any]:
    """Alembic's configuration for the migrations inside the package, wherever it is installed."""
    from alembic.config import Config

    with as_file(files("bot.store") / "migrations") as folder:
        config = Config()
        config.set_main_option("script_location", str(folder))
        config.set_main_option("path_separator", "os")
        yield config


def address_of(url: str) -> sa.URL:
    """The address as the engine takes it; raises `SettingsError` for one we cannot work on."""
    try:
        address = sa.make_url(url)
    except sa.exc.ArgumentError:
        raise SettingsError("HEARTHLINE_DATABASE_URL is no database address (sqlite:///FILE or postgresql://HOST/NAME).") from None
    if address.get_backend_name() == "postgresql":
        return address.set(drivername="postgresql+psycopg")
    if address.get_backend_name() != "sqlite":
        raise SettingsError("HEARTHLINE_DATABASE_URL must be sqlite:///FILE or postgresql://HOST/NAME.")
    if address.database in (None, "", ":memory:"):
        raise SettingsError("SQLite needs a file: readers and the writer each open their own connection to it.")
    return address


def _sqlite(address: sa.URL) -> tuple[Engine, Engine]:
    path = Path(str(address.database))
    # its owner's only; SQLite gives -wal and -shm the same rights. Never touch a file that is there: closing any handle of it would
    # drop the locks other connections of this process hold, and the next process to leave would delete the WAL under them.
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileExistsError):
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    except OSError as error:
        raise SettingsError(f"The database file {path} cannot be made: {error.strerror}.") from error
    options: dict[str, Any] = {"hide_parameters": True, "connect_args": {"timeout": BUSY_SECONDS}}
    engine = sa.create_engine(address, max_overflow=30, **options)
    reader = sa.create_engine(address, max_overflow=30, **options)
    sa.event.listen(engine, "connect", _sqlite_writer)
    sa.event.listen(reader, "connect", _sqlite_reader)
    sa.event.listen(engine, "begin", _begin_immediate)
    sa.event.listen(reader, "begin", _begin_deferred)
    return engine, reader


def _sqlite_common(conn: sqlite3.Connection) -> None:
    conn.isolation_level = None  # the driver's own BEGIN comes too late and is never IMMEDIATE
    _keep_a_log(conn)
    # a checkpoint writes every page once, however often it changed since the last: 16 MB of log instead of 4 are a third of the writing
    # when a hundred families answer at once
    pragmas = (
        "synchronous=FULL",
        "foreign_keys=ON",
        "temp_store=MEMORY",
        "cache_size=-16000",
        "wal_autocheckpoint=4000",
    )
    for pragma in pragmas:
        conn.execute(f"PRAGMA {pragma}").close()


def _keep_a_log(conn: sqlite3.Connection) -> None:
    """WAL mode, which the file keeps. Whoever asks for it while another turns it on is refused at once, whatever `timeout` says."""
    until = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            conn.execute("PRAGMA journal_mode=WAL").close()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(0.02)
        else:
            return


def _sqlite_writer(conn: sqlite3.Connection, _record: Any) -> None:
    _sqlite_common(conn)


def _sqlite_reader(conn: sqlite3.Connection, _record: Any) -> None:
    _sqlite_common(conn)
    conn.execute("PRAGMA query_only=ON").close()


def _begin_immediate(conn: Connection) -> None:
    conn.exec_driver_sql("BEGIN IMMEDIATE")


def _begin_deferred(conn: Connection) -> None:
    conn.exec_driver_sql("BEGIN")


def _postgres(address: sa.URL) -> tuple[Engine, Engine]:
    options: dict[str, Any] = {"hide_parameters": True, "pool_pre_ping": True, "pool_size": 8, "max_overflow": 16}
    arrays.teach()
    utc = "-c timezone=utc"
    # The writer's statements find rows by key, a handful of rows each. A plan made while a table was nearly empty stays with the
    # connection and would read the whole table for ever after (measured: foreign key checks at 0.5 ms a row), and a plan that costs
    # little to run is not worth compiling. A page found by an index lies in memory and costs what the next page costs: at the default of
    # four times as much every batch walked through the addresses of 3,000 families to find two dozen (measured: 2.1 ms, 0.4 by key).
    by_key = "-c enable_seqscan=off -c jit=off -c random_page_cost=1"
    engine = sa.create_engine(address, connect_args={"options": f"{utc} {by_key}"}, **options)
    reader = sa.create_engine(
        address,
        connect_args={"options": f"{utc} -c default_transaction_read_only=on"},
        isolation_level="AUTOCOMMIT",
        **options,
    )
    return engine, reader
