"""Prepared texts from nothing to a family's phone, on pages only: proposed, approved, translated, checked, and stale after a change."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from bot.store import tables as t
from tests.web.conftest import Browser
from tests.web.test_write import TO_ES, queued, runtime, site  # noqa: F401 - the same house, with an engine

New = Callable[[], Browser]
MASTER = "{child} read {number} pages this week. We are proud of the work with books."
SPANISH = "{child} leyó {number} páginas. Estamos orgullosos."


def propose(mine: Browser, text: str = MASTER, title: str = "Good news") -> str:
    done = mine.post("/console/texts/new", title=title, text=text, **{"class": "C"})
    assert done.status_code == 303
    return str(done.headers["Location"])


def test_from_nothing_to_a_familys_phone(liaison: Browser, coordinator: Browser, runtime: Any) -> None:  # noqa: F811
    assert "No prepared text yet" in liaison.get("/console/texts").text
    path = propose(liaison)
    page = liaison.get(path).text
    assert ("not approved yet" in page, "approve it" in page, "Your coordinator or principal approves it." in page) == (True, False, True)
    assert liaison.post(path, do="approve").status_code == 403
    assert coordinator.post(path, do="approve").headers["Location"] == f"{path}?done=approved"
    assert "no translation yet: please write one" in liaison.get("/console/translations").text, "it waits for who checks"
    assert "Good news" not in liaison.get(TO_ES).text
    made = liaison.post(f"{path}/es", do="make")
    assert (made.status_code, "machine translation by played" in made.text, "Translated back" in made.text) == (200, True, True)
    assert "Good news" not in liaison.get(TO_ES).text, "nobody has checked it"
    without = liaison.post(f"{path}/es", do="check", text="{child} leyó mucho.")
    assert (without.status_code, "Every place of the text must be in the translation" in without.text) == (409, True)
    assert liaison.post(f"{path}/es", do="check", text=SPANISH).headers["Location"] == f"{path}?done=checked"
    listed = coordinator.get("/console/texts").text
    assert ('<span class="tag good">Spanish</span>' in listed, "to check" in listed) == (True, False)
    link = next(part for part in liaison.get(TO_ES).text.split('"') if part.startswith(f"{TO_ES}/tpl_"))
    shown = liaison.post(link, do="show", child="Diego", number="20").text
    assert ("Diego read 20 pages this week." in shown, "Diego leyó 20 páginas." in shown) == (True, True)
    assert liaison.post(link, do="send", child="Diego", number="20").status_code == 303
    assert queued(runtime) == [("con_demo_es", "es", "Diego leyó 20 páginas. Estamos orgullosos.")]


def test_a_change_makes_all_of_it_stale_and_the_old_words_are_there_to_go_over(coordinator: Browser, liaison: Browser) -> None:
    path = propose(coordinator)
    coordinator.post(path, do="approve")
    liaison.post(f"{path}/es", do="check", text=SPANISH)
    assert liaison.post(path, do="write", title="Good news", text="Hi {child}.", **{"class": "C"}).status_code == 403, (
        "approved: not theirs"
    )
    changed = coordinator.post(path, do="write", title="Good news", text="{child} read {number} books.", **{"class": "C"})
    assert changed.headers["Location"] == f"{path}?done=saved"
    page = coordinator.get(path).text
    assert ("changed: approve it again" in page, "from before the text changed" in page, SPANISH in page) == (True, True, True)
    assert "Good news" not in liaison.get(TO_ES).text
    coordinator.post(path, do="approve")
    waiting = liaison.get("/console/translations").text
    assert "A text for many families" in waiting
    item = next(part for part in waiting.split('"') if part.startswith("/console/translations/trn_"))
    assert "from before the text changed" in liaison.get(item).text
    lost = liaison.post(item, text="Leyó libros.")
    assert (lost.status_code, "Every place of the text" in lost.text) == (409, True)
    assert liaison.post(item, text="{child} leyó {number} libros.").status_code == 303
    assert "Good news" in liaison.get(TO_ES).text


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"title": "x", "text": "Bring {thing}.", "class": "A"}, "is not a place we can fill"),
        ({"title": " ", "text": "Hello", "class": "A"}, "Please give it a name."),
        ({"title": "x", "text": " ", "class": "A"}, "Please write something first."),
        ({"title": "x", "text": "Hello", "class": "F"}, "Safety texts are fixed"),
    ],
)
def test_what_cannot_be_a_text_is_kept_on_the_form_with_the_reason(coordinator: Browser, fields: dict[str, str], said: str) -> None:
    refused = coordinator.post("/console/texts/new", **fields)
    assert (refused.status_code, said in refused.text, fields["text"].strip() in refused.text) == (409, True, True)


def test_a_text_out_of_use_is_offered_and_checked_no_more(coordinator: Browser, liaison: Browser, runtime: Any) -> None:  # noqa: F811
    path = propose(liaison)
    coordinator.post(path, do="approve")
    liaison.post(f"{path}/es", do="check", text=SPANISH)
    assert liaison.post(path, do="withdraw").status_code == 403
    done = coordinator.post(path, do="withdraw")
    assert "The text is out of use." in coordinator.get(done.headers["Location"]).text
    assert coordinator.get(path).status_code == 404
    assert "Good news" not in liaison.get(TO_ES).text
    with runtime.database.read() as conn:
        actions = list(conn.execute(sa.select(t.Audit.action).where(t.Audit.object_kind == "family_text").order_by(t.Audit.seq)).scalars())
    assert actions == ["write_template", "approve_template", "withdraw_template"]


def test_no_machine_makes_words_of_student_data(coordinator: Browser, liaison: Browser) -> None:
    done = coordinator.post("/console/texts/new", title="Scores", text="{child} has {number} points.", **{"class": "D"})
    path = done.headers["Location"]
    page = liaison.get(f"{path}/es").text
    assert "Let a machine" not in page
    refused = liaison.post(f"{path}/es", do="make").text
    assert "No machine may or can translate this." in refused
    assert [liaison.get(f"{path}/{lang}").status_code for lang in ("en", "fr", "xx")] == [404, 404, 404]


def hidden(page: str, name: str) -> str:
    return page.rpartition(f'name="{name}" value="')[2].partition('"')[0]


def test_nobody_approves_checks_or_overwrites_words_that_changed_behind_their_page(coordinator: Browser, liaison: Browser) -> None:
    path = propose(liaison)
    seen = hidden(coordinator.get(path).text, "version")
    liaison.post(path, do="write", title="Good news", text="{child} read {number} books.", **{"class": "C"})
    late = coordinator.post(path, do="approve", version=seen)
    assert (late.status_code, "has changed meanwhile" in late.text, "not approved yet" in late.text) == (409, True, True)
    assert ">{child} read {number} books.</textarea>" in late.text, "the form below is not emptied"
    over = coordinator.post(path, do="write", title="Good news", text="{child} read.", version=seen, **{"class": "C"})
    assert (over.status_code, "{child} read {number} books." in coordinator.get(path).text) == (409, True)
    assert coordinator.post(path, do="approve", version=hidden(late.text, "version")).status_code == 303
    item = next(part for part in liaison.get("/console/translations").text.split('"') if part.startswith("/console/translations/trn_"))
    mark, version = hidden(liaison.get(item).text, "mark"), hidden(liaison.get(f"{path}/es").text, "version")
    coordinator.post(path, do="write", title="Good news", text="{child} wrote {number} letters.", **{"class": "C"})
    coordinator.post(path, do="approve")
    for answer in (liaison.post(item, text=SPANISH, mark=mark), liaison.post(f"{path}/es", do="check", text=SPANISH, version=version)):
        assert (answer.status_code, "The original has changed meanwhile" in answer.text) == (409, True)
