"""hearthline db: create and migrate the tables, check them, rotate keys."""

from __future__ import annotations

import base64
import binascii
from pathlib import Path

import click
import sqlalchemy as sa

from bot.clock import RealClock, RealIds
from bot.commands.here import opened
from bot.service import keys
from bot.store.database import migrate as migrate_database
from bot.store.migrations.compare import differences, revision_of
from bot.store.record import districts


@click.group()
def db() -> None:
    """Create and migrate the database, rotate keys."""


@db.command()
def migrate() -> None:
    """Bring the tables up to date."""
    with opened() as (_, database):
        migrate_database(database)
        with database.read() as conn:
            click.echo(f"The database is at revision {revision_of(conn)}.")


@db.command()
@click.pass_context
def check(ctx: click.Context) -> None:
    """Say whether tables and files are as this version needs them."""
    with opened() as (_, database), database.read() as conn:
        found = [f"{one[0]}: {one[-1]}" if isinstance(one, tuple) else str(one) for one in differences(conn)]
        if database.is_sqlite:
            found += [line for line in conn.scalars(sa.text("pragma integrity_check")) if line != "ok"]
            found += [f"row without its parent in {row[0]}" for row in conn.execute(sa.text("pragma foreign_key_check"))]
        for line in found:
            click.echo(line)
        if found:
            click.echo(f"{len(found)} differences. Run: hearthline db migrate")
            ctx.exit(1)
        click.echo(f"The database is at revision {revision_of(conn)} and as this version needs it.")


@db.command("rotate-keys")
@click.option("--district", "only", metavar="ID", help="Only this district.")
def rotate_keys(only: str | None) -> None:
    """Give each district a new key and seal its data again under it."""
    with opened() as (_, database):
        with database.read() as conn:
            found = [one for one in districts(conn) if only in (None, one)]
        if not found:
            raise click.ClickException("There is no such district." if only else "There is no district yet.")
        for district_id in found:
            resealed = keys.rotate(database, RealClock(), RealIds(), district_id)
            click.echo(f"{district_id}: new key, {resealed} rows sealed again.")


@db.command("rotate-master")
@click.argument("new_key_file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def rotate_master(new_key_file: Path) -> None:
    """Wrap the districts' keys by the master key in NEW_KEY_FILE (32 bytes in base64).

    Stop every process first, and start them with the new key afterwards.
    """
    try:
        new = base64.b64decode(new_key_file.read_text("ascii").strip(), validate=True)
    except (binascii.Error, UnicodeDecodeError) as error:
        raise click.ClickException(f"{new_key_file} does not hold base64.") from error
    with opened() as (_, database), database.begin() as conn:
        click.echo(f"{keys.rewrap(conn, database.vault, new)} keys wrapped again. Set HEARTHLINE_MASTER_KEY to the new key now.")
