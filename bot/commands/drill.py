"""hearthline drill: try the on-call rota, and see how the last tries went."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import click
from sqlalchemy.engine import Connection

from bot.commands.here import district_of, running
from bot.errors import Conflict

if TYPE_CHECKING:
    from bot.service.runtime import Runtime


WHY_NOT = {
    "drill_running": "A drill is running: somebody on call must acknowledge it first.",
    "nobody_on_call": "Nobody is on call now who can be reached.",
}


def _start(conn: Connection, runtime: Runtime, district_id: str, now: datetime) -> list[str]:
    from bot.service import drill as service

    try:
        return service.start(conn, runtime, district_id, "command_line", now, actor="operator")
    except Conflict as error:
        raise click.ClickException(WHY_NOT[str(error)]) from error


@click.command()
@click.option("--list", "only_list", is_flag=True, help="Start nothing: show the drills so far.")
@click.option("--district", "wanted", default="", metavar="ID", help="Which district, if there are several.")
def drill(*, only_list: bool, wanted: str) -> None:
    """Page whoever is on call with a page marked as a drill. It climbs the rota like a real one until somebody acknowledges it."""
    from bot.service import drill as service

    with running(writes=not only_list) as (conn, runtime):
        district = district_of(conn, wanted)
        queued = [] if only_list else _start(conn, runtime, district.id, runtime.clock.now())
        found = service.drills(conn, district.id)
    if queued:
        click.echo(f"The drill is on its way ({len(queued)} messages). Acknowledge it as you would a real page.")
    for one in found:
        took = "not acknowledged" if one.seconds is None else f"acknowledged after {one.seconds // 60} min {one.seconds % 60} s"
        click.echo(f"{one.started_at:%Y-%m-%d %H:%M} UTC: {took}")
    if only_list and not found:
        click.echo("The rota was never tried.")
