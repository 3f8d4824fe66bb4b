"""What hardly changes and every turn asks for: our numbers, districts, schools, names and roles of staff. Kept for half a minute.

A cache per database engine. What decides whether a text may go out (consent, rights, approvals, holds) is never in here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.engine import Engine

from bot.store.inbound import padded
from bot.store.tables import District, EvaluationContact, School, Sender, Staff, StaffRole

KEPT = timedelta(seconds=30)


class SenderFacts(NamedTuple):
    """A number or address of ours."""

    id: str
    district_id: str
    channel: str
    address: str


class DistrictFacts(NamedTuple):
    id: str
    name: str
    zone: str
    settings: Mapping[str, Any]


class SchoolFacts(NamedTuple):
    id: str
    district_id: str
    name: str
    phone: str
    zone: str


class StaffFacts(NamedTuple):
    """A staff member as messages to them need: the name for families, the opaque Slack id, the phone for pages."""

    id: str
    district_id: str
    name: str
    slack_user: str
    phone: str
    active: bool
    email: str = ""
    lang: str = "en"


class Roles(NamedTuple):
    """Who has which role where: (role, school id or "") -> staff ids, and the evaluation contact by school id or ""."""

    people: Mapping[tuple[str, str], tuple[str, ...]]
    evaluation: Mapping[str, str]

    def holder(self, role: str, school_id: str) -> str:
        """The first person with this role at the school, else in the district; "" when there is none."""
        if role == "evaluation_contact":
            return self.evaluation.get(school_id) or self.evaluation.get("") or ""
        found = self.people.get((role, school_id)) or self.people.get((role, ""))
        return found[0] if found else ""


@dataclass(slots=True)
class _Known:
    until: datetime
    since: datetime
    senders: dict[tuple[str, str], SenderFacts]
    districts: dict[str, DistrictFacts]
    schools: dict[str, SchoolFacts]
    staff: dict[str, StaffFacts]
    roles: dict[str, Roles]
    texts: dict[str, dict[str, str]]


_KNOWN: WeakKeyDictionary[Engine, _Known] = WeakKeyDictionary()


def forget(engine: Engine) -> None:
    """Read everything anew at the next question (tests, and a seed that just ran)."""
    _KNOWN.pop(engine, None)


def _known(conn: Connection, now: datetime, *, fresh: bool = False) -> _Known:
    have = _KNOWN.get(conn.engine)
    if have is None or fresh or not have.since <= now < have.until:
        have = _read(conn, now)
        _KNOWN[conn.engine] = have
    return have


def _read(conn: Connection, now: datetime) -> _Known:
    senders = conn.execute(sa.select(Sender.id, Sender.district_id, Sender.channel, Sender.address).order_by(Sender.id))
    districts = conn.execute(sa.select(District.id, District.name, District.zone, District.settings))
    schools = conn.execute(sa.select(School.id, School.district_id, School.name, School.phone, School.zone).order_by(School.id))
    return _Known(
        until=now + KEPT,
        since=now,
        senders={(row.channel, row.address): SenderFacts(*row) for row in senders},
        districts={row.id: DistrictFacts(*row) for row in districts},
        schools={row.id: SchoolFacts(*row) for row in schools},
        staff={},
        roles={},
        texts={},
    )


def receiver(conn: Connection, channel: str, address: str, now: datetime) -> SenderFacts | None:
    """Which of ours this message was written to. An address we do not know is looked up afresh before we say so."""
    found = _known(conn, now).senders.get((channel, address))
    return found or _known(conn, now, fresh=True).senders.get((channel, address))


def sender_of(conn: Connection, district_id: str, channel: str, now: datetime) -> SenderFacts | None:
    """The address of ours that a district writes from on this channel."""
    found = [one for one in _known(conn, now).senders.values() if one.district_id == district_id and one.channel == channel]
    return found[0] if found else None


def only_district(conn: Connection, now: datetime) -> str:
    """The district, where there is just one; "" otherwise."""
    known = _known(conn, now)
    return next(iter(known.districts)) if len(known.districts) == 1 else ""


def home(conn: Connection, channel: str, now: datetime) -> str:
    """The district that looks after what came to nobody: the one that has written on this channel longest, else the first."""
    known = _known(conn, now)
    writing = [one.district_id for one in known.senders.values() if one.channel == channel]
    return next(iter(writing or sorted(known.districts)), "")


def district(conn: Connection, district_id: str, now: datetime) -> DistrictFacts:
    known = _known(conn, now)
    return known.districts.get(district_id) or _known(conn, now, fresh=True).districts[district_id]


def school(conn: Connection, school_id: str, now: datetime) -> SchoolFacts:
    known = _known(conn, now)
    return known.schools.get(school_id) or _known(conn, now, fresh=True).schools[school_id]


def first_school(conn: Connection, district_id: str, now: datetime) -> SchoolFacts | None:
    """The district's first school: whose name and phone a family without a case is given."""
    return next((one for one in _known(conn, now).schools.values() if one.district_id == district_id), None)


def staff(conn: Connection, ids: Iterable[str | None], now: datetime) -> dict[str, StaffFacts]:
    """The staff members asked for; those not known yet are read in one statement."""
    known = _known(conn, now).staff
    wanted = {one for one in ids if one}
    missing = sorted(wanted - known.keys())
    if missing:
        query = sa.select(Staff.id, Staff.district_id, Staff.name, Staff.slack_user, Staff.phone, Staff.active, Staff.email, Staff.lang)
        for row in conn.execute(query.where(Staff.id.in_(padded(missing)))):
            known[row.id] = StaffFacts(
                row.id, row.district_id, row.name, row.slack_user, row.phone or "", row.active, row.email or "", row.lang
            )
    return {one: known[one] for one in wanted if one in known}


def roles(conn: Connection, district_id: str, now: datetime) -> Roles:
    """Who has which role in a district."""
    known = _known(conn, now).roles
    if district_id not in known:
        known[district_id] = _read_roles(conn, district_id)
    return known[district_id]


def texts(conn: Connection, now: datetime) -> dict[str, dict[str, str]]:
    """Room for what was put together from all this, kept and forgotten with it."""
    return _known(conn, now).texts


def _read_roles(conn: Connection, district_id: str) -> Roles:
    people: dict[tuple[str, str], tuple[str, ...]] = {}
    query = (
        sa.select(StaffRole.role, StaffRole.school_id, StaffRole.staff_id)
        .join(Staff, Staff.id == StaffRole.staff_id)
        .where(StaffRole.district_id == district_id, Staff.active.is_(True))
        .order_by(StaffRole.id)
    )
    for role, school_id, staff_id in conn.execute(query):
        key = (role, school_id or "")
        people[key] = (*people.get(key, ()), staff_id)
    named = (
        sa.select(EvaluationContact.school_id, EvaluationContact.staff_id)
        .join(Staff, Staff.id == EvaluationContact.staff_id)  # who left, or is away for long, reads no requests: somebody stands in
        .where(EvaluationContact.district_id == district_id, Staff.active.is_(True))
    )
    evaluation = {school_id or "": staff_id for school_id, staff_id in conn.execute(named.order_by(EvaluationContact.id.desc()))}
    return Roles(people, evaluation)
