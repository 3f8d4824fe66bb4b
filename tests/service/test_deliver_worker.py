"""The worker: rings that run once, jobs that exist with their rows, silent executors, and the work itself."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from bot import jobs, worker
from bot.clock import RealClock
from bot.service.deliver import Deliverer
from bot.service.runtime import Runtime
from bot.store.database import Database
from bot.store.tables import Sender
from tests.service.posting import Provider, change, outbox_rows, queue, row, runtime, states, until


def made(database: Database, tmp_path: Path) -> Runtime:
    change(database, Sender, Sender.id == "snd_demo_sms", segments_per_second=1000.0)
    return runtime(database, RealClock(), tmp_path, Provider())


@pytest.fixture
def run(world_sqlite: Database, tmp_path: Path) -> Runtime:
    return made(world_sqlite, tmp_path)


@contextmanager
def at_work(run: Runtime) -> Iterator[worker.Worker]:
    deliverer = Deliverer(run)
    deliverer.start()
    one = worker.Worker(run, deliverer).start()
    try:
        yield one
    finally:
        one.stop()
        deliverer.stop()


@pytest.fixture
def working(run: Runtime, monkeypatch: pytest.MonkeyPatch) -> Iterator[worker.Worker]:
    """A worker whose clock rings only for what a test asks for."""
    monkeypatch.setattr(worker, "RINGS", {"deliver": worker.RINGS["deliver"]})
    with at_work(run) as one:
        yield one


def workflows(run: Runtime, prefix: str = "tick:") -> list[Any]:
    found = jobs.client(run.database.engine).list_workflows(workflow_id_prefix=prefix)
    return sorted(found, key=lambda one: one.workflow_id)


def test_the_sweep_finds_what_no_process_woke_up_for(working: worker.Worker, run: Runtime) -> None:
    time.sleep(0.3)
    queue(run.database, row(1, run.clock.now(), message_class="A"))
    until(lambda: states(run.database)[1][0] == "sent")


def test_a_thing_rung_by_many_runs_once_and_says_how_much_it_did(working: worker.Worker, run: Runtime) -> None:
    ran: list[str] = []

    def count(one: worker.Worker) -> int:
        ran.append(one.heartbeat.holder)
        return 7

    worker.RINGS["counted"] = worker.Ring(3600, count)
    names = {worker.ring(run, "counted", 3600) for _ in range(5)}
    assert len(names) == 1
    until(lambda: [one.status for one in workflows(run, "tick:counted:")] == ["SUCCESS"])
    (done,) = workflows(run, "tick:counted:")
    assert (ran, done.output, done.workflow_id[-1], done.executor_id) == ([working.heartbeat.holder], 7, "Z", "slot-0")


def test_what_a_failed_workflow_keeps_is_the_name_of_the_error_only(working: worker.Worker, run: Runtime) -> None:
    def fail(_: worker.Worker) -> int:
        raise ValueError("Maya cannot sleep")

    worker.RINGS["failing"] = worker.Ring(3600, fail)
    worker.ring(run, "failing", 3600)
    until(lambda: [one.status for one in workflows(run, "tick:failing:")] == ["ERROR"])
    (done,) = workflows(run, "tick:failing:")
    assert "ValueError" in str(done.error)
    assert "Maya" not in repr(done)


def test_a_job_exists_exactly_when_its_transaction_commits_and_once_for_its_key(
    working: worker.Worker, run: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    got: list[list[str]] = []
    monkeypatch.setitem(worker.JOBS, "collect", lambda _worker, ids: got.append(list(ids)) or len(ids))

    with run.database.engine.connect() as conn, conn.begin() as transaction:
        jobs.enqueue(conn, "collect", "never", ["a"])
        transaction.rollback()
    for _ in range(2):
        with run.database.begin() as conn:
            assert jobs.enqueue(conn, "collect", "once", ["a", "b"]) == "collect:once"
    until(lambda: [one.status for one in workflows(run, "collect:")] == ["SUCCESS"])
    assert got == [["a", "b"]]


def test_workflows_of_a_silent_executor_are_taken_over(working: worker.Worker, run: Runtime) -> None:
    ran: list[int] = []
    worker.RINGS["left"] = worker.Ring(3600, lambda _: ran.append(1) or 1)
    name = worker.ring(run, "left", 3600)
    until(lambda: [one.status for one in workflows(run, "tick:left:")] == ["SUCCESS"])
    schema = "" if run.database.is_sqlite else "dbos."
    pretend = f"update {schema}workflow_status set status = 'PENDING', executor_id = 'slot-9' where workflow_uuid = '{name}'"
    with run.database.begin() as conn:
        conn.execute(sa.text(pretend))
    assert worker._executors(working) == 1
    until(lambda: [one.status for one in workflows(run, "tick:left:")] == ["SUCCESS"])
    assert ran == [1, 1]
    assert worker._executors(working) == 0


def test_postgresql_does_the_same(world: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if world.is_sqlite:
        return
    monkeypatch.setattr(worker, "RINGS", {"deliver": worker.RINGS["deliver"]})
    run = made(world, tmp_path)
    with at_work(run) as one:
        test_the_sweep_finds_what_no_process_woke_up_for(one, run)
        test_a_job_exists_exactly_when_its_transaction_commits_and_once_for_its_key(one, run, monkeypatch)
        test_workflows_of_a_silent_executor_are_taken_over(one, run)


def test_finished_workflows_are_forgotten_after_a_while(working: worker.Worker, run: Runtime) -> None:
    until(lambda: any(one.status == "SUCCESS" for one in workflows(run)))
    assert worker._prune(working) == 0

    class Later:
        def now(self) -> datetime:
            return datetime.now(UTC) + worker.KEEP + timedelta(minutes=1)

    working.runtime = replace(run, clock=Later())
    assert worker._prune(working) >= 1
    working.runtime = run


def test_everything_the_clock_rings_for_runs_on_an_empty_house(run: Runtime) -> None:
    with at_work(run) as one:
        for kind, ring in worker.RINGS.items():
            assert ring.work(one) >= 0, kind
        for name, job in worker.JOBS.items():
            assert job(one, []) == 0, name
    assert outbox_rows(run.database) == {}


def test_where_delivery_is_off_no_provider_is_asked_for_anything(world_sqlite: Database, tmp_path: Path) -> None:
    run = runtime(world_sqlite, RealClock(), tmp_path, Provider(), delivery="off")
    quiet = {kind for kind, ring in worker.RINGS.items() if not ring.delivers}
    one = worker.Worker(run, None).start()

    def kinds() -> set[str]:
        return {name.workflow_id.split(":")[1] for name in workflows(run)}

    try:
        until(lambda: kinds() >= quiet)
        rung = kinds()
    finally:
        one.stop()
    assert rung == quiet == {"timers", "failed", "translations", "executors", "of_age", "overdue", "meetings", "prune"}
    with world_sqlite.read() as conn:
        from bot.store import slots

        assert slots.holders(conn) == []


def test_a_worker_that_lost_its_slot_rings_no_more(working: worker.Worker, run: Runtime) -> None:
    before = len(workflows(run, "tick:counted:"))
    working.heartbeat.lost.set()
    working._ring("counted", 1)
    assert len(workflows(run, "tick:counted:")) == before
    working.heartbeat.lost.clear()


def test_without_a_worker_there_is_nothing_to_run(run: Runtime) -> None:
    with pytest.raises(worker.WorkFailed):
        worker.tick("deliver")
    del run
