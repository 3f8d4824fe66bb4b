"""A link in an alert, followed by somebody who has to sign in first, leads to the page it names."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlencode

import pytest

from bot.service.runtime import Runtime
from tests.web.conftest import Browser, counts, direct_messages

TEACHER = "teacher@demo.example"
CASE = "/console/cases/CV-1002"
ASK = f"/console/sign-in?to={CASE}"
NOT_THERE = "That page is not there, or it is not open to you."
New = Callable[[], Browser]


def follow(mine: Browser, path: str) -> str:
    """Open a page without being signed in; where the door is."""
    answer = mine.get(path)
    assert answer.status_code == 302
    return str(answer.headers["Location"])


def link_from(mine: Browser, door: str, email: str = TEACHER) -> str:
    """Send the form of the sign-in page as it stands there; the link that was sent."""
    page = mine.get(door).text
    hidden = {"to": page.partition('name="to" value="')[2].partition('"')[0]} if 'name="to"' in page else {}
    assert mine.post("/console/sign-in", page=door, email=email, **hidden).status_code == 303
    return "/console/sign-in/" + direct_messages(mine.database)[-1].partition("/console/sign-in/")[2].split()[0]


def test_a_link_in_an_alert_is_kept_through_the_sign_in(browser: New) -> None:
    mine = browser()
    back = mine.post(link_from(mine, follow(mine, CASE)))
    assert (back.status_code, back.headers["Location"]) == (303, CASE)
    assert mine.get(CASE).status_code == 200


def test_the_one_time_link_leads_there_from_another_device_as_well(browser: New) -> None:
    asking, phone = browser(), browser()
    link = link_from(asking, follow(asking, CASE))
    assert "cases" not in link
    back = phone.post(link, email=TEACHER)
    assert (back.status_code, back.headers["Location"]) == (303, CASE)


def test_a_new_link_for_one_that_is_used_up_leads_there_too(browser: New) -> None:
    mine, later = browser(), browser()
    link = link_from(mine, follow(mine, CASE))
    mine.post(link)
    assert f'href="{ASK}"' in later.get(link).text
    again = link_from(later, ASK)
    assert later.post(again).headers["Location"] == CASE


def test_another_address_on_the_sent_page_keeps_the_way(browser: New) -> None:
    mine = browser()
    sent = mine.post("/console/sign-in", page=ASK, email=TEACHER, to=CASE).headers["Location"]
    assert f'href="{ASK}"' in mine.get(sent).text


def test_a_page_that_is_not_theirs_leads_to_my_cases(browser: New) -> None:
    mine = browser()
    for path in ("/console/cases/CV-9999", "/console/tasks/hnd_nobodys"):
        mine.client.delete_cookie("hl_staff", domain="hearthline.example")
        back = mine.post(link_from(mine, follow(mine, path)))
        assert back.headers["Location"] == path
        fallen = mine.get(path)
        assert (fallen.status_code, fallen.headers["Location"]) == (302, "/console/?done=astray")
        page = mine.get("/console/?done=astray").text
        assert page.count(NOT_THERE) == 1
        assert path.rpartition("/")[2] not in page
        assert mine.get(path).status_code == 404  # asked for again, by hand, it says so


def test_my_cases_says_so_to_nobody_else(browser: New) -> None:
    mine = browser().sign_in(TEACHER)
    assert NOT_THERE not in mine.get("/console/").text
    assert NOT_THERE not in mine.get("/console/?done=%3Cb%3E").text


@pytest.mark.parametrize(
    "to",
    [
        "https://evil.example/console/",
        "//evil.example",
        "/console//evil.example",
        "/console/\\evil.example",
        "/console/\r\nX: y",
        "/chat/abc",
        "/console/sign-in/account",
        "/console/sign-out",
        "/console/nowhere-at-all",
        "/console/cases/" + "x" * 300,
    ],
)
def test_the_way_leads_to_pages_of_the_console_only(browser: New, to: str) -> None:
    mine = browser()
    door = "/console/sign-in?" + urlencode({"to": to})
    assert 'name="to"' not in mine.get(door).text
    mine.post("/console/sign-in", page=door, email=TEACHER, to=to)
    link = "/console/sign-in/" + direct_messages(mine.database)[-1].partition("/console/sign-in/")[2].split()[0]
    assert mine.post(link).headers["Location"] == "/console/"


def test_only_the_path_is_carried_and_asking_for_the_page_keeps_nothing(browser: New, runtime: Runtime) -> None:
    before = counts(runtime.database)
    assert follow(browser(), CASE + "?name=Somebody") == ASK
    assert follow(browser(), "/console/") == "/console/sign-in"
    assert counts(runtime.database) == before


def test_a_session_that_ended_under_an_open_page_leads_back_to_it(browser: New) -> None:
    answer = browser().get(f"{CASE}/timeline", headers={"HX-Request": "true", "HX-Current-URL": f"https://hearthline.example{CASE}?done=x"})
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (286, ASK)


def test_what_was_typed_when_the_session_ended_is_kept_and_goes_on_after_signing_in(browser: New, runtime: Runtime) -> None:
    mine = browser().sign_in(TEACHER)
    path, words = f"{CASE}/evaluation", "He turns letters round.\nOften <b>."
    token = mine.token(path)
    mine.client.delete_cookie("hl_staff", domain="hearthline.example")
    before = counts(runtime.database)
    answer = mine.post(path, csrf=token, words=words, do="tell", empty="")
    assert answer.status_code == 403
    assert "You are not signed in any more" in answer.text
    assert ">He turns letters round.\nOften &lt;b&gt;.</textarea>" in answer.text
    assert ('action="/console/cases/CV-1002/evaluation"' in answer.text, 'name="do" value="tell"' in answer.text) == (True, True)
    assert counts(runtime.database) == before
    mine.sign_in(TEACHER)
    assert mine.post(path, csrf=token, words=words, do="tell").headers["Location"] == f"{CASE}?done=evaluation"


def test_a_form_nobody_typed_into_leads_to_the_door(browser: New) -> None:
    mine = browser()
    for path in ("/console/sign-out", "/console/on-call/drill"):
        answer = mine.post(path, page="/console/sign-in")
        assert (answer.status_code, answer.headers["Location"]) == (302, "/console/sign-in")


def test_who_is_signed_in_already_passes_the_door(browser: New) -> None:
    mine = browser().sign_in(TEACHER)
    assert mine.get(ASK).headers["Location"] == CASE
    assert mine.get("/console/sign-in").status_code == 200
