"""The pages are used as people use them: by keyboard only, without JavaScript, with a bad connection, by a visitor of the demo."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import PHONES, House, wait_for
from tests.browser.test_access import AXE

pytestmark = pytest.mark.browser


def test_the_checker_finds_what_it_must(page: Page) -> None:
    page.set_content('<html lang="en"><title>x</title><main><h1>x</h1><img src="x"><p style="color:#ccc">pale</p></main></html>')
    assert {one["id"] for one in AXE.run(page).response["violations"]} == {"image-alt", "color-contrast"}


def test_a_teacher_signs_in_and_reads_by_keyboard_alone(house: House, page: Page) -> None:
    keys = page.keyboard
    page.goto(f"{house.url}/console/sign-in")
    keys.press("Tab")
    expect(page.locator(":focus")).to_have_text("Skip to the content")
    keys.press("Enter")
    keys.press("Tab")
    expect(page.locator(":focus")).to_have_attribute("id", "email")
    before = set(house.sign_in_links())
    keys.type("coordinator@demo.example")
    keys.press("Enter")
    page.wait_for_url("**/sent#main")
    page.goto(wait_for(lambda: next(iter(set(house.sign_in_links()) - before), "")))
    _tab_to(page, "Sign in")
    keys.press("Enter")
    page.wait_for_url("**/console/")
    _tab_to(page, "Yusuf CV-1003")
    keys.press("Enter")
    page.wait_for_url("**/console/cases/CV-1003")
    _tab_to(page, "Mr. Tanaka", back=True)
    keys.press("Enter")
    _tab_to(page, "Sign out")
    keys.press("Enter")
    page.wait_for_url("**/console/sign-in")


def _tab_to(page: Page, words: str, *, back: bool = False) -> None:
    for _ in range(150):  # tests before this one may have filled the page
        page.keyboard.press("Shift+Tab" if back else "Tab")
        if page.evaluate("document.activeElement.textContent.replace(/\\s+/g, ' ').trim()") == words:
            return
    raise AssertionError(f"the keyboard never came to {words}")


def _enter_chat(page: Page, house: House, contact_id: str, phone: str) -> None:
    before = house.codes(phone)
    page.goto(house.chat_link(contact_id))
    page.click("main button")
    page.fill("#code", house.new_code(phone, before))
    page.click("main form:has(#code) button")
    page.wait_for_selector("#text")


def test_the_chat_works_without_javascript(house: House, chromium: Browser) -> None:
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    _enter_chat(page, house, "con_demo_so", "+15550101004")
    page.fill("#text", "Ma i soo wici kartaa?")
    page.click("#write button")
    expect(page.locator(".mine .bubble")).to_have_text(["Ma i soo wici kartaa?"])
    context.close()


def test_the_chat_brings_news_by_itself_and_sends_a_message_once_over_a_bad_connection(house: House, page: Page) -> None:
    _enter_chat(page, house, "con_demo_es", "+15550101002")
    page.fill("#text", "Luis")
    lost = []

    def drop_first(route) -> None:
        """The server has the message, the answer gets lost: what a phone in a lift does."""
        if not lost:
            lost.append(route.fetch().status)
            route.abort("connectionreset")
        else:
            route.continue_()

    page.route("**/messages", drop_first)
    page.press("#text", "Enter")
    expect(page.locator("#chat-state")).to_have_text("Todavía no se envió. Lo intentamos otra vez.")
    expect(page.locator("#chat-state")).to_have_text("")
    expect(page.locator(".mine .bubble", has_text="Luis")).to_have_text(["Luis"])
    assert lost == [204]


def test_a_visitor_of_the_demo_sees_words_arrive_in_the_record_and_the_alert_in_slack(house: House, page: Page) -> None:
    page.goto(f"{house.url}/?family=con_demo_en")
    page.select_option("#talk", label="Math at home")
    page.get_by_role("button", name="Start", exact=True).click()
    talk = page.locator("#pane-phone")
    expect(talk).to_contain_text("Where does Maya use numbers at home")
    for words, then in (("Baking bread together", "What do you see with math work?"), ("2", "How long does math homework take?")):
        page.fill("#body", words)
        page.press("#body", "Enter")
        expect(talk).to_contain_text(then)
    record = page.locator("#pane-record")
    expect(record.locator(".strengths blockquote", has_text="Baking bread together")).to_be_visible()
    for words in ("2", "English", "Counting with fingers", "1"):
        heard = talk.locator(".theirs").count()
        page.fill("#body", words)
        page.press("#body", "Enter")
        expect(talk.locator(".mine").last).to_contain_text(words)
        expect(talk.locator(".theirs").nth(heard)).to_be_visible()
    slack = page.locator("#pane-slack")
    expect(slack).to_contain_text("New family input on case CV-1001: math")
    alerts = slack.locator(".room").first
    assert "Maya" not in alerts.inner_text()
    assert "Baking" not in alerts.inner_text()
    alerts.get_by_role("button", name="Acknowledge").last.click()
    expect(alerts).to_contain_text("Acknowledged by Ms. Bennett.")
    expect(page.locator("#pane-hood .station.lit")).to_have_count(4)
    assert page.evaluate("document.documentElement.scrollHeight - innerHeight") <= 0, "the panes scroll, the page does not"


def test_the_demo_works_without_javascript(house: House, chromium: Browser) -> None:
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{house.url}/?family=con_demo_ar")
    page.fill("#body", "أحتاج إلى مساعدة")
    page.click(".phone-write button")
    expect(page.locator("#pane-phone .mine").last).to_contain_text("أحتاج إلى مساعدة")
    page.reload()
    ours = page.locator("#pane-phone .theirs .bubble").all_inner_texts()
    assert [text for text in ours if not re.fullmatch(r"Maple Elementary: \d{6}", text)] == []
    context.close()


def test_the_timeline_grows_while_it_is_read(house: House, page: Page, enter) -> None:
    enter(page, "liaison")
    page.goto(f"{house.url}/console/cases/CV-1002")
    words = "A mi hijo le gusta cocinar conmigo"
    house.text(PHONES["es"], words)
    expect(page.locator("main")).to_contain_text(words)
    page.get_by_role("link", name="Translate it").first.focus()
    here = page.evaluate("document.activeElement.id")
    more = "También le gusta cantar en el coro"
    house.text(PHONES["es"], more)
    expect(page.locator("main")).to_contain_text(more)
    expect(page.locator(f"#{here}")).to_be_focused()  # news move nobody's place
