"""No text the bot starts reaches a family outside its hours, daylight saving included (G7, fault 15)."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.policy import hours
from bot.values.local_window import LocalWindow

ZONES = (
    "America/New_York", "America/Detroit", "America/Kentucky/Louisville", "America/Indiana/Indianapolis", "America/Indiana/Tell_City",
    "America/Chicago", "America/Menominee", "America/North_Dakota/Center", "America/Denver", "America/Boise", "America/Phoenix",
    "America/Los_Angeles", "America/Anchorage", "America/Juneau", "America/Nome", "America/Adak", "Pacific/Honolulu", "America/Puerto_Rico",
)  # fmt: skip
"""Eighteen zones of the United States: with and without daylight saving, and those that changed sides."""

US_CHANGES = (datetime(2027, 3, 14, tzinfo=UTC), datetime(2027, 11, 7, tzinfo=UTC))

moments = st.one_of(
    st.datetimes(datetime(2025, 1, 1), datetime(2028, 12, 30), timezones=st.just(UTC)),
    st.builds(lambda day, minutes: day + timedelta(minutes=minutes), st.sampled_from(US_CHANGES), st.integers(-1500, 3000)),
)
windows = st.sampled_from(
    [("08:00", "20:00"), ("09:30", "17:15"), ("08:00", "21:00"), ("06:00", "23:30"), ("nonsense", "x"), ("21:30", "23:00")]
)


def wall(moment: datetime, zone: str) -> time:
    """The oracle's clock: pytz-free, by asking the zone for its offset and adding it by hand."""
    offset = ZoneInfo(zone).utcoffset(moment.astimezone(ZoneInfo(zone)))
    assert offset is not None
    return (moment.replace(tzinfo=None) + offset).time()


def lawful(window: tuple[str, str]) -> tuple[time, time]:
    """The same clamp, written otherwise: a table instead of arithmetic."""
    return {
        ("08:00", "20:00"): (time(8), time(20)),
        ("09:30", "17:15"): (time(9, 30), time(17, 15)),
        ("08:00", "21:00"): (time(8), time(21)),
        ("06:00", "23:30"): (time(8), time(21)),
        ("nonsense", "x"): (time(8), time(20)),
        ("21:30", "23:00"): (time(8), time(20)),
    }[window]


def opens(now: datetime, zone: str, window: tuple[str, str], **more: object) -> datetime:
    given_ = {"message_class": "C", "purpose": "ask", "answers_family": False, "created_at": now, **more}
    return hours.opens_at(zone=zone, now=now, window=window, **given_)  # type: ignore[arg-type]


@given(moments, st.sampled_from(ZONES), windows)
def test_what_the_bot_starts_leaves_inside_the_family_s_hours_and_at_the_first_chance(
    now: datetime, zone: str, window: tuple[str, str]
) -> None:
    first, last = lawful(window)
    leaves = opens(now, zone, window)
    assert leaves >= now
    assert first <= wall(leaves, zone) < last
    if leaves > now:
        assert wall(leaves, zone) == first
        assert leaves - now < timedelta(hours=25)
        minute = now
        while minute < leaves:  # nothing earlier would have done
            assert not first <= wall(minute, zone) < last
            minute += timedelta(minutes=30)


@given(moments, st.sampled_from(ZONES), windows)
def test_a_provider_never_keeps_a_text_beyond_the_family_s_hours(now: datetime, zone: str, window: tuple[str, str]) -> None:
    first, last = lawful(window)
    leaves = opens(now, zone, window)
    valid = hours.valid_seconds(message_class="C", purpose="ask", answers_family=False, zone=zone, now=leaves, window=window)
    assert 1 <= valid <= 36_000
    end = leaves + timedelta(seconds=valid)
    assert wall(end - timedelta(seconds=1), zone) < last
    assert first <= wall(end - timedelta(seconds=1), zone)
    assert valid == 36_000 or wall(end + timedelta(seconds=1), zone) >= last


@pytest.mark.parametrize("zone", ZONES)
def test_every_minute_of_the_days_the_clocks_change_is_decided_rightly(zone: str) -> None:
    for change in US_CHANGES:
        minutes = [change + timedelta(minutes=15 * step) for step in range(4 * 40)]
        for now in minutes:
            assert hours.is_open(now, zone) == (time(8) <= wall(now, zone) < time(20))
        starts = [hours.next_open(now, zone) for now in minutes]
        assert all(one <= two for one, two in pairwise(starts))


