"""The privacy log: who read what, what went to whom; for one role, with its own reading in it, and safe in a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from bot.service import audit
from bot.store import privacy_log as store
from bot.store import tables as t
from bot.store.types import Plain
from tests.fakes.clock import START
from tests.service import record_writer
from tests.web.conftest import Browser, enter

New = Callable[[], Browser]
OFFICER = "stf_demo_admin"


@pytest.fixture
def officer(browser: New, runtime: Any) -> Browser:
    """The records officer, after a liaison read a case and a task of another was finished."""
    record_writer.write(runtime.database, record_writer.entry(1, "palabras"))
    liaison = enter(browser(), "stf_demo_liaison")
    assert liaison.get("/console/cases/CV-1002").status_code == 200
    assert liaison.get("/console/cases/CV-1001").status_code == 200
    return enter(browser(), OFFICER)


def rows(page: str) -> list[list[str]]:
    """The table's cells, without marks."""
    import re

    body = page.partition("<tbody>")[2].partition("</tbody>")[0]
    return [
        [re.sub(r"<[^>]+>|\s+", " ", cell).strip() for cell in re.findall(r"<td>(.*?)</td>", row, re.DOTALL)]
        for row in re.findall(r"<tr>(.*?)</tr>", body, re.DOTALL)
    ]


def test_who_read_what_about_which_case(officer: Browser) -> None:
    found = [cells[1:] for cells in rows(officer.get("/console/privacy").text)]
    assert found == [["Elena Soto", "read a case", "CV-1001", "D"], ["Elena Soto", "read a case", "CV-1002", "D"]]
    again = [cells[1:4] for cells in rows(officer.get("/console/privacy").text)]
    assert again[0] == ["Dr. Romero", "read this log", ""]


def test_a_letter_and_a_translation_are_about_their_case(officer: Browser, runtime: Any) -> None:
    of_diego = {"district_id": "dst_demo", "case_id": "cas_demo_diego", "created_at": START}
    with runtime.database.begin() as conn:
        conn.execute(
            sa.insert(t.FamilyText).values(
                id="ltr_1", kind="letter", author_id="stf_demo_liaison", message_class="C", lang="en", text=Plain("dst_demo", "SECRET"),
                updated_at=START, **of_diego,
            )
        )  # fmt: skip
        conn.execute(
            sa.insert(t.Translation).values(
                id="trn_1", source_kind="letter", source_id="ltr_1", source_lang="en", target_lang="es", source_index=b"", state="waiting",
                **of_diego,
            )
        )  # fmt: skip
        for kind, object_id in (("family_text", "ltr_1"), ("translation", "trn_1")):
            audit.record(
                conn, district_id="dst_demo", actor_kind="staff", actor_id="stf_demo_teacher", action="read", object_kind=kind,
                object_id=object_id, now=START, new_id=runtime.ids.new,
            )  # fmt: skip
    found = [cells[2:4] for cells in rows(officer.get("/console/privacy?staff=stf_demo_teacher&case=CV-1002").text)]
    assert found == [["read a translation", "CV-1002"], ["read a text to a family", "CV-1002"]]
    assert rows(officer.get("/console/privacy?staff=stf_demo_teacher&case=CV-1001").text) == []


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("case=CV-1002", ["CV-1002"]),
        ("case=cv-1002", ["CV-1002"]),
        ("staff=stf_demo_teacher", []),
        ("staff=stf_demo_liaison&case=CV-1001", ["CV-1001"]),
        ("action=read", ["CV-1001", "CV-1002"]),
        ("action=sign_out", []),
        ("since=2026-11-17&until=2026-11-17", ["CV-1001", "CV-1002"]),
        ("since=2026-11-18", []),
        ("until=2026-11-16", []),
        ("since=yesterday&until=9999-12-31&before=x", ["CV-1001", "CV-1002"]),
    ],
)
def test_the_log_is_filtered(officer: Browser, query: str, found: list[str]) -> None:
    assert [cells[3] for cells in rows(officer.get(f"/console/privacy?{query}").text)] == found


