"""Staff think a disability may be behind it: the same two people, the same day, the same climb as a family's request (F26)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from bot.store import tables as t
from tests.fakes.clock import START
from tests.web.conftest import Browser, counts, direct_messages, enter
from tests.web.test_concern import rows

New = Callable[[], Browser]
HERE = "/console/cases/CV-1002/evaluation"


def test_two_people_have_the_words_today_and_it_climbs_before_school_ends(browser: New, runtime: Any) -> None:
    teacher = enter(browser(), "stf_demo_teacher")
    assert "Ask for an evaluation" in teacher.get("/console/cases/CV-1002").text
    assert "no step has to be finished first" in teacher.get(HERE).text
    done = teacher.post(HERE, words="He mixes letters after two years of help")
    assert done.headers["Location"] == "/console/cases/CV-1002?done=evaluation"
    assert "have it today" in teacher.get(done.headers["Location"]).text
    found = rows(runtime, t.Handoff, "to_role", "reason", "visibility", "body")
    assert found == [
        ("evaluation_contact", "evaluation", "staff_only", "He mixes letters after two years of help"),
        ("liaison", "evaluation", "staff_only", "He mixes letters after two years of help"),
    ]
    with runtime.database.read() as conn:
        ((due,),) = conn.execute(sa.select(t.Timer.due_at).where(t.Timer.kind == "eval"))
    assert START < due < rows(runtime, t.Handoff, "due_at")[0][0]
    ((kind, role, visibility, who),) = rows(runtime, t.CaseEntry, "kind", "source_role", "visibility", "entered_by")
    assert (kind, role, visibility, who) == ("eval_request", "staff", "staff_only", "stf_demo_teacher")
    assert rows(runtime, t.Outbox, "id", audience="family") == []
    told = direct_messages(runtime.database)
    assert told
    assert not any("letters" in one or "Diego" in one for one in told)


def test_a_button_pressed_twice_raises_it_once(browser: New, runtime: Any) -> None:
    teacher = enter(browser(), "stf_demo_teacher")
    for _ in range(2):
        assert teacher.post(HERE, words="He mixes letters").headers["Location"].endswith("done=evaluation")
    assert (len(rows(runtime, t.Handoff, "id")), len(rows(runtime, t.CaseEntry, "id"))) == (2, 1)
    teacher.post(HERE, words="And numbers")
    assert (len(rows(runtime, t.Handoff, "id")), len(rows(runtime, t.CaseEntry, "id"))) == (4, 2)


def test_without_words_nothing_is_raised(browser: New, runtime: Any) -> None:
    teacher = enter(browser(), "stf_demo_teacher")
    before = counts(runtime.database)
    refused = teacher.post(HERE, words="  ")
    assert (refused.status_code, "Please write what you see." in refused.text) == (409, True)
    assert counts(runtime.database) == before


def test_a_case_that_is_closed_raises_nothing(browser: New, runtime: Any) -> None:
    teacher = enter(browser(), "stf_demo_teacher")
    with runtime.database.begin() as conn:
        conn.execute(sa.update(t.Case).values(state="closed"))
    assert teacher.get(HERE).status_code == 404
