"""A case is opened for a child and its team named; whoever is on the team can read it from then on, and loses it when they leave."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa

from bot.clock import RealIds
from bot.service.runtime import Runtime
from bot.store import tables as t
from bot.store.types import Plain
from tests.fakes.clock import START
from tests.web.conftest import Browser, counts, enter

New = Callable[[], Browser]
CHILD = "stu_new"


@pytest.fixture
def runtime(runtime: Runtime) -> Runtime:
    """With ids of its own: the seed counted its teams from one."""
    return replace(runtime, ids=RealIds())


@pytest.fixture
def child(runtime: Any) -> str:
    """A child without a case, with a mother who may be told everything and an uncle who may be told nothing."""
    with runtime.database.begin() as conn:
        conn.execute(
            sa.insert(t.Student).values(
                id=CHILD, district_id="dst_demo", school_id="sch_demo_maple", first_name=Plain("dst_demo", "Zoë"),
                last_name=Plain("dst_demo", "Ñandú"), birth_date=None, grade="2",
            )
        )  # fmt: skip
        for contact, restriction in (("con_demo_es", ""), ("con_demo_so", "court")):
            conn.execute(
                sa.insert(t.Guardianship).values(
                    id=f"gua_{contact}", district_id="dst_demo", contact_id=contact, student_id=CHILD, relation="mother" if not restriction else "uncle",
                    rights_holder=not restriction, may_receive=True, restriction=restriction, hold="", valid_from=START, valid_to=None,
                )
            )  # fmt: skip
    return CHILD


def wish(**more: str) -> dict[str, str]:
    return {"liaison_id": "stf_demo_liaison", "lead_id": "stf_demo_teacher", "team": "stf_demo_nurse", "domains": "reading", **more}


@pytest.mark.parametrize(("wanted", "found"), [("zoe", True), ("NANDU", True), ("zoë ñan", True), ("zoe maya", False), ("", False)])
def test_a_child_is_found_by_any_part_of_the_name(browser: New, child: str, wanted: str, found: bool) -> None:
    page = enter(browser(), "stf_demo_coordinator").post("/console/open-case", wanted=wanted).text
    assert (f"/console/open-case/{child}" in page) is found


def test_a_child_with_a_case_is_shown_with_it_and_cannot_be_opened_twice(browser: New, runtime: Any) -> None:
    mine = enter(browser(), "stf_demo_coordinator")
    page = mine.post("/console/open-case", wanted="diego").text
    assert "has a case: CV-1002" in page
    assert "/console/open-case/stu_demo_diego" not in page
    before = counts(runtime.database)["cases"]
    assert mine.post("/console/open-case/stu_demo_diego", page="/console/open-case", **wish()).status_code == 409
    assert counts(runtime.database)["cases"] == before


def test_the_form_says_who_may_be_told_what(browser: New, child: str) -> None:
    page = enter(browser(), "stf_demo_coordinator").get(f"/console/open-case/{child}").text
    assert "Lucía Delgado</bdi>, Mother, Spanish" in page
    assert "may be told everything" in page
    assert "may be told nothing: ask the office" in page
    assert "Ms. Quill" not in page  # a teacher of the other school
    assert "Ms. Grant" not in page  # the office reads no case


def test_the_team_reads_the_case_from_its_opening(browser: New, runtime: Any, child: str) -> None:
    nurse = enter(browser(), "stf_demo_nurse")
    mine = enter(browser(), "stf_demo_liaison")
    answer = mine.post(f"/console/open-case/{child}", **wish())
    assert (answer.status_code, answer.headers["Location"]) == (303, "/console/cases/CV-1007?done=opened")
    assert "The case is open and the team is named." in mine.get(answer.headers["Location"]).text
    assert [one.get("/console/cases/CV-1007").status_code for one in (nurse, enter(browser(), "stf_demo_other_teacher"))] == [200, 404]
    with runtime.database.read() as conn:
        row = conn.execute(
            sa.select(t.Case.district_id, t.Case.lead_id, t.Case.liaison_id, t.Case.domains, t.Case.state).where(t.Case.code == "CV-1007")
        ).one()
        team = conn.execute(
            sa.select(t.CaseMember.staff_id, t.CaseMember.role)
            .join(t.Case, t.Case.id == t.CaseMember.case_id)
            .where(t.Case.code == "CV-1007")
            .order_by(t.CaseMember.id)
        ).all()
    assert tuple(row) == ("dst_demo", "stf_demo_teacher", "stf_demo_liaison", ["reading"], "open")
    assert [tuple(one) for one in team] == [("stf_demo_liaison", "liaison"), ("stf_demo_teacher", "teacher"), ("stf_demo_nurse", "nurse")]


def test_the_record_of_a_new_case_can_be_written_and_verified(browser: New, runtime: Any, child: str) -> None:
    from bot.service.verify import verify

    enter(browser(), "stf_demo_liaison").post(f"/console/open-case/{child}", **wish())
    with runtime.database.read() as conn:
        assert [one.holds for one in verify(conn, runtime.vault, "CV-1007")] == [True]


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"domains": ""}, "choose at least one"),
        ({"domains": "astrology"}, "choose at least one"),
        ({"liaison_id": ""}, "name the liaison"),
        ({"liaison_id": "stf_demo_office"}, "name the liaison"),
        ({"lead_id": "stf_demo_other_teacher"}, "cannot be on this team"),
        ({"team": "stf_of_nobody"}, "cannot be on this team"),
        ({"slack_channel": "#general"}, "no Slack channel id"),
    ],
)
def test_a_form_that_is_not_right_comes_back_with_what_was_chosen(
    browser: New, runtime: Any, child: str, wrong: dict[str, str], says: str
) -> None:
    before = counts(runtime.database)["cases"]
    answer = enter(browser(), "stf_demo_coordinator").post(f"/console/open-case/{child}", **wish(**wrong))
    assert (answer.status_code, says in answer.text) == (409, True)
    assert counts(runtime.database)["cases"] == before
    if "lead_id" not in wrong:
        assert '<option value="stf_demo_teacher" selected>' in answer.text


def test_a_principal_opens_cases_of_her_own_school_only(browser: New, runtime: Any, child: str) -> None:
    with runtime.database.begin() as conn:
        conn.execute(sa.update(t.Student).where(t.Student.id == child).values(school_id="sch_demo_river"))
    principal = enter(browser(), "stf_demo_principal")
    assert f"/console/open-case/{child}" not in principal.post("/console/open-case", wanted="zoe").text
    assert principal.post(f"/console/open-case/{child}", page="/console/open-case", **wish()).status_code == 404


def test_the_first_case_of_a_district_gets_a_code_that_tells_nothing(runtime: Any, child: str) -> None:
    from bot.service.open_case import _next_code

    with runtime.database.begin() as conn:
        conn.execute(
            sa.insert(t.District).values(id="dst_two", name="Élan Çay", zone="America/Denver", settings={}, demo=True, created_at=START)
        )
        assert _next_code(conn, "dst_two") == "EL-1001"
        conn.execute(sa.update(t.District).where(t.District.id == "dst_two").values(name="7"))
        assert _next_code(conn, "dst_two") == "XX-1001"


def test_the_team_is_changed_and_who_leaves_loses_the_case_at_once(browser: New, runtime: Any) -> None:
    liaison, nurse = enter(browser(), "stf_demo_liaison"), enter(browser(), "stf_demo_nurse")
    team = "/console/cases/CV-1002/team"
    for _ in range(2):
        assert liaison.post(team, do="add", staff_id="stf_demo_nurse").status_code == 303
    assert nurse.get("/console/cases/CV-1002").status_code == 200
    with runtime.database.read() as conn:
        (member,) = conn.execute(sa.select(t.CaseMember.id).where(t.CaseMember.staff_id == "stf_demo_nurse")).scalars()
    assert liaison.post(team, do="end", member_id=member).status_code == 303
    assert nurse.get("/console/cases/CV-1002").status_code == 404
    assert liaison.post(team, do="end", member_id=member).status_code == 303  # twice is once


def test_who_answers_for_a_case_cannot_leave_before_another_is_named(browser: New, runtime: Any) -> None:
    liaison = enter(browser(), "stf_demo_liaison")
    team = "/console/cases/CV-1002/team"
    with runtime.database.read() as conn:
        query = sa.select(t.CaseMember.id).where(t.CaseMember.case_id == "cas_demo_diego", t.CaseMember.staff_id == "stf_demo_liaison")
        member = conn.execute(query).scalar_one()
    refused = liaison.post(team, do="end", member_id=member)
    assert (refused.status_code, "First name somebody else" in refused.text) == (409, True)
    assert liaison.post(team, do="name", liaison_id="").status_code == 409
    assert liaison.post(team, do="name", liaison_id="stf_demo_office").status_code == 409
    assert liaison.post(team, do="name", liaison_id="stf_demo_counselor", lead_id="").status_code == 303
    assert liaison.post(team, do="end", member_id=member).headers["Location"] == "/console/cases/CV-1002/team"
    assert liaison.get("/console/cases/CV-1002").status_code == 404
    with runtime.database.read() as conn:
        query = sa.select(t.Audit.action).where(t.Audit.action.like("set_%") | t.Audit.action.like("team_%")).order_by(t.Audit.seq)
        assert list(conn.execute(query).scalars()) == ["set_liaison", "set_lead", "team_end"]
