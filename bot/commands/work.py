"""`hearthline work`: one process of background work on PostgreSQL. Start as many as you like, on as many machines."""

from __future__ import annotations

import signal
import sys
import threading
from dataclasses import replace

import click

from bot.commands.here import one_line
from bot.commands.serve import check_tables, say_where_the_log_is
from bot.commands.signals import hear_signals
from bot.config import Settings
from bot.errors import SettingsError


@click.command()
def work() -> None:
    """Run background work: timers, retries, sweeps, delivery."""
    with one_line():
        run(Settings.load())


def run(settings: Settings) -> None:
    """Work until Ctrl-C or SIGTERM.

    :raises SettingsError: with one sentence, when it cannot work.
    """
    if settings.database_url.startswith("sqlite"):
        raise SettingsError("On SQLite `hearthline serve` does the background work itself; `work` is for PostgreSQL.")
    from bot import app
    from bot.service import receive
    from bot.service.deliver import Deliverer
    from bot.worker import Worker

    say_where_the_log_is(settings)
    ended = threading.Event()
    hear_signals()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: ended.set())
    runtime = app.build_runtime(settings)
    check_tables(runtime.database)
    deliverer = Deliverer(runtime)
    runtime = deliverer.runtime = replace(runtime, wake=deliverer.wake)
    committer = receive.committer_for(runtime)
    runtime = deliverer.runtime = replace(runtime, committer=committer)
    deliverer.start()
    handle = Worker(runtime, deliverer).start()
    click.echo(f"Hearthline works as executor {deliverer.heartbeat.number} (stop with Ctrl-C)")
    sys.stdout.flush()
    ended.wait()
    handle.stop()
    committer.close()
    deliverer.stop()
    runtime.database.close()
