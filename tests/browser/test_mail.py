"""Our mail as a mail program on a phone shows it: nothing is moved sideways, and numbers stand as they are dialled."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from channels.email.compose import as_html

pytestmark = pytest.mark.browser

LINK = "https://hearthline.cedar-valley.example.org/chat/LSVcvc9jXsTfzvrJgSiY.OAPeaK6UeNNi590GndAG"
WORDS = {
    "en": f"2. What kind of person is Maya?\n   1 Kind  2 Funny  3 Curious  4 Hard-working  5 Creative\n\nThis page: {LINK}.",
    "ar": f"2. من يساعد يوسف؟\n   1 القراءة  2 Lego  3 كرة القدم  4 الرسم\n\nاتصلوا على (555) 010-0100 من فضلكم\n\nالصفحة: {LINK}",
}
LEFT_EDGES = """text => {
  const found = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (found.nextNode()) {
    const start = found.currentNode.data.indexOf(text);
    if (start < 0) { continue; }
    return [...text].map((_, at) => {
      const one = document.createRange();
      one.setStart(found.currentNode, start + at);
      one.setEnd(found.currentNode, start + at + 1);
      return one.getBoundingClientRect();
    }).map(box => [box.left, box.top]);
  }
  return [];
}"""


@pytest.mark.parametrize("lang", ["en", "ar"])
@pytest.mark.parametrize("width", [360, 700])
def test_a_mail_fits_a_phone(page: Page, lang: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 640})
    page.set_content(as_html(WORDS[lang], lang))
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
    assert page.get_attribute("a", "href") == LINK


def test_the_number_of_a_choice_stays_beside_it(page: Page) -> None:
    page.set_viewport_size({"width": 360, "height": 640})
    for width in range(240, 400, 10):
        page.set_viewport_size({"width": width, "height": 640})
        page.set_content(as_html(WORDS["en"], "en"))
        edges = page.evaluate(LEFT_EDGES, "5 Creative")
        assert len({top for _, top in edges}) == 1, width


def test_in_words_written_right_to_left_a_number_stands_as_it_is_dialled(page: Page) -> None:
    page.set_viewport_size({"width": 360, "height": 640})
    page.set_content(as_html(WORDS["ar"], "ar"))
    edges = page.evaluate(LEFT_EDGES, "(555) 010-0100")
    lefts = [left for left, _ in edges]
    assert len({top for _, top in edges}) == 1
    assert lefts == sorted(lefts) != []
