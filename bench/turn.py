"""`hearthline bench turn`: a durable turn, end to end.

Signed webhook over real HTTP -> verified -> deduplicated -> screened in every enabled language -> a shipped flow's next step -> entry in the hash
chain, outbox row, session, all sealed -> one commit (shared by the turns that arrived together) -> 200. Peers in the same run: the usual way
(`bench/usual_way`) on the same database, and bare commits of the same driver. Sending is switched off on both sides: it has its own bench.
"""

from __future__ import annotations

import contextlib
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.bare_commit import commits_per_second
from bench.load import Load, Webhook, drive, webhook
from bench.postgres import free_port, private_postgres
from bench.usual_way import run as usual

ACCOUNT = "AC" + "1" * 32
TOKEN = "bench-token"
FLOOR_OF_USUAL = 0.8 * 516 / 3600, 0.8 * 504 / 3500
"""What the usual way must reach of bare commits in the same run (0.8 of what was measured for it), PostgreSQL and SQLite: no straw men."""

ANSWERS = (
    "Le encanta dibujar y contar cuentos a su hermano",
    "1 y 3",
    "2, 5",
    "Español en casa, inglés con sus primos",
    "Su abuela y el entrenador",
    "Que lea con gusto",
    "1",
)
Progress = Callable[[str], None]


def run(*, full: bool, progress: Progress) -> dict[str, Any]:
    """One object as `speed.md` describes it: results, ratios, missing."""
    windows, contacts = (5, 10_000) if full else (3, 1_500)
    results: dict[str, dict[str, Any]] = {}
    ratios: dict[str, float] = {}
    notes: list[str] = []
    with private_postgres() as url:
        _one("postgresql", url, FLOOR_OF_USUAL[0], windows, contacts, progress, results, ratios, notes)
    with tempfile.TemporaryDirectory(prefix="hearthline-bench-") as folder:
        _one(
            "sqlite",
            f"sqlite:///{folder}/turn.db",
            FLOOR_OF_USUAL[1],
            windows,
            contacts,
            progress,
            results,
            ratios,
            notes,
        )
    return {"bench": "turn", "results": results, "ratios": ratios, "missing": [], "notes": notes}


def _one(
    name: str,
    url: str,
    floor: float,
    windows: int,
    contacts: int,
    progress: Progress,
    results: dict,
    ratios: dict,
    notes: list,
) -> None:
    progress(f"{name}: bare commits")
    bare = statistics.median(commits_per_second(url, 0.8) for _ in range(3))
    progress(f"{name}: the usual way")
    usual.seed(url, contacts)
    with usual.serve(url) as base:
        theirs = measure(base, usual_stream(base, contacts), 16, windows)
    progress(f"{name}: Hearthline")
    with ours(url, contacts) as (base, stream):
        mine = measure(base, stream, 16 if name == "sqlite" else 64, windows)
    per_second = {"bare-commit": bare, "usual-way": _median(theirs), "hearthline": _median(mine)}
    for who, value in per_second.items():
        results[f"{who}-{name}"] = {"value": round(value, 1), "unit": "commit/s" if who == "bare-commit" else "turn/s"}
    p99 = {"usual-way": _median(theirs, "p99_ms"), "hearthline": _median(mine, "p99_ms")}
    for who, value in p99.items():
        results[f"{who}-p99-{name}"] = {"value": round(value, 1), "unit": "ms"}
    ratios[f"bare-commit-{name}"] = round(per_second["hearthline"] / bare, 3)
    if per_second["usual-way"] / bare < floor:
        notes.append(
            f"{name}: the usual way reached {per_second['usual-way'] / bare:.3f} of bare commits, under {floor:.3f}: no ratio to it is claimed"
        )
        return
    ratios[f"usual-way-{name}"] = round(per_second["hearthline"] / per_second["usual-way"], 2)
    ratios[f"p99-usual-way-{name}"] = round(p99["hearthline"] / p99["usual-way"], 4)


def _median(loads: list[Load], what: str = "per_second") -> float:
    return statistics.median(getattr(load, what) for load in loads)


Stream = Callable[[int], Webhook]


