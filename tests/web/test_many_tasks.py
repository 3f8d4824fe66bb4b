"""Whoever has two hundred tasks finds the few that may not wait, and those of one kind."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from bot.store import tables as t
from tests.fakes.clock import START
from tests.web.conftest import Browser

New = Callable[[], Browser]


def make(runtime: Any, reason: str, number: int, *, owner: str = "stf_demo_liaison", due: int = 0, visibility: str = "team") -> None:
    row = {"district_id": "dst_demo", "case_id": "cas_demo_diego", "school_id": "sch_demo_maple", "owner_id": owner, "lang": "es"}
    role = "liaison" if owner == "stf_demo_liaison" else "on_call"
    more = {"to_role": role, "reason": reason, "visibility": visibility, "state": "open", "created_at": START}
    rows = [row | more | {"id": f"hnd_{reason}_{i:03}", "due_at": START + timedelta(minutes=due)} for i in range(number)]
    with runtime.database.begin() as conn:
        conn.execute(sa.insert(t.Handoff), rows)


def titles(page: str) -> list[str]:
    return re.findall(r'<a href="/console/tasks/hnd_[^"]*"><strong>([^<]*)', page)


def test_a_long_list_of_tasks_is_looked_through_by_kind(browser: New, runtime: Any) -> None:
    make(runtime, "not_screened", 60)
    make(runtime, "question", 2, due=60)
    make(runtime, "evaluation", 1, due=30, visibility="staff_only")
    liaison = browser().sign_in("liaison@demo.example")
    overview = liaison.get("/console/tasks").text
    kinds = re.findall(r'<a href="(/console/tasks\?show=mine&amp;kind=[^"]*)">([^<]*) <span class="count">(\d+)', overview)
    assert [(name, number) for _, name, number in kinds] == [
        ("Evaluation request: same school day", "1"),
        ("Please read: this language has no checked word list", "60"),
        ("A question to answer", "2"),
    ]
    page = liaison.get(kinds[2][0].replace("&amp;", "&")).text
    assert titles(page) == ["A question to answer"] * 2
    assert 'kind=question" aria-current="true"' in page
    assert '<a href="/console/tasks?show=mine">every kind</a>' in page
    second = liaison.get("/console/tasks?show=mine&kind=not_screened&page=2").text
    assert len(titles(second)) == 10
    assert 'href="/console/tasks?show=mine&amp;kind=not_screened&amp;page=1"' in second


def test_who_works_off_one_kind_stays_in_it(browser: New, runtime: Any) -> None:
    make(runtime, "not_screened", 60)
    make(runtime, "question", 2, due=60)
    liaison = browser().sign_in("liaison@demo.example")
    here = "/console/tasks?show=mine&kind=question"
    link = re.search(r'href="(/console/tasks/hnd_[^"]*)"', liaison.get(here).text)
    assert link
    assert link[1] == "/console/tasks/hnd_question_000?kind=question"
    page = liaison.get(link[1]).text
    assert '<a href="/console/tasks?show=mine&amp;kind=question">' in page
    form = {"page": link[1], "kind": "question"}
    taken = liaison.post("/console/tasks/hnd_question_000/take", **form)
    assert taken.headers["Location"] == link[1]
    assert 'name="kind" value="question"' in liaison.post("/console/tasks/hnd_question_000/done", **form).text, "asked what was done"
    assert liaison.post("/console/tasks/hnd_question_000/done", how="wrote", **form).headers["Location"] == here


def test_a_short_list_of_tasks_has_nothing_to_choose(browser: New, runtime: Any) -> None:
    make(runtime, "question", 2)
    make(runtime, "evaluation", 1, visibility="staff_only")
    assert "kind=" not in browser().sign_in("liaison@demo.example").get("/console/tasks").text


def test_danger_stands_above_what_was_due_before_it(browser: New, runtime: Any) -> None:
    make(runtime, "translation_unseen", 25, owner="stf_demo_counselor", visibility="safety_only")
    make(runtime, "danger", 1, owner="stf_demo_counselor", due=5, visibility="safety_only")
    counselor = browser().sign_in("counselor@demo.example")
    for page in ("/console/", "/console/tasks", "/console/tasks?show=mine"):
        assert titles(counselor.get(page).text)[0] == "Safety: act now"
