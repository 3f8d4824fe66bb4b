"""How a task ends, and how it goes to somebody else. What came of it is kept with the task, sealed, for the team that may read it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from bot.errors import Conflict, NotAllowed
from bot.policy import permissions
from bot.service import audit, directory, escalate, staff_post, staff_tasks
from bot.service.case_timeline import task_kind
from bot.service.outcome import HOW, MAX_NOTE, sealed
from bot.service.runtime import Runtime
from bot.service.viewer import Viewer
from bot.service.wording import wording
from bot.store import case_people, task_lists, tasks


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody a task may be given to."""

    id: str
    name: str
    roles: tuple[str, ...]


def close(conn: Connection, runtime: Runtime, who: Viewer, handoff_id: str, how: str, note: str, now: datetime) -> list[str]:
    """Who has a task says what came of it; nobody else can. The ids of what was queued for others.

    :raises Conflict: it is with somebody else, or done already.
    """
    if how not in HOW or len(note) > MAX_NOTE:
        raise Conflict("how")
    row = staff_tasks.find(conn, who, handoff_id, now)
    queued = staff_tasks.take(conn, runtime, who, handoff_id, now) if row.state == "open" and row.owner_id in (None, who.staff_id) else []
    if not tasks.close(conn, row.id, who.staff_id, sealed(row.district_id, how, note), now):
        raise Conflict("taken")
    audit.by_staff(conn, runtime, who, "close_task", row.id, now, kind="handoff", message_class="D", reason=how)
    return queued


def colleagues(conn: Connection, who: Viewer, handoff_id: str, now: datetime) -> list[Colleague]:
    """Who else may have this task: staff of the district who may read it."""
    row = staff_tasks.find(conn, who, handoff_id, now, reading=True)
    found: dict[str, tuple[str, list[tuple[str, str | None]]]] = {}
    for one in case_people.staff(conn, who.district_id):
        found.setdefault(one.id, (one.name, []))[1].append((one.role, one.school_id))
    team = task_lists.team(conn, row.case_id, now) if row.case_id else set()
    return sorted(
        (
            Colleague(staff_id, name, tuple(dict.fromkeys(role for role, where in grants if where in (None, row.school_id))))
            for staff_id, (name, grants) in found.items()
            if staff_id != row.owner_id and _may_have(grants, row, on_team=staff_id in team)
        ),
        key=lambda one: one.name,
    )


def give(conn: Connection, runtime: Runtime, who: Viewer, handoff_id: str, staff_id: str, now: datetime) -> list[str]:
    """Hand a task over to a colleague, who is told and must take it anew. Only who has it may, or whoever may take it while nobody has.

    The ids of what was queued for the colleague.

    :raises NotAllowed: the colleague may not read it, or it is somebody else's.
    """
    row = staff_tasks.find(conn, who, handoff_id, now)
    if row.owner_id not in (None, who.staff_id) or staff_id not in {one.id for one in colleagues(conn, who, handoff_id, now)}:
        raise NotAllowed
    if not tasks.give(conn, row.id, row.owner_id, staff_id):
        raise Conflict("taken")
    escalate.climb_again(conn, row.id, now)
    audit.by_staff(conn, runtime, who, "give_task", row.id, now, kind="handoff", message_class="D", reason=staff_id)
    return _tell(conn, runtime, who, row, staff_id, now)


def _tell(conn: Connection, runtime: Runtime, who: Viewer, row: Any, staff_id: str, now: datetime) -> list[str]:
    """A code and a link; the rest is behind signing in."""
    person = directory.staff(conn, [staff_id], now).get(staff_id)
    words = wording(person.lang if person else "en")
    text = words.gettext("{name} gave you a task in Hearthline: {link}").format(name=who.name, link=staff_post.task_link(runtime, row.id))
    return staff_post.post(conn, runtime, staff_id, text, now=now, case_id=row.case_id, handoff_id=row.id, purpose="handoff", ref="handoff")


def _may_have(grants: list[tuple[str, str | None]], row: Any, *, on_team: bool) -> bool:
    """A colleague may have it who may read it and, where it is about a case, open that case; or whose role it is for."""
    if row.visibility == "safety_only" and not any(permissions.is_trained(name) for name, _ in grants):
        return False
    for_role = any(role == row.to_role and where in (None, row.school_id) for role, where in grants)
    kind = task_kind(row.reason)
    school = row.school_id or ""
    may_read = permissions.may_read(grants, school_id=school, visibility=row.visibility, kind=kind, own=False, on_call=True)
    if row.case_id is None:
        return for_role or may_read
    opens = permissions.may_open_case(
        grants, school_id=school, on_team=on_team, asked_for_evaluation=kind == "eval_request", on_call=row.visibility == "safety_only"
    )
    return may_read and opens
