"""A meeting is planned, moved and cancelled on a case's page, and what it will send is shown before it is done."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from bot.store import tables as t
from tests.fakes.clock import START
from tests.web.conftest import Browser, counts

New = Callable[[], Browser]
PAGE = "/console/cases/CV-1002/meetings"


@pytest.fixture
def liaison(liaison: Browser, runtime: Any) -> Browser:
    with runtime.database.begin() as conn:
        conn.execute(sa.delete(t.Meeting))
    return liaison


def form(days: int = 12, **more: str) -> dict[str, str]:
    day = f"{START + timedelta(days=days):%Y-%m-%d}"
    return {"day": day, "time": "15:00", "mode": "in_person", "place": "Room 4", "interpreter": "yes", **more}


def timers(runtime: Any) -> list[tuple[str, str]]:
    with runtime.database.read() as conn:
        query = sa.select(t.Timer.contact_id, t.Timer.step_id).where(t.Timer.kind == "remind", t.Timer.state == "pending")
        return sorted(tuple(row) for row in conn.execute(query))


def test_what_a_meeting_sends_is_shown_before_it_is_planned(liaison: Browser, runtime: Any) -> None:
    assert "No meeting is planned." in liaison.get(PAGE).text
    before = counts(runtime.database)
    shown = liaison.post(PAGE, do="look", **form())
    assert shown.status_code == 200
    for words in ("Lucía Delgado", "a week before", "two days before", "on the day", "Recordatorio", "Room 4", "interpreter booked"):
        assert words in shown.text, words
    assert counts(runtime.database) == before, "looking writes nothing"
    assert liaison.post(PAGE, do="plan", **form()).headers["Location"] == f"{PAGE}?done=planned"
    assert timers(runtime) == [("con_demo_es", "day"), ("con_demo_es", "two_days"), ("con_demo_es", "week")]
    page = liaison.get(f"{PAGE}?done=planned").text
    assert ("its reminders are set" in page, "a week before" in page, "Recordatorio" in page) == (True, True, True)
    assert "Next meeting:" in liaison.get("/console/cases/CV-1002").text


def test_a_meeting_is_moved_and_then_cancelled(liaison: Browser, runtime: Any) -> None:
    liaison.post(PAGE, do="plan", **form())
    meeting_id = next(part for part in liaison.get(PAGE).text.split('"') if "move=" in part).partition("move=")[2]
    filled = liaison.get(f"{PAGE}?move={meeting_id}").text
    assert ('value="Room 4"' in filled, 'value="15:00"' in filled, "Move the meeting" in filled) == (True, True, True)
    shown = liaison.post(PAGE, do="look", moves=meeting_id, **form(20)).text
    assert ("Move it to this time" in shown, "at once" in shown, "cambió. Ahora es el" in shown) == (True, True, True)
    done = liaison.post(PAGE, do="plan", moves=meeting_id, **form(20)).headers["Location"]
    page = liaison.get(done).text
    assert "Families are told of the new time now" in page
    with runtime.database.read() as conn:
        states = list(conn.execute(sa.select(t.Meeting.state).order_by(t.Meeting.created_at)).scalars())
        new = conn.execute(sa.select(t.Meeting.id).where(t.Meeting.state == "planned")).scalar_one()
    assert states == ["moved", "planned"]
    assert sorted(kind for _, kind in timers(runtime)) == ["day", "moved", "two_days", "week"]
    again = liaison.post(PAGE, do="plan", moves=meeting_id, **form(21))
    assert (again.status_code, "a colleague was quicker" in again.text) == (409, True)
    assert "cancelled" in liaison.post(PAGE, do="cancel", meeting_id=new).headers["Location"]
    assert timers(runtime) == [("con_demo_es", "called_off")]
    assert liaison.get(f"{PAGE}?move={new}").status_code == 404


def test_a_button_pressed_twice_plans_and_moves_one_meeting(liaison: Browser, runtime: Any) -> None:
    for _ in range(2):
        assert liaison.post(PAGE, do="plan", **form()).headers["Location"] == f"{PAGE}?done=planned"
    assert [kind for _, kind in timers(runtime)] == ["day", "two_days", "week"]
    meeting_id = next(part for part in liaison.get(PAGE).text.split('"') if "move=" in part).partition("move=")[2]
    for _ in range(2):
        assert liaison.post(PAGE, do="plan", moves=meeting_id, **form(20)).headers["Location"] == f"{PAGE}?done=moved"
    assert [kind for _, kind in timers(runtime)] == ["day", "moved", "two_days", "week"]
    assert liaison.post(PAGE, do="plan", **form(21)).status_code == 303
    assert len(timers(runtime)) == 7, "another day is another meeting"


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"day": ""}, "Please choose a day and a time."),
        ({"day": "2020-01-01"}, "That time has passed."),
        ({"place": " "}, "Please say where"),
        ({"mode": "by_pigeon"}, "Please choose a day and a time."),
    ],
)
@pytest.mark.parametrize("do", ["look", "plan"])
def test_what_cannot_be_a_meeting_stays_on_the_form(liaison: Browser, runtime: Any, wrong: dict[str, str], said: str, do: str) -> None:
    before = counts(runtime.database)
    refused = liaison.post(PAGE, do=do, **form(**wrong))
    assert (refused.status_code, said in refused.text) == (409, True)
    assert counts(runtime.database) == before


def test_a_short_notice_and_a_family_that_gets_no_text_are_named(liaison: Browser, runtime: Any) -> None:
    soon = liaison.post(PAGE, do="look", **form(3)).text
    assert ("Families are promised 10 days" in soon, "a week before" in soon, "on the day" in soon) == (True, False, True)
    with runtime.database.begin() as conn:
        conn.execute(sa.update(t.Consent).values(state="stopped"))
    stopped = liaison.post(PAGE, do="look", **form()).text
    assert ("gets none: please call" in stopped, "asked us to stop" in stopped, "a week before" in stopped) == (True, True, False)


def test_a_language_without_words_is_a_call(liaison: Browser) -> None:
    page = liaison.post("/console/cases/CV-1003/meetings", do="look", **form()).text
    assert ("gets none: please call" in page, "Nobody has checked texts in this language yet." in page) == (True, True)
