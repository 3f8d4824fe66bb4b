"""What the family's page shows when rights end after a text was delivered there, and who stays out of it (faults 1, 2, 10)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from bot.service import family_chat
from bot.store import tables as t
from bot.store.types import Plain
from tests.web.conftest import Browser
from tests.web.test_family_chat import MOTHER, codes, enter, link

New = Callable[[], Browser]
NEWS = "Una carta con noticias"


@pytest.fixture
def reading(browser: New, runtime: Any) -> Callable[[str], tuple[Browser, str]]:
    """The mother on her open page, where a text of this class about her child was delivered."""

    def opened(message_class: str) -> tuple[Browser, str]:
        now = runtime.clock.now()
        with runtime.database.begin() as conn:
            about = sa.select(t.Guardianship.id, t.Case.id.label("case")).join(t.Case, t.Case.student_id == t.Guardianship.student_id)
            mine = conn.execute(about.where(t.Guardianship.contact_id == MOTHER)).one()
            here = sa.select(t.Endpoint.id, t.Endpoint.address_index).where(t.Endpoint.contact_id == MOTHER)
            place = conn.execute(here.where(t.Endpoint.channel == "webchat")).one()
            row = {"id": "out_news", "district_id": "dst_demo", "audience": "family", "contact_id": MOTHER, "endpoint_id": place.id}
            row |= {"address_index": place.address_index, "case_id": mine.case, "guardianship_id": mine.id, "channel": "webchat"}
            row |= {"sender": "", "message_class": message_class, "purpose": "letter", "ref": "", "lang": "es", "segments": 1}
            row |= {"priority": 5, "seq": 1, "answers_family": False, "not_before": now, "created_at": now, "state": "delivered"}
            conn.execute(sa.insert(t.Outbox).values(**row, body=Plain("dst_demo", NEWS)))
        path = link(runtime)
        page = enter(browser(), runtime, path)
        assert NEWS in page.get(path).text
        return page, path

    return opened


@pytest.mark.parametrize(
    ("message_class", "change", "shown"),
    [
        ("C", {"restriction": "court_order"}, False),
        ("C", {"may_receive": False}, False),
        ("D", {"restriction": "court_order"}, False),
        ("D", {"rights_holder": False}, False),
        ("D", {"hold": "teen"}, False),
        ("C", {"hold": "teen"}, True),
    ],
)
def test_what_was_delivered_is_shown_only_to_who_may_read_it_today(
    reading: Any, runtime: Any, message_class: str, change: dict[str, Any], shown: bool
) -> None:
    page, path = reading(message_class)
    with runtime.database.begin() as conn:
        conn.execute(sa.update(t.Guardianship).where(t.Guardianship.contact_id == MOTHER).values(**change))
    assert (NEWS in page.get(path).text) is shown
    assert (NEWS in page.get(f"{path}/news").text) is shown


def test_an_eighteenth_birthday_and_a_right_that_ended_close_what_was_delivered(reading: Any, runtime: Any) -> None:
    page, path = reading("C")
    with runtime.database.begin() as conn:
        conn.execute(sa.update(t.Student).values(birth_date=Plain("dst_demo", "2000-01-01")))
    assert NEWS not in page.get(path).text
    with runtime.database.begin() as conn:
        conn.execute(sa.update(t.Student).values(birth_date=None))
    assert NEWS in page.get(path).text
    with runtime.database.begin() as conn:
        conn.execute(sa.update(t.Guardianship).values(valid_to=runtime.clock.now() - timedelta(seconds=1)))
    assert NEWS not in page.get(path).text


def test_a_safety_hold_changes_nothing_that_who_watches_the_phone_could_see(reading: Any, runtime: Any) -> None:
    page, path = reading("D")
    with runtime.database.begin() as conn:
        conn.execute(sa.update(t.Case).values(safety_hold=True))
    assert NEWS in page.get(path).text


def test_a_wrong_number_shuts_the_page_its_owner_opened(reading: Any, texts_in: Callable[..., Any]) -> None:
    page, path = reading("D")
    token = page.token(path)
    texts_in("+15550101002", "numero equivocado")
    assert page.get(path).status_code == 410
    assert NEWS not in page.get(path).text
    assert page.post(f"{path}/messages", csrf=token, text="hola").status_code == 410


def test_browsers_that_guess_at_the_same_moment_have_five_guesses_together(browser: New, runtime: Any) -> None:
    path, now = link(runtime), runtime.clock.now()
    browser().post(f"{path}/code", page=path)
    with runtime.database.read() as conn:
        seen_by_all = family_chat.door(conn, runtime, path.rpartition("/")[2], "", now)
    for guess in [*["no"] * family_chat.MAX_TRIES, codes(runtime)[-1]]:
        with runtime.database.begin() as conn:
            assert family_chat.enter(conn, runtime, seen_by_all, guess, now) is None
