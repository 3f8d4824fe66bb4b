"""The page that ends e-mail: a GET changes nothing, a mail program's own POST is enough, a wrong address is nowhere."""

from __future__ import annotations

import html
import re
from dataclasses import replace

import pytest
import sqlalchemy as sa

from bot.clock import RealIds
from bot.errors import Conflict
from bot.service import unsubscribe
from bot.service.runtime import Runtime
from bot.service.start_flow import start_flow
from bot.store.tables import Consent, Endpoint, Outbox
from tests.service.posting import queue, row
from tests.web.conftest import Browser, counts, enter


@pytest.fixture
def runtime(runtime: Runtime) -> Runtime:
    return replace(runtime, ids=RealIds())


@pytest.fixture
def path(runtime: Runtime) -> str:
    changes = {"channel": "email", "endpoint_id": "end_demo_es_email", "state": "sent"}
    queue(runtime.database, row(1, runtime.clock.now(), **changes))
    return unsubscribe.address_for(runtime, f"out_{1:026d}").removeprefix("https://hearthline.example")


def test_opening_it_changes_nothing_and_says_what_the_button_does_in_the_familys_language(browser, runtime: Runtime, path: str) -> None:
    before = counts(runtime.database)
    page = browser().get(path)
    browser().client.head(path, base_url=browser().base)
    assert (page.status_code, counts(runtime.database)) == (200, before)
    assert "¿Ya no quiere correos de su escuela?" in page.text
    assert "Oprima el botón y no enviaremos más correos" in page.text
    assert "Diego" not in page.text
    assert 'lang="es"' in page.text


@pytest.mark.parametrize("send", ["get", "post"])
def test_it_names_the_school_and_the_phone_a_person_answers(browser, path: str, send: str) -> None:
    reader: Browser = browser()
    page = getattr(reader.client, send)(path, base_url=reader.base).text
    assert "<strong>Maple Elementary</strong>" in page
    assert re.search(
        r'¿Prefiere hablar con una persona\? Llame a Maple Elementary: <a href="tel:\+1555\d{7}">\(555\) \d{3}-\d{4}</a>', page
    )


def test_one_click_of_a_mail_program_ends_it_without_cookies_or_token(browser, runtime: Runtime, path: str) -> None:
    reader: Browser = browser()
    for _ in range(2):
        said = reader.client.post(
            path, data={"List-Unsubscribe": "One-Click"}, headers={"Sec-Fetch-Site": "cross-site"}, base_url=reader.base
        )
        assert said.status_code == 200
        assert "Usted no recibirá más correos" in said.text
        assert "escriba EMPEZAR a" in html.unescape(said.text)
    with runtime.database.read() as conn:
        assert conn.scalars(sa.select(Consent.medium).where(Consent.state == "stopped")).all() == ["email"]


@pytest.mark.parametrize("wrong", ["/mail/stop/x", "/mail/stop/out_1.aaaaaaaaaaaaaaaaaaaaaa"])
def test_a_wrong_address_is_nowhere(browser, runtime: Runtime, wrong: str) -> None:
    before = counts(runtime.database)
    assert browser().get(wrong).status_code == 404
    assert browser().client.post(wrong, base_url=browser().base).status_code == 404
    assert counts(runtime.database) == before


MOTHER = "con_demo_es"
CASE = "/console/cases/CV-1002"


def stopped(browser, runtime: Runtime, path: str) -> None:
    """The mother likes e-mail best, and ends it by one click."""
    with runtime.database.begin() as conn:
        conn.execute(sa.update(Endpoint).where(Endpoint.id == "end_demo_es_email").values(preferred=-1))
    assert browser().client.post(path, data={"List-Unsubscribe": "One-Click"}, base_url=browser().base).status_code == 200


def begun(runtime: Runtime) -> str:
    """By which channel a talk the school starts would reach her."""
    with runtime.database.begin() as conn:
        (queued, *_) = start_flow(conn, runtime, MOTHER, None, "home-observations", "", runtime.clock.now())
        return str(conn.scalar(sa.select(Outbox.channel).where(Outbox.id == queued)))


def shown(browser) -> str:
    page = enter(browser(), "stf_demo_liaison").get(CASE).text
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())


def test_one_click_ends_mail_alone_and_the_school_still_reaches_them_by_text(browser, runtime: Runtime, path: str) -> None:
    stopped(browser, runtime, path)
    assert begun(runtime) == "sms"
    assert "e-mail: stopped by the family, until their own START; text message: yes" in shown(browser)


def test_a_start_by_text_brings_the_mail_back(browser, runtime: Runtime, path: str, texts_in) -> None:
    stopped(browser, runtime, path)
    assert texts_in("+15550101002", "START").status_code == 200
    with runtime.database.read() as conn:
        said = conn.scalars(sa.select(Outbox.body).where(Outbox.audience == "family").order_by(Outbox.id)).all()[-1]
    assert said == (
        "Qué gusto tenerle de vuelta. Recibirá otra vez correos de apoyo de Maple Elementary, y textos como antes."
        " Responda ALTO para no recibir textos."
    )
    assert begun(runtime) == "email"
    assert "e-mail: yes; text message: yes" in shown(browser)


def test_a_start_of_who_stopped_texts_does_not_bring_mail_back(browser, runtime: Runtime, path: str, texts_in) -> None:
    stopped(browser, runtime, path)
    texts_in("+15550101002", "ALTO")
    texts_in("+15550101002", "START")
    with runtime.database.read() as conn:
        assert conn.scalars(sa.select(Consent.medium).where(Consent.state == "stopped")).all() == ["email"]
    assert begun(runtime) == "sms"


def test_with_both_stopped_nothing_is_started(browser, runtime: Runtime, path: str, texts_in) -> None:
    stopped(browser, runtime, path)
    texts_in("+15550101002", "ALTO")
    with pytest.raises(Conflict):
        begun(runtime)
