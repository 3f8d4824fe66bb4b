"""Recovery: slots and heartbeats, orphans of dead processes, and rows in doubt."""

import asyncio
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.service import heartbeat, recover
from bot.service.heartbeat import AlreadyServed, Heartbeat, NoSlot, is_served
from bot.service.runtime import Runtime
from bot.store import fate, slots
from bot.store.database import Database
from bot.store.outbox import WITH_PERSON
from channels.base import Found, Outbound, Receipt
from tests.fakes.clock import START
from tests.service.posting import Noon, Provider, outbox_rows, queue, row, runtime, states, tasks, until

NOW = START + timedelta(hours=1)
SOON = NOW + timedelta(minutes=1)
BEFORE = NOW - timedelta(seconds=1)


@pytest.fixture
def provider() -> Provider:
    return Provider()


@pytest.fixture
def clock() -> Noon:
    return Noon(NOW)


@pytest.fixture
def run(world: Database, tmp_path: Path, provider: Provider, clock: Noon) -> Runtime:
    return runtime(world, clock, tmp_path, provider)


def sweep(run: Runtime, *dead: str) -> recover.Swept:
    with run.database.begin() as conn:
        return recover.sweep(conn, run, run.clock.now(), dead=dead)


# --- orphans ------------------------------------------------------------------------------------------------------------------------------


def test_what_a_dead_process_claimed_is_queued_and_what_it_handed_is_in_doubt(run: Runtime) -> None:
    leased = {"lease_owner": "gone", "lease_until": SOON}
    living = {"lease_owner": "alive", "lease_until": SOON}
    queue(
        run.database,
        row(1, NOW, state="claimed", **leased), row(2, NOW, state="handed", handed_at=NOW, attempts=1, **leased),
        row(3, NOW, state="claimed", **living), row(4, NOW, state="handed", handed_at=NOW, **living),
        row(5, NOW, state="claimed", lease_owner="slow", lease_until=BEFORE), row(6, NOW, state="handed", lease_owner="slow", lease_until=BEFORE),
        row(7, NOW, state="sent", lease_owner="gone", lease_until=BEFORE),
    )  # fmt: skip
    assert sweep(run, "gone") == (2, 2, 0)
    assert states(run.database) == {
        1: ("queued", ""), 2: ("in_doubt", "holder_died"), 3: ("claimed", ""), 4: ("handed", ""),
        5: ("queued", ""), 6: ("in_doubt", "holder_died"), 7: ("sent", ""),
    }  # fmt: skip


def test_a_holder_whose_slot_ran_out_is_dead(run: Runtime) -> None:
    with run.database.begin() as conn:
        slots.acquire(conn, "gone", NOW - timedelta(minutes=2), NOW - timedelta(minutes=1))
    queue(run.database, row(1, NOW, state="handed", lease_owner="gone", lease_until=SOON))
    assert sweep(run) == (0, 1, 0)


def test_without_recovery_what_was_handed_is_sent_blindly_again(world: Database, tmp_path: Path, provider: Provider, clock: Noon) -> None:
    run = runtime(world, clock, tmp_path, provider, recovery="off")
    queue(world, row(1, NOW, state="handed", lease_owner="gone", lease_until=SOON))
    assert sweep(run, "gone") == (0, 1, 0)
    assert states(world)[1] == ("queued", "holder_died")


def test_held_rows_are_looked_at_again_when_their_time_comes(run: Runtime) -> None:
    queue(run.database, row(1, NOW, state="held", reason="paused", not_before=BEFORE), row(2, NOW, state="held", not_before=SOON))
    assert sweep(run) == (0, 0, 1)
    assert states(run.database) == {1: ("queued", "paused"), 2: ("held", "")}


# --- rows in doubt ------------------------------------------------------------------------------------------------------------------------


def ask(run: Runtime) -> int:
    async def here(work: Callable[[], Any]) -> Any:
        return work()

    return asyncio.run(recover.ask_providers(run, here))


def doubt(number: int, ago: float, **changes: Any) -> dict[str, Any]:
    handed = NOW - timedelta(seconds=ago)
    return row(
        number, NOW - timedelta(minutes=30), **{"state": "in_doubt", "attempts": 1, "handed_at": handed, "not_before": handed, **changes}
    )


