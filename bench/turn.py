"""`hearthline bench turn`: a durable turn, end to end.

Signed webhook over real HTTP -> verified -> deduplicated -> screened in every enabled language -> a shipped flow's next step -> entry in the hash
chain, outbox row, session, all sealed -> one commit (shared by the turns that arrived together) -> 200. Peers in the same run: the usual way
(`bench/usual_way`) on the same kind of database, and bare commits of the same driver. Sending is switched off on both sides: it has its own
bench.
"""

from __future__ import annotations

import contextlib
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple, Self

import psutil

from bench.bare_commit import commits_per_second
from bench.families import seed
from bench.load import Load, Webhook, drive, webhook
from bench.usual_way import run as usual
from bot.service.seed import SeededFamily
from tests.fakes.postgres import durable, free_port

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
USUAL_CONTACTS = 1_500
IN_STEP = 72
"""Families that are at the same question at the same time. As many are at each of the others, as in a school where each family began when
it liked; more than connections, so that nobody is asked twice at once."""

OUR_CONNECTIONS = {"postgresql": 52, "sqlite": 40}
THEIR_SECONDS, OUR_SECONDS = {"postgresql": 1, "sqlite": 2}, 1
"""How long a window of each is: some answers of the usual way on SQLite take longer than a second."""

THEIR_MOST, OUR_MOST = 1_500, 6_000
"""Webhooks made ready for a second of a window: more than either can take, whatever the warm-up was like."""

FOREIGN = 0.3
"""Cores that others may use during a round; above that it is measured again, as long as there is time."""

LAST_ROUND = {"postgresql": 25, "sqlite": 40}
"""A round is measured again only if the last of its database can still begin so many seconds after the bench did (5 times with --full)."""

Progress = Callable[[str], None]


def run(*, full: bool, progress: Progress) -> dict[str, Any]:
    """One object as `speed.md` describes it: results, ratios, missing."""
    found, began = Found({}, {}, []), time.monotonic()
    contacts = 20_000 if full else 3_000
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="hearthline-bench-"))
        progress("seeding and starting both servers on both databases")
        postgresql = stack.enter_context(durable())
        urls = {"postgresql": (postgresql, postgresql), "sqlite": (f"sqlite:///{folder}/usual.db", f"sqlite:///{folder}/turn.db")}
        seeding = stack.enter_context(ProcessPoolExecutor(len(urls)))
        houses = {name: stack.enter_context(ours(mine, contacts, seeding)) for name, (_, mine) in urls.items()}
        for theirs, _ in urls.values():
            usual.seed(theirs, USUAL_CONTACTS)
        bases = {name: stack.enter_context(usual.serve(theirs)) for name, (theirs, _) in urls.items()}
        for name, floor in zip(urls, FLOOR_OF_USUAL, strict=True):
            them = Contender(bases[name], usual_stream(bases[name]), 16, THEIR_MOST, 100_000)
            base, stream, turns = houses[name]()
            us = Contender(base, stream, OUR_CONNECTIONS[name], OUR_MOST, turns)
            last = began + LAST_ROUND[name] * (5 if full else 1)
            _one(Match(name, urls[name][0], them, us, 5 if full else 3, last), floor, progress, found)
    return {"bench": "turn", **found._asdict(), "missing": []}


class Found(NamedTuple):
    """What both databases came to."""

    results: dict[str, dict[str, Any]]
    ratios: dict[str, float]
    notes: list[str]


class Match(NamedTuple):
    """Who meets whom, on which database, in how many rounds, the last of which begins at `last` (monotonic) where one is measured again;
    bare commits are made in the usual way's database."""

    name: str
    url: str
    them: Contender
    us: Contender
    rounds: int
    last: float


