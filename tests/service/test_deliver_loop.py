"""The deliverer: a loop of its own that claims, hands over, posts and settles."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from bot.service import deliver
from bot.service.deliver import Deliverer
from bot.store.database import Database
from bot.store.tables import Sender
from bot.store.types import Plain
from channels.errors import InDoubt, NotAccepted, Throttled
from tests.fakes.clock import START
from tests.service.posting import DISTRICT, Noon, Provider, change, outbox_rows, queue, row, runtime, staff_row, states, until

NOW = START + timedelta(hours=1)


@pytest.fixture
def provider() -> Provider:
    return Provider()


@pytest.fixture
def clock() -> Noon:
    return Noon(NOW)


@contextmanager
def delivering(
    database: Database, clock: Noon, tmp_path: Path, provider: Provider, *, rate: float = 1000.0, live_only: bool = False, **settings: Any
) -> Iterator[Deliverer]:
    change(database, Sender, Sender.id == "snd_demo_sms", segments_per_second=rate)
    deliverer = Deliverer(runtime(database, clock, tmp_path, provider, **settings), live_only=live_only)
    deliverer.start()
    try:
        yield deliverer
    finally:
        deliverer.stop()


def test_a_live_reply_leaves_at_its_commit_without_a_tick(
    world: Database, clock: Noon, tmp_path: Path, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deliver, "GLANCE_SECONDS", 3600.0)
    with delivering(world, clock, tmp_path, provider) as deliverer:
        time.sleep(0.1)
        queue(world, row(1, NOW))
        deliverer.wake([f"out_{1:026d}"])
        until(lambda: provider.texts() == ["Text 1"])
        until(lambda: states(world) == {1: ("sent", "")})
    kept = outbox_rows(world)[1]
    assert (kept.provider, kept.provider_id, kept.rank, kept.segments, kept.attempts) == ("twilio", f"SM{1:032d}", 10, 1, 1)
    assert provider.closed


def test_what_another_process_queues_is_seen_at_the_next_glance(
    world_sqlite: Database, clock: Noon, tmp_path: Path, provider: Provider
) -> None:
    with delivering(world_sqlite, clock, tmp_path, provider):
        time.sleep(0.2)
        queue(world_sqlite, row(1, NOW, priority=5))
        until(lambda: provider.texts() == ["Text 1"])
    assert deliver.GLANCE_SECONDS <= 2


def test_what_was_left_from_before_is_sent_at_the_start_each_once_and_in_order(
    world: Database, clock: Noon, tmp_path: Path, provider: Provider
) -> None:
    families = ("demo_en", "demo_es", "demo_ar", "demo_so")
    queue(world, *(row(n, NOW, families[n % 4], message_class="A") for n in range(1, 201)))
    with delivering(world, clock, tmp_path, provider) as deliverer:
        until(lambda: len(provider.accepted) == 200)
        until(lambda: {state for state, _ in states(world).values()} == {"sent"})
        del deliverer
    assert sorted(one.outbox_id for one in provider.accepted) == [f"out_{n:026d}" for n in range(1, 201)]
    for phone in {one.to for one in provider.accepted}:
        numbers = [int(one.outbox_id[-26:]) for one in provider.accepted if one.to == phone]
        assert numbers == sorted(numbers)


def test_no_more_than_thirty_two_are_in_flight_and_live_replies_have_room(
    world_sqlite: Database, clock: Noon, tmp_path: Path, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deliver, "SEND_SECONDS", 600.0)
    provider.stuck = "slack"
    queue(world_sqlite, *(staff_row(n, NOW) for n in range(1, 121)))
    with delivering(world_sqlite, clock, tmp_path, provider) as deliverer:
        until(lambda: provider.at_once == deliver.IN_FLIGHT - deliver.FOR_LIVE)
        queue(world_sqlite, row(900, NOW))
        deliverer.wake([])
        until(lambda: provider.texts() == ["Text 900"])
        provider.stuck = ""
        until(lambda: len(provider.accepted) == 121)
    assert provider.most_at_once <= deliver.IN_FLIGHT


def test_changes_of_one_message_are_never_on_their_way_together(
    world_sqlite: Database, clock: Noon, tmp_path: Path, provider: Provider
) -> None:
    provider.stuck = "slack"
    one = {"purpose": "update", "ref": "out_alert", "address": Plain(DISTRICT, "C0DEMO1002:1.5")}
    queue(world_sqlite, staff_row(1, NOW, **one))
    with delivering(world_sqlite, clock, tmp_path, provider) as deliverer:
        until(lambda: provider.at_once == 1)
        queue(world_sqlite, staff_row(2, NOW, **one))
        deliverer.wake()
        time.sleep(0.2)
        assert provider.at_once == 1
        provider.stuck = ""
        until(lambda: len(provider.accepted) == 2)
    assert provider.texts() == ["Text 1", "Text 2"]
    assert provider.most_at_once == 1


def test_a_refusal_that_passes_is_tried_again_and_the_rest_of_the_talk_waits_for_it(
    world_sqlite: Database, clock: Noon, tmp_path: Path, provider: Provider
) -> None:
    provider.errors = [NotAccepted(), Throttled(retry_after=0.2)]
    queue(world_sqlite, row(1, NOW), row(2, NOW), row(3, NOW))
    with delivering(world_sqlite, clock, tmp_path, provider) as deliverer:
        until(lambda: states(world_sqlite)[1] == ("queued", "not_accepted"))
        until(lambda: states(world_sqlite)[2][0] == states(world_sqlite)[3][0] == "queued")
        assert provider.texts() == []
        clock.advance(seconds=5)
        deliverer.wake()
        until(lambda: states(world_sqlite)[1] == ("queued", "throttled"))
        clock.advance(seconds=5)
        deliverer.wake()
        until(lambda: {state for state, _ in states(world_sqlite).values()} == {"sent"})
    assert provider.texts() == ["Text 1", "Text 2", "Text 3"]
    assert outbox_rows(world_sqlite)[1].attempts == 3


def test_a_row_in_doubt_holds_up_its_talk_until_the_provider_was_asked(
    world: Database, clock: Noon, tmp_path: Path, provider: Provider
) -> None:
    provider.errors = [InDoubt()]
    queue(world, row(1, NOW), row(2, NOW))
    with delivering(world, clock, tmp_path, provider) as deliverer:
        until(lambda: states(world)[1] == ("in_doubt", "no_answer"))
        until(lambda: states(world)[2] == ("queued", ""))
        assert deliverer.settle_doubts() == 0
        clock.advance(seconds=6)
        assert deliverer.settle_doubts() == 1
        until(lambda: {state for state, _ in states(world).values()} == {"sent"})
    assert provider.texts() == ["Text 1", "Text 2"]
    assert provider.asked == [f"out_{1:026d}"]


def test_what_a_channel_never_promised_to_raise_is_in_doubt_and_a_missing_channel_waits_for_staff(
    world_sqlite: Database, clock: Noon, tmp_path: Path, provider: Provider
) -> None:
    provider.errors = [ZeroDivisionError()]
    queue(world_sqlite, row(1, NOW), row(2, NOW, "demo_en", channel="fax"))
    with capture_logs() as lines, delivering(world_sqlite, clock, tmp_path, provider):
        until(lambda: states(world_sqlite) == {1: ("in_doubt", "unexpected"), 2: ("queued", "misconfigured")})
    (broke,) = [one for one in lines if one["event"] == "send_broke"]
    assert (broke["outbox_id"], type(broke["exc_info"])) == (f"out_{1:026d}", ZeroDivisionError)


def test_no_answer_in_time_is_in_doubt(
    world_sqlite: Database, clock: Noon, tmp_path: Path, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deliver, "SEND_SECONDS", 0.05)
    provider.slow = 5
    queue(world_sqlite, row(1, NOW))
    with delivering(world_sqlite, clock, tmp_path, provider):
        until(lambda: states(world_sqlite) == {1: ("in_doubt", "no_answer")})


def test_a_row_handed_over_too_long_ago_is_not_posted(
    world_sqlite: Database, clock: Noon, tmp_path: Path, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deliver, "STALE_SECONDS", -1.0)
    queue(world_sqlite, row(1, NOW))
    with delivering(world_sqlite, clock, tmp_path, provider):
        until(lambda: states(world_sqlite) == {1: ("queued", "not_accepted")})
    assert provider.accepted == []


def test_a_sender_refused_again_and_again_rests(world_sqlite: Database, clock: Noon, tmp_path: Path, provider: Provider) -> None:
    provider.errors = [NotAccepted() for _ in range(4)] + [Throttled(retry_after=60.0)]
    queue(world_sqlite, *(staff_row(n, NOW) for n in range(1, 6)))
    with delivering(world_sqlite, clock, tmp_path, provider) as deliverer:
        until(lambda: not provider.errors)
        until(lambda: all(state == "queued" for state, _ in states(world_sqlite).values()))
        clock.advance(minutes=3)
        deliverer.wake()
        time.sleep(0.3)
        assert provider.accepted == []
        queue(world_sqlite, staff_row(6, NOW, priority=0, message_class="F", purpose="page"))
        until(lambda: len(provider.accepted) == 1)
        assert [one.outbox_id[-1] for one in provider.accepted] == ["6"], "what is about danger rests for nobody"


def test_delivery_switched_off_sends_nothing(world_sqlite: Database, clock: Noon, tmp_path: Path, provider: Provider) -> None:
    queue(world_sqlite, row(1, NOW))
    with delivering(world_sqlite, clock, tmp_path, provider, delivery="off") as deliverer:
        deliverer.wake()
        time.sleep(0.2)
    assert (provider.accepted, states(world_sqlite)) == ([], {1: ("queued", "")})


def test_production_writes_to_no_family_but_to_staff_while_the_doctor_finds_something(
    world_sqlite: Database, clock: Noon, tmp_path: Path, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    from bot.service import doctor

    problems = ["no rota", "no crisis texts"]
    monkeypatch.setattr(doctor, "ready", lambda _conn, _runtime: list(problems))
    monkeypatch.setattr(deliver, "GATE_SECONDS", 0.2)
    queue(world_sqlite, row(1, NOW, message_class="F", purpose="crisis", priority=0), staff_row(2, NOW))
    with delivering(world_sqlite, clock, tmp_path, provider, mode="production") as deliverer:
        until(lambda: states(world_sqlite) == {1: ("queued", ""), 2: ("sent", "")})
        for _ in range(3):
            deliverer.wake()
            time.sleep(0.2)
        assert states(world_sqlite)[1] == ("queued", "")
        problems.clear()
        deliverer.wake()
        until(lambda: states(world_sqlite)[1] == ("sent", ""))


def test_of_a_demo_in_production_nobody_at_all_is_written_to(
    world_sqlite: Database, clock: Noon, tmp_path: Path, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    from bot.service import doctor

    asked: list[str] = []
    monkeypatch.setattr(doctor, "ready", lambda _conn, _runtime: asked.append("asked") or ["demo"])
    monkeypatch.setattr(deliver, "GATE_SECONDS", 0.0)
    queue(world_sqlite, staff_row(1, NOW))
    with delivering(world_sqlite, clock, tmp_path, provider, mode="production") as deliverer:
        until(lambda: deliverer.wake() or len(asked) > 2)
    assert (provider.accepted, states(world_sqlite)) == ([], {1: ("queued", "")})


def test_a_process_for_live_replies_leaves_the_rest_to_the_workers(
    world_sqlite: Database, clock: Noon, tmp_path: Path, provider: Provider
) -> None:
    queue(world_sqlite, row(1, NOW), row(2, NOW, "demo_en", priority=5))
    with delivering(world_sqlite, clock, tmp_path, provider, live_only=True):
        until(lambda: states(world_sqlite) == {1: ("sent", ""), 2: ("queued", "")})


def test_stopping_lets_what_is_in_flight_end_and_gives_the_rest_back(
    world: Database, clock: Noon, tmp_path: Path, provider: Provider
) -> None:
    provider.slow = 0.5
    queue(world, *(row(n, NOW, message_class="A") for n in range(1, 6)))
    with delivering(world, clock, tmp_path, provider):
        until(lambda: states(world)[1][0] == "handed")
    assert provider.texts() == ["Text 1"]
    assert states(world) == {1: ("sent", ""), **dict.fromkeys(range(2, 6), ("queued", ""))}


def test_the_pace_of_the_sender_is_kept(world_sqlite: Database, tmp_path: Path, provider: Provider) -> None:
    from bot.clock import RealClock

    clock: Any = RealClock()
    families = ("demo_en", "demo_es", "demo_ar", "demo_so")
    queue(world_sqlite, *(row(n, clock.now(), families[n % 4], message_class="A", priority=5) for n in range(1, 200)))
    began = time.monotonic()
    with delivering(world_sqlite, clock, tmp_path, provider, rate=40.0):
        until(lambda: len(provider.accepted) >= 80)
        count, seconds = len(provider.accepted), time.monotonic() - began
    assert count <= 40 * (seconds + 1) + 4


# --- a database that fails (fault 21) -----------------------------------------------------------------------------------------------------


def failing(monkeypatch: pytest.MonkeyPatch, module: Any, name: str, times: int) -> list[int]:
    """Let one of our own steps meet a database that is away, so many times."""
    import sqlalchemy as sa

    real = getattr(module, name)
    failed: list[int] = []

    def step(*given: Any, **named: Any) -> Any:
        if len(failed) < times:
            failed.append(1)
            raise sa.exc.OperationalError("", {}, Exception("database or disk is full"))
        return real(*given, **named)

    monkeypatch.setattr(module, name, step)
    return failed


def test_nothing_is_sent_while_rows_cannot_be_claimed_and_all_of_it_afterwards(
    world_sqlite: Database, clock: Noon, tmp_path: Path, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed = failing(monkeypatch, deliver.pace, "claim", 2)
    queue(world_sqlite, row(1, NOW))
    with delivering(world_sqlite, clock, tmp_path, provider):
        until(lambda: len(failed) == 2)
        assert provider.accepted == []
        until(lambda: provider.texts() == ["Text 1"])


def test_what_could_not_be_handed_over_is_given_back_and_sent_once(
    world: Database, clock: Noon, tmp_path: Path, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing(monkeypatch, deliver, "hand_over", 1)
    queue(world, row(1, NOW), row(2, NOW, "demo_en"))
    with delivering(world, clock, tmp_path, provider):
        until(lambda: sorted(provider.texts()) == ["Text 1", "Text 2"])
        until(lambda: {state for state, _ in states(world).values()} == {"sent"})


def test_an_answer_that_cannot_be_written_down_is_written_down_when_it_can(
    world_sqlite: Database, clock: Noon, tmp_path: Path, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed = failing(monkeypatch, deliver.settle, "settle", 2)
    queue(world_sqlite, row(1, NOW))
    with delivering(world_sqlite, clock, tmp_path, provider):
        until(lambda: provider.texts() == ["Text 1"])
        assert states(world_sqlite)[1][0] == "handed"
        until(lambda: len(failed) == 2)
        until(lambda: states(world_sqlite)[1] == ("sent", ""))
    assert provider.texts() == ["Text 1"]


def test_a_glance_that_fails_is_no_reason_to_stop_looking(
    world_sqlite: Database, clock: Noon, tmp_path: Path, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deliver, "GLANCE_SECONDS", 0.05)
    failed = failing(monkeypatch, deliver.outbox, "any_due", 2)
    with delivering(world_sqlite, clock, tmp_path, provider):
        until(lambda: len(failed) == 2)
        queue(world_sqlite, row(1, NOW))
        until(lambda: provider.texts() == ["Text 1"])


def test_a_sweep_takes_over_what_a_dead_process_left_and_wakes_delivery(
    world_sqlite: Database, clock: Noon, tmp_path: Path, provider: Provider
) -> None:
    with delivering(world_sqlite, clock, tmp_path, provider) as deliverer:
        time.sleep(0.2)
        queue(world_sqlite, row(1, NOW, state="claimed", lease_owner="gone", lease_until=NOW - timedelta(seconds=1)))
        assert deliverer.sweep() == (1, 0, 0)
        until(lambda: provider.texts() == ["Text 1"])


def test_waking_what_does_not_run_is_no_error(world_sqlite: Database, clock: Noon, tmp_path: Path, provider: Provider) -> None:
    deliverer = Deliverer(runtime(world_sqlite, clock, tmp_path, provider))
    deliverer.wake(["out_1"])
    deliverer.stop()
    deliverer.wake(["out_1"])
