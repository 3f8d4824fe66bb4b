"""The family's words in a task, and what stands beside them in the language of staff: the same rule as for the lines of the record."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from bot.service import translate, translators
from bot.service.runtime import Runtime
from bot.values.wordless import wordless
from translations.base import primary


@dataclass(frozen=True, slots=True)
class Words:
    """`translation` is "" (not needed), "waiting" or the text beside; `by` a program's name or "person"; `item` names it in the review
    queue, "" where nobody need check it."""

    text: str = ""
    lang: str = ""
    translation: str = ""
    by: str = ""
    checked: bool = False
    item: str = ""


def words(conn: Connection, runtime: Runtime, district_id: str, rows: Iterable[Any], now: datetime) -> Mapping[str, Words]:
    """By task, for rows whose words the reader may read."""
    texts = {row.id: (row.body, row.lang) for row in rows if row.body}
    if not texts:
        return {}
    staff = translators.staff_lang(conn, district_id, now)
    foreign = {key: text for key, (text, lang) in texts.items() if lang and primary(lang) != primary(staff) and not wordless(text)}
    beside = translate.beside(conn, runtime, district_id, "handoff", foreign, staff) if foreign else {}
    found = {}
    for key, (text, lang) in texts.items():
        one = beside.get(key)
        item = one.id if one is not None and one.state != "checked" else ""
        if one is not None and one.text and one.state != "waiting":
            found[key] = Words(text, lang, one.text, one.engine, one.state == "checked", item)
        else:
            found[key] = Words(text, lang, "waiting" if key in foreign else "", item=item)
    return found
