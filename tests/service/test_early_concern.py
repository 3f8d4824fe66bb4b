"""F05: a worry told early, by the family or begun by the teacher, goes to the right person with a day, and is asked about again."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.policy import calendar
from bot.service import timers
from bot.service.start_flow import start_flow
from bot.store.tables import CaseEntry, Contact, District, Handoff, Session, Timer
from tests.service.receiving import EN, ES, change, family_rows, rows, said, sms, take


def handed(runtime) -> list[tuple[str, str]]:
    return [(one["to_role"], one["reason"]) for one in rows(runtime, Handoff)]


def tell(runtime, *texts: str, sender: str = EN) -> None:
    for text in texts:
        take(runtime, sms(text, sender))


def test_a_family_tells_a_worry_in_six_small_questions_and_hears_who_answers_by_when(lite) -> None:
    tell(lite, "CONCERN", "1 and 3", "He cries over his reading book", "2", "He builds bridges", "Short turns", "1")
    assert said(lite)[0].startswith("Thank you for telling us early. What is it about? 1 Reading")
    assert said(lite)[-1].startswith("Here is what I wrote: Maya does well: He builds bridges. It is about: Reading and Math.") or (
        "Maya does well: He builds bridges." in said(lite)[-1]
    ), "the strength first"
    tell(lite, "1")
    assert said(lite)[-1].startswith("Ms. Bennett will see this today and answer by")
    kept = [(one["kind"], one["step_id"]) for one in rows(lite, CaseEntry)]
    assert [one for one in kept if one[0] in ("concern", "strength")] == [
        ("concern", "1"), ("concern", "2"), ("concern", "3"), ("strength", "4"), ("concern", "5"), ("concern", "6"),
    ]  # fmt: skip
    assert ("teacher", "concern") in handed(lite)
    assert [one["body"] for one in rows(lite, Handoff)] == ["He cries over his reading book"], "the worry, not the last number"


def test_a_health_worry_goes_to_the_nurse_and_nothing_is_asked(lite) -> None:
    tell(lite, "CONCERN", "7")
    assert handed(lite) == [("nurse", "health")]
    assert len(said(lite)) == 2
    assert said(lite)[-1].startswith("Thank you. You do not need to text about health. The school nurse will call you by")
    assert rows(lite, Session, Session.status != "done") == []


def test_three_weeks_later_it_is_asked_again_and_the_next_step_is_a_persons(lite, clock) -> None:
    tell(lite, "CONCERN", "3", "He hides his math book", "1", "He sings", "Songs", "2", "1")
    assert ("teacher", "call_wish") in handed(lite)
    (later,) = rows(lite, Timer, Timer.kind == "start")
    assert later["due_at"] - clock.now() > timedelta(days=20)
    clock.set(later["due_at"])
    timers.ring(lite)
    assert handed(lite)[-1] == ("teacher", "concern_review"), "the teacher is asked the same"
    assert rows(lite, Handoff)[-1]["owner_id"] == "stf_demo_teacher"
    assert said(lite)[-1] == "Some weeks ago we talked about a worry about Maya. How is it now? 1 Better 2 The same 3 Worse"
    tell(lite, "3")
    assert handed(lite)[-1] == ("liaison", "concern_same")
    assert said(lite)[-1].startswith("Thank you for telling us. Elena Soto will call you by")


@pytest.mark.parametrize(
    ("answer", "handoff"), [("1", ("teacher", "concern_yes")), ("2", ("teacher", "call_wish")), ("3", ("teacher", "concern_not_now"))]
)
def test_a_teacher_begins_with_a_strength_and_the_family_decides(lite, answer: str, handoff: tuple[str, str]) -> None:
    with lite.database.begin() as conn:
        given = {"strength": "curious", "topic": "reading"}
        start_flow(conn, lite, "con_demo_en", None, "early-concern", "staff_started", lite.clock.now(), given)
    question = "Ms. Bennett sees a curious mind in Maya, and would like to try something small with you about reading. Is that OK?"
    assert said(lite) == [f"{question} 1 Yes 2 Call me 3 Not now"]
    tell(lite, answer)
    assert handed(lite) == [handoff]


def test_the_teachers_words_are_the_familys_language_and_stay_when_it_is_asked_again(lite, clock) -> None:
    with lite.database.begin() as conn:
        given = {"strength": "friends", "topic": "math"}
        start_flow(conn, lite, "con_demo_es", None, "early-concern", "staff_started", lite.clock.now(), given)
    asked = said(lite)[0]
    assert "una buena amistad con los demás" in asked
    assert "las matemáticas" in asked
    clock.advance(days=1, minutes=1)
    timers.ring(lite)
    assert "las matemáticas" in said(lite)[-1]
    tell(lite, "1", sender=ES)
    assert ("teacher", "concern_yes") in handed(lite)


@pytest.mark.parametrize(("settings", "school_days"), [({}, 15), ({"concern.review_days": 5}, 5), ({"concern.review_days": "soon"}, 15)])
def test_the_day_of_the_review_is_counted_in_school_days_at_ten_in_the_morning(lite, settings, school_days) -> None:
    district = rows(lite, District)[0]
    change(lite, District, settings=district["settings"] | settings, zone="America/Denver")
    change(lite, Contact, zone="America/Denver")
    tell(lite, "CONCERN", "3", "He hides his math book", "1", "He sings", "Songs", "1")
    (later,) = rows(lite, Timer, Timer.kind == "start")
    here = later["due_at"].astimezone(ZoneInfo("America/Denver"))
    today = lite.clock.now().astimezone(ZoneInfo("America/Denver")).date()
    assert (here.hour, here.date()) == (10, calendar.school_days_on(today, school_days, calendar.closed_days(district["settings"])))


def test_the_day_a_teacher_chose_is_the_day(lite) -> None:
    with lite.database.begin() as conn:
        given = {"strength": "curious", "topic": "reading", "review_on": "2026-12-01"}
        start_flow(conn, lite, "con_demo_en", None, "early-concern", "staff_started", lite.clock.now(), given)
    tell(lite, "1")
    (later,) = rows(lite, Timer, Timer.kind == "start")
    assert f"{later['due_at']:%Y-%m-%d}" == "2026-12-01"


def test_danger_in_the_middle_of_a_worry_is_danger_first(lite) -> None:
    tell(lite, "CONCERN", "5", "He says he wants to kill himself")
    assert ("on_call", "danger") in handed(lite)
    last = family_rows(lite)[-1]
    assert (last["message_class"], last["case_id"]) == ("F", None)
