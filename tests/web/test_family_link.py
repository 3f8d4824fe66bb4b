"""Staff text a family the link to its page: only the child's team, only to the child's adults, only in words we have."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa

from bot.errors import NotFound
from bot.service import family_chat
from bot.store import tables as t
from tests.web.test_family_chat import MOTHER, New


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
