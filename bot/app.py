"""The composition root: Settings -> Runtime -> Flask app. The only importer of concrete channels and translators.

`build_runtime` starts no thread; `create_app` adds the committer; `wsgi` is what the server loads: it starts delivery too, and, where
the settings say so, the background work, and `app.extensions["hearthline"].stop()` ends all of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from functools import partial
from typing import TYPE_CHECKING

from bot.clock import Clock, Ids, RealClock, RealIds
from bot.config import Settings, environment
from bot.engine.library import shipped
from bot.errors import SettingsError
from bot.i18n import shipped_catalogues
from bot.lists import shipped_words
from bot.log import file_for
from bot.log import set_up as set_up_logs
from bot.screen.wordlists import Words
from bot.service import receive
from bot.service.apart import Apart
from bot.service.committer import Committer
from bot.service.deliver import Deliverer
from bot.service.runtime import Runtime
from bot.store import checkpoints
from bot.store.database import open_database
from bot.worker import Worker
from channels.base import Channel
from channels.registry import build as build_channels
from translations.base import Translator
from translations.registry import build as build_translators

if TYPE_CHECKING:
    from flask import Flask


def build_runtime(
    settings: Settings,
    *,
    clock: Clock | None = None,
    ids: Ids | None = None,
    channels: Mapping[str, Channel] | None = None,
    words: Words | None = None,
) -> Runtime:
    """Everything the services reach, from settings. Nothing runs yet and nothing is called over a network."""
    catalogues = shipped_catalogues()
    database = open_database(settings.database_url, settings.master_key)
    return Runtime(
        settings=settings,
        clock=clock or RealClock(),
        ids=ids or RealIds(),
        database=database,
        vault=database.vault,
        channels=build_channels(_as_text(settings)) if channels is None else channels,
        library=shipped(catalogues),
        catalogues=catalogues,
        words=words or shipped_words(),
        translators=_translators(settings),
    )


def _translators(settings: Settings) -> tuple[Translator, ...]:
    """The engines this installation may use, the first one preferred; which of them a district allows is a row of the district's."""
    try:
        return build_translators(settings.translators.replace(",", " ").split(), _as_text(settings))
    except ValueError as error:
        raise SettingsError(f"HEARTHLINE_TRANSLATORS: {error}.") from error


def _as_text(settings: Settings) -> dict[str, str]:
    """Settings by name, for the channels: they know nothing of our types."""
    found = {one.name: getattr(settings, one.name) for one in fields(settings)}
    found["public_base_url"] = settings.base_url
    return {name: str(value) for name, value in found.items() if not isinstance(value, bytes)}


@dataclass(slots=True)
class Parts:
    """What runs beside the pages in this process."""

    runtime: Runtime
    committer: Committer[receive.Item, receive.Outcome]
    deliverer: Deliverer | None = None
    worker: Worker | None = None

    def stop(self) -> None:
        """End everything, in the order in which work flows: no new work, no new messages, then delivery."""
        if self.worker is not None:
            self.worker.stop()
        self.committer.close()
        if self.deliverer is not None:
            self.deliverer.stop()
        self.runtime.database.close()


def create_app(runtime: Runtime) -> Flask:
    """The site over a runtime, with a committer of its own unless the runtime has one."""
    from bot.web.site import make_site  # commands that serve no page start without the web

    committer = runtime.committer or receive.committer_for(runtime)
    runtime = replace(runtime, committer=committer)
    site = make_site(runtime)
    site.extensions["hearthline"] = Parts(runtime, committer)
    return site


def wsgi(in_writer: Callable[[], None] | None = None) -> Flask:
    """What the server loads, once per process: pages, committer, delivery; with `embedded` the background work as well.

    :param in_writer: run first by the child that plays and writes the turns on SQLite (`bot.service.apart`), where one process serves and
        the other core would idle; None: this process does it itself, as on PostgreSQL, where `--workers` uses all cores.
    """
    set_up_logs()
    settings = Settings.load(environment())
    set_up_logs(file=file_for(settings.log_file, settings.data_dir))
    runtime = build_runtime(settings)
    writer = None
    if in_writer is not None and runtime.database.is_sqlite:
        begin = in_writer, runtime.database.forked, partial(checkpoints.beside, runtime.database.engine)
        writer = Apart(receive.commits_for(runtime), begin)
    deliverer = None
    if settings.delivery == "on":
        deliverer = Deliverer(runtime, live_only=not settings.embedded)
        runtime = replace(runtime, wake=deliverer.wake)
    if writer is not None:
        runtime = replace(runtime, committer=receive.committer_for(runtime, writer))
    site = create_app(runtime)
    parts: Parts = site.extensions["hearthline"]
    if deliverer is not None:
        deliverer.start()
        parts.deliverer = deliverer
    if settings.embedded:
        parts.worker = Worker(parts.runtime, deliverer).start()
    return site
