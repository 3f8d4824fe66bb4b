"""Every page in every state can be used by everybody: no axe violation, no HTML error, no sideways scrolling on a phone (G12)."""

from __future__ import annotations

import html5lib
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONES, House, wait_for

pytestmark = pytest.mark.browser

AXE = Axe()
WIDTHS = (360, 1280)


def check(page: Page, state: str, widths: tuple[int, ...] = WIDTHS) -> None:
    """Hold the page as it stands now against all of it, at phone and desktop width unless one is enough."""
    html5lib.HTMLParser(strict=True).parse(page.content())
    for width in widths:
        page.set_viewport_size({"width": width, "height": 844})
        found = AXE.run(page).response["violations"]
        assert [(one["id"], [node["html"][:120] for node in one["nodes"][:3]]) for one in found] == [], f"{state} at {width}"
        assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0, f"{state} scrolls sideways at {width}"


def served(page: Page, url: str) -> None:
    """The bytes as served are valid too, before any script touched them."""
    answer = page.request.get(url)
    html5lib.HTMLParser(strict=True).parse(answer.body())


@pytest.mark.parametrize(("context", "lang"), [("en-US", "en"), ("es-MX", "es")], indirect=["context"])
def test_the_way_in(house: House, page: Page, lang: str) -> None:
    for path in ("/console/sign-in", "/console/sign-in/sent", "/console/sign-in/used-up", "/nowhere", "/chat/x.y"):
        served(page, house.url + path)
        page.goto(house.url + path)
        assert page.get_attribute("html", "lang") == lang
        check(page, path)


def test_a_form_that_was_open_for_too_long(house: House, page: Page) -> None:
    page.goto(f"{house.url}/console/sign-in")
    page.evaluate("document.querySelector('[name=csrf]').value = 'old'")
    page.fill("#email", "teacher@demo.example")
    page.press("#email", "Enter")
    expect(page.locator("h1")).to_have_text("That did not work")
    check(page, "403")


def test_the_link_in_its_own_and_in_another_browser(house: House, page: Page) -> None:
    before = set(house.sign_in_links())
    page.goto(f"{house.url}/console/sign-in")
    page.fill("#email", "principal@demo.example")
    page.press("#email", "Enter")
    page.wait_for_url("**/sent")
    link = wait_for(lambda: next(iter(set(house.sign_in_links()) - before), ""))
    page.goto(link)
    check(page, "link")
    page.context.clear_cookies()
    page.goto(link)
    check(page, "link elsewhere")
    page.fill("#email", "stranger@demo.example")
    page.press("#email", "Enter")
    page.wait_for_selector("[role=alert]")
    check(page, "link refused")


@pytest.mark.parametrize(("contact", "lang"), [("con_demo_en", "en"), ("con_demo_es", "es"), ("con_demo_ar", "ar")])
def test_family_chat_from_knock_to_talk(full_house: House, page: Page, contact: str, lang: str) -> None:
    house = full_house
    link = house.chat_link(contact)
    served(page, link)
    page.goto(link)
    check(page, "knock")
    before = house.codes(PHONES[lang])
    page.click("main button")
    page.wait_for_selector("#code")
    check(page, "code")
    page.fill("#code", "000000")
    page.press("#code", "Enter")
    page.wait_for_selector("[role=alert]")
    check(page, "wrong code")
    page.fill("#code", house.new_code(PHONES[lang], before))
    page.press("#code", "Enter")
    page.wait_for_selector("#text")
    check(page, "chat empty")
    page.fill("#text", {"en": "PERSON", "es": "PERSONA", "ar": "هل يمكن أن يتصل بي أحد؟"}[lang])
    page.press("#text", "Enter")
    page.wait_for_selector(".mine .bubble")
    check(page, "chat full")
    assert page.locator(".mine .bubble").get_attribute("dir") == ("rtl" if lang == "ar" else "ltr")
    page.context.clear_cookies(name="hl_chat")
    for _ in range(6):
        page.goto(link)
        if page.locator("#code").count() == 0:
            break
        page.fill("#code", "000000")
        page.press("#code", "Enter")
        page.wait_for_load_state()
    check(page, "after many tries")


def test_demo_page_full_for_every_family(full_house: House, page: Page) -> None:
    for family in ("con_demo_en", "con_demo_es", "con_demo_ar", "con_demo_so", "con_demo_siblings"):
        url = f"{full_house.url}/?family={family}"
        served(page, url)
        page.goto(url)
        check(page, family)
