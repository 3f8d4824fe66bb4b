"""hearthline doctor: whether this district may go live, and what is missing."""

from __future__ import annotations

import click

from bot.clock import RealClock
from bot.commands.here import opened
from bot.i18n import shipped_catalogues
from bot.service.doctor import ADVICE, Problem, examine


@click.command()
@click.pass_context
def doctor(ctx: click.Context) -> None:
    """Say whether this district may go live, and what is missing. Exit code 1 while something is."""
    with opened() as (settings, database), database.read() as conn:
        problems = examine(conn, settings, database.vault, shipped_catalogues(), RealClock().now())
    needed = [one for one in problems if one.check not in ADVICE]
    advice = [one for one in problems if one.check in ADVICE]
    for problem in needed:
        click.echo(_line(problem))
    if advice:
        click.echo("Worth doing, shuts nothing:")
    for problem in advice:
        click.echo(_line(problem))
    if needed:
        held = "Nothing is handed to a provider until this is done." if settings.is_production else f"Mode {settings.mode}: only shown."
        click.echo(f"{len(needed)} to do. {held}")
        ctx.exit(1)
    if advice:
        click.echo(f"Messages may leave. {len(advice)} left of the go-live list.")
        ctx.exit(1)
    click.echo("Ready: every check holds.")


def _line(problem: Problem) -> str:
    where = f" [{problem.subject}]" if problem.subject else ""
    return f"{problem.check}{where}: {problem.sentence}"
