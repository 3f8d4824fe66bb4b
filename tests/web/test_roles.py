"""Every page for every role, in its own and in another district: who may not know, learns nothing (fault 23, domain.md 10.1)."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from bot.clock import RealIds
from bot.store import tables as t
from bot.store.types import Plain
from tests.fakes.clock import START
from tests.service import record_writer
from tests.web.conftest import Browser

New = Callable[[], Browser]

PAGES = ("/console/cases/CV-1002", "/console/cases/CV-1002/timeline?seen=")
OPENS = {
    "teacher": True,
    "liaison": True,
    "counselor": True,
    "coordinator": True,
    "principal": True,
    "evaluation": False,
    "office": False,
    "nurse": False,
    "admin": False,
    "other.teacher": False,
}


@pytest.mark.parametrize("login", OPENS)
@pytest.mark.parametrize("page", PAGES)
def test_who_may_open_a_case(browser: New, login: str, page: str) -> None:
    mine = browser().sign_in(f"{login}@demo.example")
    assert mine.get(page).status_code == (200 if OPENS[login] else 404)
    assert ("CV-1002" in mine.get("/console/").text) is OPENS[login]


def test_a_case_that_is_not_mine_and_a_case_that_is_not_answer_alike(browser: New) -> None:
    mine = browser().sign_in("other.teacher@demo.example")
    assert mine.get("/console/cases/CV-1002").text == mine.get("/console/cases/CV-9999").text


def _second_district(database: Any, runtime: Any) -> None:
    """Another tenant with a coordinator of its own, who may see all its cases and none of ours."""
    with database.begin() as conn:
        conn.execute(
            sa.insert(t.District).values(id="dst_two", name="Two", zone="America/Denver", settings={}, demo=True, created_at=START)
        )
        database.vault.new_keys(conn, "dst_two", START, RealIds().new)
        email = "coordinator@two.example"
        conn.execute(
            sa.insert(t.Staff).values(
                id="stf_two",
                district_id="dst_two",
                name=Plain("dst_two", "Pat Two"),
                email=Plain("dst_two", email),
                email_index=database.vault.index("dst_two", email),
                slack_user="U0TWO",
                lang="en",
                active=True,
            )
        )
        conn.execute(
            sa.insert(t.StaffRole).values(id="rol_two", district_id="dst_two", staff_id="stf_two", school_id=None, role="coordinator")
        )


@pytest.mark.parametrize("page", PAGES)
def test_another_districts_coordinator_sees_nothing_of_ours(browser: New, runtime: Any, page: str) -> None:
    record_writer.write(runtime.database, record_writer.entry(1, "palabras que nadie mas debe leer"))
    _second_district(runtime.database, runtime)
    mine = browser().sign_in("coordinator@two.example")
    assert mine.get(page).status_code == 404
    assert "CV-1002" not in mine.get("/console/").text


LINES = {
    "team": "a la vista del equipo",
    "staff_only": "solo para el personal",
    "safety_only": "solo para seguridad",
    "family_private_draft": "todavia un borrador",
}
READS = {
    "teacher": {"team"},
    "liaison": {"team", "staff_only"},
    "counselor": {"team", "staff_only", "safety_only"},
    "coordinator": {"team", "staff_only"},
    "principal": {"team", "staff_only", "safety_only"},
}


@pytest.mark.parametrize("login", READS)
def test_each_role_reads_what_it_may_and_no_trace_of_the_rest(browser: New, runtime: Any, login: str) -> None:
    rows = [{**record_writer.entry(n, words), "visibility": seen} for n, (seen, words) in enumerate(LINES.items(), 1)]
    record_writer.write(runtime.database, *rows)
    text = browser().sign_in(f"{login}@demo.example").get("/console/cases/CV-1002").text
    assert {seen for seen, words in LINES.items() if words in text} == READS[login]


def test_an_evaluation_request_is_not_seen_by_a_teacher_and_opens_the_case_to_the_evaluation_contact(browser: New, runtime: Any) -> None:
    words = "quiero que evaluen a mi hijo"
    record_writer.write(runtime.database, {**record_writer.entry(1, words), "kind": "eval_request"})
    seen = {
        login: words in browser().sign_in(f"{login}@demo.example").get("/console/cases/CV-1002").text
        for login in ("teacher", "liaison", "evaluation", "other.teacher")
    }
    assert seen == {"teacher": False, "liaison": True, "evaluation": True, "other.teacher": False}


def test_a_teacher_learns_nothing_from_whom_somebody_told(browser: New, runtime: Any) -> None:
    """Neither an evaluation task nor a page shows as a message to Ms. Okafor or to the rota."""
    now = runtime.clock.now()
    _task(runtime, reason="evaluation", visibility="staff_only", to_role="evaluation_contact", owner_id="stf_demo_evaluation")
    common = {
        "district_id": "dst_demo", "audience": "staff", "case_id": "cas_demo_diego", "channel": "slack", "sender": "", "message_class": "A",
        "body": Plain("dst_demo", "Case CV-1002"), "lang": "en", "state": "sent", "not_before": now, "created_at": now,
    }  # fmt: skip
    with runtime.database.begin() as conn:
        conn.execute(
            sa.insert(t.Outbox).values(id="out_1", purpose="handoff", staff_id="stf_demo_evaluation", handoff_id="hnd_1", **common)
        )
        conn.execute(sa.insert(t.Outbox).values(id="out_2", purpose="page", staff_id="stf_demo_counselor", **common))
        conn.execute(sa.insert(t.Outbox).values(id="out_3", purpose="alert", **common))
    seen = {}
    for login in ("teacher", "liaison", "counselor"):
        text = browser().sign_in(f"{login}@demo.example").get("/console/cases/CV-1002").text
        seen[login] = ("Ms. Okafor" in text, "Page: a person is needed now" in text, "Alert: new words" in text)
    assert seen == {"teacher": (False, False, True), "liaison": (True, False, True), "counselor": (True, True, True)}


def test_every_reading_of_the_record_is_audited_and_polling_without_news_is_not(browser: New, runtime: Any) -> None:
    record_writer.write(runtime.database, record_writer.entry(1))
    mine = browser().sign_in("liaison@demo.example")
    page = mine.get("/console/cases/CV-1002").text
    address = page.partition('hx-get="')[2].partition('"')[0]
    assert [mine.get(address).status_code for _ in range(5)] == [204] * 5
    with runtime.database.read() as conn:
        query = sa.select(t.Audit.actor_id, t.Audit.action, t.Audit.object_id, t.Audit.message_class).where(t.Audit.action == "read")
        assert [tuple(row) for row in conn.execute(query)] == [("stf_demo_liaison", "read", "cas_demo_diego", "D")]


def test_the_record_as_a_liaison_reads_it(browser: New, runtime: Any) -> None:
    record_writer.write(
        runtime.database,
        {
            **record_writer.entry(1, "Se cansa <b>mucho</b>"),
            "kind": "observation",
            "asked_text_ref": "home-observations/R5@1",
            "step_id": "R5",
        },
        record_writer.entry(2, "Le encanta el fútbol"),
        record_writer.mark(1, "ent_2"),
    )
    text = browser().sign_in("liaison@demo.example").get("/console/cases/CV-1002").text
    assert text.index("Le encanta el fútbol") < text.index("Se cansa")
    assert '<blockquote class="words" lang="es" dir="ltr">Le encanta el fútbol</blockquote>' in text
    assert "Se cansa &lt;b&gt;mucho&lt;/b&gt;" in text
    assert text.count("Translation: waiting for the liaison") == 2
    assert text.count("read back and confirmed") == 1
    assert "What does Diego love or do well?" in text


def test_a_reader_of_the_familys_language_is_told_of_no_translation(browser: New, runtime: Any) -> None:
    record_writer.write(runtime.database, record_writer.entry(1, "Le encanta el fútbol"))
    mine = browser().sign_in("liaison@demo.example")
    mine.post("/console/language", page="/console/", lang="es")
    text = mine.get("/console/cases/CV-1002").text
    assert "Traducción" not in text
    assert "Le encanta el fútbol" in text


def test_words_in_the_staffs_language_wait_for_no_translation_whatever_language_the_pages_are_in(browser: New, runtime: Any) -> None:
    record_writer.write(runtime.database, {**record_writer.entry(1, "Loves soccer"), "answer_lang": "en"})
    mine = browser().sign_in("liaison@demo.example")
    mine.post("/console/language", page="/console/", lang="es")
    text = mine.get("/console/cases/CV-1002").text
    assert "Loves soccer" in text
    assert "Traducción" not in text


def _task(runtime: Any, **more: Any) -> str:
    row = {
        "id": "hnd_1",
        "district_id": "dst_demo",
        "school_id": "sch_demo_maple",
        "case_id": "cas_demo_diego",
        "contact_id": "con_demo_es",
        "to_role": "liaison",
        "owner_id": None,
        "reason": "person",
        "body": Plain("dst_demo", "llámeme"),
        "lang": "es",
        "visibility": "team",
        "state": "open",
        "due_at": START,
        "created_at": START,
        **more,
    }
    with runtime.database.begin() as conn:
        conn.execute(sa.insert(t.Handoff).values(**row))
    return "/console/tasks/hnd_1/take"


def test_somebody_takes_a_task_and_only_one_has_it(browser: New, runtime: Any) -> None:
    path = _task(runtime)
    first, second = browser().sign_in("liaison@demo.example"), browser().sign_in("teacher@demo.example")
    assert "past its time" in first.get("/console/cases/CV-1002").text
    assert [one.post(path, page="/console/").status_code for one in (first, second)] == [303, 303]
    with runtime.database.read() as conn:
        assert tuple(conn.execute(sa.select(t.Handoff.state, t.Handoff.owner_id)).one()) == ("acknowledged", "stf_demo_liaison")


@pytest.mark.parametrize(
    ("login", "more"), [("other.teacher", {}), ("teacher", {"visibility": "staff_only"}), ("teacher", {"reason": "evaluation"})]
)
def test_a_task_one_may_not_read_cannot_be_taken(browser: New, runtime: Any, login: str, more: dict[str, str]) -> None:
    path = _task(runtime, **more)
    assert browser().sign_in(f"{login}@demo.example").post(path, page="/console/").status_code == 404
    with runtime.database.read() as conn:
        assert conn.execute(sa.select(t.Handoff.state)).scalar_one() == "open"


WHOLE = "Quiero una evaluacion.\n\nEl lun, la escuela escribio:\n> Que le gusta?"


def _mail(runtime: Any, *lines: dict[str, Any], visibility: str = "team") -> None:
    """A mail of which lines were written."""
    raw = json.dumps({"full_text": f"{WORDS_OF_MAIL}\n{WHOLE}"})
    with runtime.database.begin() as conn:
        conn.execute(
            sa.insert(t.Message).values(
                id="msg_mail", district_id="dst_demo", provider="email", provider_id="m", channel="email", contact_id="con_demo_es",
                case_id="cas_demo_diego", body=Plain("dst_demo", WORDS_OF_MAIL), raw=Plain("dst_demo", raw), lang="es",
                visibility=visibility, screened="", state="done", attempts=0, error="", received_at=START,
            )
        )  # fmt: skip
    rows = [
        {**record_writer.entry(n, WORDS_OF_MAIL), "channel": "email", "message_id": "msg_mail", **more} for n, more in enumerate(lines, 1)
    ]
    record_writer.write(runtime.database, *rows)


WORDS_OF_MAIL = "Le gustan los cuentos"


def test_the_whole_mail_stands_once_under_what_was_cut_out_of_it(browser: New, runtime: Any) -> None:
    _mail(runtime, {}, {})
    text = browser().sign_in("liaison@demo.example").get("/console/cases/CV-1002").text
    assert (text.count("The whole mail"), text.count("El lun, la escuela escribio:")) == (1, 1)
    # it may quote what an earlier mail said for staff only
    assert "The whole mail" not in browser().sign_in("teacher@demo.example").get("/console/cases/CV-1002").text


@pytest.mark.parametrize(
    ("lines", "visibility", "seen"),
    [
        (({}, {"kind": "eval_request"}), "team", {"teacher": False, "liaison": True, "counselor": True}),
        (({}, {"visibility": "safety_only"}), "team", {"teacher": False, "liaison": False, "counselor": True}),
        (({},), "safety_only", {"teacher": False, "liaison": False, "counselor": True}),
    ],
)
def test_a_closed_line_closes_the_whole_mail(browser: New, runtime: Any, lines: Any, visibility: str, seen: dict[str, bool]) -> None:
    _mail(runtime, *lines, visibility=visibility)
    found = {login: "El lun, la escuela" in browser().sign_in(f"{login}@demo.example").get("/console/cases/CV-1002").text for login in seen}
    assert found == seen
