"""The rota is tried: a page marked as a drill, acknowledged and timed, and known to the go-live gate (domain.md 11)."""

from __future__ import annotations

import base64
from dataclasses import replace
from datetime import timedelta

import orjson
import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from bot.__main__ import main
from bot.errors import Conflict, NotAllowed
from bot.service import directory, drill, timers
from bot.service.doctor import examine
from bot.store.tables import Audit, Handoff, OnCall, Outbox
from tests.conftest import MASTER_KEY
from tests.service.receiving import rows, runtime_for, sms, take

COUNSELOR = "stf_demo_counselor"


@pytest.fixture
def runtime(world_sqlite, clock):
    clock.step = timedelta(0)
    return runtime_for(world_sqlite, clock)


def start(runtime, by: str = COUNSELOR) -> list[str]:
    with runtime.database.begin() as conn:
        return drill.start(conn, runtime, "dst_demo", by, runtime.clock.now())


def found(runtime) -> list[drill.Drill]:
    with runtime.database.read() as conn:
        return drill.drills(conn, "dst_demo")


def missing(runtime) -> list[str]:
    with runtime.database.read() as conn:
        return [one.check for one in examine(conn, runtime.settings, runtime.vault, runtime.catalogues, runtime.clock.now())]


def test_the_subject_of_a_drill_by_mail_says_that_it_is_one(runtime) -> None:
    start(replace(runtime, channels={**runtime.channels, "email": runtime.channels["sms"]}))
    (mail,) = rows(runtime, Outbox, Outbox.channel == "email")
    assert orjson.loads(mail["blocks"])["subject"].startswith("DRILL, no emergency")


def test_a_drill_goes_the_way_of_a_page_says_that_it_is_one_and_is_timed(runtime, clock) -> None:
    assert "drill" in missing(runtime)
    queued = start(runtime)
    pages = rows(runtime, Outbox, Outbox.purpose == "page")
    assert {one["id"] for one in pages} == set(queued)
    assert {one["staff_id"] for one in pages} == {COUNSELOR}
    assert all(one["body"].startswith("DRILL, no emergency.") for one in pages)
    clock.advance(minutes=5)
    timers.ring(runtime)
    assert {one["staff_id"] for one in rows(runtime, Outbox, Outbox.purpose == "page")} == {COUNSELOR, "stf_demo_principal"}
    assert "drill" in missing(runtime), "nobody has it yet"
    clock.advance(seconds=30)
    take(runtime, sms("OK", "+15550102004"))
    assert [(one.seconds, one.by) for one in found(runtime)] == [(330, "stf_demo_principal")]
    assert "drill" not in missing(runtime)
    clock.advance(days=181)
    assert "drill_again" in missing(runtime), "half a year later it must be tried again"


def test_a_drill_is_over_when_somebody_has_it(runtime, clock) -> None:
    start(runtime)
    clock.advance(seconds=40)
    take(runtime, sms("OK", "+15550102003"))
    assert [(one["state"], one["owner_id"], one["closed_at"]) for one in rows(runtime, Handoff)] == [("closed", COUNSELOR, clock.now())]
    take(runtime, sms("OK", "+15550102003"))
    assert [one["body"].partition(". ")[0] for one in rows(runtime, Outbox, Outbox.purpose == "acknowledged")] == ["Thank you"] * 2
    assert [(one.seconds, one.by) for one in found(runtime)] == [(40, COUNSELOR)]


def test_nobody_is_told_loudly_about_a_drill_that_nobody_answered(runtime, clock) -> None:
    start(runtime)
    for _ in range(12):
        clock.advance(minutes=5)
        timers.ring(runtime)
    assert {one["reason"] for one in rows(runtime, Handoff)} == {"drill"}
    assert all(one["body"].startswith("DRILL") for one in rows(runtime, Outbox, Outbox.audience == "staff"))


def test_one_drill_at_a_time_by_people_who_may_and_with_somebody_on_call(runtime, clock) -> None:
    with pytest.raises(NotAllowed):
        start(runtime, "stf_demo_teacher")
    start(runtime)
    with pytest.raises(Conflict, match="drill_running"):
        start(runtime)
    clock.advance(hours=2)
    start(runtime, "stf_demo_coordinator")
    assert [one["actor_id"] for one in rows(runtime, Audit) if one["action"] == "start_drill"] == [COUNSELOR, "stf_demo_coordinator"]
    clock.advance(hours=2)
    with runtime.database.begin() as conn:
        conn.execute(sa.delete(OnCall))
        directory.forget(runtime.database.engine)
        with pytest.raises(Conflict, match="nobody_on_call"):
            drill.start(conn, runtime, "dst_demo", COUNSELOR, runtime.clock.now())


def test_the_command_starts_one_and_lists_them(runtime, tmp_path) -> None:
    settings = {
        "HEARTHLINE_MODE": "test",
        "HEARTHLINE_DATA_DIR": str(tmp_path),
        "HEARTHLINE_DATABASE_URL": runtime.database.url,
        "HEARTHLINE_MASTER_KEY": base64.b64encode(MASTER_KEY).decode(),
        "HEARTHLINE_SESSION_SECRET": "test",
        "HEARTHLINE_SLACK_BOT_TOKEN": "xoxb-test",
        "HEARTHLINE_SLACK_SIGNING_SECRET": "test",
        "HEARTHLINE_TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
        "HEARTHLINE_TWILIO_AUTH_TOKEN": "0" * 32,
    }
    assert CliRunner().invoke(main, ["drill", "--list"], env=settings).output == "The rota was never tried.\n"
    made = CliRunner().invoke(main, ["drill"], env=settings)
    assert (made.exit_code, made.output.splitlines()[1][-16:]) == (0, "not acknowledged")
    assert "The drill is on its way" in made.output
    assert [one.seconds for one in found(runtime)] == [None]
    again = CliRunner().invoke(main, ["drill"], env=settings)
    assert (again.exit_code, again.output) == (1, "Error: A drill is running: somebody on call must acknowledge it first.\n")
