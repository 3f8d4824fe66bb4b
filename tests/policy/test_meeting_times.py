"""When a family is reminded of a meeting: on its own clock, never at night, and never of what is over."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.policy import hours
from bot.policy.meeting_times import reminders

DENVER = ZoneInfo("America/Denver")
LONG_BEFORE = datetime(2026, 1, 1, tzinfo=UTC)


def local(starts: datetime, mode: str = "in_person", now: datetime = LONG_BEFORE, zone: ZoneInfo = DENVER) -> list[tuple[str, str]]:
    found = reminders(starts.astimezone(UTC), mode, zone.key, now)
    return [(one.kind, f"{one.due_at.astimezone(zone):%m-%d %H:%M}") for one in found]


def test_a_week_two_days_and_the_morning_of_the_day() -> None:
    starts = datetime(2026, 12, 3, 15, 30, tzinfo=DENVER)
    assert local(starts) == [("week", "11-26 10:00"), ("two_days", "12-01 10:00"), ("day", "12-03 08:00")]


def test_what_has_passed_is_left_out() -> None:
    starts = datetime(2026, 12, 3, 15, 30, tzinfo=DENVER)
    assert local(starts, now=datetime(2026, 11, 30, tzinfo=UTC)) == [("two_days", "12-01 10:00"), ("day", "12-03 08:00")]
    assert local(starts, now=starts.astimezone(UTC)) == []


def test_a_call_is_announced_two_hours_before_and_an_early_meeting_on_the_evening_before() -> None:
    assert local(datetime(2026, 12, 3, 15, 30, tzinfo=DENVER), "phone")[-1] == ("day", "12-03 13:30")
    assert local(datetime(2026, 12, 3, 8, 30, tzinfo=DENVER), "phone")[-1] == ("day", "12-02 18:00")
    assert local(datetime(2026, 12, 3, 8, 30, tzinfo=DENVER))[-1] == ("day", "12-02 18:00")
    assert local(datetime(2026, 12, 3, 9, 0, tzinfo=DENVER))[-1] == ("day", "12-03 08:00")


def test_where_the_hours_end_before_six_the_evening_is_an_hour_before_their_end() -> None:
    starts = datetime(2026, 12, 3, 8, 30, tzinfo=DENVER).astimezone(UTC)
    for window, expected in ((("08:00", "17:00"), "12-02 16:00"), (("08:00", "08:30"), "12-02 08:00"), (("19:00", "20:00"), "12-02 19:00")):
        (*_, last) = reminders(starts, "in_person", DENVER.key, LONG_BEFORE, window)
        assert f"{last.due_at.astimezone(DENVER):%m-%d %H:%M}" == expected


@pytest.mark.parametrize(
    "day", [datetime(2027, month, day, 15, 30) for month, days in ((3, (14, 15, 16)), (11, (7, 8, 9))) for day in days]
)
def test_the_wall_clock_stays_the_same_over_a_clock_change(day: datetime) -> None:
    found = local(day.replace(tzinfo=DENVER))
    assert [moment[-5:] for _, moment in found] == ["10:00", "10:00", "08:00"]


def test_a_family_in_another_zone_hears_on_its_own_clock() -> None:
    starts = datetime(2026, 12, 3, 15, 30, tzinfo=DENVER)
    assert local(starts, zone=ZoneInfo("Pacific/Honolulu"))[-1] == ("day", "12-03 08:00")


@given(
    st.datetimes(datetime(2026, 1, 10), datetime(2028, 12, 31)),
    st.sampled_from(["in_person", "phone", "video"]),
    st.sampled_from(["America/Denver", "America/New_York", "Pacific/Honolulu", "America/Anchorage", "America/Phoenix", "Pacific/Guam"]),
    st.timedeltas(timedelta(0), timedelta(days=20)),
)
def test_never_at_night_never_too_late_and_in_order(starts: datetime, mode: str, zone: str, ahead: timedelta) -> None:
    moment = starts.replace(tzinfo=UTC)
    found = reminders(moment, mode, zone, moment - ahead)
    assert [one.due_at for one in found] == sorted(one.due_at for one in found)
    for one in found:
        assert hours.is_open(one.due_at, zone)
        assert moment - ahead < one.due_at < one.not_after < moment
