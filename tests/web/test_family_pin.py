"""A phone that several people read: the code is not enough, the page asks for a PIN that was never in a text (F24)."""

from __future__ import annotations

import re
from typing import Any

import pytest
import sqlalchemy as sa

from bot.service import family_chat, family_pin
from bot.store import tables as t
from tests.web import conftest
from tests.web.test_family_chat import New, enter, link

SIBLINGS = "con_demo_siblings"
PIN = "739104"


def inside(page: Any, path: str) -> bool:
    return 'id="text"' in page.get(path).text


def give(page: Any, path: str, pin: str, again: str = "") -> int:
    return int(page.post(f"{path}/pin", page=path, pin=pin, again=again).status_code)


@pytest.fixture
def shared(browser: New, runtime: Any) -> tuple[Any, str]:
    """A browser with the right code, before the page of a family that shares its phone."""
    path = link(runtime, SIBLINGS)
    return enter(browser(), runtime, path), path


def test_the_code_alone_does_not_open_the_page_of_a_shared_phone(shared: tuple[Any, str]) -> None:
    page, path = shared
    assert not inside(page, path)
    assert page.post(f"{path}/messages", page=path, text="hola").status_code == 403
    assert page.get(f"{path}/news").status_code == 403
    assert give(page, path, PIN, PIN) == 303
    assert inside(page, path)


@pytest.mark.parametrize(("pin", "again"), [("12345", "12345"), ("123456", "123456"), ("111111", "111111"), (PIN, "739105"), ("", "")])
def test_a_pin_has_six_digits_that_nobody_guesses_typed_twice(shared: tuple[Any, str], pin: str, again: str) -> None:
    page, path = shared
    assert give(page, path, pin, again) == 403
    assert not inside(page, path)


def test_the_next_link_asks_for_the_pin_and_takes_it_in_any_script(shared: tuple[Any, str], browser: New, runtime: Any) -> None:
    page, path = shared
    give(page, path, PIN, PIN)
    runtime.clock.advance(minutes=1)  # a code is sent twice a minute at most
    other = link(runtime, SIBLINGS)
    again = enter(browser(), runtime, other)
    assert not inside(again, other)
    assert give(again, other, "739105") == 403
    assert give(again, other, "٧٣٩١٠٤") == 303
    assert inside(again, other)


def test_who_opens_the_same_link_later_with_a_new_code_is_asked_for_the_pin(shared: tuple[Any, str], browser: New, runtime: Any) -> None:
    page, path = shared
    give(page, path, PIN, PIN)
    assert inside(page, path)
    runtime.clock.advance(minutes=1)  # a code is sent twice a minute at most
    other = enter(browser(), runtime, path)
    assert not inside(other, path)
    assert give(other, path, PIN) == 303
    assert inside(other, path)


def test_who_chose_a_pin_a_moment_too_late_is_not_in(shared: tuple[Any, str], runtime: Any) -> None:
    page, path = shared
    now = runtime.clock.now()
    session = page.client.get_cookie("hl_chat", domain="hearthline.example", path=path).value
    with runtime.database.begin() as conn:
        at = family_chat.door(conn, runtime, path.rpartition("/")[2], session, now)
        family_pin.choose(conn, runtime, "dst_demo", SIBLINGS, PIN, PIN, now)
        assert family_chat.give_pin(conn, runtime, at, "284650", "284650", now) == "wrong"
    assert not inside(page, path)


def test_five_wrong_pins_shut_every_page_until_staff_forget_it(shared: tuple[Any, str], browser: New, runtime: Any) -> None:
    page, path = shared
    give(page, path, PIN, PIN)
    runtime.clock.advance(minutes=1)  # a code is sent twice a minute at most
    other = link(runtime, SIBLINGS)
    thief = enter(browser(), runtime, other)
    assert [give(thief, other, f"90817{n}") for n in range(5)] == [403, 403, 403, 403, 410]
    assert give(thief, other, PIN) != 303, "even the right one"
    assert not inside(thief, other)
    with runtime.database.begin() as conn:
        family_pin.forget(conn, runtime, "dst_demo", SIBLINGS, "stf_demo_liaison", runtime.clock.now())
    assert not inside(page, path), "and who was inside chooses anew"
    assert give(page, path, "284650", "284650") == 303
    assert inside(page, path)


def test_who_comes_second_does_not_replace_the_pin(shared: tuple[Any, str], browser: New, runtime: Any) -> None:
    page, path = shared
    give(page, path, PIN, PIN)
    with runtime.database.begin() as conn:
        assert family_pin.choose(conn, runtime, "dst_demo", SIBLINGS, "284650", "284650", runtime.clock.now()) == ""
        assert family_pin.is_right(conn, runtime, "dst_demo", SIBLINGS, PIN)
        assert not family_pin.is_right(conn, runtime, "dst_demo", "con_demo_en", PIN)


def test_only_a_slow_salted_hash_is_kept(shared: tuple[Any, str], runtime: Any) -> None:
    page, path = shared
    give(page, path, PIN, PIN)
    with runtime.database.read() as conn:
        kept = bytes(conn.execute(sa.select(t.FamilyPin.hash)).scalar_one())
        texts = conn.execute(sa.select(t.Outbox.body)).scalars().all()
    assert len(kept) == 48
    assert PIN.encode() not in kept
    assert [text for text in texts if PIN in text] == []


def test_a_phone_of_ones_own_is_not_asked(browser: New, runtime: Any) -> None:
    path = link(runtime)
    page = enter(browser(), runtime, path)
    assert inside(page, path)
    assert give(page, path, PIN, PIN) == 403


def test_the_pages_words_are_the_familys(shared: tuple[Any, str]) -> None:
    page, path = shared
    assert re.search(r"<h1>([^<]+)</h1>", page.get(path).text)[1] == "Elija un PIN"


def test_staff_of_the_case_forget_the_pin_and_others_do_not(shared: tuple[Any, str], browser: New, runtime: Any) -> None:
    page, path = shared
    give(page, path, PIN, PIN)
    where = f"/console/cases/CV-1005/forget-pin/{SIBLINGS}"
    for staff_id, status in (("stf_demo_teacher", 403), ("stf_demo_other_teacher", 404), ("stf_demo_liaison", 303)):
        colleague = conftest.enter(browser(), staff_id)
        assert colleague.post(where, page="/console/").status_code == status
    assert not inside(page, path)
