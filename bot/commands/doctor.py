"""hearthline doctor: whether this district may go live, and what is missing."""

from __future__ import annotations

import click

from bot.clock import RealClock
from bot.commands.here import opened
from bot.i18n import shipped_catalogues
from bot.service.doctor import examine


@click.command()
@click.pass_context
def doctor(ctx: click.Context) -> None:
    """Say whether this district may go live, and what is missing. Exit code 1 while something is."""
    with opened() as (settings, database), database.read() as conn:
        problems = examine(conn, settings, database.vault, shipped_catalogues(), RealClock().now())
    for problem in problems:
        where = f" [{problem.subject}]" if problem.subject else ""
        click.echo(f"{problem.check}{where}: {problem.sentence}")
    if problems:
        held = "Nothing is handed to a provider until this is done." if settings.is_production else f"Mode {settings.mode}: only shown."
        click.echo(f"{len(problems)} to do. {held}")
        ctx.exit(1)
    click.echo("Ready: every check holds.")
