"""hearthline meeting: plan, move and cancel a meeting; families are reminded a week and two days before, and on the day."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

import click
from sqlalchemy import Connection

from bot.commands.here import district_of, running
from bot.service import meeting as service
from bot.service.runtime import Runtime
from bot.store import meetings


@click.group()
def meeting() -> None:
    """Plan, move and cancel a meeting; its reminders follow."""


_DISTRICT = click.option("--district", "wanted", default="", metavar="ID", help="Which district, if there are several.")
_AT = click.option("--at", "wall", required=True, type=click.DateTime(["%Y-%m-%d %H:%M"]), help="What the clock at the school shows.")


@contextmanager
def _writing(wanted: str) -> Iterator[tuple[Connection, Runtime, str, datetime]]:
    with running() as (conn, runtime):
        yield conn, runtime, district_of(conn, wanted).id, runtime.clock.now()


@meeting.command("plan")
@click.argument("code")
@_AT
@click.option("--place", required=True, help="Where: a room, a number to call, or how to join.")
@click.option("--mode", type=click.Choice(service.MODES), default="in_person", show_default=True)
@click.option("--interpreter", is_flag=True, help="A trained interpreter is booked.")
@_DISTRICT
def plan_command(code: str, wall: datetime, place: str, mode: str, interpreter: bool, wanted: str) -> None:  # noqa: FBT001 - click
    """Plan a meeting about the case CODE."""
    with _writing(wanted) as (conn, runtime, district_id, now):
        made = service.plan(
            conn, runtime, district_id=district_id, code=code, wall=wall, place=place, mode=mode, interpreter=interpreter,
            by="command_line", now=now,
        )  # fmt: skip
    click.echo(f"{made.id}: planned for {made.wall.replace('T', ' ')}, {made.zone}.")


@meeting.command("move")
@click.argument("code")
@_AT
@_DISTRICT
def move_command(code: str, wall: datetime, wanted: str) -> None:
    """Move the next meeting about the case CODE."""
    with _writing(wanted) as (conn, runtime, district_id, now):
        old = _next(conn, code, district_id)
        made = service.move(
            conn, runtime, old, code=code, wall=wall, place=old.place, mode=old.mode, interpreter=old.interpreter,
            by="command_line", now=now,
        )  # fmt: skip
    click.echo(f"{made.id}: moved to {made.wall.replace('T', ' ')}, {made.zone}. The family is told within its hours.")


@meeting.command("cancel")
@click.argument("code")
@_DISTRICT
def cancel_command(code: str, wanted: str) -> None:
    """Cancel the next meeting about the case CODE."""
    with _writing(wanted) as (conn, runtime, district_id, now):
        old = _next(conn, code, district_id)
        service.end(conn, runtime, old, "cancelled", by="command_line", now=now)
    click.echo(f"{old.id}: cancelled. Nothing reminds of it any more; the family is told within its hours.")


def _next(conn: Connection, code: str, district_id: str) -> meetings.MeetingRow:
    found = meetings.of_case(conn, code, district_id)
    if not found:
        raise click.ClickException(f"There is no planned meeting about {code}.")
    return found[0]