def test_a_row_in_doubt_is_asked_about_only_after_the_wait(run: Runtime, provider: Provider) -> None:
    queue(run.database, doubt(1, 4.9), doubt(2, 5.0, contact="demo_en"))
    assert ask(run) == 1
    assert provider.asked == [f"out_{2:026d}"]
    assert states(run.database) == {1: ("in_doubt", ""), 2: ("queued", "not_accepted")}


def test_what_the_provider_has_is_settled_and_never_sent_again(run: Runtime, provider: Provider) -> None:
    provider.accepted.append(Outbound("whatever", "sms", "+15550100001", "+15550101002", "Text 1"))
    queue(run.database, doubt(1, 10))
    assert ask(run) == 1
    kept = outbox_rows(run.database)[1]
    assert (kept.state, kept.reason, kept.provider_id, kept.rank) == ("sent", "", f"SM{1:032d}", 20)
    assert ask(run) == 0


def test_a_provider_that_cannot_say_is_asked_again_later(run: Runtime, provider: Provider, clock: Noon) -> None:
    provider.knows = False
    queue(run.database, doubt(1, 10))
    assert (ask(run), ask(run)) == (0, 0)
    assert provider.asked == [f"out_{1:026d}"]
    clock.advance(seconds=0.5)
    ask(run)
    assert len(provider.asked) == 2
    assert states(run.database)[1] == ("in_doubt", "asked")


def test_what_stays_unknown_goes_to_a_person_and_never_into_a_blind_second_try(run: Runtime, provider: Provider, clock: Noon) -> None:
    provider.knows = False
    queue(run.database, doubt(1, 900))
    assert ask(run) == 1
    assert states(run.database)[1] == ("in_doubt", WITH_PERSON)
    assert tasks(run.database) == [("liaison", "in_doubt", "con_demo_es")]
    clock.advance(hours=1)
    assert ask(run) == 0
    assert len(provider.asked) == 1


def test_a_provider_that_fails_or_is_not_set_up_leaves_the_row_in_doubt(
    run: Runtime, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object) -> Found:
        raise ConnectionError

    monkeypatch.setattr(provider, "look_up", broken)
    queue(run.database, doubt(1, 10), doubt(2, 10, contact="demo_en", channel="fax"))
    assert ask(run) == 0
    assert {state for state, _ in states(run.database).values()} == {"in_doubt"}


def resolve(run: Runtime, row_in_doubt: fate.Doubt, found: Found) -> int:
    with run.database.begin() as conn:
        return recover.resolve(conn, run, row_in_doubt, found, run.clock.now())


def test_two_workers_that_asked_about_one_row_settle_it_once(run: Runtime, clock: Noon) -> None:
    queue(run.database, doubt(1, 10))
    with run.database.read() as conn:
        (one,) = fate.doubts(conn, NOW, NOW, 10)
    nothing = Found(None, certain=True)
    assert [resolve(run, one, nothing) for _ in range(2)] == [1, 0]
    clock.advance(hours=1)
    assert resolve(run, one, Found(None, certain=False)) == 0
    assert resolve(run, one, Found(Receipt("twilio", "SM1", "sent"), certain=True)) == 1
    assert states(run.database)[1] == ("queued", "not_accepted"), "a row sent again in the meantime is not the one that was asked about"
    assert tasks(run.database) == []


# --- slots and heartbeats -----------------------------------------------------------------------------------------------------------------


def test_a_slot_has_one_holder_and_a_fence_that_only_grows(database: Database) -> None:
    with database.begin() as conn:
        first = slots.acquire(conn, "one", NOW, SOON)
        second = slots.acquire(conn, "two", NOW, SOON)
    assert (first, second) == (slots.Slot(0, 1, ""), slots.Slot(1, 1, ""))
    assert first is not None
    with database.begin() as conn:
        taken = slots.acquire(conn, "three", SOON, SOON + timedelta(minutes=1))
        assert taken == slots.Slot(0, 2, "one")
        assert not slots.renew(conn, first, SOON + timedelta(minutes=9))
        assert slots.renew(conn, taken, SOON + timedelta(minutes=1))
        slots.release(conn, first, SOON)
        assert slots.holders(conn) == ["three", "two"]
        assert slots.dead_holders(conn, SOON + timedelta(seconds=1)) == ["two"]
        assert slots.silent(conn, SOON + timedelta(seconds=1))[:2] == [1, 2]
        slots.release(conn, taken, SOON)
        assert slots.holders(conn) == ["two"]


