"""My cases and tasks for somebody with many: the most urgent first, found by name, and never slower by the query."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from bot.clock import RealIds
from bot.service.receive import receive_batch
from bot.service.seed import seed_families
from bot.store import tables as t
from bot.store.types import Plain
from tests.fakes.clock import START
from tests.service.receiving import sms
from tests.web.conftest import Browser, enter

New = Callable[[], Browser]


@contextmanager
def statements(runtime: Any) -> Iterator[list[str]]:
    """What the database is asked."""
    asked: list[str] = []

    def note(_conn: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        asked.append(statement)

    sa.event.listen(runtime.database.engine, "before_cursor_execute", note)
    yield asked
    sa.event.remove(runtime.database.engine, "before_cursor_execute", note)


def wait(runtime: Any, case_id: str, number: int, **more: Any) -> None:
    """A task waits."""
    row = {
        "id": f"hnd_{number}", "district_id": "dst_demo", "school_id": "sch_demo_maple", "case_id": case_id, "contact_id": "con_demo_es",
        "to_role": "liaison", "owner_id": "stf_demo_liaison", "reason": "person", "body": Plain("dst_demo", "x"), "lang": "es",
        "visibility": "team", "state": "open", "due_at": START + timedelta(hours=number), "created_at": START, **more,
    }  # fmt: skip
    with runtime.database.begin() as conn:
        conn.execute(sa.insert(t.Handoff).values(**row))


def grow(runtime: Any, families: int, first: int) -> None:
    with runtime.database.begin() as conn:
        made = seed_families(conn, runtime.database.vault, START, RealIds().new, families)
    for number, one in enumerate(made):
        wait(runtime, one.case_id, first + number, contact_id=one.contact_id)


@pytest.mark.parametrize("path", ["/console/", "/console/tasks", "/console/on-call"])
@pytest.mark.parametrize("login", ["stf_demo_liaison", "stf_demo_coordinator", "stf_demo_teacher"])
def test_the_number_of_questions_does_not_grow_with_the_families(browser: New, runtime: Any, path: str, login: str) -> None:
    mine = enter(browser(), login)
    grow(runtime, 1, 100)
    mine.get(path)
    found = []
    for families, first in ((2, 200), (12, 300)):
        grow(runtime, families, first)
        with statements(runtime) as asked:
            mine.get(path)
        found.append(len(asked))
    assert found[0] == found[1]
    assert found[0] < 25


def test_a_long_timeline_asks_no_more_than_a_short_one(browser: New, runtime: Any) -> None:
    from tests.service import record_writer

    mine = enter(browser(), "stf_demo_liaison")
    wait(runtime, "cas_demo_diego", 90)
    mine.get("/console/cases/CV-1002")
    found = []
    for first, last in ((1, 2), (2, 20)):
        record_writer.write(runtime.database, *[record_writer.entry(number) for number in range(first, last)])
        wait(runtime, "cas_demo_diego", first)
        with statements(runtime) as asked:
            mine.get("/console/cases/CV-1002")
        found.append(len(asked))
    assert found[0] == found[1]


def cards(page: str) -> list[str]:
    return re.findall(r"CV-\d+|F\d{6}", "".join(re.findall(r"<h3>.*?</h3>", page, re.DOTALL)))


def test_what_is_late_comes_first_then_what_waits_then_the_rest(browser: New, runtime: Any) -> None:
    wait(runtime, "cas_demo_yusuf", 5)
    wait(runtime, "cas_demo_ana", 1, due_at=START - timedelta(hours=1))
    wait(runtime, "cas_demo_diego", 3)
    found = list(dict.fromkeys(cards(enter(browser(), "stf_demo_liaison").get("/console/").text)))
    assert found == ["CV-1005", "CV-1002", "CV-1003", "CV-1001", "CV-1004", "CV-1006"]


def test_a_case_with_words_nobody_of_us_has_read_is_marked_until_one_looks(browser: New, runtime: Any) -> None:
    from tests.service import record_writer

    record_writer.write(runtime.database, record_writer.entry(1))
    liaison, teacher = enter(browser(), "stf_demo_liaison"), enter(browser(), "stf_demo_teacher")
    assert liaison.get("/console/").text.count("new words") == 1
    liaison.get("/console/cases/CV-1002")
    assert ("new words" in liaison.get("/console/").text, "new words" in teacher.get("/console/").text) == (False, True)


def test_due_times_are_said_in_words(browser: New, runtime: Any) -> None:
    wait(runtime, "cas_demo_yusuf", 5)
    wait(runtime, "cas_demo_diego", 30)
    wait(runtime, "cas_demo_maya", 1, due_at=START - timedelta(days=1))
    page = enter(browser(), "stf_demo_liaison").get("/console/tasks").text.replace("\u202f", " ")
    assert re.findall(r'tag (?:wait|alarm)">(.*?)</span>', page) == [
        "was due yesterday at 9:00 AM",
        "due today at 2:00 PM",
        "due tomorrow at 3:00 PM",
    ]


def test_many_cases_are_shown_by_pages_each_once_the_most_urgent_first(browser: New, runtime: Any) -> None:
    with runtime.database.begin() as conn:
        seed_families(conn, runtime.database.vault, START, RealIds().new, 130)
    wait(runtime, "cas_demo_yusuf", 5)
    mine = enter(browser(), "stf_demo_coordinator")
    pages = [mine.get(f"/console/?page={number}").text for number in (1, 2, 3, 4)]
    found = [list(dict.fromkeys(cards(page))) for page in pages]
    assert [len(one) for one in found] == [60, 60, 16, 0]
    assert (found[0][0], len({code for one in found for code in one})) == ("CV-1003", 136)
    assert ("page 1 of 3" in pages[0], 'rel="next" href="/console/?page=2"' in pages[0], 'rel="next"' in pages[2]) == (True, True, False)
    assert "No cases yet" not in pages[3]
    assert mine.get("/console/?page=x").status_code == 200


def test_a_long_list_of_tasks_shows_its_beginning_and_the_rest_by_pages(browser: New, runtime: Any) -> None:
    for number in range(1, 61):
        wait(runtime, "cas_demo_diego", number)
    mine = enter(browser(), "stf_demo_liaison")
    page = mine.get("/console/tasks").text
    assert (page.count('href="/console/tasks/hnd_'), "See all 60" in page) == (20, True)
    parts = [mine.get(f"/console/tasks?show=mine&page={number}").text for number in (1, 2)]
    assert [part.count('href="/console/tasks/hnd_') for part in parts] == [50, 10]
    assert 'rel="prev" href="/console/tasks?show=mine&amp;page=1"' in parts[1]
    assert "60</span>" in enter(browser(), "stf_demo_liaison").get("/console/").text


@pytest.mark.parametrize(("wanted", "found"), [("diego", ["CV-1002"]), ("DIÉGO", ["CV-1002"]), ("cv-1003", ["CV-1003"]), ("nobody", [])])
def test_a_case_is_found_by_name_or_code_and_the_name_stays_out_of_the_address(browser: New, wanted: str, found: list[str]) -> None:
    answer = enter(browser(), "stf_demo_liaison").post("/console/find", page="/console/", wanted=wanted)
    assert (answer.status_code, list(dict.fromkeys(cards(answer.text)))) == (200, found)


def test_a_safety_hold_is_told_to_nobody_who_may_not_know_of_it(browser: New, runtime: Any) -> None:
    with runtime.database.begin() as conn:
        conn.execute(sa.update(t.Case).where(t.Case.code == "CV-1006").values(safety_hold=True))
    seen = {}
    for login in ("teacher", "liaison", "counselor"):
        mine = enter(browser(), f"stf_demo_{login}")
        pages = [mine.get(path).text for path in ("/console/", "/console/cases/CV-1006")]
        seen[login] = (["Safety first" in page for page in pages], cards(pages[0])[0])
    assert seen == {"teacher": ([False, False], "CV-1001"), "liaison": ([True, True], "CV-1006"), "counselor": ([True, True], "CV-1006")}


def test_no_page_says_that_a_family_was_silent_who_wrote_what_few_may_read(browser: New, runtime: Any) -> None:
    with runtime.database.begin() as conn:
        receive_batch(conn, runtime, [sms("my husband beats me", "+15550101001")], runtime.clock.now())
    teacher = browser().sign_in("teacher@demo.example")
    cards = teacher.get("/console/").text
    assert "Nothing from the family yet" not in cards
    assert "No words of the family to read here yet" in cards
    assert "on record yet" not in teacher.get("/console/cases/CV-1001").text
