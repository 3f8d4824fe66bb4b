"""The kill test (faults 2.1): kill -9 at random points, counted at the provider."""

import pytest

from bench.kill import Plan, Result, run

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

NOTHING_WRONG = {
    "lost": 0,
    "accepted_twice": 0,
    "inbound_lost": 0,
    "inbound_twice": 0,
    "replies_lost": 0,
    "unsettled": 0,
    "not_sent": 0,
    "with_a_person": 0,
}


def wrong(result: Result) -> dict[str, int]:
    return {name: getattr(result, name) for name in NOTHING_WRONG}


@pytest.mark.parametrize("database", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def test_twenty_kills_lose_nothing_and_double_nothing(database: str, capsys: pytest.CaptureFixture[str]) -> None:
    del capsys
    result = run(Plan(database, messages=2000, kills=20, patience=400), print)
    assert wrong(result) == NOTHING_WRONG
    assert (result.kills, result.inbound, result.replies) == (20, 100, 100)
    assert result.kills_in_flight >= 10
    assert result.held


def test_mail_is_never_lost_and_copied_only_where_it_was_in_doubt(capsys: pytest.CaptureFixture[str]) -> None:
    del capsys
    result = run(Plan("sqlite", "email", messages=100, kills=2, patience=400), print)
    may_be = ("accepted_twice", "with_a_person")  # what was in doubt again and again is a person's to decide
    assert {name: count for name, count in wrong(result).items() if count and name not in may_be} == {}
    assert result.accepted_twice <= result.doubts
    assert (result.ids_changed, result.kills, result.inbound, result.replies) == (0, 2, 5, 5)


def test_without_recovery_the_same_harness_is_seen_to_fail(capsys: pytest.CaptureFixture[str]) -> None:
    del capsys
    result = run(Plan("sqlite", messages=400, kills=4, recovery="off"), print)
    assert result.accepted_twice > 0
    assert not result.held


def test_nothing_of_a_run_is_left_behind() -> None:
    import tempfile
    from pathlib import Path

    before = set(Path(tempfile.gettempdir()).glob("hearthline-kill-*"))
    result = run(Plan("sqlite", messages=20, kills=0), lambda _: None)
    assert wrong(result) == NOTHING_WRONG
    assert set(Path(tempfile.gettempdir()).glob("hearthline-kill-*")) <= before
