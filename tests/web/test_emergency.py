"""Break-glass: trained staff open a closed case with a reason, for an hour, to read; it is told, on record, and looked at later."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from bot.store import tables as t
from tests.service import record_writer
from tests.web.conftest import Browser, counts, direct_messages, enter

New = Callable[[], Browser]
SAFETY = "palabras que solo leen personas formadas"
TEAM = "palabras para el equipo"
WHY = {"code": "cv-1002", "why": "danger_now", "note": "A neighbor called about the child"}


@pytest.fixture
def nurse(browser: New, runtime: Any) -> Browser:
    """Trained for safety at this school, and not on the case's team."""
    record_writer.write(
        runtime.database,
        {**record_writer.entry(1, SAFETY), "visibility": "safety_only", "kind": "safety_flag"},
        record_writer.entry(2, TEAM),
    )
    return enter(browser(), "stf_demo_nurse")


def open_it(mine: Browser, **more: str) -> Any:
    return mine.post("/console/emergency", **{**WHY, **more})


def test_a_closed_case_opens_for_an_hour_to_read_and_closes(nurse: Browser, runtime: Any, clock: Any) -> None:
    assert nurse.get("/console/cases/CV-1002").status_code == 404
    assert open_it(nurse).headers["Location"] == "/console/cases/CV-1002"
    page = nurse.get("/console/cases/CV-1002").text
    assert (SAFETY in page, TEAM in page, "You opened this case in an emergency" in page) == (True, True, True)
    assert ("Write to the family" in page, "Tell an early concern" in page) == (False, False)
    before = counts(runtime.database)
    for path, form in (
        ("/console/cases/CV-1002/write/con_demo_es", {"text": "x", "class": "C"}),
        ("/console/cases/CV-1002/chat-link/con_demo_es", {}),
        ("/console/cases/CV-1002/team", {"do": "add", "staff_id": "stf_demo_nurse"}),
        ("/console/cases/CV-1002/meetings", {"do": "cancel"}),
    ):
        assert nurse.post(path, page="/console/emergency", **form).status_code == 404, path
    assert counts(runtime.database) == before
    clock.advance(hours=1, minutes=1)
    assert nurse.get("/console/cases/CV-1002").status_code == 404
    gone = nurse.get("/console/cases/CV-1002/timeline?seen=x", headers={"HX-Request": "true"})
    assert (gone.status_code, gone.headers["HX-Redirect"]) == (286, "/console/?done=astray")


def test_who_opened_a_case_to_read_takes_no_task_of_it_and_ends_no_hold(nurse: Browser, runtime: Any, clock: Any) -> None:
    about = {"district_id": "dst_demo", "school_id": "sch_demo_maple", "case_id": "cas_demo_diego", "owner_id": "stf_demo_liaison"}
    task = {"id": "hnd_1", **about, "to_role": "liaison", "reason": "person", "visibility": "team", "state": "open", "lang": ""}
    with runtime.database.begin() as conn:
        conn.execute(sa.insert(t.Handoff).values(**task, due_at=clock.now(), created_at=clock.now()))
        conn.execute(sa.update(t.Case).values(safety_hold=True))
    open_it(nurse)
    assert nurse.get("/console/tasks/hnd_1").status_code == 200
    assert 'value="safe_now"' not in nurse.get("/console/cases/CV-1002").text
    before = counts(runtime.database)
    for path in ("/console/tasks/hnd_1/take", "/console/tasks/hnd_1/done", "/console/cases/CV-1002/release"):
        assert nurse.post(path, page="/console/emergency", how="called", why="safe_now").status_code == 404, path
    assert counts(runtime.database) == before


def test_it_is_closed_when_it_is_over(nurse: Browser) -> None:
    open_it(nurse)
    assert nurse.post("/console/cases/CV-1002/emergency-over", page="/console/emergency").headers["Location"] == "/console/"
    assert nurse.get("/console/cases/CV-1002").status_code == 404
    assert nurse.post("/console/cases/CV-1002/emergency-over", page="/console/emergency").status_code == 404


@pytest.mark.parametrize("wrong", [{"why": ""}, {"note": " "}, {"why": "curious"}, {"code": "CV-9999"}, {"code": ""}])
def test_without_a_reason_or_a_case_nothing_opens(nurse: Browser, runtime: Any, wrong: dict[str, str]) -> None:
    before = counts(runtime.database)
    refused = open_it(nurse, **wrong)
    assert (refused.status_code, 'role="alert"' in refused.text) == (409, True)
    assert counts(runtime.database) == before


