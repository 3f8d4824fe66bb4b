"""What waits for somebody who checks translations, as a list: which text of which case, between which languages, and never its words.

A fixed number of queries however long the queue is; the words of one item are opened, and audited, by `bot.service.translate.open_item`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from bot.errors import NotFound
from bot.policy import permissions
from bot.service import access
from bot.service.sign_in import Viewer
from bot.store import task_lists
from bot.store import translations as store

SHOWN = 200


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


def waiting(conn: Connection, who: Viewer, now: datetime) -> list[Waiting]:
    """What this person may check and nobody has yet, oldest first; `NotFound` for whom there is no such page."""
    grants = access.grants(conn, who)
    if not permissions.may_check_translations(grants):
        raise NotFound
    rows = store.queue(conn, who.district_id, SHOWN)
    sources = store.kinds_of(conn, who.district_id, [(row.source_kind, row.source_id) for row in rows])
    cases = {case.id: case for case in access.open_cases(conn, who, now)}
    children = task_lists.children_of(conn, list(cases)) if cases else {}
    turns = task_lists.turns_now(conn, who.district_id, who.staff_id, now)
    outside = permissions.checks_from_outside(grants)
    zone = store.zone(conn, who.district_id)

    def may_see(row: Any) -> bool:
        known = sources.get((row.source_kind, row.source_id))
        if known is None:
            return False
        visibility, kind = known
        case = cases.get(row.case_id)
        if case is None:
            return visibility == "team" and (row.case_id is None or (outside and kind not in permissions.CLOSED_TO_TEACHERS))
        on_call = None in turns or case.school_id in turns
        return permissions.may_read(grants, school_id=case.school_id, visibility=visibility, kind=kind, own=False, on_call=on_call)

    return [
        Waiting(
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
        for row in rows
        if may_see(row)
    ]
