"""Choices on the family's page: one by a button, several together, shown as the words that stood on them; nothing beside them is lost."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from typing import Any

import pytest

from bot.errors import Busy
from tests.web.conftest import Browser
from tests.web.test_family_chat import _entries, _messages, _sent, _start, enter, link
from tests.web.test_family_form import entries, page_for

New = Callable[[], Browser]
ID = "a1b2c3d4e5f6"


@pytest.fixture
def mine(browser: New, runtime: Any, texts_in: Callable[..., Any]) -> tuple[Browser, str]:
    """The mother's page, where the talk began there has come to the question with several answers (what helps with something hard)."""
    _start(runtime)
    path = link(runtime)
    family = enter(browser(), runtime, path)
    for words in ("Cuentos de dinosaurios", "1"):
        assert family.post(f"{path}/messages", page=path, text=words).status_code == 303
        _sent(runtime)
    return family, path


def shown(page: str) -> list[str]:
    """What the family's own bubbles say."""
    return [html.unescape(said) for said in re.findall(r'class="mine">.*?<p class="bubble"[^>]*>([^<]*)<', page, re.DOTALL)]


def test_several_choices_go_together_and_are_one_answer(mine: tuple[Browser, str], runtime: Any) -> None:
    family, path = mine
    page = family.get(path).text
    assert re.findall(r'type="checkbox" form="write" name="choice" value="(\d)"', page)[:3] == ["1", "2", "3"]
    assert 'name="press"' not in page
    assert family.post(f"{path}/messages", page=path, choice=["2", "4"], text="").status_code == 303
    assert _messages(runtime)[-1] == "2, 4"
    assert [(row[1], row[5], row[7]) for row in _entries(runtime)][-1] == ("R3", "2, 4", '{"reading.signs":["slow","tired"]}')


def test_words_typed_beside_the_choices_go_with_them(mine: tuple[Browser, str], runtime: Any) -> None:
    family, path = mine
    family.post(f"{path}/messages", page=path, choice=["2", "4"], text="sobre todo de noche")
    assert _messages(runtime)[-1] == "2, 4: sobre todo de noche"
    assert _entries(runtime)[-1][5] == "2, 4: sobre todo de noche"
    assert shown(family.get(path).text)[-1] == "Despacio, Se cansa: sobre todo de noche"


def test_what_is_pressed_is_shown_in_its_words_and_kept_as_it_was_sent(mine: tuple[Browser, str], runtime: Any) -> None:
    family, path = mine
    assert shown(family.get(path).text) == ["Cuentos de dinosaurios", "Casi todos los días"]
    assert _messages(runtime) == ["Cuentos de dinosaurios", "1"]


def test_a_number_no_choice_has_and_a_number_that_is_an_answer_stay_as_they_are(mine: tuple[Browser, str]) -> None:
    family, path = mine
    family.post(f"{path}/messages", page=path, text="99")
    assert shown(family.get(path).text)[-1] == "99"


def test_an_answer_to_a_question_asked_by_text_is_shown_in_the_words_of_that_question(
    browser: New, runtime: Any, texts_in: Callable[..., Any]
) -> None:
    _start(runtime)
    texts_in("+15550101002", "Cuentos de dinosaurios")
    _sent(runtime)
    path = link(runtime)
    family = enter(browser(), runtime, path)
    family.post(f"{path}/messages", page=path, press="2")
    assert shown(family.get(path).text) == ["Algunos días"]


def test_words_typed_before_a_button_is_pressed_stand_in_the_field_still(browser: New, runtime: Any, texts_in: Callable[..., Any]) -> None:
    _start(runtime)
    texts_in("+15550101002", "Cuentos de dinosaurios")
    _sent(runtime)
    path = link(runtime)
    family = enter(browser(), runtime, path)
    page = family.post(f"{path}/messages", page=path, press="1", text="¿Me pueden llamar?", client_id=ID)
    assert page.status_code == 200
    assert re.search(r'<textarea id="text"[^>]*>¿Me pueden llamar\?</textarea>', page.text)
    assert _messages(runtime)[-1] == "1"
    family.post(f"{path}/messages", page=path, press="1", text="¿Me pueden llamar?", client_id=ID)  # the page is loaded again
    assert _messages(runtime)[-2:] == ["Cuentos de dinosaurios", "1"]


def test_the_form_and_the_words_beside_it_are_sent_by_either_button(browser: New, runtime: Any) -> None:
    path = page_for(runtime)
    family = enter(browser(), runtime, path)
    page = family.get(path).text
    (form,) = re.findall(r"<form .*?</form>", page, re.DOTALL)
    assert ('name="q1"' in form, 'name="text"' in form) == (True, True)
    family.post(f"{path}/messages", page=path, q1="Le encanta dibujar", q2=["1", "3"], text="El autobús llega tarde", client_id=ID)
    assert _messages(runtime) == ["1: Le encanta dibujar\n2: 1, 3", "El autobús llega tarde"]
    assert entries(runtime)[:2] == [("1", "Le encanta dibujar"), ("2", "1, 3")]
    assert "El autobús llega tarde" in [said for _, said in entries(runtime)]


def test_what_does_not_get_through_stands_in_the_form_still(browser: New, runtime: Any, site: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    path = page_for(runtime)
    family = enter(browser(), runtime, path)

    def full(event: Any) -> None:
        raise Busy

    monkeypatch.setattr(site.extensions["hearthline"].committer, "submit", full)
    answer = family.post(f"{path}/messages", page=path, q1="Le encanta dibujar", q2=["1", "3"], text="El autobús")
    assert answer.status_code == 503
    assert "Todavía no se envió. Por favor envíelo otra vez." in answer.text
    assert re.search(r'name="q1"[^>]*>Le encanta dibujar<', answer.text)
    assert re.findall(r'name="q2" value="(\d)" checked', answer.text) == ["1", "3"]
    assert re.search(r'id="text"[^>]*>El autobús<', answer.text)


def test_the_buttons_of_a_question_go_when_another_talk_is_open(browser: New, runtime: Any) -> None:
    _start(runtime)
    path = link(runtime)
    family = enter(browser(), runtime, path)
    family.post(f"{path}/messages", page=path, text="Cuentos de dinosaurios")
    _sent(runtime)
    assert 'name="press"' in family.get(path).text
    page_for(runtime, "math")
    page = family.get(path).text
    assert ("page-form" in page, 'name="press"' in page) == (True, False)
