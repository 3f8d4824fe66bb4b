"""A family hears no more than three messages a week that it has not asked for (domain.md 3.0, Rhythm)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.errors import Conflict
from bot.service import early_concern, meeting, post_letter, rhythm, timers, write_family
from bot.service.early_concern import Said
from bot.service.start_flow import start_flow, waits_until
from bot.store.tables import Case, Consent, Contact, District, Handoff, Outbox, Session, Timer
from tests.service.receiving import change, family_rows, rows, said, sms, start, take
from tests.service.translating import viewer

LIAISON, TEACHER = viewer("stf_demo_liaison"), viewer("stf_demo_teacher")
DAY = timedelta(days=1)
DANA, CARMEN = "con_demo_en", "con_demo_siblings"


def silent(made):
    """A district that said nothing about it."""
    settings = {name: value for name, value in rows(made, District)[0]["settings"].items() if name != "cap.weekly"}
    change(made, District, settings=settings)
    return made


@pytest.fixture
def runtime(runtime):
    return silent(runtime)


@pytest.fixture
def lite(lite):
    return silent(lite)


def wait_of(runtime, contact=DANA):
    with runtime.database.read() as conn:
        return rhythm.waits(conn, contact, runtime.clock.now())


def three(runtime, clock, contact=DANA, case=None) -> None:
    """A talk on each of three days."""
    for variant in ("", "reading", "math"):
        start(runtime, contact, case, variant=variant)
        clock.advance(days=1)


def letter(runtime, text="Maya read 20 pages this week. We are proud of her work with books.") -> write_family.Draft:
    with runtime.database.begin() as conn:
        return write_family.draft(conn, runtime, LIAISON, "CV-1001", DANA, "C", text, runtime.clock.now())


def test_a_fourth_start_waits_until_the_first_is_a_week_old(runtime, clock):
    first = clock.now()
    three(runtime, clock)
    before = len(said(runtime))
    assert start(runtime, variant="feelings") == start(runtime, variant="feelings") == []
    assert len(said(runtime)) == before
    (timer,) = rows(runtime, Timer, Timer.kind == "start")
    assert timedelta(0) <= timer["due_at"] - first - 7 * DAY < timedelta(seconds=10)
    assert timer["not_after"] == timer["due_at"] + DAY, "after an outage it is a person's to begin"
    with runtime.database.read() as conn:
        assert waits_until(conn, DANA, "home-observations", "feelings") == timer["due_at"]
        assert waits_until(conn, DANA, "home-observations", "reading") is None
    clock.set(timer["due_at"] + timedelta(minutes=1))
    timers.ring(runtime)
    assert rows(runtime, Timer, Timer.kind == "start")[0]["state"] == "done"
    assert family_rows(runtime)[before]["dedupe_key"].startswith("start:")


def test_two_children_have_one_week_and_a_start_that_waited_is_about_its_own(lite, clock):
    change(lite, Contact, Contact.id == CARMEN, lang_written="en")
    three(lite, clock, CARMEN, "cas_demo_ana")
    assert start(lite, CARMEN, "cas_demo_luis", variant="feelings") == []
    (timer,) = rows(lite, Timer, Timer.kind == "start")
    assert timer["step_id"] == "cas_demo_luis"
    clock.set(timer["due_at"] + timedelta(minutes=1))
    timers.ring(lite)
    assert family_rows(lite)[-1]["case_id"] == "cas_demo_luis"


@pytest.mark.parametrize("what", ["stopped", "closed"])
def test_a_start_that_waited_is_not_begun_with_who_stopped_or_whose_case_is_closed(lite, clock, what):
    three(lite, clock)
    start(lite, variant="feelings")
    if what == "stopped":
        change(lite, Consent, state="stopped")
    else:
        change(lite, Case, Case.id == "cas_demo_maya", state="closed")
    before = said(lite)
    clock.set(rows(lite, Timer, Timer.kind == "start")[0]["due_at"] + timedelta(minutes=1))
    timers.ring(lite)
    assert [text for text in said(lite)[len(before) :] if "Maya" in text] == []
    assert rows(lite, Timer, Timer.kind == "start")[0]["state"] == "done"


def test_answers_and_what_follows_them_leave_room(lite, clock):
    start(lite)
    for text in ("Dinosaurs", "1", "1", "English", "Grandma", "Joy", "1"):
        take(lite, sms(text))
    take(lite, sms("CONCERN"))
    clock.advance(days=1)
    start(lite, variant="reading")
    assert wait_of(lite) is None
    clock.advance(days=1)
    start(lite, variant="math")
    assert wait_of(lite) is not None


def test_a_nudge_counts_and_is_left_out_where_there_is_no_room(lite, clock):
    start(lite)
    clock.advance(days=1, minutes=1)
    timers.ring(lite)
    assert family_rows(lite)[-1]["purpose"] == "nudge"
    start(lite, variant="reading")
    before = len(said(lite))
    clock.advance(days=1, minutes=1)
    timers.ring(lite)
    assert len(said(lite)) == before
    assert not rows(lite, Timer, Timer.kind == "nudge", Timer.state == "pending")
    (session,) = rows(lite, Session)
    assert session["status"] != "done"
    clock.advance(days=7)
    timers.ring(lite)
    assert rows(lite, Session)[0]["status"] != session["status"]


def test_a_letter_waits_and_staff_see_until_when(lite, clock):
    assert letter(lite).waits is None
    three(lite, clock)
    made = letter(lite)
    assert made.waits == wait_of(lite)
    assert (made.refusal, made.waits.zone) == ("", rows(lite, Contact, Contact.id == DANA)[0]["zone"])
    with lite.database.begin() as conn:
        write_family.send(conn, lite, LIAISON, made.id, lite.clock.now(), [one.code for one in made.findings])
    (row,) = rows(lite, Outbox, Outbox.purpose == "letter")
    assert (row["not_before"], row["not_after"]) == (made.waits.at, made.waits.at + post_letter.LIVES)
    assert wait_of(lite).at > made.waits.at, "what is to leave counts already"


def test_a_meeting_is_reminded_of_whatever_the_week_brought(lite, clock):
    three(lite, clock)
    now = clock.now()
    wall = (now + timedelta(days=7, hours=3)).replace(minute=0, second=0, microsecond=0, tzinfo=None)
    with lite.database.begin() as conn:
        meeting.plan(
            conn, lite, district_id="dst_demo", code="CV-1001", wall=wall, place="Room 4", mode="in_person", interpreter=False,
            by="stf_demo_liaison", now=now,
        )  # fmt: skip
    before = wait_of(lite)
    clock.set(min(row["due_at"] for row in rows(lite, Timer, Timer.kind == "remind", Timer.state == "pending")) + timedelta(minutes=1))
    timers.ring(lite)
    assert family_rows(lite)[-1]["ref"].startswith("reminder/")
    assert (wait_of(lite) or before) == before


def test_an_early_concern_is_told_by_a_person_the_same_day(lite, clock):
    three(lite, clock)
    words = Said("curious", "", "reading", "She reads less than before", "Ten minutes together each day", "2026-12-01", (DANA,))
    with lite.database.begin() as conn:
        (adult,) = [one for one in early_concern.form(conn, lite, TEACHER, "CV-1001", words, clock.now()).adults if one.id == DANA]
        begun = early_concern.begin(conn, lite, TEACHER, "CV-1001", words, clock.now())
        with pytest.raises(Conflict, match="as many messages"):
            start_flow(conn, lite, DANA, None, "early-concern", "staff_started", clock.now(), {"strength": "curious", "topic": "reading"})
    assert (adult.why, adult.words, adult.may_be_told) == ("enough_this_week", "", True)
    assert (begun.asked, begun.by_person) == ((), (adult.name,))
    assert "concern_tell" in [one["reason"] for one in rows(lite, Handoff)]
    assert not rows(lite, Timer, Timer.kind == "start")


def test_in_the_week_the_clocks_change_it_still_goes_inside_the_hours(lite, clock):
    change(lite, Contact, Contact.id == DANA, zone="America/Chicago")
    clock.set(datetime(2026, 10, 29, 13, 0, tzinfo=UTC))  # 08:00; a week later the same moment is 07:00
    for variant in ("", "reading", "math"):
        start(lite, variant=variant)
    wait = wait_of(lite)
    assert wait.at.astimezone(ZoneInfo("America/Chicago")).strftime("%d %H:%M") == "05 08:00"


def test_a_district_may_allow_more(lite, clock):
    three(lite, clock)
    settings = rows(lite, District)[0]["settings"]
    change(lite, District, settings=settings | {"cap.weekly": 4})
    assert wait_of(lite) is None
