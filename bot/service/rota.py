"""Who is called when a child may be in danger, in which order and when: shown to who may be called, changed by who answers for it.

There is always somebody: the last turn of now cannot be taken away before another is there.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from bot.errors import Conflict, NotAllowed, NotFound
from bot.policy import permissions
from bot.service import access, audit, directory, drill
from bot.service.runtime import Runtime
from bot.service.viewer import Viewer
from bot.store import case_people
from bot.store import rota as store


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn. `school` "" is the whole district; no start is "since ever", no end is "until changed"."""

    id: str
    name: str
    school: str
    starts_at: datetime | None
    ends_at: datetime | None
    is_now: bool
    may_change: bool
    is_first: bool


@dataclass(frozen=True, slots=True)
class Tried:
    """One drill: when, and who had it after how many seconds; None while nobody has."""

    started_at: datetime
    seconds: int | None
    by: str


@dataclass(frozen=True, slots=True)
class Rota:
    """The page. `schools` and `people` are what may be chosen for a new turn; no schools: this person only looks."""

    turns: tuple[Turn, ...]
    schools: tuple[tuple[str, str], ...]
    people: tuple[tuple[str, str], ...]
    tried: tuple[Tried, ...]
    may_try: bool
    zone: str


def shown(conn: Connection, who: Viewer, now: datetime) -> Rota:
    """The rota of this person's district; `NotFound` for whom it is not."""
    grants = access.grants(conn, who)
    if not permissions.may_see_rota(grants):
        raise NotFound
    rows = store.turns(conn, who.district_id, now)
    staff = case_people.staff(conn, who.district_id)
    names = {row.id: row.name for row in staff}
    trained = {(row.id, row.name) for row in staff if permissions.is_trained(row.role)}
    schools = [("", "")] if permissions.may_keep_rota(grants, school_id=None) else []
    schools += [
        (row.id, row.name) for row in case_people.schools(conn, who.district_id) if permissions.may_keep_rota(grants, school_id=row.id)
    ]
    return Rota(
        turns=tuple(
            Turn(
                id=row.id,
                name=row.name,
                school=row.school or "",
                starts_at=row.starts_at,
                ends_at=row.ends_at,
                is_now=_is_now(row, now),
                may_change=permissions.may_keep_rota(grants, school_id=row.school_id),
                is_first=at == 0,
            )
            for at, row in enumerate(rows)
        ),
        schools=tuple(schools),
        people=tuple(sorted(trained, key=lambda one: one[1])) if schools else (),
        tried=tuple(Tried(one.started_at, one.seconds, names.get(one.by, "")) for one in drill.drills(conn, who.district_id)[:5]),
        may_try=drill.may_start(conn, who.staff_id),
        zone=directory.district(conn, who.district_id, now).zone,
    )


def add(conn: Connection, runtime: Runtime, who: Viewer, school_id: str, staff_id: str, starts: str, ends: str, now: datetime) -> None:
    """A turn at the end of the order. Times are as the form has them, on the district's clock; "" is open.

    :raises Conflict: person (not trained for that school), time (no time, or the end before the start).
    """
    school = school_id or None
    if not permissions.may_keep_rota(access.grants(conn, who), school_id=school):
        raise NotAllowed
    if school and school not in {row.id for row in case_people.schools(conn, who.district_id)}:
        raise NotFound
    fits = {
        row.id
        for row in case_people.staff(conn, who.district_id)
        if permissions.is_trained(row.role) and (school is None or row.school_id in (None, school))
    }
    if staff_id not in fits:
        raise Conflict("person")
    zone = directory.district(conn, who.district_id, now).zone
    begin, end = _moment(starts, zone), _moment(ends, zone)
    if end is not None and (end <= now or (begin is not None and end <= begin)):
        raise Conflict("time")
    rows = store.turns(conn, who.district_id, now)
    store.add(
        conn,
        id=runtime.ids.new("onc"),
        district_id=who.district_id,
        school_id=school,
        staff_id=staff_id,
        position=1 + max((row.position for row in rows), default=-1),
        starts_at=begin,
        ends_at=end,
    )
    audit.by_staff(conn, runtime, who, "rota_add", staff_id, now, kind="staff")


def remove(conn: Connection, runtime: Runtime, who: Viewer, turn_id: str, now: datetime) -> None:
    """Take a turn away.

    :raises Conflict: last, when nobody would be on call now where this turn is the last.
    """
    row, rows = _turn(conn, who, turn_id, now)
    here = (None, row.school_id)  # a turn at one school is nobody for the others, nor for a message without a case
    if _is_now(row, now) and not any(_is_now(one, now) and one.id != turn_id and one.school_id in here for one in rows):
        raise Conflict("last")
    store.remove(conn, turn_id)
    audit.by_staff(conn, runtime, who, "rota_remove", row.staff_id, now, kind="staff")


def up(conn: Connection, runtime: Runtime, who: Viewer, turn_id: str, now: datetime) -> None:
    """Called earlier by one place. Where the neighbour is another school's, nothing changes there: each school hears its own turns only."""
    row, rows = _turn(conn, who, turn_id, now)
    order = [one.id for one in rows]
    at = order.index(turn_id)
    if at == 0:
        return
    order[at - 1], order[at] = order[at], order[at - 1]
    for position, one in enumerate(order):
        store.place(conn, one, position)
    audit.by_staff(conn, runtime, who, "rota_order", row.staff_id, now, kind="staff")


def _turn(conn: Connection, who: Viewer, turn_id: str, now: datetime) -> tuple[Any, list[Any]]:
    rows = list(store.turns(conn, who.district_id, now))
    row = next((one for one in rows if one.id == turn_id), None)
    if row is None:
        raise NotFound
    if not permissions.may_keep_rota(access.grants(conn, who), school_id=row.school_id):
        raise NotAllowed
    return row, rows


def _is_now(row: Any, now: datetime) -> bool:
    return bool(row.active) and (row.starts_at is None or row.starts_at <= now) and (row.ends_at is None or row.ends_at > now)


def _moment(text: str, zone: str) -> datetime | None:
    if not text:
        return None
    try:
        local = datetime.fromisoformat(text)
    except ValueError:
        raise Conflict("time") from None
    return local.replace(tzinfo=ZoneInfo(zone))
