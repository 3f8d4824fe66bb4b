"""By when a person has promised to answer: school days and school hours, on the school's clock."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.policy import calendar

ZONE = "America/Denver"
SETTINGS: dict[str, Any] = {"hours.school": "08:00-15:30", "calendar.closed": ["2026-11-25", "2026-11-26", "2026-11-27", "not a date"]}


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(ZONE))


@pytest.mark.parametrize(
    ("within", "now", "by"),
    [
        ("now", "2026-11-17T23:00", "2026-11-17T23:00"),
        ("same_day", "2026-11-17T09:00", "2026-11-17T15:30"),
        ("same_day", "2026-11-17T15:30", "2026-11-18T15:30"),
        ("same_day", "2026-11-21T10:00", "2026-11-23T15:30"),  # a Saturday
        ("school_day", "2026-11-17T09:00", "2026-11-18T15:30"),
        ("school_day", "2026-11-20T09:00", "2026-11-23T15:30"),  # over the weekend
        ("school_day", "2026-11-24T09:00", "2026-11-30T15:30"),  # over Thanksgiving
        ("dated", "2026-11-17T09:00", "2026-11-18T15:30"),
        ("a word from tomorrow", "2026-11-17T09:00", "2026-11-18T15:30"),
        ("four_school_hours", "2026-11-17T09:00", "2026-11-17T13:00"),
        ("four_school_hours", "2026-11-17T06:00", "2026-11-17T12:00"),
        ("four_school_hours", "2026-11-17T14:30", "2026-11-18T11:00"),
        ("four_school_hours", "2026-11-24T14:30", "2026-11-30T11:00"),
        ("four_school_hours", "2026-11-21T10:00", "2026-11-23T12:00"),
        ("four_school_hours", "2026-11-17T15:30", "2026-11-18T12:00"),
    ],
)
def test_a_promise_is_kept_by_the_school_s_calendar(within: str, now: str, by: str) -> None:
    assert calendar.due(within, local(now), ZONE, SETTINGS) == local(by).astimezone(UTC)


def test_without_settings_school_is_from_eight_to_half_past_three_on_weekdays() -> None:
    assert calendar.due("same_day", local("2026-11-25T09:00"), ZONE, {}) == local("2026-11-25T15:30").astimezone(UTC)


def test_a_calendar_without_any_school_day_is_a_mistake_and_weekdays_count() -> None:
    closed = frozenset(date.fromordinal(date(2026, 11, 17).toordinal() + ahead) for ahead in range(400))
    assert calendar.next_school_day(date(2026, 11, 20), closed) == date(2026, 11, 23)


@pytest.mark.parametrize(
    ("now", "there"),
    [
        ("2026-11-17T08:00", True),
        ("2026-11-17T07:59", False),
        ("2026-11-17T15:30", False),
        ("2026-11-21T10:00", False),
        ("2026-11-26T10:00", False),
    ],
)
def test_whether_somebody_is_at_school(now: str, there: bool) -> None:
    assert calendar.is_school_open(local(now), ZONE, SETTINGS) is there


@given(
    st.datetimes(datetime(2025, 1, 1), datetime(2028, 12, 1), timezones=st.just(UTC)),
    st.sampled_from(["same_day", "four_school_hours", "school_day"]),
    st.sampled_from(["America/New_York", "America/Denver", "America/Phoenix", "Pacific/Honolulu"]),
)
def test_a_promise_is_always_for_a_school_day_in_school_hours_and_never_past(now: datetime, within: str, zone: str) -> None:
    by = calendar.due(within, now, zone, SETTINGS)
    wall = by.astimezone(ZoneInfo(zone))
    assert by >= now
    assert calendar.is_school_day(wall.date(), calendar.closed_days(SETTINGS))
    assert (8, 0) <= (wall.hour, wall.minute) <= (15, 30)