@pytest.mark.parametrize(
    ("now", "leaves"),
    [
        (datetime(2027, 3, 14, 9, 30, tzinfo=UTC), datetime(2027, 3, 14, 14, 0, tzinfo=UTC)),  # 02:30 does not exist; 08:00 MDT
        (datetime(2027, 3, 14, 2, 59, tzinfo=UTC), datetime(2027, 3, 14, 14, 0, tzinfo=UTC)),  # 19:59 MST the evening before is open
        (datetime(2027, 11, 7, 7, 30, tzinfo=UTC), datetime(2027, 11, 7, 15, 0, tzinfo=UTC)),  # 01:30 comes twice; 08:00 MST
        (datetime(2026, 11, 17, 16, 0, tzinfo=UTC), datetime(2026, 11, 17, 16, 0, tzinfo=UTC)),  # 09:00: now
        (datetime(2026, 11, 18, 3, 0, tzinfo=UTC), datetime(2026, 11, 18, 15, 0, tzinfo=UTC)),  # 20:00 sharp is closed
    ],
)
def test_denver_by_hand(now: datetime, leaves: datetime) -> None:
    expected = now if hours.is_open(now, "America/Denver") else leaves
    assert opens(now, "America/Denver", hours.DEFAULT) == expected
    assert (now.hour, now.minute) != (2, 59) or expected == now


NIGHT = datetime(2026, 11, 18, 6, 0, tzinfo=UTC)  # 23:00 in Denver


@pytest.mark.parametrize(
    ("message_class", "purpose", "answers", "age", "goes"),
    [
        ("F", "crisis", False, 0, True),
        ("F", "ask", False, 9999, True),
        ("A", "crisis", False, 0, True),
        ("A", "confirm_stop", False, 9999, True),
        ("C", "reply", True, 0, True),
        ("C", "reply", True, 10, True),
        ("C", "reply", True, 11, False),
        ("C", "reply", False, 0, False),
        ("A", "nudge", False, 0, False),
        ("E", "notice", False, 0, False),
        ("?", "ask", False, 0, False),
    ],
)
def test_only_answers_danger_and_the_confirmation_leave_at_night(
    message_class: str, purpose: str, answers: bool, age: int, goes: bool
) -> None:
    more = {"message_class": message_class, "purpose": purpose, "answers_family": answers, "created_at": NIGHT - timedelta(minutes=age)}
    assert (opens(NIGHT, "America/Denver", hours.DEFAULT, **more) == NIGHT) is goes
    valid = hours.valid_seconds(zone="America/Denver", now=NIGHT, **more)  # type: ignore[arg-type]
    assert (valid == 600) is goes


def test_an_answer_is_valid_for_ten_minutes_when_nobody_says_how_old_it_is() -> None:
    given_ = {"message_class": "C", "purpose": "reply", "answers_family": True, "zone": "America/Denver", "now": NIGHT}
    assert hours.valid_seconds(**given_) == 600  # type: ignore[arg-type]


def test_a_text_just_before_the_end_is_valid_for_what_is_left() -> None:
    now = datetime(2026, 11, 18, 2, 59, 50, tzinfo=UTC)  # 19:59:50
    given_ = {"message_class": "A", "purpose": "nudge", "answers_family": False, "zone": "America/Denver"}
    assert hours.valid_seconds(now=now, **given_) == 10  # type: ignore[arg-type]
    assert hours.valid_seconds(now=now + timedelta(seconds=9.9), **given_) == 1  # type: ignore[arg-type]
    morning = datetime(2026, 11, 17, 15, 0, tzinfo=UTC)  # 08:00, twelve hours to go
    assert hours.valid_seconds(now=morning, **given_) == 36_000  # type: ignore[arg-type]


@pytest.mark.parametrize("zone", ["Mars/Olympus", "", "../etc/passwd"])
def test_a_zone_nobody_knows_is_read_as_the_middle_of_the_country(zone: str) -> None:
    assert hours.zone_of(zone) == ZoneInfo("America/Chicago")


@pytest.mark.parametrize(
    ("text", "window"),
    [
        ("08:00-20:00", LocalWindow(time(8), time(20))),
        (" 09:30 - 10:00 ", LocalWindow(time(9, 30), time(10))),
        ("20:00-08:00", None),
        ("08:00-08:00", None),
        ("eight to eight", None),
        ("", None),
    ],
)
def test_a_window_is_read_or_none(text: str, window: LocalWindow | None) -> None:
    assert LocalWindow.read(text) == window


def test_windows_that_do_not_meet_have_nothing_in_common() -> None:
    morning, evening = LocalWindow(time(8), time(9)), LocalWindow(time(18), time(19))
    assert morning.within(evening) is None
    assert morning.within(LocalWindow(time(7), time(8, 30))) == LocalWindow(time(8), time(8, 30))
