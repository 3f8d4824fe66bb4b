"""Who stands towards a child, by what right and at which address: everybody the record knows, whoever may be told or not."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from bot.store import rights
from bot.store.tables import Case, Contact, District, Endpoint, Guardianship, Sender, Student, WordSharing

Row = Any
"""A row with its columns by name: the ones `bot.service.hand_over.standing` asks for, and where to write."""


def everybody(conn: Connection, case_id: str, words_of: str | None, now: datetime, contact_id: str | None = None) -> Sequence[Row]:
    """One row for each address of each contact with any guardianship of this child, past and barred ones too."""
    query = (
        sa.select(
            Contact.id.label("contact_id"),
            Contact.identity,
            Contact.zone.label("contact_zone"),
            Contact.lang_written.label("lang"),
            Endpoint.id.label("endpoint_id"),
            Endpoint.channel,
            Endpoint.address_index,
            Endpoint.preferred,
            Endpoint.state.label("endpoint_state"),
            Endpoint.shared,
            Endpoint.confirmed_at,
            Endpoint.contact_id.label("endpoint_contact"),
            Endpoint.last_inbound_at.label("heard_at"),
            Sender.address.label("sender"),
            Guardianship.id.label("guardianship_id"),
            Guardianship.contact_id.label("guardianship_contact"),
            Guardianship.student_id.label("guardianship_student"),
            Guardianship.rights_holder,
            Guardianship.may_receive,
            Guardianship.restriction,
            Guardianship.hold,
            Guardianship.valid_from,
            Guardianship.valid_to,
            Guardianship.relation,
            Case.district_id,
            Case.student_id.label("case_student"),
            Case.safety_hold,
            Student.birth_date,
            Student.first_name.label("child"),
            District.zone.label("district_zone"),
            sa.literal(words_of, sa.String).label("words_of"),
            WordSharing.state.label("sharing"),
            rights.barred(Contact.id, Case.student_id, now).label("barred"),
            rights.held(Contact.id, Case.student_id, now).label("held_too"),
        )
        .select_from(Case)
        .join(Student, Student.id == Case.student_id)
        .join(District, District.id == Case.district_id)
        .join(Guardianship, Guardianship.student_id == Case.student_id)
        .join(Contact, Contact.id == Guardianship.contact_id)
        .join(Endpoint, Endpoint.contact_id == Contact.id)
        .join(Sender, sa.and_(Sender.district_id == Case.district_id, Sender.channel == Endpoint.channel))
        .outerjoin(
            WordSharing,
            sa.and_(WordSharing.case_id == Case.id, WordSharing.writer_id == words_of, WordSharing.reader_id == Contact.id),
        )
        .where(Case.id == case_id)
        .order_by(Contact.id, Endpoint.preferred, Endpoint.id, Guardianship.valid_from.desc(), Guardianship.id)
    )
    if contact_id is not None:
        query = query.where(Contact.id == contact_id)
    return conn.execute(query).all()
