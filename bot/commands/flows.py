"""hearthline flows: check, draw and start conversation flows."""

from __future__ import annotations

import click

from bot.commands.flows_check import check
from bot.commands.flows_graph import graph
from bot.commands.here import running


@click.group()
def flows() -> None:
    """Check, draw and start conversation flows."""


flows.add_command(check)
flows.add_command(graph)


@flows.command("start")
@click.argument("flow")
@click.option("--contact", required=True, metavar="ID", help="The contact the school writes to: the roster's contactId, or ours (con_...).")
@click.option("--variant", default="", metavar="PART", help="A variant of the flow, such as reading.")
@click.option("--case", "case_id", default="", metavar="CODE", help="The case, when the contact has several.")
def start_command(flow: str, contact: str, variant: str, case_id: str) -> None:
    """Start FLOW with a contact, in this installation's database; its first question is queued for delivery."""
    from bot.service.rhythm import leaves_at
    from bot.service.start_flow import start_flow, texts_among, waits_until
    from bot.store import roster as roster_store

    with running() as (conn, runtime):
        now = runtime.clock.now()
        whom, about = roster_store.contact_named(conn, runtime.vault, contact), roster_store.case_named(conn, case_id)
        queued = start_flow(conn, runtime, whom, about or None, flow, variant, now)
        opens, texts = leaves_at(conn, whom, now), texts_among(conn, queued)
        later = waits_until(conn, whom, flow, variant)
    if later is not None:
        click.echo(
            f"{flow} waits: {contact} has heard enough from us this week. It starts at {later:%H:%M on %A, %d %B}, the family's time."
        )
        return
    if not texts:
        click.echo(f"{flow} sent no text to {contact}: nothing may be said in this family's language yet, so a person was told.")
        return
    when = "." if opens <= now else f"; it leaves at {opens:%H:%M on %A}, the family's time."
    click.echo(f"{flow} started with {contact}: {texts} queued{when}")
