"""hearthline doctor: whether this district may go live, and what is missing."""

from __future__ import annotations

import click

from bot.clock import RealClock
from bot.commands.here import opened
from bot.i18n import shipped_catalogues
from bot.service.doctor import ADVICE, Problem, examine
from bot.store import readiness


@click.command()
@click.pass_context
def doctor(ctx: click.Context) -> None:
    """Say whether this district may go live, and what is missing. Exit code 1 while something is."""
    with opened() as (settings, database), database.read() as conn:
        problems = examine(conn, settings, database.vault, shipped_catalogues(), RealClock().now())
        waiting, danger = readiness.waiting_families(conn)
    needed = [one for one in problems if one.check not in ADVICE]
    advice = [one for one in problems if one.check in ADVICE]
    for problem in needed:
        click.echo(_line(problem))
    if advice:
        click.echo("Worth doing, shuts nothing:")
    for problem in advice:
        click.echo(_line(problem))
    if needed:
        held = "No family is written to until this is done." if settings.is_production else f"Mode {settings.mode}: only shown."
        click.echo(f"{len(needed)} to do. {held}")
        if settings.is_production and waiting:
            call = f", {danger} of them answers to words about danger: CALL THESE FAMILIES NOW, staff were paged" if danger else ""
            click.echo(f"Held back: {waiting} messages to families{call}.")
        ctx.exit(1)
    if advice:
        click.echo(f"Messages may leave. {len(advice)} left of the go-live list.")
        ctx.exit(1)
    click.echo("Ready: every check holds.")


def _line(problem: Problem) -> str:
    where = f" [{problem.subject}]" if problem.subject else ""
    return f"{problem.check}{where}: {problem.sentence}"
