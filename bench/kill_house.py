"""The processes of the kill test: the provider (the sandbox, in a process of its own), and ours, started and killed like an operator would."""

from __future__ import annotations

import base64
import json
import os
import random
import secrets
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple, Self

import psutil
import sqlalchemy as sa

from bot.clock import RealIds
from bot.store.database import Database, migrate, open_database
from bot.store.outbox import WITH_PERSON
from bot.store.tables import Endpoint, ExecutorSlot, Message, Outbox, Sender
from bot.store.types import Plain
from tests.fakes.postgres import free_port

TOP = Path(__file__).resolve().parents[1]
DISTRICT = "dst_demo"
ACCOUNT = "AC" + "0" * 31 + "7"
TOKEN = "7b" * 16
EACH_FAMILY = 5
START_SECONDS = 240.0
ASK_SECONDS = 120.0
"""The sandbox hands a mail on while we wait, and a loaded machine takes its time to open it."""

AIMED = 0.8
AIM_SECONDS = 6.0
FAULTS = (
    {"method": "twilio.create", "kind": "429", "rate": 0.02, "retry_after": 1},
    {"method": "twilio.create", "kind": "500_before", "rate": 0.01},
    {"method": "twilio.create", "kind": "500_after", "rate": 0.01},
    {"method": "twilio.create", "kind": "drop_after", "rate": 0.015},
    {"method": "twilio.create", "kind": "drop_before", "rate": 0.005},
    {"method": "twilio.create", "kind": "late", "rate": 0.01, "seconds": 1.5},
    {"method": "callback", "kind": "withhold", "rate": 0.3},
    {"method": "callback", "kind": "duplicate", "rate": 0.05},
    {"method": "callback", "kind": "reorder", "rate": 0.05},
)


class Sent(NamedTuple):
    """A row of the outbox as the count needs it. `bulk`: queued by the harness; else a reply to one of its webhooks."""

    address: str
    body: str
    state: str
    reason: str
    bulk: bool


class Family(NamedTuple):
    contact_id: str
    phone: str
    sender: str


