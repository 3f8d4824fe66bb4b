"""What one staff member may open and read: the table of roles held against teams, schools, requests and the rota.

Every page and service asks here; "no such case" and "not yours" are one answer, so that codes tell a stranger nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from bot.errors import NotAllowed, NotFound
from bot.policy import permissions
from bot.policy.permissions import ROLES, Grant
from bot.service.viewer import Viewer
from bot.store import break_glass, case_lists, staff_queries, timeline
from bot.store.duty import on_call_now
from bot.store.task_lists import Readable
from bot.values.visibility import SEEN_BY


def grants(conn: Connection, who: Viewer) -> Sequence[Grant]:
    """The person's roles; read once a request."""
    return who.grants if who.grants is not None else [(row.role, row.school_id) for row in staff_queries.grants(conn, who.staff_id)]


def case(conn: Connection, who: Viewer, code: str, now: datetime, *, reading: bool = False) -> Any:
    """The case with this code, if this person may open it; `NotFound` else.

    :param reading: nothing is changed: a case opened in an emergency (`bot.service.break_glass`) counts as open.
    """
    row = timeline.case_by_code(conn, who.district_id, code)
    if row is None or not (may_open(conn, who, row, now) or (reading and glass(conn, who, row.id, row.school_id, now))):
        raise NotFound
    return row


def case_to_send(conn: Connection, who: Viewer, code: str, message_class: str, now: datetime, *, open_only: bool = False) -> Any:
    """`case`, where this person may also send its family messages of this class; `NotAllowed` else, `NotFound` of a closed one that must
    be open."""
    row = case(conn, who, code, now)
    if not permissions.may_send(grants(conn, who), school_id=row.school_id, message_class=message_class):
        raise NotAllowed
    if open_only and row.state != "open":
        raise NotFound
    return row


def may_open(conn: Connection, who: Viewer, row: Any, now: datetime) -> bool:
    on_team = row.id in staff_queries.memberships(conn, who.staff_id, now) or who.staff_id in (row.lead_id, row.liaison_id)
    return permissions.may_open_case(
        grants(conn, who),
        school_id=row.school_id,
        on_team=on_team,
        asked_for_evaluation=row.id in staff_queries.asked_for_evaluation(conn, [row.id]),
        on_call=who.staff_id in on_call_now(conn, row.district_id, row.school_id, now),
    )


def glass(conn: Connection, who: Viewer, case_id: str, school_id: str, now: datetime) -> datetime | None:
    """Until when this person has opened this case in an emergency; None when they have not, or are not trained (any more)."""
    if not permissions.may_break_glass(grants(conn, who), school_id=school_id):
        return None
    return break_glass.ends_at(conn, who.staff_id, case_id, now)


@dataclass(frozen=True, slots=True)
class Reader:
    """One person before one school's lines."""

    grants: Sequence[Grant]
    staff_id: str
    school_id: str
    on_call: bool

    def may_read(self, visibility: str, kind: str, owner: str | None = None) -> bool:
        return permissions.may_read(
            self.grants, school_id=self.school_id, visibility=visibility, kind=kind, own=owner == self.staff_id, on_call=self.on_call
        )

    def may_send(self, message_class: str) -> bool:
        return permissions.may_send(self.grants, school_id=self.school_id, message_class=message_class)


def reader(conn: Connection, who: Viewer, school_id: str, now: datetime, case_id: str = "") -> Reader:
    """:param case_id: which case of the school, where one opened in an emergency counts."""
    on_call = who.staff_id in on_call_now(conn, who.district_id, school_id, now)
    on_call = on_call or bool(case_id and glass(conn, who, case_id, school_id, now))
    return Reader(grants(conn, who), who.staff_id, school_id, on_call)


def open_cases(conn: Connection, who: Viewer, now: datetime) -> list[Any]:
    """Every open case this person finds on their pages, in a number of queries that does not grow with the cases.

    The database narrows down what could be theirs; the table of roles says what is.
    """
    mine = grants(conn, who)
    kinds = {(ROLES[name].opens, where) for name, where in mine if name in ROLES}
    everything = ("all", None) in kinds or ("school", None) in kinds
    rows = case_lists.cases(
        conn,
        who.district_id,
        staff_id=who.staff_id,
        schools=sorted({where for opens, where in kinds if opens in ("all", "school") and where}),
        requests=any(opens == "request" for opens, _ in kinds),
        everything=everything,
        now=now,
    )
    team = set(staff_queries.memberships(conn, who.staff_id, now))
    asked = staff_queries.asked_for_evaluation(conn, [row.id for row in rows]) if any(o == "request" for o, _ in kinds) else set()
    return [
        row
        for row in rows
        if permissions.may_open_case(
            mine,
            school_id=row.school_id,
            on_team=row.id in team or who.staff_id in (row.lead_id, row.liaison_id),
            asked_for_evaluation=row.id in asked,
        )
    ]


def readable(grants: Sequence[Grant], schools: Iterable[str], turns: AbstractSet[str | None]) -> list[Readable]:
    """What somebody may read of cases they open, as data for a query: by school, for lines closed to teachers and for the others.

    What is one's own ("own notes") is not in it: lists find that by its owner.
    """
    return [
        Readable(
            school,
            closed,
            tuple(
                visibility
                for visibility in SEEN_BY
                if permissions.may_read(
                    grants,
                    school_id=school,
                    visibility=visibility,
                    kind="eval_request" if closed else "handoff",
                    own=False,
                    on_call=None in turns or school in turns,
                )
            ),
        )
        for school in sorted(schools)
        for closed in (False, True)
    ]
