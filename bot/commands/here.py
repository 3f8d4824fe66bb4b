"""What most commands begin with: this installation's settings and database, and errors as one line instead of a traceback."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import click
from sqlalchemy.exc import DBAPIError

from bot.config import Settings
from bot.errors import HearthlineError
from bot.store.database import Database, open_database


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
def opened() -> Iterator[tuple[Settings, Database]]:
    """The settings and the open database of this installation."""
    with one_line():
        settings = Settings.load()
        database = open_database(settings.database_url, settings.master_key)
        try:
            yield settings, database
        finally:
            database.close()
