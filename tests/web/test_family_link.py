"""Staff text a family the link to its page: only the child's team, only to the child's adults, only in words we have."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from bot.errors import NotFound
from bot.service import family_chat
from bot.store import tables as t
from tests.fakes.clock import TickingClock
from tests.web.conftest import counts
from tests.web.test_family_chat import MOTHER, New, link
from tests.web.test_family_chat import enter as come_in

SCHOOL = re.compile(r'Maple Elementary.*href="tel:\+1555\d{7}">\(555\) \d{3}-\d{4}</a>', re.DOTALL)


def _texts(runtime: Any) -> list[tuple[Any, ...]]:
    with runtime.database.read() as conn:
        query = sa.select(t.Outbox.contact_id, t.Outbox.lang, t.Outbox.answers_family, t.Outbox.body).where(t.Outbox.ref == "chat_link")
        return [tuple(row) for row in conn.execute(query)]


def test_the_team_texts_the_family_its_link(browser: New, runtime: Any) -> None:
    teacher = browser().sign_in("teacher@demo.example")
    answer = teacher.post(f"/console/cases/CV-1002/chat-link/{MOTHER}", page="/console/")
    assert answer.headers["Location"] == "/console/cases/CV-1002?done=chat_link"
    [(contact_id, lang, answers, body)] = _texts(runtime)
    assert (contact_id, lang, answers) == (MOTHER, "es", False)
    found = re.fullmatch(r"También puede escribir a Maple Elementary en esta página: https://hearthline\.example(/chat/\S+)", body)
    assert browser().get(found[1]).status_code == 200


def test_a_button_pressed_twice_texts_one_link_and_later_another(browser: New, runtime: Any, clock: TickingClock) -> None:
    teacher = browser().sign_in("teacher@demo.example")
    for _ in range(2):
        answer = teacher.post(f"/console/cases/CV-1002/chat-link/{MOTHER}", page="/console/")
        assert answer.headers["Location"] == "/console/cases/CV-1002?done=chat_link"
    assert len(_texts(runtime)) == 1
    clock.advance(minutes=11)
    teacher.post(f"/console/cases/CV-1002/chat-link/{MOTHER}", page="/console/")
    assert len(_texts(runtime)) == 2, "asked for again when it did not arrive"


@pytest.mark.parametrize(
    ("login", "path", "status"),
    [
        ("other.teacher", f"/console/cases/CV-1002/chat-link/{MOTHER}", 404),
        ("teacher", "/console/cases/CV-1002/chat-link/con_demo_en", 404),
        ("teacher", "/console/cases/CV-1002/chat-link/nobody", 404),
        ("admin", f"/console/cases/CV-1002/chat-link/{MOTHER}", 404),
    ],
)
def test_no_link_goes_to_another_childs_family_or_from_outside_the_team(
    browser: New, runtime: Any, login: str, path: str, status: int
) -> None:
    assert browser().sign_in(f"{login}@demo.example").post(path, page="/console/").status_code == status
    assert _texts(runtime) == []


def test_a_link_that_cannot_be_said_in_the_familys_language_is_a_call(browser: New, runtime: Any) -> None:
    teacher = browser().sign_in("teacher@demo.example")
    answer = teacher.post("/console/cases/CV-1003/chat-link/con_demo_ar", page="/console/")
    assert answer.headers["Location"] == "/console/cases/CV-1003?done=no_words"
    assert "Please call the family." in teacher.get(answer.headers["Location"]).text
    assert _texts(runtime) == []


def test_a_link_without_a_number_finds_another_way(browser: New, runtime: Any) -> None:
    with runtime.database.begin() as conn:
        conn.execute(sa.update(t.Endpoint).values(state="blocked"))
    answer = browser().sign_in("teacher@demo.example").post(f"/console/cases/CV-1002/chat-link/{MOTHER}", page="/console/")
    assert answer.headers["Location"] == "/console/cases/CV-1002?done=no_number"


def test_a_link_from_before_the_secret_was_changed_still_opens(runtime: Any) -> None:
    now = runtime.clock.now()
    with runtime.database.begin() as conn:
        token = family_chat.make_link(conn, runtime, MOTHER, now)
    changed = replace(runtime.settings, session_secret="n" * 64, session_secret_previous=runtime.settings.session_secret)
    with runtime.database.read() as conn:
        assert family_chat.door(conn, replace(runtime, settings=changed), token, "", now).state == "knock"
        with pytest.raises(NotFound):
            family_chat.door(conn, replace(runtime, settings=replace(changed, session_secret_previous="")), token, "", now)


def _expired(runtime: Any) -> None:
    with runtime.database.begin() as conn:
        conn.execute(sa.update(t.FamilyLink).values(expires_at=runtime.clock.now() - timedelta(seconds=1)))


def _another_s_number(runtime: Any) -> None:
    with runtime.database.begin() as conn:
        conn.execute(sa.update(t.Contact).values(identity="wrong_number"))


@pytest.mark.parametrize("ended", [_expired, _another_s_number])
def test_a_link_that_has_ended_names_the_school_and_its_phone(browser: New, runtime: Any, ended: Callable[[Any], None]) -> None:
    path = link(runtime)
    ended(runtime)
    before = counts(runtime.database)
    page = browser().get(path, headers={"Accept-Language": "en"})
    assert page.status_code == 410
    assert SCHOOL.search(page.text)
    assert "Este enlace ya no sirve" in page.text
    assert not any(word in page.text for word in ("Lucía", "Delgado", "Diego", "5550101002", MOTHER, "<form"))
    assert browser().get(f"{path}/news").status_code == 403
    assert counts(runtime.database) == before


def test_words_written_on_a_page_that_ended_meanwhile_are_said_to_be_unsent(browser: New, runtime: Any, clock: TickingClock) -> None:
    path = link(runtime)
    mine = come_in(browser(), runtime, path)
    token = mine.token(path)
    clock.advance(days=14)
    before = counts(runtime.database)
    for name, field in (("messages", "text"), ("answers", "q1")):
        page = mine.post(f"{path}/{name}", csrf=token, **{field: "Leyó <b>solo</b>"})
        assert page.status_code == 410
        assert SCHOOL.search(page.text)
        assert "Lo que acaba de escribir no se envió." in page.text
    assert "no se envió" not in mine.get(path).text
    assert counts(runtime.database) == before


@pytest.mark.parametrize(
    ("asked", "lang", "said"),
    [
        ("es-MX,es;q=0.9,en;q=0.5", "es", "Envíe un texto o llame a la escuela de su hijo o hija."),
        ("en-US", "en", "Please text or call your child's school."),
        ("ar", "en", "Please text or call your child's school."),
        ("ar,es;q=0.8", "es", "Envíe un texto o llame a la escuela de su hijo o hija."),
    ],
)
def test_a_link_nobody_made_says_whom_to_ask_in_the_browsers_language(browser: New, asked: str, lang: str, said: str) -> None:
    for path in ("/chat/x.y", "/chat/x", "/chat/", "/chat/a/b/c", "/mail/stop/x"):
        page = browser().get(path, headers={"Accept-Language": asked})
        assert page.status_code == 404
        assert f'<html lang="{lang}"' in page.text
        assert said in page.text
        assert 'href="/"' not in page.text


def test_an_unknown_link_and_one_of_another_house_are_the_same_page(browser: New, runtime: Any) -> None:
    name = "A" * 20
    unknown = f"/chat/{name}.{family_chat._signature(runtime.settings.session_secret, name)}"
    foreign = f"/chat/{name}.{family_chat._signature('f' * 64, name)}"
    forged = link(runtime)[:-2] + "zz"
    pages = [browser().get(path) for path in (unknown, foreign, forged)]
    assert len({(page.status_code, page.text) for page in pages}) == 1
    assert "Maple" not in pages[0].text


def test_a_form_on_a_familys_page_that_was_open_for_too_long_leads_to_no_staff_page(browser: New, runtime: Any) -> None:
    page = browser().post(f"{link(runtime)}/code", csrf="old")
    assert page.status_code == 403
    assert 'href="/"' not in page.text
