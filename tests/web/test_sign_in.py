"""Staff sign in: a one-time link by Slack, which no scanner uses up and no stranger learns from (faults 13, 23)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from bot.service.sign_in import LINK_LIFE, MAX_LIVE_LINKS, MAX_TRIES
from tests.fakes.clock import TickingClock
from tests.web.conftest import Browser, counts, direct_messages

TEACHER = "teacher@demo.example"
New = Callable[[], Browser]


def test_a_link_by_direct_message_opens_the_console(browser: New) -> None:
    mine = browser().sign_in(TEACHER)
    assert mine.get("/console/").status_code == 200


def test_the_message_goes_to_the_persons_own_slack_and_expires_with_the_link(browser: New, runtime: Any) -> None:
    import sqlalchemy as sa

    from bot.store.tables import Outbox

    browser().link_for(TEACHER)
    with runtime.database.read() as conn:
        row = conn.execute(
            sa.select(Outbox.channel, Outbox.address, Outbox.staff_id, Outbox.state, Outbox.not_before, Outbox.not_after)
        ).one()
    assert tuple(row)[:4] == ("slack", "U0DEMOTEACH", "stf_demo_teacher", "queued")
    assert row.not_after - row.not_before == LINK_LIFE


@pytest.mark.parametrize("email", ["nobody@demo.example", "", "x" * 300, "teacher@demo.example\0", "%", "TEACHER"])
def test_an_address_that_is_nobodys_gets_the_same_answer_and_no_message(browser: New, runtime: Any, email: str) -> None:
    mine = browser()
    answer = mine.post("/console/sign-in", email=email)
    known = browser().post("/console/sign-in", email=TEACHER)
    assert (answer.status_code, answer.headers["Location"]) == (known.status_code, known.headers["Location"])
    assert [name for name, _ in answer.headers if name == "Set-Cookie"] == [name for name, _ in known.headers if name == "Set-Cookie"]
    assert len(direct_messages(runtime.database)) == 1


def test_capitals_and_spaces_in_an_address_do_not_matter(browser: New) -> None:
    assert browser().link_for("  Teacher@Demo.Example ")


def test_a_link_works_once(browser: New) -> None:
    mine = browser()
    link = mine.link_for(TEACHER)
    assert mine.post(link).status_code == 303
    again = mine.post(link, page="/console/sign-in")
    assert (again.status_code, mine.get(link).status_code) == (410, 410)


def test_a_link_ends_after_fifteen_minutes(browser: New, clock: TickingClock) -> None:
    mine = browser()
    link = mine.link_for(TEACHER)
    clock.advance(minutes=15)
    assert mine.post(link, page="/console/sign-in").status_code == 410


def test_a_session_ends_after_twelve_hours(browser: New, clock: TickingClock) -> None:
    mine = browser().sign_in(TEACHER)
    clock.advance(hours=12)
    assert mine.get("/console/").headers["Location"] == "/console/sign-in"


def test_a_session_ends_when_the_person_leaves(browser: New, runtime: Any) -> None:
    import sqlalchemy as sa

    from bot.store.tables import Staff

    mine = browser().sign_in(TEACHER)
    with runtime.database.begin() as conn:
        conn.execute(sa.update(Staff).where(Staff.id == "stf_demo_teacher").values(active=False))
    assert mine.get("/console/").status_code == 302


def test_signing_out_ends_the_session_on_the_server(browser: New) -> None:
    mine = browser().sign_in(TEACHER)
    cookie = mine.client.get_cookie("hl_staff", domain="hearthline.example").value
    assert mine.post("/console/sign-out", page="/console/").status_code == 303
    mine.client.set_cookie("hl_staff", cookie, domain="hearthline.example")
    assert mine.get("/console/").status_code == 302


SCANNERS = {
    "Slackbot-LinkExpanding 1.0": ("GET",),
    "WhatsApp/2.23": ("GET",),
    "curl HEAD": ("HEAD",),
    "mail scanner": ("HEAD", "GET", "GET"),
    "prefetch": ("GET", "OPTIONS"),
    "Mozilla/5.0 HeadlessChrome": ("GET", "GET", "GET"),
}


@pytest.mark.parametrize("agent", SCANNERS)
def test_scanners_that_open_the_link_leave_it_alive(browser: New, runtime: Any, agent: str) -> None:
    mine = browser()
    link = mine.link_for(TEACHER)
    before = counts(runtime.database)
    scanner = browser()
    for method in SCANNERS[agent]:
        scanner.client.open(link, method=method, headers={"User-Agent": agent, "Purpose": "prefetch"}, base_url=scanner.base)
    assert counts(runtime.database) == before
    assert mine.post(link).status_code == 303


def test_a_scanner_that_presses_every_button_gets_no_session(browser: New) -> None:
    mine, scanner = browser(), browser()
    link = mine.link_for(TEACHER)
    pressed = scanner.post(link)
    assert (pressed.status_code, scanner.get("/console/").status_code) == (403, 302)
    assert scanner.post(link, email="scanner@mail.example").status_code == 403
    assert mine.post(link).status_code == 303


def test_the_person_may_open_the_link_in_another_browser_by_typing_the_address(browser: New) -> None:
    link = browser().link_for(TEACHER)
    phone = browser()
    assert "another browser" in phone.get(link).text
    assert phone.post(link, email="Teacher@demo.example").status_code == 303


def test_nobody_guesses_whose_link_it_is(browser: New, runtime: Any) -> None:
    mine, thief = browser(), browser()
    link = mine.link_for(TEACHER)
    for number in range(MAX_TRIES):
        assert thief.post(link, email=f"person{number}@demo.example").status_code == (403 if number + 1 < MAX_TRIES else 410)
    assert thief.post(link, page="/console/sign-in", email=TEACHER).status_code == 410
    assert mine.post(link, page="/console/sign-in").status_code == 410


def test_nobodys_slack_is_flooded(browser: New, runtime: Any) -> None:
    for _ in range(MAX_LIVE_LINKS + 4):
        browser().link_for(TEACHER)
    assert len(direct_messages(runtime.database)) == MAX_LIVE_LINKS


def test_only_hashes_of_links_and_sessions_are_kept(browser: New, runtime: Any) -> None:
    import sqlalchemy as sa

    mine = browser()
    link = mine.link_for(TEACHER)
    mine.post(link)
    session = mine.client.get_cookie("hl_staff", domain="hearthline.example").value
    with runtime.database.read() as conn:
        kept = [
            bytes(value)
            for table in ("sign_in_link", "staff_session")
            for value in conn.execute(sa.text(f"SELECT token_hash FROM {table}")).scalars()
        ]
    assert len(kept) == 2
    assert not any(secret.encode() in value for value in kept for secret in (link.rpartition("/")[2], session))


def test_the_language_is_a_setting_of_the_person(browser: New) -> None:
    mine = browser().sign_in(TEACHER)
    assert mine.post("/console/language", page="/console/", lang="es", back="/console/").headers["Location"] == "/console/"
    assert '<html lang="es" dir="ltr">' in mine.get("/console/").text
    assert '<html lang="es" dir="ltr">' in browser().sign_in(TEACHER).get("/console/").text


@pytest.mark.parametrize("back", ["https://evil.example/", "//evil.example", "/console/\\evil", "/console/\r\nX: y", ""])
def test_choosing_a_language_leads_nowhere_else(browser: New, back: str) -> None:
    mine = browser().sign_in(TEACHER)
    assert mine.post("/console/language", page="/console/", lang="en", back=back).headers["Location"] == "/console/"


def test_a_language_that_does_not_exist_is_refused(browser: New) -> None:
    mine = browser().sign_in(TEACHER)
    assert mine.post("/console/language", page="/console/", lang="tlh").status_code == 400


def test_where_there_is_mail_the_link_goes_to_the_work_address(compiled: Any, runtime: Any) -> None:
    """And to nowhere else: not to Slack as well, and never by text message."""
    from dataclasses import replace

    import sqlalchemy as sa

    from bot import app
    from bot.store.tables import Outbox

    site = app.create_app(replace(runtime, channels={**runtime.channels, "email": object()}))
    mine = Browser(site.test_client(), runtime.database)
    assert "a link by e-mail" in mine.get("/console/sign-in").text
    mine.post("/console/sign-in", email=TEACHER)
    assert "Look in your mail" in mine.get("/console/sign-in/sent").text
    with runtime.database.read() as conn:
        row = conn.execute(sa.select(Outbox.channel, Outbox.address, Outbox.body, Outbox.blocks, Outbox.staff_id)).one()
    assert (row.channel, row.address, row.staff_id, row.blocks) == (
        "email",
        TEACHER,
        "stf_demo_teacher",
        '{"subject":"Sign in to Hearthline"}',
    )
    link = "/console/sign-in/" + row.body.partition("/console/sign-in/")[2].split()[0]
    assert mine.post(link).status_code == 303
    site.extensions["hearthline"].committer.close()
