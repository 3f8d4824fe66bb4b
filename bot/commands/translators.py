"""hearthline translators: which machine translators there are, and a district's yes to one that sends text outside the house."""

from __future__ import annotations

import click
from sqlalchemy.engine import Connection

from bot.commands.here import district_of, running

_WHICH = click.option("--district", "wanted", default="", metavar="ID", help="Which district, if there are several.")


@click.group()
def translators() -> None:
    """Machine translators: which there are, and who said yes to one that sends text outside the house."""


@translators.command("list")
@_WHICH
def show(wanted: str) -> None:
    """Show the translators of this installation and whether they serve the district."""
    from bot.service.translators import standing

    with running(writes=False) as (conn, runtime):
        found = standing(conn, runtime, district_of(conn, wanted).id)
    for one in found:
        where = "text leaves the house" if one.leaves_house else "on this machine"
        click.echo(f"{one.name}: {where}; {'serves' if one.serves else 'waits for a yes of the district'}")
        if not one.serves:
            click.echo(f"  {one.notice}")
    if not found:
        click.echo("No translator here: people translate. Spanish and English: install Debian's apertium-eng-spa.")


@translators.command()
@click.argument("name")
@click.option("--by", required=True, metavar="EMAIL", help="Who says yes for the district, or their staff id; it stays on record.")
@click.option("--i-have-read-the-notice", "read", is_flag=True, help="The notice of `translators list` was read.")
@_WHICH
def allow(name: str, by: str, wanted: str, *, read: bool) -> None:
    """Let a translator serve the district, knowing what it is."""
    from bot.service import translators as service

    with running() as (conn, runtime):
        district_id = district_of(conn, wanted).id
        if not read:
            notice = service.notice_of(runtime, name)
            raise click.ClickException(f"Please read this first, and say so with --i-have-read-the-notice. {notice}")
        service.allow(conn, runtime, district_id, name, _staff(conn, district_id, by), runtime.clock.now())
    click.echo(f"{name} may translate for this district. On record: {by}.")


@translators.command()
@click.argument("name")
@click.option("--by", required=True, metavar="EMAIL", help="Who takes the yes back (or their staff id).")
@_WHICH
def forbid(name: str, by: str, wanted: str) -> None:
    """Take the yes back; from the next text on the translator is not asked."""
    from bot.service import translators as service

    with running() as (conn, runtime):
        district_id = district_of(conn, wanted).id
        done = service.forbid(conn, runtime, district_id, name, _staff(conn, district_id, by), runtime.clock.now())
    click.echo(f"{name} is not asked any more." if done else f"{name} had no yes.")


def _staff(conn: Connection, district_id: str, by: str) -> str:
    """The staff id of whoever has this work address; what is no address is an id already."""
    from bot.store.district import held

    person = held(conn, district_id).staff.get(by.casefold()) if "@" in by else None
    return str(person["id"]) if person is not None else by