def test_a_case_of_a_school_where_one_is_not_trained_is_no_case(browser: New, runtime: Any) -> None:
    with runtime.database.begin() as conn:
        conn.execute(sa.update(t.StaffRole).where(t.StaffRole.staff_id == "stf_demo_nurse").values(school_id="sch_demo_river"))
        conn.execute(sa.update(t.Case).where(t.Case.code == "CV-1002").values(school_id="sch_demo_maple"))
    nurse = enter(browser(), "stf_demo_nurse")
    refused = open_it(nurse)
    assert (refused.status_code, "There is no case with this code" in refused.text) == (409, True)
    assert "There is no case with this code" in open_it(nurse, code="CV-9999").text


def test_who_may_read_it_already_needs_no_emergency(browser: New) -> None:
    counselor = enter(browser(), "stf_demo_counselor")
    refused = open_it(counselor, code="CV-1005")
    assert (refused.status_code, "This case is open to you already." in refused.text) == (409, True)


def test_the_records_officer_is_told_at_once_and_looks_at_it_once(nurse: Browser, browser: New, runtime: Any) -> None:
    open_it(nurse)
    told = [one for one in direct_messages(runtime.database) if "in an emergency" in one]
    assert len(told) == 1
    assert ("CV-1002" in told[0], "neighbor" in told[0], "/console/privacy" in told[0]) == (True, False, True)
    nurse.get("/console/cases/CV-1002")
    officer = enter(browser(), "stf_demo_admin")
    page = officer.get("/console/privacy?case=CV-1002").text
    for words in ("Opened in an emergency", "A neighbor called about the child", "Somebody may be in danger now", "I have looked at it"):
        assert words in page
    path = next(part for part in page.split('"') if part.startswith("/console/privacy/emergency/"))
    assert officer.post(path, page="/console/privacy").status_code == 303
    assert officer.post(path, page="/console/privacy").status_code == 409
    assert "looked at by" in officer.get("/console/privacy").text
    assert nurse.post(path, page="/console/emergency").status_code == 404
    with runtime.database.read() as conn:
        query = sa.select(t.Audit.actor_id, t.Audit.action, t.Audit.reason).where(
            t.Audit.action.in_(("break_glass", "read", "review_break_glass")), t.Audit.object_kind != "log"
        )
        lines = [tuple(row) for row in conn.execute(query.order_by(t.Audit.seq))]
    assert lines == [
        ("stf_demo_nurse", "break_glass", "danger_now"),
        ("stf_demo_nurse", "read", "break_glass"),
        ("stf_demo_admin", "review_break_glass", ""),
    ]
    with runtime.database.read() as conn:
        assert b"neighbor" not in bytes(conn.execute(sa.text("SELECT note FROM break_glass")).scalar_one())


def test_nobody_looks_at_their_own(nurse: Browser, runtime: Any) -> None:
    with runtime.database.begin() as conn:
        conn.execute(
            sa.insert(t.StaffRole).values(
                id="rol_both", district_id="dst_demo", staff_id="stf_demo_nurse", school_id=None, role="privacy_officer"
            )
        )
    open_it(nurse)
    page = nurse.get("/console/privacy").text
    assert ("Opened in an emergency" in page, "I have looked at it" in page) == (True, False)
    with runtime.database.read() as conn:
        glass_id, ends_at, opened_at = conn.execute(sa.select(t.BreakGlass.id, t.BreakGlass.ends_at, t.BreakGlass.opened_at)).one()
    assert ends_at - opened_at == timedelta(hours=1)
    assert nurse.post(f"/console/privacy/emergency/{glass_id}", page="/console/privacy").status_code == 409


def test_who_answers_for_records_and_opens_a_case_is_told_of_by_somebody_else(nurse: Browser, runtime: Any) -> None:
    with runtime.database.begin() as conn:
        conn.execute(sa.update(t.StaffRole).where(t.StaffRole.role == "privacy_officer").values(staff_id="stf_demo_nurse"))
    open_it(nurse)
    with runtime.database.read() as conn:
        assert conn.execute(sa.select(t.Outbox.staff_id).where(t.Outbox.ref == "break_glass")).scalars().all() == ["stf_demo_coordinator"]