def _one(match: Match, floor: float, progress: Progress, found: Found) -> None:
    """Rounds of bare commits, the usual way and ours, one after the other: whatever else the machine does hurts all three alike. A round
    during which others took much of the machine is measured again; where there was no quiet one, the note says so."""
    name, them, us = match.name, match.them, match.us
    progress(f"{name}: warming up")
    them.push(1)
    us.push(2)
    bare: list[float] = []
    while len(bare) < match.rounds:
        progress(f"{name}: round {len(bare) + 1} of {match.rounds}")
        with Foreign() as foreign:
            commits = commits_per_second(match.url, 0.4)
            windows = them.push(THEIR_SECONDS[name]), us.push(OUR_SECONDS)
        if foreign.cores > FOREIGN:
            if time.monotonic() + foreign.seconds * (match.rounds - len(bare) - 1) < match.last:
                continue
            found.notes.append(f"{name}: others took {foreign.cores:.1f} cores during a round that counts")
        bare.append(commits)
        them.windows.append(windows[0])
        us.windows.append(windows[1])
    _compare(match, statistics.median(bare), floor, found)


def _compare(match: Match, bare: float, floor: float, found: Found) -> None:
    name, them, us = match.name, match.them, match.us
    per_second = {"bare-commit": bare, "usual-way": them.median("per_second"), "hearthline": us.median("per_second")}
    for who, value in per_second.items():
        found.results[f"{who}-{name}"] = {"value": round(value, 1), "unit": "commit/s" if who == "bare-commit" else "turn/s"}
    p99 = {"usual-way": them.median("p99_ms"), "hearthline": us.median("p99_ms")}
    for who, value in p99.items():
        found.results[f"{who}-p99-{name}"] = {"value": round(value, 1), "unit": "ms"}
    found.ratios[f"bare-commit-{name}"] = round(per_second["hearthline"] / bare, 3)
    reached = per_second["usual-way"] / bare
    if reached < floor:
        found.notes.append(f"{name}: the usual way reached {reached:.3f} of bare commits, under {floor:.3f}: no ratio to it is claimed")
        return
    found.ratios[f"usual-way-{name}"] = round(per_second["hearthline"] / per_second["usual-way"], 2)
    found.ratios[f"p99-usual-way-{name}"] = round(p99["hearthline"] / p99["usual-way"], 4)


class Foreign:
    """How many cores others used between `with` and its end: all the machine did, and what its own host took from it, less this process
    and all it started."""

    cores = seconds = 0.0

    def __enter__(self) -> Self:
        self._began = time.monotonic(), _busy(), _own()
        return self

    def __exit__(self, *_: object) -> None:
        began, busy, own = self._began
        self.seconds = time.monotonic() - began
        self.cores = max(0.0, (_busy() - busy - _own() + own) / self.seconds)


def _busy() -> float:
    found = psutil.cpu_times()
    return float(found.user + found.nice + found.system + getattr(found, "steal", 0.0))


def _own() -> float:
    spent = 0.0
    me = psutil.Process()
    for one in (me, *me.children(recursive=True)):
        with contextlib.suppress(psutil.NoSuchProcess):
            spent += sum(one.cpu_times()[:4])  # with children that are gone
    return spent


Stream = Callable[[int], Webhook]


class Contender:
    """One server under measurement. Every webhook is new, and an answer other than 2xx ends the bench."""

    def __init__(self, base: str, stream: Stream, connections: int, per_second: int, most: int) -> None:
        self._base = base
        self._stream = stream
        self._connections = connections
        self._per_second = per_second
        self._most = most
        self._at = 0
        self.windows: list[Load] = []

    def push(self, seconds: int) -> Load:
        """One window. What is still under way at its end is not counted, and not sent again."""
        ahead = min(self._per_second * seconds, self._most - self._at)
        load = drive(self._base, (self._stream(self._at + n) for n in range(ahead)), connections=self._connections, seconds=seconds)
        if load.refused:
            raise RuntimeError(f"{load.refused} of {load.sent} webhooks were not answered 2xx: the bench measures nothing then")
        if load.sent + self._connections > ahead:
            raise RuntimeError("this machine is faster than the bench has families for: try --full")
        self._at += load.sent + self._connections
        return load

    def median(self, what: str) -> float:
        return statistics.median(getattr(load, what) for load in self.windows)


