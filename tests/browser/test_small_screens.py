"""The family's pages on a phone that does little: without script, and with the text twice as large."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from playwright.sync_api import Browser, Page

from bot.store import tables as t
from tests.browser.conftest import PHONES, House, wait_for

pytestmark = pytest.mark.browser

PHONE = {"width": 360, "height": 640}
LINES = tuple(f"يحب الرسم {number}" for number in range(6))
SHARED = "+15550101005"
LOOKS = "one => { const style = getComputedStyle(one); return [style.height, style.borderRadius, style.borderColor]; }"
INSIDE = """place => {
  const card = document.querySelector('.card').getBoundingClientRect();
  const words = document.createRange();
  words.selectNodeContents(document.querySelector(place));
  return words.getBoundingClientRect().right <= card.right;
}"""
TWICE = "document.documentElement.style.fontSize = '200%'; window.dispatchEvent(new Event('resize'))"


def into_chat(house: House, page: Page, contact: str, phone: str) -> None:
    with house.runtime.database.begin() as conn:  # another test may just have asked for one, and a minute has to pass
        codes = sa.update(t.Outbox).where(t.Outbox.contact_id == contact, t.Outbox.ref == "chat_code")
        conn.execute(codes.values(created_at=house.runtime.clock.now() - timedelta(minutes=1)))
    page.goto(house.chat_link(contact))
    before = house.codes(phone)
    page.click("main button")
    page.fill("#code", house.new_code(phone, before))
    page.click("main button:not(.link)")
    page.wait_for_selector("#text")


def say(page: Page, words: str) -> None:
    page.fill("#text", words)
    page.click("#write button")
    page.wait_for_load_state()


def test_without_script_the_newest_line_is_not_hidden_in_a_box(house: House, chromium: Browser) -> None:
    context = chromium.new_context(viewport=PHONE, java_script_enabled=False)
    page = context.new_page()
    into_chat(house, page, "con_demo_ar", PHONES["ar"])
    for words in LINES:
        say(page, words)
    wait_for(lambda: page.reload() and page.locator(".bubble", has_text=LINES[-1]).count())
    box, last = page.locator("#talk").bounding_box(), page.locator(".bubble").last.bounding_box()
    context.close()
    assert box is not None
    assert last is not None
    assert last["y"] + last["height"] <= box["y"] + box["height"]


def test_with_the_text_twice_as_large_the_words_stay_on_their_card(house: House, page: Page) -> None:
    page.set_viewport_size(PHONE)
    page.goto(house.chat_link("con_demo_es"))
    page.evaluate(TWICE)
    for place in ("h1", "main button"):
        assert page.evaluate(INSIDE, place), place


def test_a_shared_phone_with_the_text_twice_as_large_has_room_to_read_and_to_write(house: House, page: Page) -> None:
    page.set_viewport_size(PHONE)
    page.goto(house.chat_link("con_demo_siblings"))
    before = house.codes(SHARED)
    page.click("main button")
    wanted = page.locator("#code").evaluate(LOOKS)
    page.fill("#code", house.new_code(SHARED, before))
    page.press("#code", "Enter")
    page.wait_for_selector("#pin")
    assert page.locator("#pin").evaluate(LOOKS) == wanted
    page.fill("#pin", "739104")
    page.fill("#again", "739104")
    page.press("#again", "Enter")
    page.wait_for_selector("#text")
    page.evaluate(TWICE)
    write, talk = page.locator("#text").bounding_box(), page.locator("#talk").bounding_box()
    assert write is not None
    assert talk is not None
    assert write["width"] > 250
    assert talk["height"] > 300
    keeps_its_place_for_a_keyboard(page)


def keeps_its_place_for_a_keyboard(page: Page) -> None:
    """Whoever presses an answer by keyboard is still at the talk when the page shows what came back."""
    page.fill("#text", "IDIOMA")
    page.press("#text", "Enter")
    page.locator(".options button").first.focus()
    page.keyboard.press("Enter")
    page.locator(".options button").first.wait_for(state="detached")
    assert page.evaluate("document.activeElement.id") == "talk"
