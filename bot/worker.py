"""Which service function runs when and where; nothing else.

APScheduler only rings: a ring is a workflow id made of what and when (`tick:timers:2026-11-21T18:05:10Z`), so a thing rung by ten workers
runs once. DBOS Transact decides which process runs it, and keeps it in our own database until it is done. What there is to do is decided
by rows when the work runs; every function here may run twice without harm.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import sqlalchemy as sa

from bot import jobs
from bot.log import get_log
from bot.service import meeting, of_age, retry, sweep, timers, translate_new
from bot.service.deliver import Deliverer
from bot.service.heartbeat import Heartbeat
from bot.service.listen import Listening
from bot.service.runtime import Runtime
from bot.store import slots

_log = get_log("worker")

TICKS = "ticks"
KEEP = timedelta(hours=2)
"""How long finished workflow rows are kept: long enough to see what ran, short enough to stay small."""

STOP_SECONDS = 2


class Ring(NamedTuple):
    """Something that is looked after every `seconds`."""

    seconds: int
    work: Callable[[Worker], int]
    delivers: bool = False
    """Needs a provider: not rung where delivery is switched off."""


class WorkFailed(Exception):
    """The name of what was raised, and nothing of what it said: workflow rows are readable, errors may quote a family."""


class Worker:
    """The background work of one process: a slot, DBOS, and the clock that rings.

    :param deliverer: started already, and stopped by who started it; None where delivery is switched off.
    """

    def __init__(self, runtime: Runtime, deliverer: Deliverer | None) -> None:
        self.runtime = runtime
        self._deliverer = deliverer
        self.heartbeat = deliverer.heartbeat if deliverer else Heartbeat(runtime)
        self._clock: Any = None
        self._listening: Listening | None = None
        self._running = False

    def start(self) -> Worker:
        """Start the workflow engine under the number of our slot, and let the clock ring."""
        if self._deliverer is None:
            self.heartbeat.start()
        self.heartbeat.on_lost = _start_again
        _running.set(self)
        _launch(self.runtime, f"slot-{self.heartbeat.number}")
        self._running = True
        self._ring_all()
        self._listening = Listening(self.runtime).start()
        return self

    def stop(self) -> None:
        """Stop ringing, let what runs end within two seconds, give the slot back."""
        if self._listening is not None:
            self._listening.stop()
        if self._clock is not None:
            self._clock.shutdown(wait=False)
        if self._running:
            _destroy()
            self._running = False
        _running.clear(self)
        if self._deliverer is None:
            self.heartbeat.stop()

    @property
    def deliverer(self) -> Deliverer:
        """Whose loop the providers' clients live in."""
        assert self._deliverer is not None, "delivery is switched off"
        return self._deliverer

    def _ring_all(self) -> None:
        from apscheduler.schedulers.background import BackgroundScheduler

        # a second of misfire grace is APScheduler's default and silently skips (faults 3.10): here every ring is made up for
        defaults = {"coalesce": True, "misfire_grace_time": None, "max_instances": 1}
        self._clock = BackgroundScheduler(timezone=UTC, job_defaults=defaults)
        for kind, ring in RINGS.items():
            if ring.delivers and self._deliverer is None:
                continue
            self._clock.add_job(self._ring, "interval", seconds=ring.seconds, args=[kind, ring.seconds], next_run_time=datetime.now(UTC))
        self._clock.start()

    def _ring(self, kind: str, seconds: int) -> None:
        if self.heartbeat.lost.is_set():
            return  # another process has our number now
        try:
            ring(self.runtime, kind, seconds)
        except sa.exc.SQLAlchemyError:
            _log.warning("ring_missed", kind=kind)


def _start_again() -> None:
    """Another process has our number: end in good order, and let whoever started us start us again under a new one."""
    os.kill(os.getpid(), signal.SIGTERM)


def ring(runtime: Runtime, kind: str, seconds: int) -> str:
    """Ask for one look after `kind`, the same one for everybody who rings within `seconds`."""
    from dbos import WorkflowSerializationFormat

    moment = int(runtime.clock.now().timestamp()) // seconds * seconds
    workflow_id = f"tick:{kind}:{datetime.fromtimestamp(moment, UTC):%Y-%m-%dT%H:%M:%SZ}"
    with runtime.database.begin() as conn:
        jobs.client(conn.engine).enqueue_in_transaction(
            conn,
            {
                "workflow_name": "tick",
                "queue_name": TICKS,
                "workflow_id": workflow_id,
                "serialization_type": WorkflowSerializationFormat.PORTABLE,
                "application_name": jobs.APPLICATION,
            },
            kind,
        )
    return workflow_id


# --- what rings -------------------------------------------------------------------------------------------------------------------------


def _deliver(worker: Worker) -> int:
    swept = worker.deliverer.sweep()
    return swept.released + swept.in_doubt + swept.held


def _doubts(worker: Worker) -> int:
    return worker.deliverer.settle_doubts()


def _timers(worker: Worker) -> int:
    return timers.ring(worker.runtime)


def _failed(worker: Worker) -> int:
    return retry.failed_messages(worker.runtime)


