"""Tasks reach the people they are for, one of whom has each, and who has it says when it is done."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from bot.store import tables as t
from bot.store.types import Plain
from tests.fakes.clock import START
from tests.web.conftest import Browser

New = Callable[[], Browser]
WORDS = "número equivocado"


def make(runtime: Any, **more: Any) -> None:
    row = {
        "id": "hnd_1",
        "district_id": "dst_demo",
        "school_id": None,
        "case_id": None,
        "contact_id": "con_demo_es",
        "to_role": "office",
        "owner_id": "stf_demo_office",
        "reason": "wrong_number",
        "body": Plain("dst_demo", WORDS),
        "lang": "es",
        "visibility": "staff_only",
        "state": "open",
        "due_at": START,
        "created_at": START,
        **more,
    }
    with runtime.database.begin() as conn:
        conn.execute(sa.insert(t.Handoff).values(**row))


def state(runtime: Any) -> tuple[Any, ...]:
    with runtime.database.read() as conn:
        return tuple(conn.execute(sa.select(t.Handoff.state, t.Handoff.owner_id, t.Handoff.closed_at.is_not(None))).one())


def test_a_task_without_a_case_reaches_the_office_and_keeps_the_familys_words_back(browser: New, runtime: Any) -> None:
    make(runtime)
    office = browser().sign_in("office@demo.example")
    assert "Wrong number: find the right one" in office.get("/console/").text
    page = office.get("/console/tasks/hnd_1").text
    assert "Lucía Delgado" in page
    assert WORDS not in page
    assert "Wrong number" not in browser().sign_in("teacher@demo.example").get("/console/").text


def test_who_takes_a_task_closes_it(browser: New, runtime: Any) -> None:
    make(runtime)
    office = browser().sign_in("office@demo.example")
    assert office.post("/console/tasks/hnd_1/done", page="/console/").status_code == 303
    assert state(runtime) == ("open", "stf_demo_office", False)
    office.post("/console/tasks/hnd_1/take", page="/console/")
    assert "It is done" in office.get("/console/tasks/hnd_1").text
    answer = office.post("/console/tasks/hnd_1/done", page="/console/")
    assert (answer.headers["Location"], state(runtime)) == ("/console/", ("closed", "stf_demo_office", True))
    assert "Wrong number" not in office.get("/console/").text
    assert "done" in office.get("/console/tasks/hnd_1").text


def test_a_task_for_a_role_waits_for_everybody_with_it_until_one_takes_it(browser: New, runtime: Any) -> None:
    make(runtime, owner_id=None, to_role="counselor", case_id="cas_demo_diego", school_id="sch_demo_maple", reason="counselor_wish")
    adler = browser().sign_in("counselor@demo.example")
    assert "counselor&#39;s call" in adler.get("/console/").text
    assert WORDS in adler.get("/console/tasks/hnd_1").text
    adler.post("/console/tasks/hnd_1/take", page="/console/")
    assert state(runtime) == ("acknowledged", "stf_demo_counselor", False)
    page = adler.get("/console/cases/CV-1002").text
    assert "It is done" in page
    assert "It is done" not in browser().sign_in("liaison@demo.example").get("/console/cases/CV-1002").text


def test_a_role_at_another_school_is_not_asked(browser: New, runtime: Any) -> None:
    make(runtime, owner_id=None, to_role="nurse", school_id="sch_demo_river", visibility="team")
    assert browser().sign_in("nurse@demo.example").get("/console/tasks/hnd_1").status_code == 404


@pytest.mark.parametrize("login", ["teacher", "other.teacher", "admin", "nurse"])
@pytest.mark.parametrize("do", ["", "/take", "/done"])
def test_a_task_that_is_not_mine_is_no_page(browser: New, runtime: Any, login: str, do: str) -> None:
    make(runtime, case_id="cas_demo_diego", school_id="sch_demo_maple", owner_id="stf_demo_liaison", to_role="liaison")
    mine = browser().sign_in(f"{login}@demo.example")
    answer = mine.post(f"/console/tasks/hnd_1{do}", page="/console/") if do else mine.get("/console/tasks/hnd_1")
    assert answer.status_code == 404
    assert state(runtime)[0] == "open"


def test_a_task_of_another_district_does_not_exist(browser: New, runtime: Any) -> None:
    with runtime.database.begin() as conn:
        conn.execute(
            sa.insert(t.District).values(id="dst_two", name="Two", zone="America/Denver", settings={}, demo=True, created_at=START)
        )
    make(runtime, district_id="dst_two", contact_id=None, body=None, owner_id=None)
    assert browser().sign_in("office@demo.example").get("/console/tasks/hnd_1").status_code == 404


def test_reading_and_handling_a_task_is_audited(browser: New, runtime: Any) -> None:
    make(runtime)
    office = browser().sign_in("office@demo.example")
    office.get("/console/tasks/hnd_1")
    for do in ("take", "take", "done", "done"):
        office.post(f"/console/tasks/hnd_1/{do}", page="/console/")
    with runtime.database.read() as conn:
        query = sa.select(t.Audit.action).where(t.Audit.object_id == "hnd_1").order_by(t.Audit.seq)
        assert list(conn.execute(query).scalars()) == ["read", "take_task", "close_task"]


@pytest.mark.parametrize("back", ["https://evil.example", "//evil.example", "/console/\\evil", "/console//evil"])
def test_a_form_sends_nobody_elsewhere(browser: New, runtime: Any, back: str) -> None:
    make(runtime)
    office = browser().sign_in("office@demo.example")
    assert office.post("/console/tasks/hnd_1/take", page="/console/", back=back).headers["Location"] == "/console/tasks/hnd_1"
