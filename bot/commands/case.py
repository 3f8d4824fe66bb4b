"""hearthline case: look after the case record."""

from __future__ import annotations

import click

from bot.commands.here import opened
from bot.service.verify import Finding, verify


@click.group()
def case() -> None:
    """Look after the case record: verify its hash chain."""


@case.command("verify")
@click.argument("code", required=False, default="")
@click.option("--all", "everything", is_flag=True, help="Every case, and the audit log.")
@click.pass_context
def verify_command(ctx: click.Context, code: str, everything: bool) -> None:  # noqa: FBT001 - click hands options over by name
    """Compute the hash chain of the case CODE (or of all) anew and name the first link that does not hold."""
    if bool(code) == everything:
        raise click.UsageError("Name one case, or say --all.")
    with opened() as (_, database), database.read() as conn:
        findings = list(verify(conn, database.vault, code))
    for finding in findings:
        click.echo(sentence(finding))
    if not all(finding.holds for finding in findings):
        ctx.exit(1)


def sentence(finding: Finding) -> str:
    """One line about one chain; ids only."""
    if finding.holds:
        return f"{finding.subject}: {finding.links} links hold."
    row = f" ({finding.row_id})" if finding.row_id else ""
    return f"{finding.subject}: broken at link {finding.broken_at}{row}: {finding.why}."
