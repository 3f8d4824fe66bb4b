"""What most commands begin with: this installation's settings and database, and errors as one line instead of a traceback."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError

from bot.config import PREFIX, Settings, environment
from bot.errors import HearthlineError
from bot.store import readiness
from bot.store.database import Database, open_database

if TYPE_CHECKING:
    from bot.service.runtime import Runtime


def demo_folder() -> Path:
    """Where the demo keeps its data: `.demo` in a checkout, else the user's own data folder."""
    top = Path(__file__).resolve().parents[2]
    if (top / "pyproject.toml").is_file() and (top / "flows").is_dir():
        return top / ".demo"
    return Path(environment().get("XDG_DATA_HOME") or Path.home() / ".local/share") / "hearthline/demo"


DEMO_SETTINGS = "demo.env"
"""What a started demo leaves in its folder, so that a second terminal needs no settings to reach the same district."""


def here() -> Settings:
    """This installation's settings; those of the demo on this machine where nothing at all is set.

    :raises SettingsError: as `Settings.load` does.
    """
    env = environment()
    kept = demo_folder() / DEMO_SETTINGS
    if any(name.startswith(PREFIX) for name in env) or not kept.is_file():
        return Settings.load(env)
    click.echo(f"(no settings given: this is the demo district in {kept.parent.name})", err=True)
    return Settings.load(_read(kept, env))


def _read(kept: Path, env: Mapping[str, str]) -> dict[str, str]:
    lines = (line.partition("=") for line in kept.read_text(encoding="utf-8").splitlines())
    return {**env, **{name: value for name, _, value in lines}}


@contextmanager
def one_line() -> Iterator[None]:
    """Turn our own errors, and a database that is not there, into one line and their exit code."""
    try:
        yield
    except HearthlineError as error:
        click.echo(f"Error: {error}", err=True)
        raise SystemExit(error.exit_code) from error
    except DBAPIError as error:
        click.echo(f"Error: the database does not answer as it should ({type(error.orig).__name__}). Try: hearthline db migrate", err=True)
        raise SystemExit(1) from error


@contextmanager
def running(*, writes: bool = True) -> Iterator[tuple[Connection, Runtime]]:
    """Everything the services of this installation reach, in one transaction."""
    from bot.app import build_runtime

    with one_line():
        runtime = build_runtime(here())
        try:
            with runtime.database.begin() if writes else runtime.database.read() as conn:
                yield conn, runtime
        finally:
            runtime.database.close()


@contextmanager
def opened() -> Iterator[tuple[Settings, Database]]:
    """The settings and the open database of this installation."""
    with one_line():
        settings = here()
        database = open_database(settings.database_url, settings.master_key)
        try:
            yield settings, database
        finally:
            database.close()


def district_of(conn: Connection, wanted: str = "") -> readiness.DistrictRow:
    """The district a command is about: the one named, or the only one there is."""
    rows = readiness.districts(conn)
    found = [row for row in rows if wanted in ("", row.id)]
    if len(found) == 1:
        return found[0]
    if not rows:
        raise click.ClickException("There is no district yet: set one up with `hearthline district setup FILE`.")
    ids = ", ".join(row.id for row in rows)
    raise click.ClickException(f"Say which district with --district: {ids}." if not wanted else f"There is no district {wanted}: {ids}.")
