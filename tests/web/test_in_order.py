"""Words written right to left hold numbers that are read left to right: they are shown as they are dialled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from bot.store import tables as t
from tests.web.conftest import Browser
from tests.web.test_family_chat import enter, link

New = Callable[[], Browser]


def write(browser: New, runtime: Any, contact_id: str, text: str) -> str:
    """The family's page after it wrote this."""
    path = link(runtime, contact_id)
    mine = enter(browser(), runtime, path)
    mine.post(f"{path}/messages", page=path, text=text, client_id="c" * 12)
    return str(mine.get(path).text)


def test_a_phone_number_in_arabic_words_stands_in_its_order_for_the_family_and_for_staff(browser: New, runtime: Any) -> None:
    wanted = 'اتصلوا على <bdi class="in-order" dir="ltr">(555) 010-0177</bdi> &lt;b&gt;'
    assert wanted in write(browser, runtime, "con_demo_ar", "اتصلوا على (555) 010-0177 <b>")
    liaison = browser().sign_in("liaison@demo.example")
    with runtime.database.read() as conn:
        tasks = conn.scalars(sa.select(t.Handoff.id).where(t.Handoff.contact_id == "con_demo_ar")).all()
    assert any(wanted in liaison.get(f"/console/tasks/{one}").text for one in tasks)


def test_words_written_left_to_right_are_left_as_they_are(browser: New, runtime: Any) -> None:
    shown = write(browser, runtime, "con_demo_en", "Call me: (555) 010-0177 <b>")
    assert "Call me: (555) 010-0177 &lt;b&gt;" in shown
