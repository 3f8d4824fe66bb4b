"""What waits for somebody who checks translations, as a list: which text of which case, between which languages, and never its words.

A fixed number of queries however long the queue is; the words of one item are opened, and audited, by `bot.service.translate.open_item`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from bot.errors import NotFound
from bot.policy import permissions
from bot.service import access, directory, translators
from bot.service.viewer import Viewer
from bot.store import review_lists, task_lists
from translations.base import primary

PAGE = 50


@dataclass(frozen=True, slots=True)
class Waiting:
    """One text. `kind`: entry | handoff | letter | template; `code` is "" for who may not open the case.

    `has_machine`: an engine has made a draft.
    """

    id: str
    kind: str
    code: str
    child: str
    source_lang: str
    target_lang: str
    engine: str
    has_machine: bool
    at: datetime
    zone: str


@dataclass(frozen=True, slots=True)
class Queue:
    """A part of what waits. `langs` are the families' languages in it, with how much of each."""

    rows: tuple[Waiting, ...]
    langs: tuple[tuple[str, int], ...]
    total: int
    lang: str
    page: int

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // PAGE))


def waiting(conn: Connection, who: Viewer, now: datetime, lang: str = "", page: int = 1) -> Queue:
    """What this person may check and nobody has yet, oldest first; `NotFound` for whom there is no such page.

    :param lang: only what is from or into this language.
    """
    grants = access.grants(conn, who)
    if not permissions.may_check_translations(grants):
        raise NotFound
    cases = {case.id: case for case in access.open_cases(conn, who, now)}
    turns = task_lists.turns_now(conn, who.district_id, who.staff_id, now)
    scope = review_lists.Scope(
        who.district_id,
        list(cases),
        access.readable(grants, {case.school_id for case in cases.values()}, turns),
        permissions.checks_from_outside(grants),
        sorted(permissions.CLOSED_TO_TEACHERS),
    )
    counts = review_lists.counts(conn, scope)
    staff = translators.staff_lang(conn, who.district_id, now)
    langs: dict[str, int] = {}
    for (source, target), number in counts.items():
        foreign = target if primary(source) == primary(staff) else source
        langs[foreign] = langs.get(foreign, 0) + number
    rows = review_lists.queue(conn, scope, lang, limit=PAGE, offset=(page - 1) * PAGE)
    children = task_lists.children_of(conn, sorted({row.case_id for row in rows if row.case_id in cases}))
    zone = directory.district(conn, who.district_id, now).zone
    shown = tuple(_shown(row, cases, children, zone) for row in rows)
    total = sum(number for pair, number in counts.items() if not lang or lang in pair)
    return Queue(shown, tuple(sorted(langs.items(), key=lambda one: (-one[1], one[0]))), total, lang, page)


def _shown(row: Any, cases: Mapping[str, Any], children: Mapping[str, str], zone: str) -> Waiting:
    return Waiting(
        id=row.id,
        kind=row.source_kind,
        code=cases[row.case_id].code if row.case_id in cases else "",
        child=children.get(row.case_id, ""),
        source_lang=row.source_lang,
        target_lang=row.target_lang,
        engine=row.engine,
        has_machine=row.state == "machine",
        at=row.created_at,
        zone=zone,
    )
