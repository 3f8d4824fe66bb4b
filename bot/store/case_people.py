"""Children, the adults around them, and the team of a case. Writes here never commit."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from bot.store.chain import GENESIS
from bot.store.rights import in_force
from bot.store.tables import Case, CaseMember, Contact, District, Guardianship, School, Staff, StaffRole, Student

Row = Any
"""A row with its columns by name."""


def schools(conn: Connection, district_id: str) -> Sequence[Row]:
    return conn.execute(sa.select(School.id, School.name).where(School.district_id == district_id).order_by(School.name, School.id)).all()


def students(conn: Connection, district_id: str, school_ids: Sequence[str]) -> Sequence[Row]:
    """The children of these schools with the code of their open case, if they have one."""
    if not school_ids:
        return ()
    query = (
        sa.select(
            Student.id, Student.first_name, Student.last_name, Student.grade, Student.school_id, School.name.label("school"), Case.code
        )
        .join(School, School.id == Student.school_id)
        .outerjoin(Case, sa.and_(Case.student_id == Student.id, Case.state == "open"))
        .where(Student.district_id == district_id, Student.school_id.in_(school_ids))
    )
    return conn.execute(query.order_by(Student.id)).all()


def student(conn: Connection, district_id: str, student_id: str) -> Row | None:
    """One child with their school and the code of an open case."""
    query = (
        sa.select(
            Student.id, Student.first_name, Student.last_name, Student.grade, Student.school_id, School.name.label("school"), Case.code
        )
        .join(School, School.id == Student.school_id)
        .outerjoin(Case, sa.and_(Case.student_id == Student.id, Case.state == "open"))
        .where(Student.district_id == district_id, Student.id == student_id)
    )
    return conn.execute(query.limit(1)).one_or_none()


def adults(conn: Connection, student_id: str, now: datetime) -> Sequence[Row]:
    """The adults on file for a child today, with what they may be told."""
    query = (
        sa.select(
            Contact.id,
            Contact.name,
            Contact.lang_written,
            Guardianship.relation,
            Guardianship.rights_holder,
            Guardianship.may_receive,
            Guardianship.restriction,
        )
        .join(Guardianship, Guardianship.contact_id == Contact.id)
        .where(
            Guardianship.student_id == student_id,
            *in_force(Guardianship, now),
        )
    )
    return conn.execute(query.order_by(Contact.id)).all()


def staff(conn: Connection, district_id: str) -> Sequence[Row]:
    """Active staff of a district, one row a role."""
    query = (
        sa.select(Staff.id, Staff.name, StaffRole.role, StaffRole.school_id)
        .join(StaffRole, StaffRole.staff_id == Staff.id)
        .where(Staff.district_id == district_id, Staff.active.is_(True))
    )
    return conn.execute(query.order_by(Staff.id, StaffRole.role)).all()


def on_team(now: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    """Conditions that somebody is on a case's team today."""
    return CaseMember.since <= now, sa.or_(CaseMember.until.is_(None), CaseMember.until > now)


def members(conn: Connection, case_id: str, now: datetime) -> Sequence[Row]:
    """The team of a case today."""
    query = (
        sa.select(CaseMember.id, CaseMember.staff_id, CaseMember.role, CaseMember.since, Staff.name)
        .join(Staff, Staff.id == CaseMember.staff_id)
        .where(CaseMember.case_id == case_id, *on_team(now))
    )
    return conn.execute(query.order_by(CaseMember.since, CaseMember.id)).all()


def teacher(conn: Connection, case_id: str) -> str | None:
    """The teacher of a case's team, the first of several."""
    query = sa.select(CaseMember.staff_id).where(CaseMember.case_id == case_id, CaseMember.role == "teacher", CaseMember.until.is_(None))
    return conn.execute(query.order_by(CaseMember.since, CaseMember.id).limit(1)).scalar()


def add_member(conn: Connection, **values: Any) -> None:
    conn.execute(sa.insert(CaseMember).values(**values))


def end_member(conn: Connection, case_id: str, member_id: str, now: datetime) -> bool:
    done = conn.execute(
        sa.update(CaseMember)
        .where(CaseMember.id == member_id, CaseMember.case_id == case_id, sa.or_(CaseMember.until.is_(None), CaseMember.until > now))
        .values(until=now)
    )
    return done.rowcount == 1


def set_people(conn: Connection, case_id: str, **values: Any) -> None:
    conn.execute(sa.update(Case).where(Case.id == case_id).values(**values))


def codes(conn: Connection, district_id: str) -> Sequence[str]:
    """Every case code of a district, closed cases included."""
    return conn.execute(sa.select(Case.code).where(Case.district_id == district_id)).scalars().all()


def district_name(conn: Connection, district_id: str) -> str:
    return str(conn.execute(sa.select(District.name).where(District.id == district_id)).scalar_one())


def lock_district(conn: Connection, district_id: str) -> None:
    """Two people opening cases at once get two codes: the second waits here. SQLite has one writer anyway."""
    conn.execute(sa.select(District.id).where(District.id == district_id).with_for_update())


def add_case(conn: Connection, **values: Any) -> None:
    conn.execute(sa.insert(Case).values(state="open", safety_hold=False, chain_seq=0, chain_head=GENESIS, closed_at=None, **values))
