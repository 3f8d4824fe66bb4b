"""Write to a family on pages: remarks first, the family's language beside one's own, a checker's yes, and out; or a prepared text."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from bot import app
from bot.clock import RealIds
from bot.service import templates
from bot.service.runtime import Runtime
from bot.store import tables as t
from tests.fakes.clock import START
from tests.service.translating import Played, viewer, with_engines
from tests.web.conftest import Browser, enter

New = Callable[[], Browser]
TO_ES, TO_EN = "/console/cases/CV-1002/write/con_demo_es", "/console/cases/CV-1001/write/con_demo_en"
TEXT = "Diego read 20 pages this week. We are proud of his work with books."


@pytest.fixture
def runtime(runtime: Runtime) -> Runtime:
    """With an engine, ids of its own, and families who said yes."""
    made = with_engines(replace(runtime, ids=RealIds()), Played())
    with made.database.begin() as conn:
        conn.execute(sa.update(t.Contact).values(identity="confirmed"))
        conn.execute(sa.update(t.Endpoint).values(confirmed_at=START, last_inbound_at=START))
    return made


@pytest.fixture
def site(runtime: Runtime) -> Iterator[Flask]:
    made = app.create_app(runtime)
    yield made
    made.extensions["hearthline"].committer.close()


def begin(mine: Browser, path: str = TO_ES, text: str = TEXT, letter: str = "C") -> tuple[str, Any]:
    """Write it; the letter's address and the page its preview is on."""
    token = mine.token(path)
    on = mine.client.post(path, data={"csrf": token, "text": text, "class": letter}, base_url=mine.base)
    assert on.status_code == 307
    address = on.headers["Location"]
    page = mine.client.post(address, data={"csrf": token, "text": text, "class": letter}, base_url=mine.base)
    assert page.status_code == 200
    return address.removesuffix("/preview"), page


def queued(runtime: Any) -> list[tuple[str, str, str]]:
    with runtime.database.read() as conn:
        query = sa.select(t.Outbox.contact_id, t.Outbox.lang, t.Outbox.body).where(t.Outbox.purpose == "letter")
        return [tuple(row) for row in conn.execute(query)]


def test_a_letter_is_shown_in_the_familys_language_checked_and_sent(liaison: Browser, runtime: Any) -> None:
    letter, page = begin(liaison)
    assert "machine translation by played, not checked" in page.text
    assert "Translated back by a machine" in page.text
    assert "A person must check the translation before it can go." in page.text
    assert "Send it to" not in page.text
    words = "Diego leyó 20 páginas esta semana. Estamos orgullosos de su trabajo con los libros."
    assert liaison.post(letter, do="approve", words=words).headers["Location"] == letter
    page = liaison.get(letter).text
    assert (words in page, "checked by a person" in page, "2 text messages" in page) == (True, True, True)
    done = liaison.post(letter, do="send")
    assert done.headers["Location"] == "/console/cases/CV-1002?done=sent"
    assert "It goes to the family as soon as it may." in liaison.get(done.headers["Location"]).text
    assert queued(runtime) == [("con_demo_es", "es", words)]
    again = liaison.post(letter, do="send")
    assert (again.status_code, "This has been sent." in again.text, len(queued(runtime))) == (409, True, 1)


def test_what_must_be_changed_comes_before_the_check_and_the_place_is_marked(liaison: Browser) -> None:
    _, page = begin(liaison, text="Maya is behind and failing. You must come.")
    assert '<a href="/console/" aria-current="true">My cases</a>' in page.text
    assert "There is a kinder or plainer word: <bdi>failing (say what you see)</bdi>" in page.text
    assert "Something in it must be changed first." in page.text
    assert "A person must check the translation" not in page.text


def test_a_remark_of_one_kind_is_looked_at_once(liaison: Browser) -> None:
    _, page = begin(liaison, TO_EN, "She is behind and failing. You must come.")
    assert page.text.count("There is a kinder or plainer word: <bdi>") == 3
    assert page.text.count('name="seen" value="word"') == 1


def test_loading_the_preview_again_makes_no_second_draft(liaison: Browser, runtime: Any) -> None:
    letter, _ = begin(liaison)
    for _ in range(2):
        assert liaison.post(f"{letter}/preview", page=letter).status_code == 200
    with runtime.database.read() as conn:
        assert conn.execute(sa.select(sa.func.count()).select_from(t.FamilyText)).scalar_one() == 1
    assert f'<a href="{letter}">A draft to Lucía Delgado</a>' in liaison.get("/console/cases/CV-1002").text


