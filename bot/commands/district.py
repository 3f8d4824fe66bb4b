"""hearthline district: set a district up from one file, approve a language, list what is there."""

from __future__ import annotations

from pathlib import Path

import click

from bot.clock import RealClock, RealIds
from bot.commands.here import district_of, opened
from bot.exchange import district_file
from bot.i18n import shipped_catalogues
from bot.policy.permissions import ROLES
from bot.service import district_setup
from bot.store import district as stored


@click.group()
def district() -> None:
    """Set up a district from one file, approve a language, list what is there."""


@district.command("setup")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--apply", "do", is_flag=True, help="Write it. Without this the changes are only said.")
@click.option("--replace-rota", is_flag=True, help="Put the file's on-call rota in place of one that was changed in the console.")
def setup_command(file: Path, do: bool, replace_rota: bool) -> None:  # noqa: FBT001 - click hands options over by name
    """Make the district as FILE (TOML, see docs/district.md) says: schools, senders, staff, rota, settings. First a dry run."""
    try:
        wanted = district_file.read(file.read_text("utf-8"), ROLES)
    except (district_file.Mistakes, UnicodeDecodeError) as error:
        raise click.ClickException(f"{file.name} cannot be taken:\n{error}") from error
    clock, ids = RealClock(), RealIds()
    with opened() as (_, database), database.begin() as conn:
        trial = conn.begin_nested()
        _, lines, left = district_setup.setup(conn, database.vault, wanted, clock.now(), ids.new, replace_rota=replace_rota)
        if do:
            trial.commit()
        else:
            trial.rollback()
    for line in [*lines, *left]:
        click.echo(line)
    if not lines:
        click.echo("Everything else is so already." if left else "Everything is so already.")
    elif do:
        click.echo("Written. See what is still missing: hearthline doctor")
    else:
        click.echo("Dry run: nothing was written. Say --apply to write it.")


@district.command("list")
def list_command() -> None:
    """Every district with its id, time zone and schools."""
    with opened() as (_, database), database.read() as conn:
        rows = stored.listed(conn)
    for district_id, name, zone, schools in rows:
        click.echo(f"{district_id}  {name}  {zone}  {', '.join(schools) or 'no school yet'}")
    if not rows:
        click.echo("There is no district yet.")


@district.command("approve")
@click.option("--lang", required=True, metavar="TAG", help="The language that was checked.")
@click.option("--what", type=click.Choice(["flows", "words"]), default="flows", show_default=True, help="The texts, or the word lists.")
@click.option("--by", required=True, metavar="EMAIL", help="The staff member who checked it.")
@click.option("--district", "wanted", default="", metavar="ID", help="Which district, if there are several.")
def approve_command(lang: str, what: str, by: str, wanted: str) -> None:
    """Record that a person checked a language as it is shipped now. A later change of the texts asks for it again."""
    clock, ids = RealClock(), RealIds()
    catalogues = shipped_catalogues()
    if lang not in catalogues.languages(what):
        raise click.ClickException(f"There are no {what} in {lang}; there are: {', '.join(catalogues.languages(what))}.")
    with opened() as (_, database), database.begin() as conn:
        found = district_of(conn, wanted)
        digest = catalogues.hash(what, lang)
        district_setup.approve(conn, found.id, subject=what, lang=lang, digest=digest, email=by, now=clock.now(), new_id=ids.new)
    click.echo(f"{what} in {lang}: approved as they are now.")
