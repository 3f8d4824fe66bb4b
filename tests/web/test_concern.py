"""F05 begun by staff: the strength first, the family told the same day in its language or by a person, a day to look again (S1-04)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from bot.service import directory, timers
from bot.store import tables as t
from tests.fakes.clock import START
from tests.web.conftest import Browser, counts, direct_messages, enter

New = Callable[[], Browser]
ES, AR = "/console/cases/CV-1002/concern", "/console/cases/CV-1003/concern"


@pytest.fixture
def teacher(browser: New, runtime: Any) -> Browser:
    with runtime.database.begin() as conn:
        conn.execute(sa.update(t.Contact).values(identity="confirmed"))
        conn.execute(sa.update(t.Endpoint).values(confirmed_at=START, last_inbound_at=START))
    return enter(browser(), "stf_demo_teacher")


def form(contact: str = "con_demo_es", **more: str) -> dict[str, str]:
    said = {
        "strength": "curious",
        "shows": "Asks good questions",
        "topic": "reading",
        "sees": "Stops after three lines",
        "contact": contact,
    }
    return {**said, "first_try": "Read in pairs", "review_on": f"{START + timedelta(days=14):%Y-%m-%d}", **more}


def rows(runtime: Any, table: Any, *columns: str, **where: Any) -> list[tuple[Any, ...]]:
    query = sa.select(*(getattr(table, name) for name in columns))
    for name, value in where.items():
        query = query.where(getattr(table, name) == value)
    with runtime.database.read() as conn:
        return [tuple(row) for row in conn.execute(query.order_by(table.id))]


def test_the_family_is_told_the_same_day_in_its_own_language(teacher: Browser, runtime: Any) -> None:
    assert "First: what does Diego do well?" in teacher.get(ES).text
    before = counts(runtime.database)
    shown = teacher.post(ES, do="look", **form())
    assert (shown.status_code, "mucha curiosidad" in shown.text, "la lectura" in shown.text) == (200, True, True)
    assert counts(runtime.database) == before, "looking writes nothing"
    done = teacher.post(ES, do="tell", **form())
    assert done.headers["Location"] == "/console/cases/CV-1002?done=concern"
    page = teacher.get(done.headers["Location"]).text
    assert ("The family hears of it today" in page, "Read in pairs" in page) == (True, True)
    ((body, lang, case_id),) = rows(runtime, t.Outbox, "body", "lang", "case_id", audience="family")
    assert (lang, case_id, "mucha curiosidad" in body, "Stops after" in body) == ("es", "cas_demo_diego", True, False)
    kept = [(kind, raw, entered) for kind, raw, entered in rows(runtime, t.CaseEntry, "kind", "answer_raw", "entered_by")]
    assert kept == [
        ("strength", "Asks good questions", "stf_demo_teacher"),
        ("concern", "Stops after three lines", "stf_demo_teacher"),
        ("concern", "Read in pairs", "stf_demo_teacher"),
    ]
    assert rows(runtime, t.Handoff, "reason", "owner_id") == [("concern_review", "stf_demo_teacher")]


def test_a_button_pressed_twice_tells_once_and_makes_no_false_task(teacher: Browser, runtime: Any) -> None:
    before = [len(rows(runtime, table, "id")) for table in (t.CaseEntry, t.Handoff, t.Outbox)]
    for _ in range(2):
        assert teacher.post(ES, do="tell", **form()).headers["Location"] == "/console/cases/CV-1002?done=concern"
    after = [len(rows(runtime, table, "id")) for table in (t.CaseEntry, t.Handoff, t.Outbox)]
    assert [now - then for now, then in zip(after, before, strict=True)] == [3, 1, 1]
    teacher.post(ES, do="tell", **form(sees="Guesses long words"))
    assert len(rows(runtime, t.CaseEntry, "id")) == after[0] + 3, "other words are another concern"


def test_a_button_pressed_twice_gives_a_person_one_task(teacher: Browser, runtime: Any) -> None:
    for _ in range(2):
        assert teacher.post(AR, do="tell", **form("con_demo_ar")).headers["Location"].endswith("done=concern_person")
    assert sorted(rows(runtime, t.Handoff, "reason")) == [("concern_review",), ("concern_tell",)]


def test_staff_look_again_before_their_own_school_ends(teacher: Browser, runtime: Any) -> None:
    with runtime.database.begin() as conn:
        kept = conn.scalar(sa.select(t.District.settings))
        conn.execute(sa.update(t.District).values(settings={**kept, "hours.school": "07:30-14:10"}))
    directory.forget(runtime.database.engine)
    teacher.post(ES, do="tell", **form())
    ((due,),) = rows(runtime, t.Handoff, "due_at", reason="concern_review")
    ((zone,),) = rows(runtime, t.School, "zone", id="sch_demo_maple")
    assert f"{due.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}" == f"{START + timedelta(days=14):%Y-%m-%d} 14:10"


def test_when_the_day_comes_both_sides_are_asked_and_staff_have_one_task(teacher: Browser, runtime: Any, texts_in: Any, clock: Any) -> None:
    teacher.post(ES, do="tell", **form())
    texts_in("+15550101002", "1")
    ((due,),) = rows(runtime, t.Timer, "due_at", kind="start")
    assert abs((due - START).days - 14) <= 1
    clock.set(due)
    timers.ring(runtime)
    assert [one for one in rows(runtime, t.Handoff, "reason", "to_role") if one[0] == "concern_review"] == [("concern_review", "teacher")]
    asked = [body for (body,) in rows(runtime, t.Outbox, "body", audience="family")]
    assert "Mejor" in asked[-1]


def test_where_no_text_may_go_a_person_has_a_task_today_and_the_look_again_is_a_task_too(teacher: Browser, runtime: Any) -> None:
    shown = teacher.post(AR, do="look", **form("con_demo_ar")).text
    assert ("a person calls today" in shown, "Nobody has checked texts in this language yet." in shown) == (True, True)
    done = teacher.post(AR, do="tell", **form("con_demo_ar"))
    assert done.headers["Location"] == "/console/cases/CV-1003?done=concern_person"
    assert rows(runtime, t.Outbox, "id", audience="family") == []
    found = rows(runtime, t.Handoff, "reason", "to_role", "owner_id", "contact_id")
    assert found == [
        ("concern_tell", "liaison", "stf_demo_liaison", "con_demo_ar"),
        ("concern_review", "teacher", "stf_demo_teacher", None),
    ]
    ((tell,), (review,)) = rows(runtime, t.Handoff, "due_at")
    assert tell - START < timedelta(days=1)
    assert timedelta(days=13) < review - START < timedelta(days=15)
    assert any("something waits for you" in one for one in direct_messages(runtime.database))


def test_a_family_that_said_stop_gets_no_text_and_a_person(teacher: Browser, runtime: Any) -> None:
    with runtime.database.begin() as conn:
        conn.execute(sa.update(t.Consent).values(state="stopped"))
    shown = teacher.post(ES, do="look", **form()).text
    assert ("asked us to stop" in shown, "mucha curiosidad" in shown) == (True, False)
    assert teacher.post(ES, do="tell", **form()).headers["Location"].endswith("done=concern_person")
    assert rows(runtime, t.Outbox, "id", audience="family") == []


def test_an_adult_who_may_not_be_told_is_not_even_by_a_person(teacher: Browser, runtime: Any) -> None:
    with runtime.database.begin() as conn:
        conn.execute(sa.update(t.Guardianship).where(t.Guardianship.contact_id == "con_demo_es").values(restriction="court"))
    page = teacher.get(ES).text
    assert ('value="con_demo_es"' in page, "Ask the office." in page) == (False, True)
    before = counts(runtime.database)
    assert teacher.post(ES, do="tell", **form()).status_code == 409
    assert counts(runtime.database) == before


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"strength": ""}, "Please start with a strength."),
        ({"topic": "health"}, "Please say what it is about."),
        ({"first_try": " "}, "Please write what you see"),
        ({"review_on": f"{START + timedelta(days=30):%Y-%m-%d}"}, "within the next three weeks"),
        ({"review_on": f"{START:%Y-%m-%d}"}, "within the next three weeks"),
        ({"review_on": "soon"}, "within the next three weeks"),
        ({"contact": "con_demo_en"}, "at least one adult"),
        ({"sees": "He reads less than Maya"}, "It names another child"),
    ],
)
def test_what_is_missing_is_asked_for_and_nothing_is_lost(teacher: Browser, runtime: Any, wrong: dict[str, str], said: str) -> None:
    before = counts(runtime.database)
    refused = teacher.post(ES, do="tell", **form(**wrong))
    assert (refused.status_code, said in refused.text, "Asks good questions" in refused.text) == (409, True, True)
    assert counts(runtime.database) == before
