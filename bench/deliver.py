"""How many messages one process delivers, bookkeeping and all, to the sandbox as provider: claim, hand over, post, settle, counted there.

python -m bench.deliver --database sqlite|postgresql [--messages N] [--json]
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import sys
import tempfile
import time
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from bench.kill_house import House
from tests.fakes.postgres import durable


def run(database: str, messages: int) -> dict[str, Any]:
    """Deliver `messages` texts from one process; CPU is this process's, the provider runs in its own."""
    folder = Path(tempfile.mkdtemp(prefix="hearthline-deliver-"))
    place = nullcontext(f"sqlite:///{folder}/deliver.db") if database == "sqlite" else durable()
    try:
        with place as url, House(folder, url.replace("+psycopg", ""), "on", in_doubt_wait=60.0, list_lag=1.0) as house:
            house.seed(messages, rate=1_000_000)
            return _deliver(house, database, messages)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _deliver(house: House, database: str, messages: int) -> dict[str, Any]:
    from bot import app
    from bot.config import Settings
    from bot.service.deliver import Deliverer

    runtime = app.build_runtime(Settings.load({**house.env, "HEARTHLINE_MODE": "bench"}))
    deliverer = Deliverer(runtime)
    began, cpu = time.perf_counter(), _cpu()
    deliverer.start()
    while house.accepted() < messages:  # asked of the provider, so that waiting costs this process nothing
        time.sleep(0.25)
    while any(house.states().get(state) for state in ("queued", "claimed", "handed")):
        time.sleep(0.1)
    seconds, used = time.perf_counter() - began, _cpu() - cpu
    deliverer.stop()
    counted = house.ask("twilio/counts")
    runtime.database.close()
    return {
        "database": database,
        "messages": messages,
        "accepted": counted["accepted"],
        "twice": len(counted["twice"]),
        "messages_per_second": round(messages / seconds),
        "cpu_milliseconds_per_message": round(1000 * used / messages, 3),
    }


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m bench.deliver", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--messages", type=int, default=5000)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args(arguments)
    found = run(given.database, given.messages)
    print(json.dumps(found) if given.json else "\n".join(f"{name:30} {value}" for name, value in found.items()))
    return 0 if found["accepted"] == given.messages and not found["twice"] else 1


if __name__ == "__main__":
    sys.exit(main())