def test_when_every_slot_is_held_there_is_none(database: Database) -> None:
    with database.begin() as conn:
        for number in range(slots.SLOTS):
            slots.acquire(conn, f"w{number}", NOW, SOON)
        assert slots.acquire(conn, "one too many", NOW, SOON) is None
        assert slots.acquire(conn, "heir", NOW, SOON, taken_over=["w7"]) == slots.Slot(7, 2, "w7")


def test_a_process_that_starts_takes_over_what_the_last_holder_left(
    world: Database, tmp_path: Path, provider: Provider, clock: Noon
) -> None:
    run = runtime(world, clock, tmp_path, provider)
    with world.begin() as conn:
        slots.acquire(conn, "gone", NOW - timedelta(hours=1), SOON if world.is_sqlite else BEFORE)
    queue(world, row(1, NOW, state="handed", lease_owner="gone", lease_until=SOON))
    beat = Heartbeat(run)
    assert beat.start() == slots.Slot(0, 2, "gone")
    assert beat.number == 0
    assert states(world)[1] == ("in_doubt", "holder_died")
    beat.stop()
    with world.read() as conn:
        assert slots.holders(conn) == []


def test_no_free_slot_is_said(world: Database, tmp_path: Path, provider: Provider, clock: Noon, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slots, "acquire", lambda *_args, **_more: None)
    beat = Heartbeat(runtime(world, clock, tmp_path, provider))
    with pytest.raises(NoSlot):
        beat.start()
    beat.stop()


def test_sqlite_is_served_by_one_process_at_a_time(
    world_sqlite: Database, tmp_path: Path, provider: Provider, clock: Noon, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(heartbeat, "PATIENCE_SECONDS", 0.2)
    run = runtime(world_sqlite, clock, tmp_path, provider)
    first = Heartbeat(run)
    first.start()
    assert is_served(world_sqlite)
    with pytest.raises(AlreadyServed):
        Heartbeat(run).start()
    first.stop()
    assert not is_served(world_sqlite)


def test_a_heartbeat_goes_on_and_a_lost_slot_is_noticed(
    world: Database, tmp_path: Path, provider: Provider, clock: Noon, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(heartbeat, "BEAT_SECONDS", 0.05)
    told = threading.Event()
    beat = Heartbeat(runtime(world, clock, tmp_path, provider), on_lost=told.set)
    slot = beat.start()
    clock.advance(seconds=11)

    def lease_moved() -> bool:
        with world.read() as conn:
            return not slots.dead_holders(conn, NOW + timedelta(seconds=20))

    until(lease_moved)
    with world.begin() as conn:
        slots.acquire(conn, "thief", clock.now(), SOON, taken_over=[beat.holder])
    until(beat.lost.is_set)
    assert told.wait(60)
    beat.stop()
    with world.read() as conn:
        assert slots.holders(conn) == ["thief"]
    assert slot.number == 0


def test_a_database_away_for_a_moment_is_no_lost_slot(
    world_sqlite: Database, tmp_path: Path, provider: Provider, clock: Noon, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sqlalchemy as sa

    monkeypatch.setattr(heartbeat, "BEAT_SECONDS", 0.05)
    beat = Heartbeat(runtime(world_sqlite, clock, tmp_path, provider))
    beat.start()
    real = slots.renew
    tries = []

    def renew(*given: Any) -> bool:
        tries.append(1)
        if len(tries) < 3:
            raise sa.exc.OperationalError("", {}, Exception())
        return real(*given)

    monkeypatch.setattr(slots, "renew", renew)
    until(lambda: len(tries) > 4)
    assert not beat.lost.is_set()
    beat.stop()