class House:
    """One test's folder, database, provider and processes: texts by Twilio. `kill_mail` plays the same with mail."""

    channel = "sms"
    faults_wanted: Sequence[dict[str, Any]] = FAULTS

    def __init__(self, folder: Path, url: str, recovery: str, *, in_doubt_wait: float, list_lag: float) -> None:
        self.folder, self.url, self.list_lag = folder, url, list_lag
        self.port, self.sandbox_port = free_port(), free_port()
        self.key = secrets.token_bytes(32)
        self.sqlite = url.startswith("sqlite")
        self.env = {
            **os.environ,
            "PYTHONPATH": str(TOP),
            "HEARTHLINE_MODE": "test",
            "HEARTHLINE_DATA_DIR": str(folder),
            "HEARTHLINE_DATABASE_URL": url,
            "HEARTHLINE_MASTER_KEY": base64.b64encode(self.key).decode(),
            "HEARTHLINE_PORT": str(self.port),
            "HEARTHLINE_PUBLIC_BASE_URL": f"http://127.0.0.1:{self.port}",
            "HEARTHLINE_TWILIO_ACCOUNT_SID": ACCOUNT,
            "HEARTHLINE_TWILIO_AUTH_TOKEN": TOKEN,
            "HEARTHLINE_TWILIO_BASE_URL": f"http://127.0.0.1:{self.sandbox_port}",
            "HEARTHLINE_SLACK_TRANSPORT": "off",
            "HEARTHLINE_THREADS": "4",
            "HEARTHLINE_RECOVERY": recovery,
            "HEARTHLINE_IN_DOUBT_WAIT_SECONDS": str(in_doubt_wait),
        }
        self.database: Database = open_database(url, self.key)
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        self.log = (folder / "processes.log").open("ab")
        self.provider: subprocess.Popen[bytes] | None = None
        self.bulk: set[str] = set()
        self._struck: dict[str, int] = {}

    def __enter__(self) -> Self:
        command = ["sandbox", "--port", str(self.sandbox_port), "--account-sid", ACCOUNT, "--auth-token", TOKEN]
        self.provider = self._spawn([*command, "--list-lag", str(self.list_lag), "--sender", "+15550100001", *self.sandbox_words()])
        self._wait(lambda: self.ask("twilio/counts") is not None, "the sandbox")
        return self

    def __exit__(self, *_: object) -> None:
        for process in [*self.running.values(), *([self.provider] if self.provider else [])]:
            _kill_all(process)
        self.database.close()
        self.log.close()

    def sandbox_words(self) -> list[str]:
        """More for the sandbox's command line."""
        return []

    def phone(self, families: Sequence[Family], count: int, dice: random.Random) -> Any:
        """Families that write meanwhile."""
        from bench.kill_phone import Phone

        return Phone(self, families, count, dice)

    # --- the world ----------------------------------------------------------------------------------------------------------------------

    def seed(self, messages: int, *, rate: float) -> list[Family]:
        """Tables, the demo district, families, and the messages waiting to go out."""
        from bot.service.seed import seed_demo, seed_families

        migrate(self.database)
        now, new_id = datetime.now(UTC), RealIds().new
        with self.database.begin() as conn:
            seed_demo(conn, self.database.vault, now, new_id)
            count = max(1, messages // EACH_FAMILY)
            families = seed_families(conn, self.database.vault, now, new_id, count, media=(self.channel,))
            conn.execute(sa.update(Sender).where(Sender.channel == self.channel).values(segments_per_second=float(rate)))
            rows = [self._row(new_id("out"), families[n % count], n, now) for n in range(messages)]
            conn.execute(sa.insert(Outbox), rows)
        self.bulk = {row["id"] for row in rows}
        return [Family(one.contact_id, one.phone, one.sender) for one in families]

    def _row(self, outbox_id: str, family: Any, number: int, now: datetime) -> dict[str, Any]:
        person = family.contact_id.removeprefix("con_")
        return {
            "id": outbox_id,
            "district_id": DISTRICT,
            "audience": "family",
            "contact_id": family.contact_id,
            "endpoint_id": f"end_{person}_{self.channel}",
            "case_id": family.case_id,
            "guardianship_id": f"gua_{person}_{person}",
            "channel": self.channel,
            "sender": self.sender(family),
            "message_class": "A",
            "purpose": "notice",
            "answers_family": True,
            "body": Plain(DISTRICT, f"Aviso {number}: la escuela abre a las 8."),
            "lang": "es",
            "priority": 5,
            "state": "queued",
            "not_before": now,
            "created_at": now,
        }

    def sender(self, family: Any) -> str:
        """Which address of ours writes to this family."""
        return str(family.sender)

    # --- our processes ------------------------------------------------------------------------------------------------------------------

    @property
    def _commands(self) -> dict[str, list[str]]:
        return {"serve": ["serve"]} if self.sqlite else {"serve": ["serve", "--no-embedded"], "work-1": ["work"], "work-2": ["work"]}

    def start(self) -> None:
        """Start what does not run."""
        for name, command in self._commands.items():
            if name not in self.running or self.running[name].poll() is not None:
                self.running[name] = self._spawn(command)

    def kill(self, dice: random.Random) -> tuple[str, int]:
        """kill -9: the whole of one command, both workers at once, or only the process that serves (its watcher starts another).

        Four times in five it waits until they have something in the air, because that is where a crash hurts. Gives what was killed, and
        how many rows it left between `handed` and settled.
        """
        trees = self._at_work()
        workers = [name for name in trees if name.startswith("work")]
        groups = [[name] for name in trees] + [workers] * (3 if len(workers) > 1 else 0)
        chosen = dice.choices(groups, [2 if one[0].startswith("work") else 1 for one in groups])[0]
        pids = [pid for name in chosen for pid in (self.running[name].pid, *(child.pid for child in trees[name]))]
        if dice.random() < AIMED:
            self._wait_for_flight(pids, dice)
        what = [self._strike(name, self.running[name], trees[name], dice) for name in chosen]
        in_flight = self._handed_by(pids)
        _signal(pids, signal.SIGCONT)  # a watcher that stood still beside what was killed goes on
        return " and ".join(what), in_flight

    def _at_work(self) -> dict[str, list[psutil.Process]]:
        """The commands whose processes have started to work (they hold a slot), each with its children: killing one that boots proves little."""
        deadline = time.monotonic() + START_SECONDS
        while True:
            with self.database.read() as conn:
                query = sa.select(ExecutorSlot.holder).where(ExecutorSlot.lease_until > datetime.now(UTC), ExecutorSlot.holder != "")
                pids = {int(row[0].split(".")[-2]) for row in conn.execute(query)}
            found = {}
            for name, process in self.running.items():
                with suppress(psutil.NoSuchProcess):
                    children = psutil.Process(process.pid).children(recursive=True)
                    if process.poll() is None and pids & {process.pid, *(child.pid for child in children)}:
                        found[name] = children
            if found:
                return found
            if time.monotonic() > deadline:
                raise RuntimeError(f"nothing works: {(self.folder / 'processes.log').read_text()[-2000:]}")
            self.start()
            time.sleep(0.05)

    def _wait_for_flight(self, pids: Sequence[int], dice: random.Random) -> None:
        """Until one of these processes has handed rows over; not for long, because another one may have taken all there is.

        Then all of them stand still, so that nothing settles between this look and the kill, however loaded the machine is.
        """
        deadline = time.monotonic() + AIM_SECONDS
        while time.monotonic() < deadline:
            if self._handed_by(pids):
                _signal(pids, signal.SIGSTOP)
                if self._handed_by(pids):
                    return
                _signal(pids, signal.SIGCONT)
            time.sleep(dice.uniform(0.001, 0.005))

    @staticmethod
    def _strike(name: str, process: subprocess.Popen[bytes], children: list[psutil.Process], dice: random.Random) -> str:
        if name == "serve" and children and dice.random() < 0.3:
            for child in children:
                with suppress(psutil.NoSuchProcess):
                    child.kill()
            return f"{name}: the serving process"
        _kill_all(process)
        return name

    def _spawn(self, command: Sequence[str]) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-m", "bot", *command], env=self.env, cwd=self.folder, stdout=self.log, stderr=self.log, start_new_session=True
        )

    def _wait(self, ready: Any, what: str) -> None:
        deadline = time.monotonic() + START_SECONDS
        while True:
            with suppress(OSError):
                if ready():
                    return
            if time.monotonic() > deadline:
                raise RuntimeError(f"{what} did not start: {(self.folder / 'processes.log').read_text()[-2000:]}")
            time.sleep(0.05)

    # --- the provider -------------------------------------------------------------------------------------------------------------------

    def ask(self, path: str, wish: Any = None) -> Any:
        """One question to the sandbox's control address."""
        data = None if wish is None else json.dumps(wish).encode()
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.sandbox_port}/sandbox/{path}", data=data, headers={"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=ASK_SECONDS) as answer:
            return json.loads(answer.read())

    def misbehave(self, rules: list[dict[str, Any]]) -> None:
        """Rules from now on; an empty list ends them. How often the earlier ones struck is kept."""
        self._struck = {f"{one['method']} {one['kind']}": one["times"] for one in self.ask("misbehave")["rules"]}
        self.ask("misbehave", rules or {"clear": True})

    def accepted(self) -> int:
        return int(self.ask("twilio/counts")["accepted"])

    def provider_messages(self) -> list[dict[str, Any]]:
        found = self.ask("twilio/messages?direction=outbound")
        return list(found["messages"])

    def faults(self) -> dict[str, int]:
        """How often each rule struck."""
        return self._struck

    def ids_changed(self) -> int:
        """Messages that reached the provider under more than one id of ours: texts carry none."""
        return 0

    # --- our database -------------------------------------------------------------------------------------------------------------------

    def states(self) -> dict[str, int]:
        """Rows by state; those a person was asked about count as settled."""
        query = sa.select(Outbox.state, sa.func.count()).where(Outbox.reason != WITH_PERSON).group_by(Outbox.state)
        with self.database.read() as conn:
            return {row[0]: row[1] for row in conn.execute(query)}

    def _handed_by(self, pids: Sequence[int]) -> int:
        """Rows these processes had handed over and not settled: a lease names its process."""
        with self.database.read() as conn:
            owners = [row[0] for row in conn.execute(sa.select(Outbox.lease_owner).where(Outbox.state == "handed"))]
        return sum(owner.split(".")[-2] in {str(pid) for pid in pids} for owner in owners)

    def outbox(self) -> list[Sent]:
        query = sa.select(Outbox.id, Endpoint.address, Outbox.body, Outbox.state, Outbox.reason).join(
            Endpoint, Endpoint.id == Outbox.endpoint_id
        )
        with self.database.read() as conn:
            return [
                Sent(row[1], row[2], row[3], row[4], row[0] in self.bulk)
                for row in conn.execute(query.where(Outbox.channel == self.channel))
            ]

    def stored_messages(self) -> dict[str, int]:
        with self.database.read() as conn:
            query = sa.select(Message.provider_id, sa.func.count()).group_by(Message.provider_id)
            return {row[0]: row[1] for row in conn.execute(query)}


def _signal(pids: Sequence[int], number: signal.Signals) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)


def _kill_all(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(60)
