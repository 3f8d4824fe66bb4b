"""What the demo page needs to know of the demo district."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from bot.store.tables import Case, CatalogueApproval, Contact, Endpoint, Guardianship, School, Staff, StaffRole, Student

Row = Any
"""A row with its columns by name."""


def staff(conn: Connection, district_id: str) -> Sequence[Row]:
    query = sa.select(Staff.id, Staff.name, Staff.email, Staff.slack_user)
    return conn.execute(query.where(Staff.district_id == district_id, Staff.active.is_(True)).order_by(Staff.slack_user)).all()


def roles(conn: Connection, district_id: str) -> Sequence[Row]:
    query = sa.select(StaffRole.staff_id, StaffRole.role)
    return conn.execute(query.where(StaffRole.district_id == district_id).order_by(StaffRole.id)).all()


def families(conn: Connection, district_id: str) -> Sequence[Row]:
    """One row a child, with its parent's phone and its case."""
    query = (
        sa.select(
            Contact.id.label("contact_id"),
            Contact.name,
            Contact.lang_written,
            Endpoint.address.label("phone"),
            Student.first_name.label("child"),
            School.name.label("school"),
            Case.code,
            Case.slack_channel,
        )
        .join(Endpoint, sa.and_(Endpoint.contact_id == Contact.id, Endpoint.channel == "sms"))
        .join(Guardianship, Guardianship.contact_id == Contact.id)
        .join(Student, Student.id == Guardianship.student_id)
        .join(School, School.id == Student.school_id)
        .join(Case, Case.student_id == Student.id)
        .where(Contact.district_id == district_id, Contact.id.like("con\\_demo\\_%", escape="\\"))
        .order_by(Contact.id, Case.code)
    )
    return conn.execute(query).all()


def approved_languages(conn: Connection, district_id: str) -> set[str]:
    query = sa.select(CatalogueApproval.lang).where(CatalogueApproval.district_id == district_id, CatalogueApproval.subject == "flows")
    return set(conn.execute(query).scalars())
