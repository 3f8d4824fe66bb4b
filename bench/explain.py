"""`python -m bench.explain`: how PostgreSQL does each statement of an ordinary turn, written to `bench/plans/`.

Families are seeded as for `hearthline bench turn`; then batches of real turns run while PostgreSQL itself tells the plan of every statement,
with times and buffers, what triggers and foreign keys ask included. Run it again when a statement or an index changes, and read the
difference: a test fails on a plan that reads a growing table whole.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from bench.load import Webhook
from bench.turn import environment, our_stream, seeded_families, tables
from bot.app import build_runtime
from bot.config import Settings
from bot.service.receive import receive_batch
from bot.service.runtime import Runtime
from bot.store.database import Kept
from bot.web.hooks import understand
from channels.base import Request
from tests.fakes.postgres import durable

PLANS = Path(__file__).parent / "plans"
FAMILIES, TOGETHER, BATCHES = 3_000, 24, 8
"""How many families, turns a batch, and batches. The plan of the last is kept: by then PostgreSQL has made the one it stays with."""

EXPLAIN = (
    "load 'auto_explain'",
    "set auto_explain.log_min_duration = 0",
    "set auto_explain.log_analyze = on",
    "set auto_explain.log_buffers = on",
    "set auto_explain.log_nested_statements = on",
    "set auto_explain.log_level = notice",
    "set client_min_messages = notice",
)
_TABLE = re.compile(r'\b(?:FROM|from) (?:ONLY )?(?:"public"\.)?"?(\w+)')
_SCAN = re.compile(
    r"(?:Seq|Index|Index Only|Bitmap Heap|Sample|Tid) Scan (?:using \w+ )?on (?P<table>\w+).*\(actual [^)]*rows=(?P<rows>\d+)"
)
_GIVEN = re.compile(r"'[^']*'::[\w ]+(?:\[\])?")


def explained(url: str, families: int) -> dict[str, str]:
    """The plan of each statement of ordinary turns in an empty database of ours, by what the statement does to which table."""
    with tempfile.TemporaryDirectory(prefix="hearthline-bench-") as folder:
        env = environment(url, folder, 8000)
        tables(env)
        stream = our_stream(env["HEARTHLINE_PUBLIC_BASE_URL"], seeded_families(env, families))
        runtime = build_runtime(Settings.load(env))
        try:
            return dict(_plans(runtime, [stream(at) for at in range(TOGETHER * BATCHES)]))
        finally:
            runtime.database.close()


def read_whole(plan: str, tables: frozenset[str]) -> list[str]:
    """The lines of a plan that read all of one of these tables: by no index, or from one end of an index to the other."""
    lines = plan.splitlines()
    found = []
    for line, below in zip(lines, [*lines[1:], ""], strict=True):
        scan = _SCAN.search(line)
        if scan and scan["table"] in tables and "Cond:" not in below:
            found.append(line.strip())
    return found


def main(folder: Path = PLANS) -> int:
    """Write a file for each statement. Gives how many."""
    with durable() as url:
        plans = explained(url, FAMILIES)
    folder.mkdir(exist_ok=True)
    for old in folder.glob("*.txt"):
        old.unlink()
    for name, plan in plans.items():
        (folder / f"{name}.txt").write_text(plan, encoding="utf-8")
    return len(plans)


def _plans(runtime: Runtime, webhooks: Sequence[Webhook]) -> Iterator[tuple[str, str]]:
    """Name and plan of each statement, the last plan of each, on a connection as the committer's."""
    said: list[str] = []
    kept = Kept(runtime.database.engine)
    for at in range(0, len(webhooks), TOGETHER):
        items = [item for one in webhooks[at : at + TOGETHER] for item in understand(runtime, "sms", _request(one))[0]]
        with kept.begin() as conn:
            _tell(conn, said)
            receive_batch(conn, runtime, items, runtime.clock.now())
    kept.close()
    for one in said:
        if " plan:\n" in one:
            lines = one.partition(" plan:\nQuery Text: ")[2].splitlines()
            top = next(at for at, line in enumerate(lines) if " (cost=" in line)
            query = " ".join("\n".join(lines[:top]).split())
            yield _name(query), "\n".join((query, "", *(_GIVEN.sub("(given)", line) for line in lines[top:]), ""))


def _tell(conn: Connection, said: list[str]) -> None:
    driver: Any = conn.connection.driver_connection
    if not said:
        driver.add_notice_handler(lambda notice: said.append(notice.message_primary))
    for statement in EXPLAIN:
        conn.exec_driver_sql(statement)


def _name(query: str) -> str:
    if query.startswith("WITH part0"):
        return "write-all"
    found = _TABLE.search(query)
    how = "key-of" if "FOR KEY SHARE" in query else "guard" if "queued" in query else "read"
    return f"{how}-{found[1] if found else 'nothing'}"


def _request(one: Webhook) -> Request:
    headers = {"content-type": "application/x-www-form-urlencoded", "x-twilio-signature": one.signature}
    return Request("POST", one.path, headers, one.body.encode(), headers["content-type"])


if __name__ == "__main__":
    print(f"{main()} plans written to {PLANS.name}/")
