"""The rota on a page: seen by who may be called, kept by who answers for it, never empty; a drill and the end of a safety hold."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa

from bot.clock import RealIds
from bot.service.runtime import Runtime
from bot.store import tables as t
from bot.store.duty import on_call_now
from tests.fakes.clock import START, TickingClock
from tests.web.conftest import Browser, enter

New = Callable[[], Browser]
PAGE = "/console/on-call"


@pytest.fixture
def runtime(runtime: Runtime) -> Runtime:
    """With ids of its own: the seed counted its rows from one."""
    return replace(runtime, ids=RealIds())


def order(runtime: Any, school: str = "sch_demo_maple") -> list[str]:
    with runtime.database.read() as conn:
        return [one.removeprefix("stf_demo_") for one in on_call_now(conn, "dst_demo", school, START)]


def turns(page: str) -> list[str]:
    return re.findall(r'name="turn_id" value="(\w+)"', page)


def test_a_turn_is_added_called_earlier_and_taken_away(coordinator: Browser, runtime: Any) -> None:
    assert order(runtime) == ["counselor", "principal"]
    assert coordinator.post(PAGE, do="add", staff_id="stf_demo_nurse", school_id="").status_code == 303
    assert order(runtime) == ["counselor", "principal", "nurse"]
    last = turns(coordinator.get(PAGE).text)[-1]
    for _ in range(3):  # the first cannot be called earlier
        coordinator.post(PAGE, do="up", turn_id=last)
    assert order(runtime) == ["nurse", "counselor", "principal"]
    coordinator.post(PAGE, do="remove", turn_id=last)
    assert order(runtime) == ["counselor", "principal"]


def test_there_is_always_somebody(coordinator: Browser, runtime: Any) -> None:
    first, second = dict.fromkeys(turns(coordinator.get(PAGE).text))
    assert coordinator.post(PAGE, do="remove", turn_id=first).status_code == 303
    refused = coordinator.post(PAGE, do="remove", turn_id=second)
    assert (refused.status_code, "nobody would be on call" in refused.text) == (409, True)
    assert order(runtime) == ["principal"]


def test_a_turn_at_one_school_is_nobody_for_the_others(coordinator: Browser, runtime: Any) -> None:
    coordinator.post(PAGE, do="add", staff_id="stf_demo_counselor", school_id="sch_demo_river")
    first, second, river = dict.fromkeys(turns(coordinator.get(PAGE).text))
    assert coordinator.post(PAGE, do="remove", turn_id=first).status_code == 303
    assert coordinator.post(PAGE, do="remove", turn_id=second).status_code == 409
    assert order(runtime) == ["principal"]
    assert coordinator.post(PAGE, do="remove", turn_id=river).status_code == 303


@pytest.mark.parametrize(
    "form",
    [
        {"staff_id": "stf_demo_teacher"},
        {"staff_id": "stf_nobody"},
        {"staff_id": "stf_demo_nurse", "school_id": "sch_demo_river"},  # trained, at the other school
        {"staff_id": "stf_demo_counselor", "starts": "soon"},
        {"staff_id": "stf_demo_counselor", "starts": "2027-01-02T08:00", "ends": "2027-01-01T08:00"},
        {"staff_id": "stf_demo_counselor", "ends": "2020-01-01T08:00"},
    ],
)
def test_a_turn_that_cannot_be_is_refused(coordinator: Browser, runtime: Any, form: dict[str, str]) -> None:
    answer = coordinator.post(PAGE, do="add", **form)
    assert (answer.status_code, 'role="alert"' in answer.text) == (409, True)
    assert order(runtime) == ["counselor", "principal"]


def test_a_turn_has_its_time_on_the_districts_clock(coordinator: Browser, runtime: Any) -> None:
    coordinator.post(
        PAGE, do="add", staff_id="stf_demo_counselor", school_id="sch_demo_river", starts="2026-11-18T08:00", ends="2026-11-19T08:00"
    )
    with runtime.database.read() as conn:
        found = conn.execute(sa.select(t.OnCall.starts_at, t.OnCall.ends_at).where(t.OnCall.school_id == "sch_demo_river")).one()
    assert [one.isoformat() for one in found] == ["2026-11-18T15:00:00+00:00", "2026-11-19T15:00:00+00:00"]
    page = coordinator.get(PAGE).text.replace("\u202f", " ")
    assert ("River Middle School" in page, "from tomorrow at 8:00 AM" in page, "until Thursday at 8:00 AM" in page) == (True, True, True)


@pytest.mark.parametrize(("login", "forms", "status"), [("liaison", 1, 403), ("principal", 2, 403), ("teacher", 0, 404)])
def test_who_may_only_look_changes_nothing(browser: New, runtime: Any, login: str, forms: int, status: int) -> None:
    mine = enter(browser(), f"stf_demo_{login}")
    page = mine.get(PAGE)
    assert page.status_code == (404 if login == "teacher" else 200)
    answer = mine.post(PAGE, page="/console/tasks", do="add", staff_id="stf_demo_nurse", school_id="")
    assert answer.status_code == status
    assert ("Add a turn" in page.text) is (login == "principal")  # for her own school
    assert order(runtime) == ["counselor", "principal"]


def test_another_schools_turn_is_not_the_principals(browser: New, runtime: Any, coordinator: Browser) -> None:
    coordinator.post(PAGE, do="add", staff_id="stf_demo_counselor", school_id="sch_demo_river")
    river = turns(coordinator.get(PAGE).text)[-1]
    principal = enter(browser(), "stf_demo_principal")
    assert principal.post(PAGE, do="remove", turn_id=river).status_code == 403
    assert principal.post(PAGE, do="remove", turn_id="onc_none").status_code == 404
    assert order(runtime, "sch_demo_river") == ["counselor", "principal", "counselor"]


def test_a_drill_pages_the_first_and_shows_who_had_it(coordinator: Browser, browser: New, runtime: Any, clock: TickingClock) -> None:
    assert "There was no drill yet." in coordinator.get(PAGE).text
    answer = coordinator.post("/console/on-call/drill", page=PAGE)
    assert "The drill is on its way." in coordinator.get(answer.headers["Location"]).text
    assert coordinator.post("/console/on-call/drill", page=PAGE).status_code == 409
    counselor = enter(browser(), "stf_demo_counselor")
    task = re.search(r'href="(/console/tasks/\w+)"', counselor.get("/console/tasks").text)
    assert task is not None
    clock.advance(seconds=200)
    assert counselor.post(f"{task[1]}/take", page=task[1]).status_code == 303
    assert re.search(r"Mr. Adler had it after \d minutes", coordinator.get(PAGE).text)


def test_trained_staff_end_a_safety_hold_with_a_reason(browser: New, runtime: Any) -> None:
    with runtime.database.begin() as conn:
        conn.execute(sa.update(t.Case).where(t.Case.code == "CV-1002").values(safety_hold=True))
    case = "/console/cases/CV-1002"
    seen = {
        login: "End the safety hold" in enter(browser(), f"stf_demo_{login}").get(case).text
        for login in ("teacher", "liaison", "coordinator", "counselor", "principal")
    }
    assert seen == {"teacher": False, "liaison": False, "coordinator": False, "counselor": True, "principal": True}
    counselor = enter(browser(), "stf_demo_counselor")
    refused = counselor.post(f"{case}/release", page=case, note="Spoke with her")
    assert refused.status_code == 409
    assert ("Please say why the hold may end." in refused.text, ">Spoke with her</textarea>" in refused.text) == (True, True)
    done = counselor.post(f"{case}/release", page=case, why="safe_now", note="Spoke with the mother")
    page = counselor.get(done.headers["Location"]).text
    assert ("The hold has ended." in page, "End the safety hold" in page) == (True, False)
    late = enter(browser(), "stf_demo_principal").post(f"{case}/release", page=case, why="safe_now", note="I called <her>")
    assert late.status_code == 409
    assert ("A colleague was quicker: the hold has ended already." in late.text, ">I called &lt;her&gt;</p>" in late.text) == (True, True)
    with runtime.database.read() as conn:
        assert conn.execute(sa.select(t.Case.safety_hold).where(t.Case.code == "CV-1002")).scalar_one() is False


def test_a_turn_that_cannot_be_stays_on_the_form(browser: New) -> None:
    mine = enter(browser(), "stf_demo_coordinator")
    wrong = {"staff_id": "stf_demo_counselor", "school_id": "sch_demo_maple", "starts": "2026-12-20T08:00", "ends": "2026-12-19T08:00"}
    refused = mine.post(PAGE, do="add", **wrong)
    assert (refused.status_code, "The end must come after the start" in refused.text) == (409, True)
    kept = ('name="starts" value="2026-12-20T08:00"', 'name="ends" value="2026-12-19T08:00"', '"stf_demo_counselor" selected')
    assert [one in refused.text for one in (*kept, '"sch_demo_maple" selected')] == [True] * 4
