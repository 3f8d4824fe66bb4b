"""`hearthline serve`: webhooks, console and family pages, and with SQLite (or `--embedded`) the background work in the same process."""

from __future__ import annotations

import ctypes
import errno
import gc
import multiprocessing
import os
import signal
import socket
import sys
import threading
from functools import partial
from multiprocessing import util
from typing import TYPE_CHECKING, Any

import click

from bot import log
from bot.commands.here import one_line
from bot.commands.signals import hear_signals
from bot.config import Settings, hand_on
from bot.errors import SettingsError

if TYPE_CHECKING:
    from bot.store.database import Database
    from bot.web.rsgi import Site

STOP_SECONDS = 4
COLLECT = 20_000, 20, 50
"""When to look for garbage that holds itself: a batch of turns makes some ten thousand objects and drops them all, and Python's own
measure (every 700) would walk them a dozen times."""

BACKPRESSURE = 1024
"""Requests one process takes in at once; those that wait for the committer cost a future each, pages wait for a thread."""

_PR_SET_PDEATHSIG = 1


@click.command()
@click.option("--host", default=None, help="Address to listen on (HEARTHLINE_HOST).")
@click.option("--port", default=None, type=click.IntRange(1, 65535), help="Port to listen on (HEARTHLINE_PORT).")
@click.option(
    "--workers", default=1, show_default=True, type=click.IntRange(1, 64), help="Serving processes; more than one needs PostgreSQL."
)
@click.option(
    "--embedded/--no-embedded",
    default=True,
    show_default=True,
    help="Do the background work in the serving process; without it, `hearthline work` does it (PostgreSQL).",
)
def serve(host: str | None, port: int | None, workers: int, embedded: bool) -> None:  # noqa: FBT001 - a command line flag
    """Serve webhooks, console and family pages."""
    given = {"HEARTHLINE_HOST": host, "HEARTHLINE_PORT": port, "HEARTHLINE_EMBEDDED": "1" if embedded else "0"}
    hand_on({name: None if value is None else str(value) for name, value in given.items()})
    with one_line():
        run(Settings.load(), workers=workers)


def run(settings: Settings, *, workers: int = 1) -> None:
    """Serve until Ctrl-C or SIGTERM. The child reads its settings from the environment, which must be what `settings` were loaded from.

    :raises SettingsError: with one sentence, when it cannot serve.
    """
    _check(settings, workers)
    from granian.constants import Interfaces
    from granian.server import Server

    if threading.active_count() > 1:  # a fork would copy locks that other threads hold (the demo's sandbox runs in one)
        multiprocessing.set_start_method("spawn", force=True)
        hear_signals()
    hand_on({"HEARTHLINE_EMBEDDED": "1" if settings.embedded else "0"})
    server: Any = Server(
        "bot.app:wsgi",
        address=settings.host,
        port=settings.port,
        interface=Interfaces.RSGI,
        workers=workers,
        backpressure=BACKPRESSURE,
        websockets=False,
        log_enabled=False,
        respawn_failed_workers=True,
        workers_kill_timeout=STOP_SECONDS,
    )
    say_where_the_log_is(settings)
    click.echo(f"Hearthline starts; in a few seconds it answers on http://{settings.host}:{settings.port}/ (stop with Ctrl-C)")
    sys.stdout.flush()
    server.serve(target_loader=load_child, wrap_loader=False)


def say_where_the_log_is(settings: Settings) -> None:
    """Set the log up as settings have it, and name its file where it has one."""
    kept = log.set_up(file=log.file_for(settings.log_file, settings.data_dir))
    if kept is not None:
        click.echo(f"The log is in {kept}.")


def load_child() -> Site:
    """What the serving process runs first: it must not outlive the one that watches it, and it stops its parts when it ends."""
    die_with_parent()
    from bot import app
    from bot.web.rsgi import Site

    gc.set_threshold(*COLLECT)
    with one_line():
        site = app.wsgi(partial(die_with_parent, signal.SIGKILL))
    gc.collect()
    gc.freeze()  # flows and catalogues are here to stay: no later collection walks them again
    util.Finalize(None, site.extensions["hearthline"].stop, exitpriority=100)
    return Site(site)


def die_with_parent(how: signal.Signals = signal.SIGTERM) -> None:
    """Have the kernel tell this process when its parent is killed: an orphan would keep the port and the leases."""
    if sys.platform != "linux":
        return
    parent = os.getppid()
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, how)
    if os.getppid() != parent:
        os.kill(os.getpid(), how)


def _check(settings: Settings, workers: int) -> None:
    """What would end in a traceback later, said in one line now."""
    from bot.service.heartbeat import AlreadyServed, is_served
    from bot.store.database import open_database

    refused = refusal(settings.host, settings.port)
    if isinstance(refused, PermissionError):
        raise SettingsError(f"Port {settings.port} is not for this user to serve on. Choose one above 1023 with --port.")
    if refused is not None and refused.errno == errno.EADDRINUSE:
        raise SettingsError(f"Port {settings.port} on {settings.host} is in use. Stop what uses it, or choose another with --port.")
    if refused is not None:
        raise SettingsError(f"This machine has no address {settings.host}. Give --host one of its own, 127.0.0.1 or 0.0.0.0.")
    database = open_database(settings.database_url, settings.master_key)
    try:
        if database.is_sqlite and workers > 1:
            raise SettingsError("SQLite is served by one process. Leave --workers out, or use PostgreSQL.")
        check_tables(database)
        if database.is_sqlite and settings.delivery == "on" and is_served(database):
            raise AlreadyServed
    finally:
        database.close()


def check_tables(database: Database) -> None:
    """Refuse a database that is not at this version's newest migration.

    :raises SettingsError: with what to run.
    """
    from alembic.script import ScriptDirectory

    from bot.store.database import migrations
    from bot.store.migrations.compare import revision_of

    with migrations() as config, database.read() as conn:
        if revision_of(conn) != ScriptDirectory.from_config(config).get_current_head():
            raise SettingsError("The database is not set up for this version. Run: hearthline db migrate")


def refusal(host: str, port: int) -> OSError | None:
    """What keeps us from listening there, None when nothing does."""
    try:
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except OSError as error:
        return error
    return None
