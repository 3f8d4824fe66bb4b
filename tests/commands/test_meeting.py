"""hearthline meeting, as it is typed: planned, moved and cancelled against the demo district."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa

from bot.store import tables as t
from bot.store.database import Database
from tests.commands.test_store_commands import Run, run

__all__ = ["run"]


def planned(world: Database) -> list[tuple[str, str]]:
    query = (
        sa.select(t.Meeting.wall, t.Meeting.state)
        .where(t.Meeting.case_id == "cas_demo_maya")
        .order_by(t.Meeting.created_at.desc(), t.Meeting.wall)
    )
    with world.read() as conn:
        return [(row.wall, row.state) for row in conn.execute(query)]


def reminders(world: Database, state: str) -> int:
    with world.read() as conn:
        count = sa.select(sa.func.count()).select_from(t.Timer).where(t.Timer.kind == "remind", t.Timer.state == state)
        return conn.scalar(count) or 0


def test_a_meeting_is_planned_moved_and_cancelled(run: Run, world_sqlite: Database) -> None:
    url, first = world_sqlite.url, datetime.now().replace(hour=15, minute=30) + timedelta(days=30)
    with world_sqlite.begin() as conn:
        conn.execute(sa.delete(t.Meeting))
    made = run("meeting", "plan", "CV-1001", "--at", f"{first:%Y-%m-%d %H:%M}", "--place", "Room 3", "--interpreter", url=url)
    assert made.exit_code == 0, made.output
    assert f": planned for {first:%Y-%m-%d %H:%M}, " in made.output
    assert (planned(world_sqlite), reminders(world_sqlite, "pending")) == ([(f"{first:%Y-%m-%dT%H:%M}", "planned")], 3)
    second = first + timedelta(days=1)
    moved = run("meeting", "move", "CV-1001", "--at", f"{second:%Y-%m-%d %H:%M}", url=url)
    assert moved.exit_code == 0, moved.output
    assert sorted(planned(world_sqlite)) == [(f"{first:%Y-%m-%dT%H:%M}", "moved"), (f"{second:%Y-%m-%dT%H:%M}", "planned")]
    assert (reminders(world_sqlite, "pending"), reminders(world_sqlite, "cancelled")) == (4, 3)  # beside three reminders, the news
    assert run("meeting", "cancel", "CV-1001", url=url).exit_code == 0
    assert reminders(world_sqlite, "pending") == 1  # that it is called off
    again = run("meeting", "cancel", "CV-1001", url=url)
    assert (again.exit_code, again.output) == (1, "Error: There is no planned meeting about CV-1001.\n")


def test_a_meeting_in_the_past_is_refused_in_one_line(run: Run, world_sqlite: Database) -> None:
    refused = run("meeting", "plan", "CV-1001", "--at", "2020-01-02 10:00", "--place", "Room 3", url=world_sqlite.url)
    assert (refused.exit_code, refused.output) == (1, "Error: That time has passed.\n")