def test_a_code_that_is_no_cases_says_so(officer: Browser) -> None:
    page = officer.get("/console/privacy?case=CV-9999").text
    assert ("There is no case with this code." in page, rows(page)) == (True, [])


def test_what_went_to_families_without_a_word_of_it(officer: Browser, runtime: Any) -> None:
    common = {
        "district_id": "dst_demo",
        "audience": "family",
        "sender": "",
        "body": Plain("dst_demo", "SECRETO"),
        "lang": "es",
        "not_before": START,
    }
    with runtime.database.begin() as conn:
        rights = {"cas_demo_diego": ("con_demo_es", "gua_demo_es_demo_diego"), "cas_demo_maya": ("con_demo_en", "gua_demo_en_demo_maya")}
        for number, (case_id, (contact, right)) in enumerate(rights.items()):
            conn.execute(
                sa.insert(t.Outbox).values(
                    id=f"out_{number}", case_id=case_id, contact_id=contact, guardianship_id=right, channel="sms", message_class="C", purpose="question",
                    state="delivered", created_at=START, **common,
                )
            )  # fmt: skip
    page = officer.get("/console/privacy?kind=sent&case=CV-1002").text
    assert [cells[1:] for cells in rows(page)] == [["Lucía Delgado", "question, text message", "CV-1002", "C", "delivered"]]
    assert "SECRETO" not in page


def test_the_log_goes_on_by_pages(officer: Browser, runtime: Any) -> None:
    with runtime.database.begin() as conn:
        for _ in range(60):
            audit.record(
                conn, district_id="dst_demo", actor_kind="staff", actor_id="stf_demo_teacher", action="read", object_kind="case",
                object_id="cas_demo_diego", now=START, new_id=runtime.ids.new,
            )  # fmt: skip
    first = officer.get("/console/privacy?staff=stf_demo_teacher").text
    older = first.partition('class="button plain" href="')[2].partition('"')[0].replace("&amp;", "&")
    second = officer.get(older).text
    assert (len(rows(first)), len(rows(second)), ">Older<" in second) == (50, 10, False)


def test_the_table_to_keep_is_safe_and_its_taking_is_in_the_log(officer: Browser, runtime: Any) -> None:
    with runtime.database.begin() as conn:
        conn.execute(sa.update(t.Staff).where(t.Staff.id == "stf_demo_liaison").values(name=Plain("dst_demo", '=HYPERLINK("http://evil")')))
    answer = officer.post("/console/privacy.csv", page="/console/privacy", case="CV-1002")
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="privacy-log-seen-2026-11-17.csv"'
    table = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert table[0][:5] == ["When (UTC)", "Who", "What", "About", "Class"]
    assert [row[1:5] for row in table[1:]] == [['\'=HYPERLINK("http://evil")', "read a case", "CV-1002", "D"]]
    with runtime.database.read() as conn:
        kept = conn.execute(sa.select(t.Audit.actor_id, t.Audit.action, t.Audit.reason).order_by(t.Audit.seq.desc()).limit(1)).one()
    assert tuple(kept) == (OFFICER, "export_log", "seen:1")


def test_a_code_that_is_no_cases_is_an_empty_table(officer: Browser) -> None:
    answer = officer.post("/console/privacy.csv", page="/console/privacy", case="CV-9999", kind="sent")
    assert len(answer.data.decode("utf-8-sig").splitlines()) == 1


def test_the_log_of_one_case_walks_through_no_text_or_translation_of_another(runtime: Any) -> None:
    asked: list[tuple[str, Any]] = []
    with runtime.database.read() as conn:
        sa.event.listen(conn, "before_cursor_execute", lambda conn, cur, statement, values, *_: asked.append((statement, values)))
        for look in (store.seen, store.sent):
            look(conn, "dst_demo", store.Wanted(case_id="cas_demo_diego"), 50)
        plans = [row.detail for one in asked[:] for row in conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {one[0]}", one[1])]
    assert len(plans) > 8
    assert [line for line in plans if line.startswith("SCAN")] == []
