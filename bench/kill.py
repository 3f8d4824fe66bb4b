"""The kill test: kill -9 at random points while messages go out through a misbehaving provider, counted at the provider.

    python -m bench.kill --database sqlite            hearthline serve (embedded), restarted after each kill
    python -m bench.kill --database postgresql        hearthline serve --no-embedded and two hearthline work
    python -m bench.kill --recovery off               the same without recovery: must be seen to fail
    python -m bench.kill --channel email              the same with mail; SMTP cannot be asked, so a mail in doubt is sent again

What is sent: `--messages` rows queued for seeded families (one in five to the same family, so order counts), and beside them a signed
webhook for every twentieth of them, posted again until it is answered 200, as the provider does. Exit code 1: something was lost or
accepted twice, or fewer than half the kills found a row between `handed` and settled. Of mail a second copy may be accepted, at most as
often as one was in doubt (`doubts`: connections cut after the last dot, and rows in flight at a kill), and only under its first Message-ID.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from bench.kill_house import House
from bench.kill_mail import MailHouse
from tests.fakes.postgres import durable

RATE = 200
LIST_LAG = 1.0
IN_DOUBT_WAIT = 3.0


@dataclass
class Result:
    """What was counted. `kills_in_flight`: kills that found rows between `handed` and settled."""

    database: str
    recovery: str
    messages: int
    kills: int = 0
    kills_in_flight: int = 0
    lost: int = 0
    accepted_twice: int = 0
    with_a_person: int = 0
    channel: str = "sms"
    doubts: int = 0
    ids_changed: int = 0
    inbound: int = 0
    inbound_lost: int = 0
    inbound_twice: int = 0
    replies: int = 0
    replies_lost: int = 0
    unsettled: int = 0
    not_sent: int = 0
    seconds: float = 0.0
    faults: dict[str, int] = field(default_factory=dict)

    @property
    def held(self) -> bool:
        """Whether nothing was lost or doubled, and the kills struck where it hurts."""
        twice = self.accepted_twice if self.channel == "sms" else max(0, self.accepted_twice - self.doubts) + self.ids_changed
        wrong = self.lost + twice + self.inbound_lost + self.inbound_twice + self.replies_lost + self.unsettled + self.not_sent
        return wrong == 0 and 2 * self.kills_in_flight >= self.kills


@dataclass(frozen=True)
class Plan:
    """What to do: how much, how often, on what."""

    database: str = "sqlite"
    channel: str = "sms"
    messages: int = 2000
    kills: int = 20
    recovery: str = "on"
    seed: int | None = None
    patience: float = 180.0


def run(plan: Plan, say: Callable[[str], None] = lambda _: None) -> Result:
    """One kill test, from an empty folder to the count at the provider."""
    began = time.monotonic()
    dice = random.Random(plan.seed)
    result = Result(plan.database, plan.recovery, plan.messages, channel=plan.channel)
    kind: type[House] = MailHouse if plan.channel == "email" else House
    with _place(plan) as (folder, url), kind(folder, url, plan.recovery, in_doubt_wait=IN_DOUBT_WAIT, list_lag=LIST_LAG) as house:
        families = house.seed(plan.messages, rate=RATE)
        house.misbehave(list(house.faults_wanted))
        phone = house.phone(families, max(1, plan.messages // 20), dice)
        house.start()
        phone.start()
        _kill(plan, house, dice, result, say)
        say("no more kills; waiting until everything is settled")
        phone.finish(plan.patience)
        house.misbehave([])
        result.unsettled = _settled(house, plan.patience)
        _count(house, phone, result)
    result.seconds = round(time.monotonic() - began, 1)
    return result


@contextlib.contextmanager
def _place(plan: Plan) -> Iterator[tuple[Path, str]]:
    folder = Path(tempfile.mkdtemp(prefix="hearthline-kill-"))
    try:
        if plan.database == "sqlite":
            yield folder, f"sqlite:///{folder}/kill.db"
        else:
            with durable() as url:
                yield folder, url.replace("+psycopg", "")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _kill(plan: Plan, house: House, dice: random.Random, result: Result, say: Callable[[str], None]) -> None:
    """Kill when the provider has taken the next random share of the messages, and start again what was killed."""
    for number in range(plan.kills):
        target = plan.messages * (number + dice.uniform(0.2, 0.8)) / (plan.kills + 1)
        deadline = time.monotonic() + plan.patience
        while house.accepted() < target:
            if time.monotonic() > deadline:
                say(f"gave up waiting for message {target:.0f}: {house.states()}")
                return
            house.start()  # a watcher gives up when what it watches dies twice in a row; an operator starts it again
            time.sleep(dice.uniform(0.005, 0.05))
        victims, in_flight = house.kill(dice)
        result.kills += 1
        result.kills_in_flight += in_flight > 0
        result.doubts += in_flight
        say(f"kill {number + 1}/{plan.kills} ({victims}): {in_flight} handed and not settled, {house.accepted()} accepted")
        house.start()


def _settled(house: House, patience: float) -> int:
    """Wait until nothing is on its way; gives how many rows still are when patience ends."""
    deadline = time.monotonic() + patience
    while True:
        states = house.states()
        open_rows = sum(states.get(state, 0) for state in ("queued", "claimed", "handed", "in_doubt"))
        if not open_rows or time.monotonic() > deadline:
            return open_rows
        house.start()
        time.sleep(0.2)


def _count(house: House, phone: Any, result: Result) -> None:
    """Count at the provider, and compare with what we meant to send."""
    taken: dict[tuple[str, str], int] = {}
    for one in house.provider_messages():
        key = (one["to"], one["body"])
        taken[key] = taken.get(key, 0) + 1
    rows = house.outbox()
    stayed = ("cancelled", "expired", "held", "failed")
    result.not_sent = sum(row.state in stayed for row in rows if row.bulk)
    meant = {(row.address, row.body): row for row in rows if row.state not in stayed}
    asked = [row for row in meant.values() if row.reason == "with_person"]
    missing = [row for key, row in meant.items() if key not in taken and row.reason != "with_person"]
    result.lost = sum(row.bulk for row in missing)
    result.replies_lost = sum(not row.bulk for row in missing)
    result.replies = sum(not row.bulk for row in meant.values())
    result.with_a_person = len(asked)
    result.accepted_twice = sum(count - 1 for count in taken.values() if count > 1)
    result.inbound = len(phone.sent)
    stored = house.stored_messages()
    result.inbound_lost = sum(stored.get(sid, 0) == 0 for sid in phone.sent)
    result.inbound_twice = sum(count > 1 for count in stored.values())
    result.faults = house.faults()
    result.doubts += sum(times for name, times in result.faults.items() if name.endswith(" drop_after"))
    result.ids_changed = house.ids_changed()


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.kill", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--channel", choices=["sms", "email"], default="sms")
    parser.add_argument("--messages", type=int, default=2000)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--recovery", choices=["on", "off"], default="on")
    parser.add_argument("--seed", type=int)
    parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
    given = parser.parse_args(arguments)
    plan = Plan(given.database, given.channel, given.messages, given.kills, given.recovery, given.seed)
    quiet = given.json

    def say(line: str) -> None:
        if not quiet:
            print(line, flush=True)

    try:
        result = run(plan, say)
    except (sa.exc.SQLAlchemyError, OSError, RuntimeError) as error:
        print(f"the kill test could not run: {error}", file=sys.stderr)
        return 2
    if quiet:
        print(json.dumps({**asdict(result), "held": result.held}))
    else:
        _print(result)
    return 0 if result.held else 1


def _print(result: Result) -> None:
    rows: list[tuple[str, Any]] = [(name.replace("_", " "), value) for name, value in asdict(result).items()]
    for name, value in rows:
        print(f"{name:18} {value}")
    twice = "nothing twice" if result.channel == "sms" else "a second copy only of what was in doubt, under the same Message-ID"
    print(f"nothing lost, {twice}" if result.held else "FAILED: lost, accepted twice, or too few kills in flight")


if __name__ == "__main__":
    os.environ.pop("HEARTHLINE_CONFIG", None)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was started is ended too
    sys.exit(main())
