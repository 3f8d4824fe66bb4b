"""Times are said on the clock of the school they are about, in the words of who reads them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.service import directory, timers
from bot.service.wording import wording
from bot.store.tables import Outbox, School, Staff
from channels.text import encoding
from tests.fakes.clock import START
from tests.service.receiving import change, family_rows, rows, runtime_for, sms, take

ASKED = "I want my child evaluated for special education"


@pytest.fixture
def clock(clock):
    clock.step = timedelta(0)
    return clock


def test_who_reads_spanish_is_told_by_when_in_spanish(world_sqlite, clock) -> None:
    runtime = runtime_for(world_sqlite, clock, slack=False)
    change(runtime, Staff, Staff.id == "stf_demo_liaison", lang="es")
    directory.forget(runtime.database.engine)
    take(runtime, sms(ASKED))
    (told,) = rows(runtime, Outbox, Outbox.staff_id == "stf_demo_liaison")
    assert "algo le espera" in told["body"]
    assert "mar, 17 de nov, 3:30 p. m." in told["body"]


@pytest.mark.parametrize(("lang", "said"), [("en", "Tue, Nov 17, 9:00 AM"), ("es", "mar, 17 de nov, 9:00 a. m.")])
def test_a_brief_moment_has_no_sign_that_makes_a_text_longer(lang: str, said: str) -> None:
    assert wording(lang).briefly(START, "America/Denver") == said
    assert encoding(said) == encoding("a")


def test_a_family_hears_of_the_schools_clock_where_the_districts_is_another(lite, clock) -> None:
    change(lite, School, School.id == "sch_demo_maple", zone="America/Los_Angeles")
    directory.forget(lite.database.engine)
    take(lite, sms("I want to kill myself"))
    change(lite, Outbox, Outbox.purpose == "page", state="sent", handed_at=clock.now(), settled_at=clock.now())
    clock.advance(seconds=5)
    timers.ring(lite)
    assert [one["body"] for one in family_rows(lite)][1:] == ["School staff were told at 8:00 AM and will call you."]