def usual_stream(base: str) -> Stream:
    def at(n: int) -> Webhook:
        text = ANSWERS[n // USUAL_CONTACTS % len(ANSWERS)]
        sender = usual.phone(n % USUAL_CONTACTS + 1)
        return webhook(base, "/sms", usual.TOKEN, usual.ACCOUNT, f"SM{n:032x}", sender, "+15550000001", text)

    return at


@contextlib.contextmanager
def ours(url: str, contacts: int, seeding: ProcessPoolExecutor) -> Iterator[Callable[[], tuple[str, Stream, int]]]:
    """Seed families with an open talk each and serve as production does, in bench mode with sending off: the server starts while the
    families are written. Calling what this yields gives the address, once it answers, the stream, and how many turns the talks have."""
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryDirectory(prefix="hearthline-bench-") as folder:
        env = environment(url, folder, port)
        arguments = ["serve"] if url.startswith("sqlite") else ["serve", "--no-embedded", "--workers", "2"]
        log = Path(folder) / "serve.log"
        tables(env)
        with log.open("wb") as out:
            server = subprocess.Popen([sys.executable, "-m", "bot", *arguments], env=env, stdout=out, stderr=out)
            seeded = seeding.submit(seeded_families, env, contacts)
            try:

                def ready() -> tuple[str, Stream, int]:
                    stream = our_stream(base, seeded.result())
                    usual.wait_for(base)
                    return base, stream, turns_of(contacts)

                yield ready
            except BaseException:
                sys.stderr.write(log.read_text(encoding="utf-8")[-2000:])
                raise
            finally:
                server.terminate()
                server.wait(20)


def environment(url: str, folder: str, port: int) -> dict[str, str]:
    """The settings of a server that is measured."""
    base = f"http://127.0.0.1:{port}"
    return {
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
        "HEARTHLINE_TRANSLATORS": "none",
        "HEARTHLINE_SLACK_TRANSPORT": "off",
    }


def tables(env: dict[str, str]) -> None:
    """Migrate the database of these settings."""
    from bot.config import Settings
    from bot.store.database import migrate, open_database

    settings = Settings.load(env)
    database = open_database(settings.database_url, settings.master_key)
    migrate(database)
    database.close()


def seeded_families(env: dict[str, str], contacts: int) -> list[SeededFamily]:
    """Write as many families with a talk each, in a process that may be another one."""
    from bot.app import build_runtime
    from bot.config import Settings
    from bot.screen.screen import compile_words

    # no list is needed: nobody says anything yet, and making them ready costs as much as all the rest
    runtime = build_runtime(Settings.load(env), words=compile_words({}))
    families = seed(runtime, contacts)
    if not runtime.database.is_sqlite:  # as the yardstick's tables are, and as autovacuum does it in a day of real use
        with runtime.database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
            conn.exec_driver_sql("vacuum analyze")
    runtime.database.close()
    return families


def our_stream(base: str, families: list[SeededFamily]) -> Stream:
    """A new group of families begins at every step, and those before it are each a question further."""

    def at(n: int) -> Webhook:
        who, answer = turn_at(n)
        family = families[who]
        return webhook(base, "/hooks/twilio/message", TOKEN, ACCOUNT, f"SM{n:032x}", family.phone, family.sender, ANSWERS[answer])

    return at


def turn_at(n: int) -> tuple[int, int]:
    """Which family takes the `n`th turn, and which of the answers it gives. The first steps have fewer groups under way."""
    step = 0
    while step < len(ANSWERS) - 1 and n >= (step + 1) * IN_STEP:
        n -= (step + 1) * IN_STEP
        step += 1
    under_way = step + 1
    if under_way == len(ANSWERS):
        more, n = divmod(n, under_way * IN_STEP)
        step += more
    place, answer = divmod(n, under_way)
    return (step - answer) * IN_STEP + place, answer


def turns_of(families: int) -> int:
    """How many turns so many families have, as `turn_at` gives them out: the last groups do not come to their end."""
    steps, questions = families // IN_STEP, len(ANSWERS)
    return IN_STEP * (questions * (questions - 1) // 2 + (steps - questions + 1) * questions)
