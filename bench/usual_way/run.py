"""Seed and serve the usual way for one measurement."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from datetime import datetime

import sqlalchemy as sa

from bench.usual_way.app import make_engine
from bench.usual_way.models import Base, Contact, Conversation
from tests.fakes.postgres import free_port

TOKEN = "usual-token"
ACCOUNT = "AC" + "0" * 32


def phone(n: int) -> str:
    return f"+1555{n:07d}"


def seed(url: str, contacts: int) -> None:
    engine = make_engine(url)
    Base.metadata.drop_all(engine)
    Base.metadata.create_all(engine)
    now = datetime(2026, 1, 5, 12)
    with engine.begin() as db:
        db.execute(
            sa.insert(Contact),
            [
                {"id": n, "phone": phone(n), "name": f"Familia {n}", "child": "Ana", "lang": "es", "stopped": False}
                for n in range(1, contacts + 1)
            ],
        )
        db.execute(
            sa.insert(Conversation),
            [{"id": n, "contact_id": n, "step": 0, "answers": {}, "updated_at": now} for n in range(1, contacts + 1)],
        )
    if engine.dialect.name == "postgresql":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as db:
            # its own tables alone: ours, in the same database, are being filled, and would count as empty ever after
            db.exec_driver_sql("vacuum analyze u_contact, u_conversation")
    engine.dispose()


@contextlib.contextmanager
def serve(url: str) -> Iterator[str]:
    """Yields the base address, served as measured to be its fastest way: gunicorn with two workers of eight threads on PostgreSQL, as its
    documentation suggests for two cores; one granian process with eight threads on SQLite, whose single writer processes fight for."""
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    env = {**os.environ, "USUAL_DATABASE": url, "USUAL_TOKEN": TOKEN, "USUAL_URL": base + "/sms"}
    if url.startswith("sqlite"):
        server_of = "granian --interface wsgi --workers 1 --blocking-threads 8 --no-log --host 127.0.0.1 --port"
        command = [sys.executable, "-m", *server_of.split(), str(port), "bench.usual_way.app:app"]
    else:
        server_of = f"gunicorn -w 2 -k gthread --threads 8 -b 127.0.0.1:{port}"
        command = [sys.executable, "-m", *server_of.split(), "bench.usual_way.app:app"]
    server = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for(base)
        yield base
    finally:
        server.terminate()
        server.wait(10)


def wait_for(base: str, seconds: float = 60.0) -> None:
    """Until something answers HTTP at `base`, whatever it says."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            urllib.request.urlopen(base + "/", timeout=1)
            return
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.05)
    raise TimeoutError("the server under measurement did not answer within its start-up time")
