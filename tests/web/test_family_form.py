"""A whole page of questions as a form: the same questions as by mail, the same record as by text."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from bot.service import start_flow
from bot.store import tables as t
from tests.web.conftest import Browser
from tests.web.test_family_chat import MOTHER, enter, link

New = Callable[[], Browser]


def page_for(runtime: Any, part: str = "") -> str:
    """The mother likes e-mail best, and the school asks; the page the mail links to."""
    with runtime.database.begin() as conn:
        mine = sa.and_(t.Endpoint.contact_id == MOTHER, t.Endpoint.channel == "email")
        conn.execute(sa.update(t.Endpoint).where(mine).values(preferred=-1))
        start_flow.start_flow(conn, runtime, MOTHER, None, "home-observations", part, runtime.clock.now())
    return link(runtime)


def entries(runtime: Any) -> list[tuple[str, str]]:
    with runtime.database.read() as conn:
        return [tuple(row) for row in conn.execute(sa.select(t.CaseEntry.step_id, t.CaseEntry.answer_raw).order_by(t.CaseEntry.seq))]


def test_the_form_asks_what_the_mail_asked_and_its_answers_are_entries(browser: New, runtime: Any) -> None:
    path = page_for(runtime)
    mine = enter(browser(), runtime, path)
    shown = mine.get(path).text
    assert shown.count("<fieldset>") == 2
    assert 'type="checkbox" name="q2" value="1"' in shown
    assert "¿Qué espera" in shown or "6. " in shown
    answer = mine.post(f"{path}/answers", page=path, q1="Le encanta dibujar", q2=["1", "3"], q6="Que lea", q4=" ")
    assert answer.status_code == 303
    assert entries(runtime) == [("1", "Le encanta dibujar"), ("2", "1, 3"), ("6", "Que lea")]
    assert 'name="q1"' not in mine.get(path).text
    with runtime.database.read() as conn:
        newest = conn.execute(sa.select(t.Outbox.channel, t.Outbox.purpose).order_by(t.Outbox.id.desc()).limit(1)).one()
    assert tuple(newest) == ("webchat", "readback")


def test_a_question_with_one_answer_has_one_choice(browser: New, runtime: Any) -> None:
    path = page_for(runtime, "reading")
    assert 'type="radio" name="q2"' in enter(browser(), runtime, path).get(path).text


def test_an_empty_form_is_no_message(browser: New, runtime: Any) -> None:
    path = page_for(runtime)
    mine = enter(browser(), runtime, path)
    assert mine.post(f"{path}/answers", page=path, q1=" ").status_code == 303
    assert entries(runtime) == []


def test_without_the_code_nothing_is_taken_and_without_a_page_no_form_is_shown(browser: New, runtime: Any) -> None:
    path = page_for(runtime)
    stranger = browser()
    assert stranger.post(f"{path}/answers", page=path, q1="x").status_code == 403
    assert entries(runtime) == []
    other = link(runtime, "con_demo_en")
    assert "page-form" not in enter(browser(), runtime, other).get(other).text


def test_a_form_sent_twice_is_one_answer(browser: New, runtime: Any) -> None:
    path = page_for(runtime)
    mine = enter(browser(), runtime, path)
    for _ in range(2):
        mine.post(f"{path}/answers", page=path, q1="Le encanta dibujar", client_id="onceonceonce")
    assert entries(runtime) == [("1", "Le encanta dibujar")]


def test_a_page_of_questions_does_not_say_that_nothing_is_there_and_names_the_field_below_it(browser: New, runtime: Any) -> None:
    path = page_for(runtime)
    shown = enter(browser(), runtime, path).get(path).text
    assert "Todavía no hay nada" not in shown
    assert '<label class="write-label" for="text">¿Quiere decir algo más? Escríbalo aquí.</label>' in shown
    other = link(runtime, "con_demo_en")
    assert "Nothing here yet." in enter(browser(), runtime, other).get(other).text
