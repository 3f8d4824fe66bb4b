"""`hearthline flows start`: the school begins a talk in this installation's database."""

from __future__ import annotations

import base64
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from bot.__main__ import main
from bot.clock import RealClock
from bot.store.tables import Consent, District, Guardianship, Outbox
from tests.conftest import MASTER_KEY
from tests.fakes.clock import START


@pytest.fixture
def installed(world_sqlite, tmp_path, monkeypatch):
    """This installation: the demo district, at nine on a school day."""
    monkeypatch.setenv("HEARTHLINE_MODE", "test")
    monkeypatch.setenv("HEARTHLINE_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("HEARTHLINE_DATABASE_URL", world_sqlite.url)
    monkeypatch.setenv("HEARTHLINE_MASTER_KEY", base64.b64encode(MASTER_KEY).decode())
    monkeypatch.setattr(RealClock, "now", lambda _: START)
    return world_sqlite


def start(*args: str):
    return CliRunner().invoke(main, ["flows", "start", *args])


def queued(database) -> int:
    with database.read() as conn:
        return conn.scalar(sa.select(sa.func.count()).select_from(Outbox))


def test_the_first_question_is_queued(installed):
    done = start("home-observations", "--contact", "con_demo_en", "--variant", "reading")
    assert (done.exit_code, done.stdout) == (0, "home-observations started with con_demo_en: 1 queued.\n")
    assert queued(installed) == 1


def test_where_no_text_may_be_said_a_person_is_told(installed):
    done = start("home-observations", "--contact", "con_demo_ar")
    assert done.stdout == (
        "home-observations sent no text to con_demo_ar: nothing may be said in this family's language yet, so a person was told.\n"
    )


def test_at_night_staff_are_told_when_it_leaves(installed, monkeypatch):
    monkeypatch.setattr(RealClock, "now", lambda _: datetime(2026, 11, 17, 5, 0, tzinfo=UTC))
    with installed.begin() as conn:
        conn.execute(sa.text("update guardianship set valid_from = '2026-01-01 00:00:00.000000'"))
    done = start("home-observations", "--contact", "con_demo_en")
    assert done.stdout == "home-observations started with con_demo_en: 1 queued; it leaves at 08:00 on Tuesday, the family's time.\n"


def test_who_has_heard_enough_this_week_hears_it_on_a_day_staff_are_told(installed):
    with installed.begin() as conn:
        conn.execute(sa.update(District).values(settings={"cap.weekly": 1}))
    start("home-observations", "--contact", "con_demo_en")
    done = start("home-observations", "--contact", "con_demo_en", "--variant", "reading")
    assert done.stdout == (
        "home-observations waits: con_demo_en has heard enough from us this week. It starts at 09:00 on Tuesday, 24 November, the family's time.\n"
    )
    assert queued(installed) == 1


def test_a_second_start_and_a_family_that_stopped_are_refused_in_one_line(installed):
    start("home-observations", "--contact", "con_demo_en")
    again = start("home-observations", "--contact", "con_demo_en")
    assert (again.exit_code, again.stdout) == (1, "")
    assert "is open with the family already" in again.stderr
    with installed.begin() as conn:
        conn.execute(sa.update(Consent).values(state="stopped"))
    stopped = start("home-observations", "--contact", "con_demo_es")
    assert (stopped.exit_code, queued(installed)) == (1, 1)
    assert "asked for no more texts" in stopped.stderr


def test_whose_every_link_is_restricted_is_not_even_welcomed(installed):
    """A court order is about the person: the first text, which names no child, would tell them that we know one of theirs."""
    with installed.begin() as conn:
        conn.execute(sa.update(Guardianship).where(Guardianship.contact_id == "con_demo_es").values(restriction="court_order"))
    refused = start("welcome", "--contact", "con_demo_es")
    assert (refused.exit_code, queued(installed)) == (1, 0)
    assert "There is no child this person may be told about" in refused.stderr
    assert start("welcome", "--contact", "con_demo_en").exit_code == 0
