"""A private PostgreSQL for one run: Debian's binaries, a free port on 127.0.0.1, a data folder of its own, gone afterwards."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path


class NoPostgres(Exception):
    """PostgreSQL's server programs were not found; install Debian's postgresql package."""


def binaries() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: int(p.parts[-3]))
    if found:
        return found[-1].parent
    on_path = shutil.which("initdb")
    if on_path is None:
        raise NoPostgres(NoPostgres.__doc__)
    return Path(on_path).parent


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])


def _as_unprivileged(command: list[str], owner: str) -> list[str]:
    """PostgreSQL refuses to run as root, so root hands it to Debian's postgres user (or nobody)."""
    if os.geteuid() != 0:
        return command
    return ["setpriv", f"--reuid={owner}", f"--regid={pwd.getpwnam(owner).pw_gid}", "--clear-groups", *command]


@contextlib.contextmanager
def private_postgres(*, fsync: bool = True) -> Iterator[str]:
    """Yields a SQLAlchemy address of an empty database; `fsync` stays on wherever durability is what is measured.

    :raises NoPostgres: with what to install.
    """
    bin_dir = binaries()
    folder = Path(tempfile.mkdtemp(prefix="hearthline-pg-"))
    owner = "root"
    if os.geteuid() == 0:
        names = {entry.pw_name for entry in pwd.getpwall()}
        owner = "postgres" if "postgres" in names else "nobody"
        shutil.chown(folder, owner)
    data = folder / "data"
    port = free_port()
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": str(folder)}
    subprocess.run(
        _as_unprivileged(
            [
                str(bin_dir / "initdb"),
                "-D",
                str(data),
                "-U",
                "hearthline",
                "-A",
                "trust",
                "-E",
                "UTF8",
                "--locale=C.UTF-8",
            ],
            owner,
        ),
        check=True,
        **quiet,
    )
    settings = [
        f"port={port}",
        "listen_addresses=127.0.0.1",
        f"unix_socket_directories={folder}",
        "max_connections=100",
        "shared_buffers=256MB",
        f"fsync={'on' if fsync else 'off'}",
    ]
    flags = [part for setting in settings for part in ("-c", setting)]
    server = subprocess.Popen(_as_unprivileged([str(bin_dir / "postgres"), "-D", str(data), *flags], owner), **quiet)
    try:
        _wait(bin_dir, port)
        _run_sql(bin_dir, port, "create database hearthline")
        yield f"postgresql+psycopg://hearthline@127.0.0.1:{port}/hearthline"
    finally:
        server.terminate()
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
        shutil.rmtree(folder, ignore_errors=True)


def _wait(bin_dir: Path, port: int) -> None:
    for _ in range(200):
        ready = subprocess.run(
            [str(bin_dir / "pg_isready"), "-h", "127.0.0.1", "-p", str(port), "-t", "1"],
            capture_output=True,
            check=False,
        )
        if ready.returncode == 0:
            return
        time.sleep(0.05)
    raise NoPostgres("PostgreSQL did not start on a free port within ten seconds")


def _run_sql(bin_dir: Path, port: int, sql: str) -> None:
    psql = bin_dir / "psql"
    subprocess.run(
        [
            str(psql if psql.exists() else "psql"),
            "-q",
            "-h",
            "127.0.0.1",
            "-p",
            str(port),
            "-U",
            "hearthline",
            "-d",
            "postgres",
            "-c",
            sql,
        ],
        check=True,
        capture_output=True,
    )
