"""Who there is: districts, schools, students, contacts, their addresses and rights, and the keys their data is sealed with."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from bot.store.tables.base import Base, datetime, district, key, moment, ref, word
from bot.store.types import Json, SealedText


class District(Base):
    """A tenant. `settings` holds the keys of domain.md 10.2 (no personal data). `demo` rows may never go live."""

    __tablename__ = "district"
    id: Mapped[str] = key()
    name: Mapped[str] = word(120)
    zone: Mapped[str] = word(60)
    settings: Mapped[dict[str, object]] = mapped_column(Json, nullable=False)
    demo: Mapped[bool] = mapped_column(sa.Boolean, nullable=False, default=False)
    created_at: Mapped[datetime] = moment()


class DistrictKey(Base):
    """A data key, wrapped by the master key. `purpose`: seal (the newest unretired one seals; all open) or index (never rotated alone)."""

    __tablename__ = "district_key"
    id: Mapped[str] = key()
    district_id: Mapped[str] = district(index=True)
    purpose: Mapped[str] = word()
    wrapped: Mapped[bytes] = mapped_column(sa.LargeBinary, nullable=False)
    created_at: Mapped[datetime] = moment()
    retired_at: Mapped[datetime | None] = moment(null=True)


class School(Base):
    """A school: what families know it by, and the phone a person answers."""

    __tablename__ = "school"
    id: Mapped[str] = key()
    district_id: Mapped[str] = district(index=True)
    name: Mapped[str] = word(120)
    phone: Mapped[str] = word(40)
    zone: Mapped[str] = word(60)


class Sender(Base):
    """A number or address of ours that families write to: the way from a webhook's To to its district. Not personal data."""

    __tablename__ = "sender"
    id: Mapped[str] = key()
    district_id: Mapped[str] = district()
    channel: Mapped[str] = word()
    address: Mapped[str] = word(120)
    segments_per_second: Mapped[float] = mapped_column(sa.Float, nullable=False, default=1.0)
    __table_args__ = (sa.UniqueConstraint("channel", "address"),)


class Student(Base):
    """A child. `source_id` is the student's number in the district's own system (sealed), found again by its blind index."""

    __tablename__ = "student"
    id: Mapped[str] = key()
    district_id: Mapped[str] = district(index=True)
    school_id: Mapped[str] = ref("school.id")
    first_name: Mapped[str] = mapped_column(SealedText, nullable=False)
    last_name: Mapped[str | None] = mapped_column(SealedText)
    birth_date: Mapped[str | None] = mapped_column(SealedText)
    grade: Mapped[str] = word(null=True)
    source_id: Mapped[str | None] = mapped_column(SealedText)
    source_index: Mapped[bytes | None] = mapped_column(sa.LargeBinary(32), index=True)


class Contact(Base):
    """An adult of the family. Language is a setting of the person (G9). `identity`: unconfirmed | confirmed | wrong_number | held.

    `lang_by` says who set the language: roster, staff or family; a roster never overwrites what the family chose.
    """

    __tablename__ = "contact"
    id: Mapped[str] = key()
    district_id: Mapped[str] = district(index=True)
    name: Mapped[str] = mapped_column(SealedText, nullable=False)
    lang_written: Mapped[str] = word(35)
    lang_spoken: Mapped[str] = word(35)
    modality: Mapped[str] = word(default="read")
    zone: Mapped[str] = word(60)
    identity: Mapped[str] = word(default="unconfirmed")
    lang_by: Mapped[str | None] = word(null=True)
    interpreter: Mapped[bool | None] = mapped_column(sa.Boolean)
    source_id: Mapped[str | None] = mapped_column(SealedText)
    source_index: Mapped[bytes | None] = mapped_column(sa.LargeBinary(32), index=True)
    created_at: Mapped[datetime] = moment()


