"""Every answer is headed safely, every form proves where it comes from, no GET changes anything (faults 13, 23)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.web.conftest import Browser, counts

New = Callable[[], Browser]
PAGES = [
    "/",
    "/console/",
    "/console/sign-in",
    "/console/sign-in/sent",
    "/console/sign-in/nothing",
    "/console/cases/CV-1002",
    "/chat/x",
    "/nowhere",
]


@pytest.mark.parametrize("path", [*PAGES, "/healthz", "/readyz", "/hooks/twilio/message", "/static/hearthline.css"])
def test_every_answer_carries_the_headers(browser: New, path: str) -> None:
    headers = browser().get(path).headers
    assert headers["Content-Security-Policy"] == (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Strict-Transport-Security"] == "max-age=31536000"
    assert (headers["Cache-Control"] == "no-store") is not path.startswith("/static/")


@pytest.mark.parametrize("path", PAGES)
def test_no_page_has_inline_script_or_style(browser: New, path: str) -> None:
    text = browser().sign_in("liaison@demo.example").get(path).text
    assert "<style" not in text
    assert " style=" not in text
    assert "<script>" not in text
    assert " onclick=" not in text
    assert "javascript:" not in text


def test_cookies_are_out_of_reach_of_scripts_and_other_sites(browser: New) -> None:
    mine = browser().sign_in("teacher@demo.example")
    for name in ("hl_visit", "hl_staff"):
        cookie = mine.client.get_cookie(name, domain="hearthline.example")
        assert (cookie.http_only, cookie.secure, cookie.same_site) == (True, True, "Lax")


@pytest.mark.parametrize(
    "path", ["/console/sign-in", "/console/sign-in/x", "/console/sign-out", "/console/language", "/console/tasks/hnd_1/take"]
)
@pytest.mark.parametrize("token", ["", "0" * 64, "é", "x" * 10_000])
def test_a_form_without_this_browsers_token_changes_nothing(browser: New, runtime: Any, path: str, token: str) -> None:
    mine = browser().sign_in("teacher@demo.example")
    before = counts(runtime.database)
    assert mine.post(path, csrf=token, email="teacher@demo.example", lang="es").status_code == 403
    assert counts(runtime.database) == before


def test_another_browsers_token_is_refused(browser: New) -> None:
    theirs = browser().token("/console/sign-in")
    mine = browser()
    mine.get("/console/sign-in")
    assert mine.post("/console/sign-in", csrf=theirs, email="teacher@demo.example").status_code == 403


def test_a_post_from_another_site_is_refused_even_with_a_token(browser: New) -> None:
    mine = browser()
    token = mine.token("/console/sign-in")
    answer = mine.client.post(
        "/console/sign-in", data={"csrf": token, "email": "x"}, headers={"Sec-Fetch-Site": "cross-site"}, base_url=mine.base
    )
    assert answer.status_code == 403


def test_no_get_changes_state_but_the_audit_of_what_was_read(browser: New, runtime: Any) -> None:
    mine = browser().sign_in("liaison@demo.example")
    before = counts(runtime.database)
    for path in [*PAGES, "/console/cases/CV-1002/timeline?seen=x"]:
        mine.get(path)
        mine.client.head(path, base_url=mine.base)
    after = counts(runtime.database)
    assert {name for name in before if before[name] != after[name]} == {"audit"}


def test_an_expired_session_inside_a_fragment_sends_the_whole_page_to_sign_in(browser: New) -> None:
    answer = browser().get("/console/cases/CV-1002/timeline", headers={"HX-Request": "true"})
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (286, "/console/sign-in")


def test_a_form_that_is_too_large_is_refused(browser: New) -> None:
    mine = browser()
    assert mine.post("/console/sign-in", email="x" * 70_000).status_code == 413


def test_health_and_readiness_say_nothing_more(browser: New) -> None:
    assert [browser().get(path).text for path in ("/healthz", "/readyz")] == ["ok\n", "ready\n"]


def test_not_ready_without_a_database(browser: New, runtime: Any) -> None:
    import sqlalchemy as sa

    with runtime.database.begin() as conn:
        conn.execute(sa.text("PRAGMA foreign_keys=OFF"))
        conn.execute(sa.text("ALTER TABLE district RENAME TO gone"))
    assert browser().get("/readyz").status_code == 503
