"""Sign in with the school's account: only proved answers, only of this browser, only for people who are staff already."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
import sqlalchemy as sa
from flask import Flask

from bot import app
from bot.service.openid import OpenId
from bot.service.runtime import Runtime
from bot.store import tables as t
from tests.fakes.clock import TickingClock
from tests.fakes.openid import CLIENT, SECRET, Provider, openid_provider, shared_secret_key
from tests.web.conftest import PUBLIC, Browser, counts

BACK = "/console/sign-in/account/back"
pytestmark = pytest.mark.usefixtures("provider")


@pytest.fixture(scope="module")
def one_provider() -> Iterator[Provider]:
    with openid_provider() as running:
        yield running


@pytest.fixture
def provider(one_provider: Provider) -> Provider:
    one_provider.fresh()
    return one_provider


@pytest.fixture
def make(runtime: Runtime, provider: Provider) -> Iterator[Callable[..., Flask]]:
    """A site with this provider; more settings by name."""
    made: list[Flask] = []

    def site(**more: Any) -> Flask:
        chosen = {"oidc_issuer": provider.url, "oidc_client_id": CLIENT, "oidc_client_secret": SECRET, **more}
        made.append(app.create_app(replace(runtime, settings=replace(runtime.settings, **chosen))))
        return made[-1]

    yield site
    for one in made:
        one.extensions["hearthline"].committer.close()


@pytest.fixture
def browser(make: Callable[..., Flask], runtime: Runtime) -> Browser:
    return Browser(make().test_client(), runtime.database)


def there(mine: Browser, question: str = "/console/sign-in/account") -> str:
    """To the provider and as far as its answer, which the browser has not opened yet."""
    asked = mine.get(question)
    assert asked.status_code == 302
    answer = requests.get(asked.headers["Location"], allow_redirects=False, timeout=60)
    back = answer.headers["Location"]
    assert back.startswith(PUBLIC + BACK)
    return back.removeprefix(PUBLIC)


def test_a_teacher_comes_in_with_the_school_account(browser: Browser, runtime: Runtime) -> None:
    assert "Sign in with your school account" in browser.get("/console/sign-in").text
    back = browser.get(there(browser))
    assert (back.status_code, back.headers["Location"]) == (303, "/console/")
    assert "Ms. Bennett" in browser.get("/console/").text
    with runtime.database.read() as conn:
        found = conn.execute(sa.select(t.Audit.action, t.Audit.actor_id, t.Audit.reason)).one()
    assert tuple(found) == ("sign_in", "stf_demo_teacher", "account")


def test_a_link_in_an_alert_is_kept_through_the_school_account(browser: Browser) -> None:
    door = browser.get("/console/cases/CV-1002").headers["Location"]
    question = re.search(r'href="(/console/sign-in/account[^"]*)"', browser.get(door).text)
    assert question is not None
    back = browser.get(there(browser, question[1]))
    assert (back.status_code, back.headers["Location"]) == (303, "/console/cases/CV-1002")
    assert browser.get("/console/cases/CV-1002").status_code == 200


def test_who_stops_at_the_provider_keeps_the_way_for_the_next_try(browser: Browser) -> None:
    path = re.sub(r"code=[^&]*", "error=access_denied", there(browser, "/console/sign-in/account?to=/console/cases/CV-1002"))
    assert 'href="/console/sign-in?to=/console/cases/CV-1002"' in browser.get(path).text


def test_a_way_somebody_wrote_into_the_cookie_leads_nowhere(browser: Browser, runtime: Runtime) -> None:
    path = there(browser)
    asked = browser.client.get_cookie("hl_account", domain="hearthline.example", path=BACK).value
    browser.client.set_cookie("hl_account", asked + "/console/cases/CV-1002", domain="hearthline.example", path=BACK)
    refused(browser, path, runtime.database)


def test_the_question_carries_pkce_and_nothing_of_the_person(browser: Browser, provider: Provider) -> None:
    asked = parse_qs(urlsplit(browser.get("/console/sign-in/account").headers["Location"]).query)
    assert set(asked) == {
        "client_id",
        "response_type",
        "redirect_uri",
        "scope",
        "state",
        "nonce",
        "code_challenge",
        "code_challenge_method",
    }
    cookie = browser.client.get_cookie("hl_account", domain="hearthline.example", path=BACK)
    assert (cookie.secure, cookie.http_only, cookie.same_site) == (True, True, "Lax")
    assert asked["nonce"][0] not in cookie.value


def refused(mine: Browser, path: str, database: Any) -> str:
    """The answer is refused: no session, nothing written; says what the page says."""
    before = counts(database)
    answer = mine.get(path)
    assert answer.status_code == 403
    assert counts(database) == before
    assert mine.get("/console/").status_code == 302
    return answer.text


LIES: dict[str, Callable[[Provider], None]] = {
    "another nonce": lambda p: p.claims.update(nonce="stolen"),
    "no nonce": lambda p: p.claims.update(nonce=None),
    "made for another": lambda p: p.claims.update(aud="somebody-else"),
    "made for another and us without our wish": lambda p: p.claims.update(aud=[CLIENT, "somebody-else"]),
    "wished by another": lambda p: p.claims.update(azp="somebody-else"),
    "another issuer": lambda p: p.claims.update(iss="https://accounts.evil.example"),
    "over": lambda p: p.claims.update(exp=p.now - 3600),
    "without an end": lambda p: p.claims.update(exp=None),
    "from the future": lambda p: p.claims.update(iat=p.now + 3600),
    "about nobody": lambda p: p.claims.update(sub=None),
    "unsigned": lambda p: p.header.update(alg="none"),
    "signed with the shared secret": lambda p: setattr(p, "key", shared_secret_key()),
    "signed with a key nobody published": lambda p: setattr(p, "key", p.new_key("unknown")),
    "signed with another key of that name": lambda p: setattr(p, "key", p.new_key("one")),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_token_that_is_not_proved_opens_nothing(browser: Browser, provider: Provider, runtime: Runtime, lie: str) -> None:
    LIES[lie](provider)
    refused(browser, there(browser), runtime.database)


PEOPLE = {
    "nobody of ours": {"email": "stranger@demo.example"},
    "an address nobody vouched for": {"email_verified": False},
    "an address without a word about it": {"email_verified": None},
    "no address": {"email": None},
    "an address that is no text": {"email": ["teacher@demo.example"]},
}


@pytest.mark.parametrize("person", PEOPLE)
def test_who_is_not_staff_stays_outside_and_nobody_is_made(browser: Browser, provider: Provider, runtime: Runtime, person: str) -> None:
    provider.person.update(PEOPLE[person])
    text = refused(browser, there(browser), runtime.database)
    assert ("We do not know this account yet" in text) is (person == "nobody of ours")


def test_who_left_stays_outside_and_a_session_ends_with_the_leaving(browser: Browser, runtime: Runtime) -> None:
    assert browser.get(there(browser)).status_code == 303
    assert browser.get("/console/").status_code == 200
    with runtime.database.begin() as conn:
        conn.execute(sa.update(t.Staff).where(t.Staff.id == "stf_demo_teacher").values(active=False))
    assert browser.get("/console/").status_code == 302
    refused(browser, there(browser), runtime.database)


def test_an_answer_is_good_for_the_browser_that_asked_and_for_once(
    browser: Browser, make: Callable[..., Flask], runtime: Runtime, clock: TickingClock
) -> None:
    path = there(browser)
    scanner = Browser(make().test_client(), runtime.database)
    refused(scanner, path, runtime.database)
    there(scanner)  # with a question of its own it is no better off
    refused(scanner, path, runtime.database)
    assert browser.get(path).status_code == 303


def test_back_to_a_used_answer_is_my_cases_for_who_is_signed_in_and_says_so_to_others(browser: Browser, runtime: Runtime) -> None:
    path = there(browser)
    assert browser.get(path).status_code == 303
    before = counts(runtime.database)
    again = browser.get(path)
    assert (again.status_code, again.headers["Location"]) == (303, "/console/")
    assert counts(runtime.database) == before
    browser.post("/console/sign-out", page="/console/")
    text = refused(browser, path, runtime.database)
    assert ("was used already" in text, "too long" in text, 'href="/console/sign-in"' in text) == (True, False, True)


@pytest.mark.parametrize("query", ["", "?state=x&code=y", "?error=access_denied&state=x", "?state=%C3%A9&code=y"])
def test_an_answer_nobody_asked_for_changes_nothing(browser: Browser, runtime: Runtime, query: str) -> None:
    refused(browser, BACK + query, runtime.database)
    browser.get("/console/sign-in/account")
    refused(browser, BACK + query, runtime.database)


def test_two_tabs_that_ask_do_not_shut_each_other_out(browser: Browser, runtime: Runtime) -> None:
    first, second = there(browser), there(browser)
    refused(browser, first, runtime.database)
    assert browser.get(second).status_code == 303


@pytest.mark.parametrize("cookie", ["", "a", "a.b", "a.b.c", "a.9999999999.c", "é.1.é"])
def test_a_cookie_of_ones_own_making_is_none(browser: Browser, runtime: Runtime, cookie: str) -> None:
    path = there(browser)
    browser.client.set_cookie("hl_account", cookie, domain="hearthline.example", path=BACK)
    refused(browser, path, runtime.database)


def test_an_answer_after_ten_minutes_is_too_late(browser: Browser, runtime: Runtime, clock: TickingClock) -> None:
    path = there(browser)
    clock.advance(minutes=10)
    assert "That took too long" in refused(browser, path, runtime.database)


def test_a_no_at_the_provider_is_said_as_one_and_how_to_go_on(browser: Browser, runtime: Runtime) -> None:
    path = re.sub(r"code=[^&]*", "error=access_denied", there(browser))
    text = refused(browser, path, runtime.database)
    assert "You were not signed in" in text
    assert "try again" in text


def test_an_answer_that_names_another_provider_is_refused(browser: Browser, runtime: Runtime) -> None:
    refused(browser, there(browser).partition("&iss=")[0] + "&iss=https%3A%2F%2Fevil.example", runtime.database)


def test_a_new_key_of_the_provider_is_found_and_unknown_ones_do_not_hammer_it(
    browser: Browser, provider: Provider, runtime: Runtime, clock: TickingClock
) -> None:
    assert browser.get(there(browser)).status_code == 303
    for number in range(3):
        provider.key = provider.new_key(f"forged {number}")
        browser.client.delete_cookie("hl_staff", domain="hearthline.example")
        refused(browser, there(browser), runtime.database)
    assert provider.asked.count("keys") == 1  # asked lately
    clock.advance(seconds=60)
    provider.key = provider.new_key("two")
    provider.keys.append(provider.key)
    assert browser.get(there(browser)).status_code == 303
    assert (provider.asked.count("keys"), provider.asked.count("about")) == (2, 1)


def test_a_provider_that_is_silent_or_describes_another_is_a_kind_page(browser: Browser, provider: Provider, runtime: Runtime) -> None:
    before = counts(runtime.database)
    provider.silent = True
    assert browser.get("/console/sign-in/account").status_code == 502
    provider.silent, provider.about = False, {"issuer": "https://evil.example"}
    answer = browser.get("/console/sign-in/account")
    assert (answer.status_code, "does not answer" in answer.text) == (502, True)
    assert counts(runtime.database) == before


@pytest.mark.parametrize(
    ("settings", "person", "status"),
    [
        ({"oidc_domains": "demo.example, other.example"}, {}, 303),
        ({"oidc_domains": "other.example"}, {}, 403),
        ({"oidc_domains": "example"}, {}, 403),
        ({"oidc_claims": "hd=demo.example"}, {"hd": "demo.example"}, 303),
        ({"oidc_claims": "hd=demo.example"}, {"hd": "gmail.example"}, 403),
        ({"oidc_claims": "hd=demo.example"}, {}, 403),
        ({"oidc_claims": "tid=7, hd=demo.example"}, {"hd": "demo.example", "tid": 7}, 303),
        ({"oidc_email_claim": "upn", "oidc_claims": "tid=7"}, {"upn": "Teacher@demo.example", "tid": "7", "email_verified": None}, 303),
        ({"oidc_email_claim": "upn"}, {"upn": "teacher@demo.example", "email_verified": None}, 403),
    ],
)
def test_the_district_says_which_accounts_are_its_own(
    make: Callable[..., Flask], provider: Provider, runtime: Runtime, settings: dict[str, str], person: dict[str, Any], status: int
) -> None:
    provider.person.update(person)
    mine = Browser(make(**settings).test_client(), runtime.database)
    assert mine.get(there(mine)).status_code == status


def test_without_a_provider_there_is_no_such_page(runtime: Runtime) -> None:
    site = app.create_app(runtime)
    mine = Browser(site.test_client(), runtime.database)
    assert [mine.get(path).status_code for path in ("/console/sign-in/account", BACK)] == [404, 404]
    assert "school account" not in mine.get("/console/sign-in").text
    site.extensions["hearthline"].committer.close()


def test_a_district_may_turn_the_links_off(make: Callable[..., Flask], runtime: Runtime) -> None:
    mine = Browser(make(sign_in_links="off", oidc_name="Cedar ID").test_client(), runtime.database)
    page = mine.get("/console/sign-in").text
    assert ("Sign in with Cedar ID" in page, 'name="email"' in page) == (True, False)
    before = counts(runtime.database)
    mine.post("/console/sign-in", page="/console/sign-in/sent", email="teacher@demo.example")
    assert counts(runtime.database) == before


def test_a_public_client_has_no_secret_and_still_proves_itself(runtime: Runtime, provider: Provider, clock: TickingClock) -> None:
    settings = replace(runtime.settings, oidc_issuer=provider.url, oidc_client_id=CLIENT)
    begun = OpenId(settings).begin("https://hearthline.example/back", clock.now())
    assert begun is not None
    assert "code_challenge=" in begun.url
