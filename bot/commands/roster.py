"""hearthline roster: students, contacts, links and rights from a file."""

from __future__ import annotations

import hashlib
from pathlib import Path

import click

from bot.clock import RealClock, RealIds
from bot.commands.here import district_of, opened
from bot.exchange import contacts_csv
from bot.policy import language
from bot.service import roster as service
from bot.service.roster_report import sentences


@click.group()
def roster() -> None:
    """Students, contacts, links, rights and languages from a file."""


@roster.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--apply", "do", is_flag=True, help="Write it. Without this the import is only said.")
@click.option("--end-missing", is_flag=True, help="End the links the file no longer has (never while a line cannot be read).")
@click.option("--skip-unreadable", is_flag=True, help="Apply although some lines could not be read.")
@click.option("--district", "wanted", default="", metavar="ID", help="Which district, if there are several.")
@click.option("--by", default="command_line", show_default=True, metavar="WHO", help="Who imports: kept in the audit log.")
@click.pass_context
def import_command(ctx: click.Context, /, file: Path, wanted: str, by: str, **flags: bool) -> None:
    """Read FILE (contacts.csv). First a dry run: what would change, and every line that cannot be read; --apply writes it.

    Nothing is sent to anybody by an import.
    """
    data = file.read_bytes()
    with opened() as (_, database):
        with database.read() as conn:
            district = district_of(conn, wanted)
        try:
            sheet = contacts_csv.read(data, str(district.settings.get("region") or "US"))
        except contacts_csv.Unreadable as error:
            raise click.ClickException(f"{file.name}: {error}") from error
        asked = flags["do"]
        clock, ids = RealClock(), RealIds()
        now = clock.now()
        with database.begin() if asked else database.read() as conn:
            made = service.plan(conn, database.vault, district.id, sheet, now, ids.new)
            unreadable = len(sheet.problems) + len(made.problems)
            do = asked and (not unreadable or flags["skip_unreadable"])
            if do:
                digest = hashlib.sha256(data).hexdigest()
                end = flags["end_missing"]
                cancelled = service.apply(conn, made, now, ids.new, sha256=digest, by=by, unreadable=unreadable, end_missing=end)
        if do:
            database.look_at(service.grown(made))
    for line in sentences(made, sheet, language.enabled(district.settings)):
        click.echo(line)
    click.echo(f"{_many(len(sheet.rows) - len(made.problems), 'line')} read, {unreadable} could not be read.")
    if do:
        click.echo(f"Written. {_many(cancelled, 'waiting message')} {'was' if cancelled == 1 else 'were'} cancelled. Nothing was sent.")
    elif asked:
        click.echo("Nothing was written: mend the lines above, or say --skip-unreadable.")
        ctx.exit(1)
    else:
        click.echo("Dry run: nothing was written. Say --apply to write it.")
        ctx.exit(1 if unreadable else 0)


def _many(number: int, thing: str) -> str:
    return f"{number} {thing}{'' if number == 1 else 's'}"