def test_who_has_heard_enough_this_week_gets_it_on_a_day_that_is_shown(liaison: Browser, runtime: Any) -> None:
    with runtime.database.begin() as conn:
        conn.execute(sa.update(t.District).values(settings={"cap.weekly": 1}))
    for waits in (False, True):
        letter, page = begin(liaison, TO_EN, f"Maya reads well{'!' if waits else '.'}")
        assert ("This family has had as many messages from us this week as they should. This one goes: " in page.text) == waits
        assert liaison.post(letter, do="send").headers["Location"].endswith("done=sent")
    assert len(queued(runtime)) == 2


def test_a_teacher_waits_for_a_checker_and_may_not_be_one(browser: New, runtime: Any) -> None:
    teacher = enter(browser(), "stf_demo_teacher")
    letter, page = begin(teacher)
    assert "It is right like this" not in page.text
    assert teacher.post(letter, do="approve", words="x").status_code == 403
    refused = teacher.post(letter, do="send")
    assert (refused.status_code, queued(runtime)) == (409, [])
    checker = enter(browser(), "stf_demo_liaison")
    assert "A text to a family" in checker.get("/console/translations").text
    checker.post(letter, do="approve", words="Diego leyó 20 páginas esta semana.")
    assert teacher.post(letter, do="send").status_code == 303


def test_remarks_are_read_before_a_letter_goes(liaison: Browser, runtime: Any) -> None:
    letter, page = begin(liaison, TO_EN, "Can you come at 3? Can you bring her book?")
    assert "It asks more than one question" in page.text
    refused = liaison.post(letter, do="send")
    assert (refused.status_code, "Please read the remarks first" in refused.text, queued(runtime)) == (409, True, [])
    assert liaison.post(letter, do="send", seen="several_questions").status_code == 303
    assert [row[:2] for row in queued(runtime)] == [("con_demo_en", "en")]


def test_another_childs_name_stops_a_letter(liaison: Browser, runtime: Any) -> None:
    letter, page = begin(liaison, TO_EN, "Maya reads as well as Diego.")
    assert ("It names another child" in page.text, "Send it to" in page.text) == (True, False)
    assert liaison.post(letter, do="send", seen="other_child").status_code == 409
    token = liaison.token(letter)
    changed = liaison.client.post(letter, data={"csrf": token, "text": "Maya reads well.", "class": "C"}, base_url=liaison.base)
    assert (changed.status_code, changed.headers["Location"]) == (307, f"{letter}/preview")
    assert liaison.post(letter, do="send").status_code == 303
    assert [row[2] for row in queued(runtime)] == ["Maya reads well."]


def test_a_changed_letter_is_checked_anew(liaison: Browser, runtime: Any) -> None:
    letter, _ = begin(liaison)
    liaison.post(letter, do="approve", words="Diego leyó 20 páginas esta semana.")
    token = liaison.token(letter)
    liaison.client.post(letter, data={"csrf": token, "text": "Diego read 30 pages.", "class": "C"}, base_url=liaison.base)
    assert liaison.post(letter, do="send").status_code == 409
    assert queued(runtime) == []


def test_who_was_slower_than_a_colleague_finds_their_own_words(liaison: Browser) -> None:
    letter, _ = begin(liaison)
    seen = hidden(liaison.get(letter).text, "version")
    liaison.client.post(letter, data={"csrf": liaison.token(letter), "text": "A colleague's.", "class": "C"}, base_url=liaison.base)
    late = liaison.post(letter, version=seen, text="My own words about Diego.", **{"class": "C"})
    assert (late.status_code, ">My own words about Diego.</textarea>" in late.text) == (409, True)
    assert '<details class="part change" open>' in late.text
    assert f'name="version" value="{seen}"' not in late.text
    late = liaison.post(letter, do="approve", version=seen, words="Mis palabras.")
    assert (late.status_code, "What you wrote" in late.text, ">Mis palabras.</p>" in late.text) == (409, True, True)


def test_a_family_that_may_not_be_written_to_is_not_and_the_page_says_why(liaison: Browser, runtime: Any) -> None:
    letter, _ = begin(liaison, TO_EN, "Maya reads well.")
    with runtime.database.begin() as conn:
        conn.execute(sa.update(t.Guardianship).where(t.Guardianship.contact_id == "con_demo_en").values(restriction="court"))
    page = liaison.get(letter).text
    assert ("Send it to" in page, "Ask the office." in page) == (False, True)
    assert liaison.post(letter, do="send").status_code == 409
    assert queued(runtime) == []


@pytest.mark.parametrize(
    ("path", "letter", "status"),
    [(TO_ES, "E", 403), (TO_ES, "F", 403), (TO_ES, "", 403), (TO_ES.replace("con_demo_es", "con_demo_en"), "C", 404)],
)
def test_nobody_writes_what_is_not_theirs_or_to_whom_it_is_not(browser: New, runtime: Any, path: str, letter: str, status: int) -> None:
    teacher = enter(browser(), "stf_demo_teacher")
    assert teacher.post(path, page=TO_ES, text="x", **{"class": letter}).status_code == status
    assert enter(browser(), "stf_demo_other_teacher").get(path).status_code == 404


