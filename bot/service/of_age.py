"""The 18th birthday: the rights are the student's from that day on, and what was on its way to the parents is cancelled (fault 2).

`bot.policy.recipients` refuses from the first minute of the day by itself; this makes it a fact of the record, which the database guards,
and gives the registrar the task to ask the young adult what they want.
"""

from __future__ import annotations

from datetime import datetime
from typing import cast

import sqlalchemy as sa
from sqlalchemy import Connection

from bot.log import get_log
from bot.policy import recipients
from bot.policy.hours import zone_of
from bot.service import tell_staff
from bot.service.runtime import Runtime
from bot.store import roster
from bot.store.tables import Case, Guardianship, School, Student

_log = get_log("of_age")
_LIVE = cast("sa.Table", Guardianship.__table__)


def end_rights(conn: Connection, runtime: Runtime, now: datetime) -> int:
    """End the rights of every other adult over students who are 18 today; how many rights ended."""
    query = (
        sa.select(_LIVE.c.id, _LIVE.c.contact_id, _LIVE.c.student_id, Student.district_id, Student.birth_date, School.zone)
        .join(Student, Student.id == _LIVE.c.student_id)
        .join(School, School.id == Student.school_id)
        .where(
            _LIVE.c.valid_from <= now,
            sa.or_(_LIVE.c.valid_to.is_(None), _LIVE.c.valid_to > now),
            _LIVE.c.relation.not_in(sorted(recipients.THEMSELVES)),
            Student.birth_date.is_not(None),
        )
    )
    grown = [row for row in conn.execute(query) if recipients.is_of_age(row.birth_date, now.astimezone(zone_of(row.zone)).date())]
    for row in grown:
        conn.execute(sa.update(_LIVE).where(_LIVE.c.id == row.id).values(valid_to=now))
        roster.cancel_about(conn, [(row.contact_id, row.student_id)], "of_age", now)
    for student_id in sorted({row.student_id for row in grown}):
        case = conn.execute(sa.select(Case.id, Case.district_id).where(Case.student_id == student_id, Case.state == "open")).first()
        if case is not None:
            tell_staff.task(conn, runtime, now, "of_age", district_id=case.district_id, case_id=case.id, visibility="staff_only")
    if grown:
        _log.info("rights_passed", count=len(grown))
    return len(grown)


def look(runtime: Runtime) -> int:
    """The clock's ring, in a transaction of its own."""
    with runtime.database.begin() as conn:
        return end_rights(conn, runtime, runtime.clock.now())
