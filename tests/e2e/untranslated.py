"""What families wrote that the worker has not looked at yet: it makes rows and tasks of that a moment after the turn."""

from __future__ import annotations

from typing import Any

from bot.service.runtime import Runtime
from bot.service.translate_new import KINDS, needs_words
from bot.store.database import Database
from bot.store.translations import newest, sources


def untranslated(runtime: Runtime, database: Database) -> list[Any]:
    with database.read() as conn:
        tops = {kind: newest(conn, kind) for kind in KINDS}
        found = [one for kind in KINDS for one in sources(conn, kind, "dst_demo", "en", "", tops[kind], 500)]
    return [one for one in found if needs_words(runtime, one, "en")]
