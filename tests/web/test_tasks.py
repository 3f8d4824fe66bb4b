"""Tasks reach the people they are for, one of whom has each, and who has it says when it is done."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from bot.service.outcome import MAX_NOTE
from bot.service.receive import receive_batch
from bot.service.translate_new import index
from bot.store import tables as t
from bot.store.types import Plain
from tests.fakes.clock import START
from tests.service.mailing import mail
from tests.service.receiving import STRANGER, sms
from tests.web.conftest import Browser

New = Callable[[], Browser]
WORDS = "número equivocado"
TASK = "/console/tasks/hnd_1"


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


def test_who_takes_the_task_of_an_unknown_number_can_call_it(browser: New, runtime: Any) -> None:
    with runtime.database.begin() as conn:
        receive_batch(conn, runtime, [sms("hello?", STRANGER), sms("I will kill myself", "+15550109998")], runtime.clock.now())
    with runtime.database.read() as conn:
        ids = dict(conn.execute(sa.select(t.Handoff.reason, t.Handoff.id)).all())
    office, counselor = browser().sign_in("office@demo.example"), browser().sign_in("counselor@demo.example")
    page = office.get(f"/console/tasks/{ids['unknown_sender']}").text
    assert "(555) 010-9999" in page
    assert "hello?" not in page  # the family's words are not the office's to read
    assert "(555) 010-9998" in counselor.get(f"/console/tasks/{ids['danger']}").text


def test_a_task_says_of_a_person_who_may_be_told_nothing_that_it_is_so(browser: New, runtime: Any) -> None:
    make(runtime, reason="free_note", to_role="liaison", owner_id="stf_demo_liaison")
    liaison = browser().sign_in("liaison@demo.example")
    assert "may be told nothing" not in liaison.get(TASK).text
    with runtime.database.begin() as conn:
        theirs = sa.update(t.Guardianship).where(t.Guardianship.contact_id == "con_demo_es")
        conn.execute(theirs.values(restriction="court_order"))
    assert '<span class="tag alarm">may be told nothing: ask the office</span>' in liaison.get(TASK).text


def test_a_task_about_one_child_says_so_where_another_may_be_spoken_of(browser: New, runtime: Any) -> None:
    about = {"case_id": "cas_demo_ana", "school_id": "sch_demo_maple", "contact_id": "con_demo_siblings", "visibility": "team"}
    make(runtime, reason="free_note", to_role="liaison", owner_id="stf_demo_liaison", **about)
    liaison = browser().sign_in("liaison@demo.example")
    for child, said in (("stu_demo_luis", False), ("stu_demo_ana", True)):
        with runtime.database.begin() as conn:
            theirs = sa.update(t.Guardianship).where(t.Guardianship.contact_id == "con_demo_siblings")
            conn.execute(theirs.where(t.Guardianship.student_id == child).values(may_receive=False))
        assert ("may be told nothing" in liaison.get(TASK).text) is said


def test_a_mail_nobody_can_vouch_for_says_whose_address_it_names_and_where_to_call(browser: New, runtime: Any) -> None:
    with runtime.database.begin() as conn:
        items = [mail("he said he wants to die", "ES@home.test", doubt="dmarc"), mail("hello", "nobody@home.test", doubt="dmarc")]
        receive_batch(conn, runtime, items, runtime.clock.now())
    with runtime.database.read() as conn:
        ids = dict(conn.execute(sa.select(t.Handoff.reason, t.Handoff.id)).all())
    page = browser().sign_in("counselor@demo.example").get(f"/console/tasks/{ids['doubtful_danger']}").text
    assert "Lucía Delgado" in page
    assert "(555) 010-1002" in page
    assert "call the number on file" in page
    assert "On file for" not in browser().sign_in("office@demo.example").get(f"/console/tasks/{ids['doubtful_mail']}").text


def test_a_mail_is_not_called_a_number_nor_a_no_to_texts_a_stop(browser: New, runtime: Any) -> None:
    with runtime.database.begin() as conn:
        conn.execute(sa.update(t.Consent).values(state="refused"))
        items = [mail("I am the uncle", "uncle@else.test"), sms("Diego reads more")]
        receive_batch(conn, runtime, items, runtime.clock.now())
    assert "Somebody we do not know wrote" in browser().sign_in("office@demo.example").get("/console/tasks").text
    assert "The family wants no texts, and wrote to us" in browser().sign_in("liaison@demo.example").get("/console/tasks").text


def test_who_may_write_to_the_family_gets_there_from_their_task(browser: New, runtime: Any) -> None:
    about = {"case_id": "cas_demo_diego", "school_id": "sch_demo_maple", "visibility": "team"}
    make(runtime, reason="question", to_role="liaison", owner_id="stf_demo_liaison", **about)
    link = "/console/cases/CV-1002/write/con_demo_es"
    liaison = browser().sign_in("liaison@demo.example")
    assert f'href="{link}">Write to' in liaison.get(TASK).text
    assert liaison.get(link).status_code == 200
    with runtime.database.begin() as conn:
        conn.execute(sa.update(t.Handoff).values(to_role="on_call"))
    assert link not in liaison.get(TASK).text, "danger is for a call"
    with runtime.database.begin() as conn:
        conn.execute(sa.update(t.Handoff).values(to_role="liaison"))
        conn.execute(sa.update(t.Guardianship).values(restriction="court_order"))
    assert link not in liaison.get(TASK).text


def test_who_takes_a_task_says_what_came_of_it(browser: New, runtime: Any) -> None:
    make(runtime)
    office = browser().sign_in("office@demo.example")
    asked_again = office.post("/console/tasks/hnd_1/done", page="/console/")
    assert (asked_again.status_code, "Please choose what you did." in asked_again.text) == (409, True)
    assert state(runtime) == ("open", "stf_demo_office", False)
    office.post("/console/tasks/hnd_1/take", page="/console/")
    assert "It is done" in office.get("/console/tasks/hnd_1").text
    answer = office.post("/console/tasks/hnd_1/done", page="/console/", how="called", note=" The <b>new</b> number is on file. ")
    assert (answer.headers["Location"], state(runtime)) == ("/console/tasks", ("closed", "stf_demo_office", True))
    assert "Wrong number" not in office.get("/console/").text
    page = office.get("/console/tasks/hnd_1").text
    assert "<strong>I called</strong>, Ms. Grant" in page
    assert "The &lt;b&gt;new&lt;/b&gt; number is on file." in page
    assert office.post("/console/tasks/hnd_1/done", page="/console/", how="met").status_code == 409


def test_who_checks_translations_goes_from_the_task_to_its_words(browser: New, runtime: Any) -> None:
    about = {"case_id": "cas_demo_diego", "school_id": "sch_demo_maple", "reason": "free_note", "visibility": "team"}
    make(runtime, to_role="liaison", owner_id=None, body=Plain("dst_demo", "Lee mucho"), **about)
    with runtime.database.begin() as conn:
        conn.execute(
            sa.insert(t.Translation).values(
                id="trn_1", district_id="dst_demo", source_kind="handoff", source_id="hnd_1", case_id="cas_demo_diego", source_lang="es",
                target_lang="en", source_index=index(runtime, "dst_demo", "Lee mucho"), state="waiting", created_at=START,
            )
        )  # fmt: skip
    link = '<a href="/console/translations/trn_1">Translate it</a>'
    liaison = browser().sign_in("liaison@demo.example")
    assert link in liaison.get("/console/tasks/hnd_1").text
    assert liaison.get("/console/translations/trn_1").status_code == 200
    teacher = browser().sign_in("teacher@demo.example").get("/console/tasks/hnd_1").text
    assert ("Lee mucho" in teacher, link in teacher) == (True, False)


def test_a_note_as_long_as_the_box_takes_is_kept_however_many_lines_it_has(browser: New, runtime: Any) -> None:
    make(runtime)
    note = "one\r\n" * (MAX_NOTE // 4)
    answer = browser().sign_in("office@demo.example").post("/console/tasks/hnd_1/done", page="/console/", how="called", note=note)
    assert (answer.status_code, state(runtime)) == (303, ("closed", "stf_demo_office", True))


def test_the_outcome_is_sealed_and_stands_in_the_case_for_its_team(browser: New, runtime: Any) -> None:
    make(
        runtime,
        case_id="cas_demo_diego",
        school_id="sch_demo_maple",
        owner_id="stf_demo_liaison",
        to_role="liaison",
        reason="person",
        visibility="team",
    )
    browser().sign_in("liaison@demo.example").post("/console/tasks/hnd_1/done", page="/console/", how="met", note="We met on Tuesday")
    assert "We met on Tuesday" in browser().sign_in("teacher@demo.example").get("/console/cases/CV-1002").text
    with runtime.database.read() as conn:
        assert b"Tuesday" not in bytes(conn.execute(sa.text("SELECT outcome FROM handoff")).scalar_one())


def test_a_task_goes_to_a_colleague_who_may_read_it_and_is_told(browser: New, runtime: Any) -> None:
    make(runtime, case_id="cas_demo_diego", school_id="sch_demo_maple", owner_id="stf_demo_liaison", to_role="liaison", reason="distress")
    liaison = browser().sign_in("liaison@demo.example")
    page = liaison.get("/console/tasks/hnd_1").text
    offered = {
        name
        for name in ("Mr. Adler", "Mr. Tanaka", "Dr. Lindqvist", "Ms. Bennett", "Ms. Quill", "Ms. Grant", "Elena Soto")
        if f">{name} (" in page
    }
    assert offered == {"Mr. Adler", "Mr. Tanaka", "Dr. Lindqvist"}  # the staff_only task is not for the teacher
    assert liaison.post("/console/tasks/hnd_1/give", page="/console/", staff_id="stf_demo_teacher").status_code == 409
    assert liaison.post("/console/tasks/hnd_1/give", page="/console/", staff_id="stf_demo_counselor").status_code == 303
    assert state(runtime) == ("open", "stf_demo_counselor", False)
    with runtime.database.read() as conn:
        told = conn.execute(sa.select(t.Outbox.staff_id, t.Outbox.body).where(t.Outbox.handoff_id == "hnd_1")).one()
    assert told.staff_id == "stf_demo_counselor"
    assert told.body == "Elena Soto gave you a task in Hearthline: https://hearthline.example/console/tasks/hnd_1"
    assert liaison.post("/console/tasks/hnd_1/give", page="/console/", staff_id="stf_demo_coordinator").status_code == 409
    assert liaison.post("/console/tasks/hnd_1/done", page="/console/", how="met").status_code == 409


def test_what_came_of_a_task_is_not_lost_when_it_cannot_be_closed(browser: New, runtime: Any) -> None:
    make(
        runtime,
        to_role="liaison",
        owner_id="stf_demo_liaison",
        state="acknowledged",
        case_id="cas_demo_diego",
        school_id="sch_demo_maple",
        visibility="team",
    )
    mine = browser().sign_in("liaison@demo.example")
    missed = mine.post(f"{TASK}/done", page=TASK, note="We spoke for an hour.")
    assert (missed.status_code, ">We spoke for an hour.</textarea>" in missed.text) == (409, True)
    with runtime.database.begin() as conn:
        conn.execute(sa.update(t.Handoff).where(t.Handoff.id == "hnd_1").values(owner_id="stf_demo_coordinator"))
    late = mine.post(f"{TASK}/done", page=TASK, how="called", note="We spoke for an hour.")
    assert (late.status_code, "A colleague was quicker" in late.text, ">We spoke for an hour.</p>" in late.text) == (409, True, True)


def test_a_page_of_the_rota_waits_for_everybody_on_it(browser: New, runtime: Any) -> None:
    make(
        runtime,
        owner_id="stf_demo_counselor",
        to_role="on_call",
        reason="danger",
        visibility="safety_only",
        case_id="cas_demo_diego",
        school_id="sch_demo_maple",
    )
    seen = {
        login: "Safety: act now" in browser().sign_in(f"{login}@demo.example").get("/console/tasks").text
        for login in ("counselor", "principal", "liaison", "teacher", "coordinator")
    }
    assert seen == {"counselor": True, "principal": True, "liaison": False, "teacher": False, "coordinator": False}


def test_a_task_for_a_role_waits_for_everybody_with_it_until_one_takes_it(browser: New, runtime: Any) -> None:
    make(runtime, owner_id=None, to_role="counselor", case_id="cas_demo_diego", school_id="sch_demo_maple", reason="counselor_wish")
    adler = browser().sign_in("counselor@demo.example")
    assert "counselor&#39;s call" in adler.get("/console/").text
    assert WORDS in adler.get("/console/tasks/hnd_1").text
    adler.post("/console/tasks/hnd_1/take", page="/console/")
    assert state(runtime) == ("acknowledged", "stf_demo_counselor", False)
    page = adler.get("/console/cases/CV-1002").text
    assert "Say what came of it" in page
    assert "Say what came of it" not in browser().sign_in("liaison@demo.example").get("/console/cases/CV-1002").text


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
        office.post(f"/console/tasks/hnd_1/{do}", page="/console/", how="called")
    with runtime.database.read() as conn:
        query = sa.select(t.Audit.action).where(t.Audit.object_id == "hnd_1").order_by(t.Audit.seq)
        assert list(conn.execute(query).scalars()) == ["read", "take_task", "close_task", "read"]


@pytest.mark.parametrize("back", ["https://evil.example", "//evil.example", "/console/\\evil", "/console//evil"])
def test_a_form_sends_nobody_elsewhere(browser: New, runtime: Any, back: str) -> None:
    make(runtime)
    office = browser().sign_in("office@demo.example")
    assert office.post("/console/tasks/hnd_1/take", page="/console/", back=back).headers["Location"] == "/console/tasks/hnd_1"


def test_who_left_the_team_passes_an_open_task_on_and_reads_no_words_of_it_or_of_an_old_one(browser: New, runtime: Any) -> None:
    about = {"case_id": "cas_demo_diego", "school_id": "sch_demo_maple", "owner_id": "stf_demo_teacher", "to_role": "teacher"}
    make(runtime, **about, reason="person", visibility="team")
    teacher = browser().sign_in("teacher@demo.example")
    assert WORDS in teacher.get("/console/tasks/hnd_1").text
    with runtime.database.begin() as conn:
        conn.execute(sa.update(t.CaseMember).where(t.CaseMember.staff_id == "stf_demo_teacher").values(until=START))
        conn.execute(sa.update(t.Case).values(lead_id=None))
    page = teacher.get("/console/tasks/hnd_1")
    assert (page.status_code, WORDS in page.text, "Give it to a colleague" in page.text) == (200, False, True)
    given = teacher.post("/console/tasks/hnd_1/give", page="/console/tasks/hnd_1", staff_id="stf_demo_liaison")
    assert (given.status_code, state(runtime)[1]) == (303, "stf_demo_liaison")
    with runtime.database.begin() as conn:
        conn.execute(sa.update(t.Handoff).values(state="closed", owner_id="stf_demo_teacher"))
    assert teacher.get("/console/tasks/hnd_1").status_code == 404
    assert WORDS in browser().sign_in("liaison@demo.example").get("/console/tasks/hnd_1").text