def hidden(page: str, name: str) -> str:
    return page.partition(f'name="{name}" value="')[2].partition('"')[0]


def prepare(runtime: Any, title: str = "Book week", text: str = "{child} may bring a book on {day}.") -> str:
    """An approved template with Spanish words."""
    coordinator, checker = viewer("stf_demo_coordinator"), viewer("stf_demo_liaison")
    with runtime.database.begin() as conn:
        made = templates.write(conn, runtime, coordinator, title, "C", text, START)
        templates.approve(conn, runtime, coordinator, made.id, START)
        templates.check(conn, runtime, checker, made.id, "es", START, "{child} puede traer un libro el {day}.")
    return str(made.id)


def test_a_prepared_text_is_filled_shown_in_both_languages_and_sent(liaison: Browser, runtime: Any) -> None:
    with runtime.database.begin() as conn:
        district = conn.execute(sa.select(t.District.settings).where(t.District.id == "dst_demo")).scalar_one()
        conn.execute(sa.update(t.District).where(t.District.id == "dst_demo").values(settings={**district, "cost.segment": "0.0083"}))
    path = f"{TO_ES}/{prepare(runtime)}"
    assert "Book week" in liaison.get(TO_ES).text
    page = liaison.get(path).text
    assert ('name="child" value="Diego"' in page, 'type="date" id="slot-day"' in page) == (True, True)
    refused = liaison.post(path, do="show", child="Diego", day="")
    assert (refused.status_code, "Please fill every place." in refused.text) == (409, True)
    shown = liaison.post(path, do="show", child="Diego", day="2026-12-07")
    assert shown.status_code == 200
    for words in (
        "Diego may bring a book on Monday, December 7.",
        "Diego puede traer un libro el lunes 7 de diciembre.",
        "Translated back by a machine",
        "1 text message, about $0.0083",
    ):
        assert words in shown.text
    assert queued(runtime) == [], "looking sends nothing"
    done = liaison.post(path, do="send", child="Diego", day="2026-12-07")
    assert done.headers["Location"] == "/console/cases/CV-1002?done=sent"
    assert queued(runtime) == [("con_demo_es", "es", "Diego puede traer un libro el lunes 7 de diciembre.")]


def test_a_letter_begun_twice_is_one_draft(liaison: Browser, runtime: Any) -> None:
    first, again = begin(liaison)[0], begin(liaison)[0]
    other = begin(liaison, text="Diego helped a friend today.")[0]
    assert first == again != other
    with runtime.database.read() as conn:
        assert conn.scalar(sa.select(sa.func.count()).select_from(t.FamilyText)) == 2


def test_a_prepared_text_whose_button_is_pressed_twice_goes_once(liaison: Browser, runtime: Any) -> None:
    path, filled = f"{TO_ES}/{prepare(runtime)}", {"child": "Diego", "day": "2026-12-07"}
    once = [hidden(liaison.post(path, do="show", **filled).text, "once") for _ in range(2)]
    for _ in range(2):
        assert liaison.post(path, do="send", once=once[0], **filled).headers["Location"].endswith("done=sent")
    assert len(queued(runtime)) == 1
    liaison.post(path, do="send", once=once[1], **filled)
    assert len(queued(runtime)) == 2, "shown anew and sent anew is meant"
    liaison.post(path, do="send", once="what/nobody gave", **filled)
    assert len(queued(runtime)) == 3


def test_a_prepared_text_that_may_not_go_is_shown_with_the_reason_and_no_button(liaison: Browser, runtime: Any) -> None:
    path = f"{TO_ES}/{prepare(runtime)}"
    with runtime.database.begin() as conn:
        conn.execute(sa.update(t.Guardianship).where(t.Guardianship.contact_id == "con_demo_es").values(restriction="court"))
    page = liaison.post(path, do="show", child="Diego", day="2026-12-07").text
    assert ("Send it to" in page, "Ask the office." in page) == (False, True)
    sent = liaison.post(path, do="send", child="Diego", day="2026-12-07")
    assert (sent.status_code, queued(runtime)) == (409, [])
    other = liaison.post(path, do="show", child="Maya", day="2026-12-07").text
    assert ("It names another child" in other, "Send it to" in other) == (True, False)


def test_a_prepared_text_without_words_in_the_familys_language_is_not_offered(liaison: Browser, runtime: Any) -> None:
    template_id = prepare(runtime)
    path = "/console/cases/CV-1003/write/con_demo_ar"
    assert "Book week" not in liaison.get(path).text
    assert liaison.get(f"{path}/{template_id}").status_code == 403