def measure(base: str, stream: Stream, connections: int, windows: int) -> list[Load]:
    """A warm-up of a second, then windows of a second; every webhook is new, and an answer other than 2xx ends the bench."""
    at = 0
    loads = []
    for _ in range(windows + 1):
        load = drive(base, (stream(at + n) for n in range(8_000)), connections=connections, seconds=1)
        at += load.sent + connections
        if load.refused:
            raise RuntimeError(f"{load.refused} of {load.sent} webhooks were not answered 2xx: the bench measures nothing then")
        loads.append(load)
    return loads[1:]


def usual_stream(base: str, contacts: int) -> Stream:
    def at(n: int) -> Webhook:
        text = ANSWERS[n // contacts % len(ANSWERS)]
        return webhook(base, "/sms", usual.TOKEN, usual.ACCOUNT, f"SM{n:032x}", usual.phone(n % contacts + 1), "+15550000001", text)

    return at


@contextlib.contextmanager
def ours(url: str, contacts: int) -> Iterator[tuple[str, Stream]]:
    """Seed families with an open talk each and serve as production does, in bench mode with sending off."""
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryDirectory(prefix="hearthline-bench-") as folder:
        env = {
            **os.environ,
            "HEARTHLINE_MODE": "bench",
            "HEARTHLINE_DATABASE_URL": url,
            "HEARTHLINE_DATA_DIR": folder,
            "HEARTHLINE_PUBLIC_BASE_URL": base,
            "HEARTHLINE_HOST": "127.0.0.1",
            "HEARTHLINE_PORT": str(port),
            "HEARTHLINE_TWILIO_ACCOUNT_SID": ACCOUNT,
            "HEARTHLINE_TWILIO_AUTH_TOKEN": TOKEN,
            "HEARTHLINE_TWILIO_BASE_URL": f"http://127.0.0.1:{free_port()}",
            "HEARTHLINE_DELIVERY": "off",
            "HEARTHLINE_SLACK_TRANSPORT": "off",
        }
        phones, sender = seed(env, contacts)
        arguments = ["serve"] if url.startswith("sqlite") else ["serve", "--no-embedded", "--workers", "2"]
        log = Path(folder) / "serve.log"
        with log.open("wb") as out:
            server = subprocess.Popen([sys.executable, "-m", "bot", *arguments], env=env, stdout=out, stderr=out)
            try:
                usual.wait_for(base)
                yield base, our_stream(base, phones, sender)
            except BaseException:
                sys.stderr.write(log.read_text(encoding="utf-8")[-2000:])
                raise
            finally:
                server.terminate()
                server.wait(20)


def seed(env: dict[str, str], contacts: int) -> tuple[list[str], str]:
    """Families with one open case each, and F07 (reading in Spanish) begun with every one of them."""
    from bot.app import build_runtime
    from bot.config import Settings
    from bot.service.seed import seed_demo, seed_families
    from bot.service.start_flow import start_flow
    from bot.store.database import migrate

    runtime = build_runtime(Settings.load(env))
    migrate(runtime.database)
    now = datetime.now(UTC)
    with runtime.database.begin() as conn:
        seed_demo(conn, runtime.vault, now, runtime.ids.new)
    with runtime.database.begin() as conn:
        families = seed_families(conn, runtime.vault, now, runtime.ids.new, contacts)
    with runtime.database.begin() as conn:
        for family in families:
            start_flow(conn, runtime, family.contact_id, family.case_id, "home-observations", "core", now)
    if not runtime.database.is_sqlite:  # as the yardstick's tables are, and as autovacuum does it in a day of real use
        with runtime.database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
            conn.exec_driver_sql("vacuum analyze")
    runtime.database.engine.dispose()
    return [family.phone for family in families], families[0].sender


def our_stream(base: str, phones: list[str], sender: str) -> Stream:
    def at(n: int) -> Webhook:
        text = ANSWERS[n // len(phones) % len(ANSWERS)]
        return webhook(base, "/hooks/twilio/message", TOKEN, ACCOUNT, f"SM{n:032x}", phones[n % len(phones)], sender, text)

    return at