def _attachments(worker: Worker) -> int:
    return sweep.attachments(worker.runtime, worker.deliverer)


def _inbound(worker: Worker) -> int:
    return sweep.inbound(worker.runtime, worker.deliverer)


def _overdue(worker: Worker) -> int:
    return timers.escalate(worker.runtime)


def _translations(worker: Worker) -> int:
    return translate_new.run(worker.runtime)


def _of_age(worker: Worker) -> int:
    return of_age.look(worker.runtime)


def _meetings(worker: Worker) -> int:
    return meeting.end_past(worker.runtime)


def _executors(worker: Worker) -> int:
    """Resume what silent executors left running: DBOS itself recovers only its own executor's."""
    client = jobs.client(worker.runtime.database.engine)
    with worker.runtime.database.read() as conn:
        silent = [f"slot-{number}" for number in slots.silent(conn, worker.runtime.clock.now())]
    pending = client.list_workflows(status="PENDING", executor_id=silent, load_input=False, load_output=False, limit=500)
    if pending:
        _log.warning("workflows_resumed", count=len(pending))
        client.resume_workflows([one.workflow_id for one in pending], queue_name=TICKS)
    return len(pending)


def _prune(worker: Worker) -> int:
    """Delete workflow rows that finished long ago. Their keys could then run again: our own rows stay the guard."""
    client = jobs.client(worker.runtime.database.engine)
    before = (worker.runtime.clock.now() - KEEP).isoformat()
    done = client.list_workflows(
        status=["SUCCESS", "ERROR", "CANCELLED"], completed_before=before, load_input=False, load_output=False, limit=2000
    )
    if done:
        client.delete_workflows([one.workflow_id for one in done])
    return len(done)


RINGS: dict[str, Ring] = {
    "deliver": Ring(5, _deliver, delivers=True),
    "doubts": Ring(5, _doubts, delivers=True),
    "timers": Ring(5, _timers),
    "failed": Ring(5, _failed),
    "translations": Ring(3, _translations),
    "attachments": Ring(10, _attachments, delivers=True),
    "executors": Ring(15, _executors),
    "overdue": Ring(60, _overdue),
    "of_age": Ring(3600, _of_age),
    "meetings": Ring(3600, _meetings),
    "inbound": Ring(600, _inbound, delivers=True),
    "prune": Ring(300, _prune),
}
"""Everything the clock rings for, and how often."""

JOBS: dict[str, Callable[[Worker, Sequence[str]], int]] = {
    "attachments": lambda worker, _ids: _attachments(worker),
    "failed": lambda worker, _ids: _failed(worker),
}
"""What `jobs.enqueue` can ask for."""


# --- the engine ---------------------------------------------------------------------------------------------------------------------------


class _Running:
    """The worker of this process. DBOS itself is one a process and calls plain functions, so they find it here."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._worker: Worker | None = None

    def set(self, worker: Worker) -> None:
        with self._lock:
            self._worker = worker

    def clear(self, worker: Worker) -> None:
        with self._lock:
            if self._worker is worker:
                self._worker = None

    def worker(self) -> Worker:
        with self._lock:
            if self._worker is None:
                raise WorkFailed("no worker runs in this process")
            return self._worker


_running = _Running()
_registered = threading.Event()


def tick(kind: str) -> int:
    """One look after one kind of thing. Gives how many were worked off."""
    return _careful(kind, RINGS[kind].work)


def job(name: str, ids: list[str]) -> int:
    """One job somebody asked for."""
    return _careful(name, lambda worker: JOBS[name](worker, ids))


def _careful(kind: str, work: Callable[[Worker], int]) -> int:
    try:
        return work(_running.worker())
    except Exception as error:  # noqa: BLE001 - whatever it was, only its name may stay in the row
        _log.exception("work_failed", kind=kind)
        raise WorkFailed(type(error).__name__) from None


def _launch(runtime: Runtime, executor: str) -> None:
    """Start DBOS on our own database. SQLite's file exists by now, in WAL: our own `open_database` made it."""
    from dbos import DBOS, WorkflowSerializationFormat

    if not _registered.is_set():
        for function in (tick, job):
            DBOS.workflow(name=function.__name__, serialization_type=WorkflowSerializationFormat.PORTABLE)(function)
        _registered.set()
    url = runtime.database.engine.url
    if not runtime.database.is_sqlite:
        url = url.set(drivername="postgresql")
    DBOS(
        config={
            "name": jobs.APPLICATION,
            "system_database_url": url.render_as_string(hide_password=False),
            "application_version": jobs.APPLICATION_VERSION,
            "executor_id": executor,
            "log_level": "ERROR",
            "enable_otlp": False,
            "use_listen_notify": False,
            "sys_db_pool_size": 6,
            "max_executor_threads": 8,
        }
    )
    DBOS.launch()
    DBOS.register_queue(TICKS, worker_concurrency=6, polling_interval_sec=1.0)
    DBOS.register_queue(jobs.QUEUE, worker_concurrency=4, polling_interval_sec=1.0)


def _destroy() -> None:
    from dbos import DBOS

    DBOS.destroy(workflow_completion_timeout_sec=STOP_SECONDS)
