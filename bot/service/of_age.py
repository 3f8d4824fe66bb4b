"""The 18th birthday: the rights are the student's from that day on, and what was on its way to the parents is cancelled (fault 2).

`bot.policy.recipients` refuses from the first minute of the day by itself; this makes it a fact of the record, which the database guards,
and gives the registrar the task to ask the young adult what they want.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy import Connection

from bot.log import get_log
from bot.policy import recipients
from bot.policy.hours import zone_of
from bot.service import tell_staff
from bot.service.runtime import Runtime
from bot.store import rights, roster
from bot.store.tables import Case, Guardianship, School, Student

_log = get_log("of_age")
_LIVE = cast("sa.Table", Guardianship.__table__)


def _grown(conn: Connection, now: datetime) -> list[sa.Row[Any]]:
    """The live rights of other adults over students who are 18 today. Opens every birth date: not for a transaction that writes."""
    query = (
        sa.select(_LIVE.c.id, _LIVE.c.contact_id, _LIVE.c.student_id, Student.district_id, Student.birth_date, School.zone)
        .join(Student, Student.id == _LIVE.c.student_id)
        .join(School, School.id == Student.school_id)
        .where(
            *rights.in_force(_LIVE.c, now),
            _LIVE.c.relation.not_in(sorted(recipients.THEMSELVES)),
            Student.birth_date.is_not(None),
        )
    )
    return [row for row in conn.execute(query) if recipients.is_of_age(row.birth_date, now.astimezone(zone_of(row.zone)).date())]


def _end(conn: Connection, runtime: Runtime, grown: Sequence[sa.Row[Any]], now: datetime) -> int:
    """End these rights, as far as nobody else has meanwhile; how many."""
    ended = [
        row
        for row in grown
        if conn.execute(sa.update(_LIVE).where(_LIVE.c.id == row.id, *rights.in_force(_LIVE.c, now)).values(valid_to=now)).rowcount
    ]
    for row in ended:
        roster.cancel_about(conn, [(row.contact_id, row.student_id)], "of_age", now)
    for student_id in sorted({row.student_id for row in ended}):
        case = conn.execute(sa.select(Case.id, Case.district_id).where(Case.student_id == student_id, Case.state == "open")).first()
        if case is not None:
            tell_staff.task(conn, runtime, now, "of_age", district_id=case.district_id, case_id=case.id, visibility="staff_only")
    return len(ended)


def look(runtime: Runtime) -> int:
    """The clock's ring: end the rights of every other adult over students who are 18 today; how many rights ended."""
    now = runtime.clock.now()
    with runtime.database.read() as conn:
        grown = _grown(conn, now)
    if not grown:
        return 0
    with runtime.database.begin() as conn:
        count = _end(conn, runtime, grown, now)
    _log.info("rights_passed", count=count)
    return count
