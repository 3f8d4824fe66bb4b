"""Several choices of one question are ticked and sent together, with what is typed beside them."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from bot.service.start_flow import start_flow
from tests.browser.conftest import PHONES, House
from tests.browser.test_access import AXE
from tests.browser.test_small_screens import into_chat

pytestmark = pytest.mark.browser

OLD_PHONE = {"width": 320, "height": 568}


def test_choices_go_together_on_an_old_phone(house: House, page: Page) -> None:
    with house.runtime.database.begin() as conn:
        queued = start_flow(conn, house.runtime, "con_demo_en", None, "home-observations", "attendance", house.runtime.clock.now())
    house.runtime.wake(queued)
    page.set_viewport_size(OLD_PHONE)
    into_chat(house, page, "con_demo_en", PHONES["en"])
    page.fill("#text", "Her friends")
    page.click("#send")
    boxes = page.locator(".several input")
    boxes.nth(0).check()
    page.fill("#text", "on Mondays")
    page.evaluate("window.dispatchEvent(new Event('resize'))")
    boxes.nth(1).check()
    assert AXE.run(page).response["violations"] == []
    wanted = ", ".join(one.strip() for one in page.locator(".several label").all_inner_texts()[:2])
    page.locator(".several button").click()
    expect(page.locator(".mine .bubble").last).to_have_text(f"{wanted}: on Mondays")
    expect(boxes).to_have_count(0)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
