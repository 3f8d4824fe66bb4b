"""The page that ends e-mail: a GET changes nothing, a mail program's own POST is enough, a wrong address is nowhere."""

from __future__ import annotations

from dataclasses import replace

import pytest
import sqlalchemy as sa

from bot.clock import RealIds
from bot.service import unsubscribe
from bot.service.runtime import Runtime
from bot.store.tables import Consent
from tests.service.posting import queue, row
from tests.web.conftest import Browser, counts


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
    assert "Diego" not in page.text
    assert 'lang="es"' in page.text


def test_one_click_of_a_mail_program_ends_it_without_cookies_or_token(browser, runtime: Runtime, path: str) -> None:
    reader: Browser = browser()
    for _ in range(2):
        said = reader.client.post(
            path, data={"List-Unsubscribe": "One-Click"}, headers={"Sec-Fetch-Site": "cross-site"}, base_url=reader.base
        )
        assert said.status_code == 200
        assert "Usted no recibirá más correos" in said.text
    with runtime.database.read() as conn:
        assert conn.scalars(sa.select(Consent.medium).where(Consent.state == "stopped")).all() == ["email"]


@pytest.mark.parametrize("wrong", ["/mail/stop/x", "/mail/stop/out_1.aaaaaaaaaaaaaaaaaaaaaa"])
def test_a_wrong_address_is_nowhere(browser, runtime: Runtime, wrong: str) -> None:
    before = counts(runtime.database)
    assert browser().get(wrong).status_code == 404
    assert browser().client.post(wrong, base_url=browser().base).status_code == 404
    assert counts(runtime.database) == before
