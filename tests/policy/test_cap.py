"""No more than three unasked messages a week."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from bot.policy import cap
from tests.fakes.clock import START

DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("ago", "limit", "free"),
    [
        ([], 3, START),
        ([1, 2], 3, START),
        ([1, 2, 3], 3, START + 4 * DAY),
        ([1, 2, 3, 6], 3, START + 4 * DAY),
        ([1, 2, 7], 3, START),
        ([8, 9, 10, 11], 3, START),
        ([0], 1, START + 7 * DAY),
        ([2, 1, -3], 3, START + 5 * DAY),
    ],
)
def test_the_next_one_may_start_when_a_week_has_room(ago: list[int], limit: int, free: object) -> None:
    assert cap.free_at([START - days * DAY for days in ago], START, limit) == free


@pytest.mark.parametrize(
    ("settings", "limit"), [({}, 3), ({"cap.weekly": 1}, 1), ({"cap.weekly": 0}, 3), ({"cap.weekly": -1}, 3), ({"cap.weekly": "x"}, 3)]
)
def test_a_district_sets_its_own(settings: dict[str, Any], limit: int) -> None:
    assert cap.weekly(settings) == limit


@pytest.mark.parametrize(("flow", "counted"), [("home-observations", True), ("welcome", True), ("reminder", False), ("crisis", False)])
def test_what_counts(flow: str, counted: bool) -> None:
    assert cap.counts(flow) is counted
