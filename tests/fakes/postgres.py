"""A PostgreSQL of our own: Debian's binaries, a temporary folder, a free port, an unprivileged user; gone when tests or benches end."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
"""For tests that are not about crashes."""

DURABLE = {"fsync": "on", "synchronous_commit": "on", "shared_buffers": "256MB", "min_wal_size": "1GB"}
"""For whatever measures or proves durability."""

SEGMENTS = 24
"""Of its log, 16 MB each, that a server for benches has written before: more than a bench writes."""


def binaries() -> Path | None:
    """The newest PostgreSQL server on this machine, or None."""
    found = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/postgres")]
    if on_path := shutil.which("postgres"):
        found.append(Path(on_path).resolve().parent)
    return max(found, key=lambda path: (path.parent.name.isdigit(), path.parent.name.zfill(4)), default=None)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers_at(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@dataclass(frozen=True)
class Cluster:
    """A running server. `url(name)` is the address of one of its databases."""

    port: int
    folder: Path
    process: subprocess.Popen[bytes]

    def url(self, name: str) -> str:
        return f"postgresql://postgres@127.0.0.1:{self.port}/{name}"

    def run(self, statement: str) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as conn:
            conn.execute(statement)  # type: ignore[call-overload]

    def create(self, name: str, template: str = "template0") -> str:
        self.run(f'create database "{name}" template "{template}"')
        return self.url(name)

    def drop(self, name: str) -> None:
        self.run(f'drop database if exists "{name}" with (force)')


@contextmanager
def cluster(options: Mapping[str, str] = FAST) -> Iterator[Cluster]:
    """Start a server, yield it, stop it and remove its folder."""
    where = binaries()
    assert where is not None, "PostgreSQL is not installed: apt-get install postgresql"
    folder = Path(tempfile.mkdtemp(prefix="hearthline-pg-"))
    as_user = _lowered(folder)
    data = folder / "data"
    try:
        initdb = [where / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"]
        subprocess.run([*as_user, *initdb], check=True, capture_output=True)
        port = free_port()
        settings = {"listen_addresses": "127.0.0.1", "unix_socket_directories": str(folder), "max_connections": "200", **options}
        flags = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        command = [*as_user, where / "postgres", "-D", data, "-p", str(port), *flags]
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
        server = Cluster(port, folder, process)
        try:
            _wait(server)
            yield server
        finally:
            process.terminate() if not as_user else _signal(data)
            try:
                process.wait(60)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(60)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def durable() -> Iterator[str]:
    """The address (SQLAlchemy's, with the driver) of an empty database whose commits are on disk: for benches and the kill test.

    Its log goes round as on a server that has run for a day. One that was made just now zeroes a new file of 16 MB every few seconds, and
    every commit of that moment waits for it, up to 0.2 s (`wal_recycle` in the manual's chapter on the write-ahead log).
    """
    with cluster(DURABLE) as server:
        for _ in range(SEGMENTS):
            server.run("select pg_logical_emit_message(false, 'bench', ''), pg_switch_wal()")
        server.run("checkpoint")
        yield server.create("hearthline").replace("postgresql:", "postgresql+psycopg:", 1)


def _signal(data: Path) -> None:
    """Ask the server itself to stop at once: its first line of postmaster.pid is its process, whatever stands before it."""
    try:
        os.kill(int((data / "postmaster.pid").read_text().splitlines()[0]), 2)
    except (OSError, ValueError, IndexError):
        return


def _lowered(folder: Path) -> list[str]:
    """PostgreSQL refuses to run as root: then it runs as `postgres` (or `nobody`), who owns the folder."""
    if os.geteuid() != 0:
        return []
    for name in ("postgres", "nobody"):
        try:
            user = pwd.getpwnam(name)
        except KeyError:
            continue
        os.chown(folder, user.pw_uid, user.pw_gid)
        if shutil.which("setpriv"):
            return ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups", "--"]
        return ["runuser", "-u", name, "--"]
    raise AssertionError("running as root, and there is neither a user postgres nor nobody to run PostgreSQL as")


def _wait(server: Cluster) -> None:
    until = time.monotonic() + 120
    while True:
        try:
            psycopg.connect(server.url("postgres"), connect_timeout=2).close()
        except psycopg.OperationalError:
            said = (server.folder / "log").read_text()
            assert server.process.poll() is None, f"PostgreSQL ended at once: {said}"
            assert time.monotonic() < until, f"PostgreSQL does not answer: {said}"
            time.sleep(0.05)
        else:
            return
