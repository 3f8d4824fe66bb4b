"""Translations on pages: a machine's is labelled as such beside the original, a person checks or writes it, and the next time it is known."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa

from bot.clock import RealIds
from bot.service.runtime import Runtime
from bot.service.translate_new import index
from bot.store import tables as t
from bot.store.types import Plain
from tests.fakes.clock import START
from tests.service import record_writer
from tests.web.conftest import Browser, enter
from tests.web.test_first_page import statements

New = Callable[[], Browser]
WORDS = "Le gusta leer con su abuela"
CASE = "/console/cases/CV-1002"


@pytest.fixture
def runtime(runtime: Runtime) -> Runtime:
    """With ids of its own, and a line of the Spanish family."""
    made = replace(runtime, ids=RealIds())
    record_writer.write(made.database, record_writer.entry(1, WORDS))
    return made


def machine(runtime: Any, number: int = 1, text: str | None = "He likes to read with his grandmother", **more: Any) -> str:
    """What an engine made of the line, on the record as the sweep would put it there."""
    with runtime.database.begin() as conn:
        conn.execute(
            sa.insert(t.Translation).values(
                id=f"trn_{number}", district_id="dst_demo", source_kind="entry", source_id=f"ent_{number}", case_id="cas_demo_diego",
                contact_id="con_demo_es", source_lang="es", target_lang="en", source_index=index(runtime, "dst_demo", WORDS),
                text=Plain("dst_demo", text) if text else None, engine="engine 1" if text else "", state="machine" if text else "waiting",
                why="", tries=1, created_at=START, **more,
            )
        )  # fmt: skip
    if text:
        value = f'{{"text":"{text}","engine_or_person":"engine 1","checked_by":null,"checked_at":null}}'
        mark = {**record_writer.mark(number, f"ent_{number}"), "kind": "translation", "value": Plain("dst_demo", value)}
        record_writer.write(runtime.database, mark)
    return f"/console/translations/trn_{number}"


def test_a_machines_words_stand_beside_the_original_and_say_so(liaison: Browser, runtime: Any) -> None:
    machine(runtime)
    page = liaison.get(CASE).text
    assert (
        page.index(WORDS)
        < page.index("He likes to read with his grandmother")
        < page.index("Machine translation by engine 1 - not checked")
    )
    assert "Correct it" in page


def test_who_does_not_check_translations_is_offered_none_to_correct(browser: New, runtime: Any) -> None:
    machine(runtime)
    page = enter(browser(), "stf_demo_teacher").get(CASE).text
    assert ("He likes to read" in page, "Correct it" in page) == (True, False)


def test_the_queue_names_what_waits_and_shows_no_words(liaison: Browser, runtime: Any) -> None:
    path = machine(runtime)
    page = liaison.get("/console/translations").text
    assert re.findall(r'href="(/console/translations/\w+)"><strong>(.*?)</strong>', page) == [
        (path, "Words of the family: <bdi>Diego</bdi> CV-1002")
    ]
    assert ("Spanish → English" in page, "machine translation by engine 1, please check" in page) == (True, True)
    assert WORDS not in page
    assert "grandmother" not in page


def test_words_that_became_a_line_and_tasks_wait_once(liaison: Browser, runtime: Any) -> None:
    record_writer.write(runtime.database, record_writer.entry(2, "Otra cosa"), record_writer.entry(3, WORDS))
    paths = [machine(runtime, number) for number in (1, 2, 3)]
    with runtime.database.begin() as conn:
        other = sa.update(t.Translation).where(t.Translation.id == "trn_2")
        conn.execute(other.values(source_index=index(runtime, "dst_demo", "Otra cosa"), source_lang="so"))
        conn.execute(sa.update(t.Translation).where(t.Translation.id == "trn_3").values(source_kind="handoff", source_id="hnd_3"))
        conn.execute(
            sa.insert(t.Handoff).values(
                id="hnd_3", district_id="dst_demo", school_id="sch_demo_maple", case_id="cas_demo_diego", contact_id="con_demo_es",
                to_role="liaison", owner_id=None, reason="free_note", body=Plain("dst_demo", WORDS), lang="es", visibility="team",
                state="open", due_at=START, created_at=START,
            )
        )  # fmt: skip
    page = liaison.get("/console/translations").text
    assert re.findall(r'href="(/console/translations/\w+)"', page) == paths[:2]
    assert re.findall(r'([A-Z][a-z]+) <span class="count">(\d+)</span></a>', page) == [("Spanish", "1"), ("Somali", "1")]
    liaison.post(paths[0], text="She likes to read")
    assert re.findall(r'href="(/console/translations/\w+)"', liaison.get("/console/translations").text) == [paths[1]]


def test_left_as_it_is_a_translation_is_approved_and_keeps_its_engine(liaison: Browser, runtime: Any) -> None:
    path = machine(runtime)
    assert liaison.post(path, text="He likes to read with his grandmother").headers["Location"] == "/console/translations?done=checked"
    page = liaison.get(CASE).text
    assert "automatic translation by engine 1, checked by a person" in page
    assert "Nothing to check" in liaison.get("/console/translations?done=checked").text
    assert liaison.get(path).status_code == 404  # it waits no longer


def test_who_checks_one_language_stays_in_it(liaison: Browser, runtime: Any) -> None:
    path = machine(runtime)
    asked = re.search(r'href="(/console/translations/\w+\?lang=es)"', liaison.get("/console/translations?lang=es").text)
    assert asked
    page = liaison.get(asked[1]).text
    assert '<a href="/console/translations?lang=es">' in page
    assert '<input type="hidden" name="lang" value="es">' in page
    assert 'name="lang" value="es"' in liaison.post(path, text=" ", lang="es").text
    answer = liaison.post(path, text="He likes to read", lang="es")
    assert answer.headers["Location"] == "/console/translations?done=checked&lang=es"


def test_corrected_it_is_a_persons_and_is_remembered_with_its_word(liaison: Browser, runtime: Any) -> None:
    path = machine(runtime)
    liaison.post(path, text="He loves reading with his grandma", term="abuela", meaning="grandma")
    page = liaison.get(CASE).text
    assert ("He loves reading with his grandma" in page, "translated by a person" in page) == (True, True)
    with runtime.database.read() as conn:
        assert conn.execute(sa.select(t.TranslationMemory.text)).scalar_one() == "He loves reading with his grandma"
        terms = conn.execute(sa.select(t.GlossaryTerm.term, t.GlossaryTerm.translation).order_by(t.GlossaryTerm.source_lang.desc())).all()
    assert [tuple(one) for one in terms] == [("abuela", "grandma"), ("grandma", "abuela")]


@pytest.mark.parametrize(("text", "says"), [("  ", "Please write the translation first."), ("x", "The original has changed meanwhile.")])
def test_nothing_and_something_stale_is_not_taken(liaison: Browser, runtime: Any, text: str, says: str) -> None:
    path = machine(runtime)
    if text == "x":
        with runtime.database.begin() as conn:
            conn.execute(sa.update(t.Translation).values(source_index=b"0" * 32))
    answer = liaison.post(path, text=text)
    assert (answer.status_code, says in answer.text) == (409, True)
    with runtime.database.read() as conn:
        assert conn.execute(sa.select(t.Translation.state)).scalar_one() == "machine"


def test_a_line_nobody_translated_is_translated_by_hand(liaison: Browser, runtime: Any) -> None:
    page = liaison.get(CASE).text
    path = page.partition('href="/console/cases/CV-1002/lines/')[2].partition('"')[0]
    assert path == "ent_1/translation"
    path = f"{CASE}/lines/{path}"
    assert WORDS in liaison.get(path).text
    refused = liaison.post(path, text="")
    assert (refused.status_code, "Please write the translation first." in refused.text) == (409, True)
    assert liaison.post(path, text="He likes reading with his grandmother").headers["Location"] == f"{CASE}?done=translated"
    page = liaison.get(f"{CASE}?done=translated").text
    assert ("He likes reading with his grandmother" in page, "translated by a person" in page) == (True, True)


@pytest.mark.parametrize("entry_id", ["ent_9", "ent_2"])
def test_a_line_that_needs_none_or_is_none_has_no_such_page(liaison: Browser, runtime: Any, entry_id: str) -> None:
    record_writer.write(runtime.database, {**record_writer.entry(2, "In English"), "answer_lang": "en"})
    assert liaison.get(f"{CASE}/lines/{entry_id}/translation").status_code == 404


@pytest.mark.parametrize(("visibility", "seen"), [("team", True), ("staff_only", True), ("safety_only", False)])
def test_what_a_checker_may_not_read_does_not_wait_for_them(liaison: Browser, runtime: Any, visibility: str, seen: bool) -> None:
    record_writer.write(runtime.database, {**record_writer.entry(2, WORDS), "visibility": visibility})
    path = machine(runtime, 2)
    assert (path in liaison.get("/console/translations").text) is seen
    assert liaison.get(path).status_code == (200 if seen else 404)


def test_an_interpreter_from_outside_sees_the_text_and_no_case(browser: New, runtime: Any) -> None:
    path = machine(runtime)
    with runtime.database.begin() as conn:
        conn.execute(sa.update(t.StaffRole).where(t.StaffRole.staff_id == "stf_demo_nurse").values(role="interpreter"))
    vendor = enter(browser(), "stf_demo_nurse")
    pages = [vendor.get(one).text for one in ("/console/translations", path, "/console/")]
    assert WORDS in pages[1]
    assert [word for word in ("Diego", "CV-1002", "Delgado") for page in pages if word in page] == []
    assert vendor.post(path, text="He likes reading").status_code == 303


def test_a_longer_queue_asks_no_more(liaison: Browser, runtime: Any) -> None:
    found = []
    for first, last in ((2, 4), (4, 20)):
        record_writer.write(runtime.database, *[record_writer.entry(number, WORDS) for number in range(first, last)])
        for number in range(first, last):
            machine(runtime, number)
        with statements(runtime) as asked:
            assert liaison.get("/console/translations").status_code == 200
        found.append(len(asked))
    assert found[0] == found[1]