class Endpoint(Base):
    """A channel address of a contact. SMS and WhatsApp of one number share `address_index`, so one STOP covers both.

    `state`: active | blocked (wrong number) | unreachable. `shared`: more than one person reads it.
    """

    __tablename__ = "endpoint"
    id: Mapped[str] = key()
    district_id: Mapped[str] = district()
    contact_id: Mapped[str] = ref("contact.id", index=True)
    channel: Mapped[str] = word()
    address: Mapped[str] = mapped_column(SealedText, nullable=False)
    address_index: Mapped[bytes] = mapped_column(sa.LargeBinary(32), nullable=False)
    state: Mapped[str] = word(default="active")
    shared: Mapped[bool] = mapped_column(sa.Boolean, nullable=False, default=False)
    confirmed_at: Mapped[datetime | None] = moment(null=True)
    last_inbound_at: Mapped[datetime | None] = moment(null=True)
    preferred: Mapped[int] = mapped_column(sa.Integer, nullable=False, default=0)
    __table_args__ = (
        sa.Index("ix_endpoint_lookup", "district_id", "address_index", "channel"),
        sa.UniqueConstraint("contact_id", "channel", "address_index"),
    )


class Guardianship(Base):
    """A contact's live right to a student's case. Unknown rights mean class A-B only; `restriction` (court order) closes it.

    A row is live when valid_from <= now < valid_to (open end: NULL) and restriction is empty.
    """

    __tablename__ = "guardianship"
    id: Mapped[str] = key()
    district_id: Mapped[str] = district()
    contact_id: Mapped[str] = ref("contact.id", index=True)
    student_id: Mapped[str] = ref("student.id", index=True)
    relation: Mapped[str] = word()
    rights_holder: Mapped[bool] = mapped_column(sa.Boolean, nullable=False, default=False)
    may_receive: Mapped[bool] = mapped_column(sa.Boolean, nullable=False, default=True)
    restriction: Mapped[str] = word(default="")
    hold: Mapped[str] = word(default="")
    valid_from: Mapped[datetime] = moment()
    valid_to: Mapped[datetime | None] = moment(null=True)
    __table_args__ = (sa.UniqueConstraint("contact_id", "student_id", "valid_from"),)


class WordSharing(Base):
    """Whether one adult may read what another wrote about a child: the writer's answer to "May {name} read this?" (rule 7b).

    `state`: yes | no | later (asked again) | frozen (a "do not tell" wish or a restriction; no yes undoes it). Only yes is a yes.
    """

    __tablename__ = "word_sharing"
    case_id: Mapped[str] = ref("cases.id", pk=True)
    writer_id: Mapped[str] = ref("contact.id", pk=True)
    reader_id: Mapped[str] = ref("contact.id", pk=True)
    district_id: Mapped[str] = district()
    state: Mapped[str] = word()
    changed_at: Mapped[datetime] = moment()


class CatalogueApproval(Base):
    """A district's word that a person checked a language. Needed before class B-F texts go out in it.

    `subject`: flows (the gettext catalogue) | words (the screening lists). A changed catalogue has another hash: approve again.
    `approved_by` is a staff id, never a name. `demo` rows are the demo district's own and are refused by every export.
    """

    __tablename__ = "catalogue_approval"
    id: Mapped[str] = key()
    district_id: Mapped[str] = district(index=True)
    subject: Mapped[str] = word()
    lang: Mapped[str] = word(35)
    hash: Mapped[str] = word(64)
    approved_by: Mapped[str] = word(120)
    approved_at: Mapped[datetime] = moment()
    demo: Mapped[bool] = mapped_column(sa.Boolean, nullable=False, default=False)


class RosterImport(Base):
    """One reading of a roster file: which file (its hash), by whom, what it came to (counts only), and whether it was applied."""

    __tablename__ = "roster_import"
    id: Mapped[str] = key()
    district_id: Mapped[str] = district(index=True)
    sha256: Mapped[str] = word(64)
    by: Mapped[str] = word(120)
    applied: Mapped[bool] = mapped_column(sa.Boolean, nullable=False)
    counts: Mapped[dict[str, int]] = mapped_column(Json, nullable=False)
    at: Mapped[datetime] = moment()
