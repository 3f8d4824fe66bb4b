"""Staff: who they are, what they may do, how they sign in; the rota, the evaluation contact, links for families, and who read what."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from bot.store.tables.base import Base, datetime, district, key, moment, ref, word
from bot.store.types import SealedText


class Staff(Base):
    """A staff member. `slack_user` is the provider's opaque user id; `phone` is for pages only."""

    __tablename__ = "staff"
    id: Mapped[str] = key()
    district_id: Mapped[str] = district(index=True)
    name: Mapped[str] = mapped_column(SealedText, nullable=False)
    email: Mapped[str | None] = mapped_column(SealedText)
    email_index: Mapped[bytes | None] = mapped_column(sa.LargeBinary(32), index=True)
    phone: Mapped[str | None] = mapped_column(SealedText)
    slack_user: Mapped[str] = word(40, default="")
    lang: Mapped[str] = word(35, default="en")
    active: Mapped[bool] = mapped_column(sa.Boolean, nullable=False, default=True)


class StaffRole(Base):
    """A role of domain.md 10.1 at a school ("" = whole district)."""

    __tablename__ = "staff_role"
    id: Mapped[str] = key()
    district_id: Mapped[str] = district()
    staff_id: Mapped[str] = ref("staff.id", index=True)
    school_id: Mapped[str | None] = ref("school.id", null=True)
    role: Mapped[str] = word()


class OnCall(Base):
    """The on-call rota: who is paged, in which order (`position` from 0), and when (local school hours or always)."""

    __tablename__ = "on_call"
    id: Mapped[str] = key()
    district_id: Mapped[str] = district(index=True)
    school_id: Mapped[str | None] = ref("school.id", null=True)
    staff_id: Mapped[str] = ref("staff.id")
    position: Mapped[int] = mapped_column(sa.Integer, nullable=False)
    starts_at: Mapped[datetime | None] = moment(null=True)
    ends_at: Mapped[datetime | None] = moment(null=True)


class BreakGlass(Base):
    """A case opened in an emergency by trained staff it is closed to (domain.md 10.1): why, until when, and who looked at it later."""

    __tablename__ = "break_glass"
    id: Mapped[str] = key()
    district_id: Mapped[str] = district(index=True)
    staff_id: Mapped[str] = ref("staff.id", index=True)
    case_id: Mapped[str] = ref("cases.id")
    why: Mapped[str] = word()
    note: Mapped[str] = mapped_column(SealedText, nullable=False)
    opened_at: Mapped[datetime] = moment()
    ends_at: Mapped[datetime] = moment()
    reviewed_by: Mapped[str | None] = ref("staff.id", null=True)
    reviewed_at: Mapped[datetime | None] = moment(null=True)


class EvaluationContact(Base):
    """The named person every evaluation request goes to."""

    __tablename__ = "evaluation_contact"
    id: Mapped[str] = key()
    district_id: Mapped[str] = district(index=True)
    school_id: Mapped[str | None] = ref("school.id", null=True)
    staff_id: Mapped[str] = ref("staff.id")
    approved_at: Mapped[datetime | None] = moment(null=True)


class Press(Base):
    """A form that a staff member sent, so that the same one sent again is done once. `id` is a hash of who, where and what; `location` is
    how and where its sender was led ("303 /console/..."), null while it is being done. Rows live for a day."""

    __tablename__ = "press"
    id: Mapped[str] = key()
    district_id: Mapped[str] = district()
    location: Mapped[str | None] = mapped_column(sa.Text)
    at: Mapped[datetime] = moment(index=True)


class SignInLink(Base):
    """A one-time link for staff; only its hash is kept. A GET shows a button, the POST uses it up (fault 13). `way_back` is the page of
    ours its person was going to."""

    __tablename__ = "sign_in_link"
    token_hash: Mapped[bytes] = mapped_column(sa.LargeBinary(32), primary_key=True)
    district_id: Mapped[str] = district()
    staff_id: Mapped[str] = ref("staff.id")
    expires_at: Mapped[datetime] = moment()
    used_at: Mapped[datetime | None] = moment(null=True)
    tries: Mapped[int] = mapped_column(sa.Integer, nullable=False, default=0, server_default="0")
    way_back: Mapped[str | None] = mapped_column(sa.String(200))


class StaffSession(Base):
    """A signed-in browser; ended by sign-out, by time, or when the staff member leaves."""

    __tablename__ = "staff_session"
    token_hash: Mapped[bytes] = mapped_column(sa.LargeBinary(32), primary_key=True)
    district_id: Mapped[str] = district()
    staff_id: Mapped[str] = ref("staff.id")
    created_at: Mapped[datetime] = moment()
    expires_at: Mapped[datetime] = moment()
    ended_at: Mapped[datetime | None] = moment(null=True)


class FamilyLink(Base):
    """A signed link to the family's page. It opens only together with the one-time code (`code_hash`) sent to the number on file."""

    __tablename__ = "family_link"
    token_hash: Mapped[bytes] = mapped_column(sa.LargeBinary(32), primary_key=True)
    district_id: Mapped[str] = district()
    contact_id: Mapped[str] = ref("contact.id")
    purpose: Mapped[str] = word()
    code_hash: Mapped[bytes | None] = mapped_column(sa.LargeBinary(32))
    code_tries: Mapped[int] = mapped_column(sa.Integer, nullable=False, default=0)
    code_expires_at: Mapped[datetime | None] = moment(null=True)
    expires_at: Mapped[datetime] = moment()
    opened_at: Mapped[datetime | None] = moment(null=True)
    session_hash: Mapped[bytes | None] = mapped_column(sa.LargeBinary(32), index=True)
    pin_ok_at: Mapped[datetime | None] = moment(null=True)


class FamilyPin(Base):
    """The PIN of a contact whose phone others read too: salt and slow hash, and how often it was wrong since it was last right."""

    __tablename__ = "family_pin"
    contact_id: Mapped[str] = ref("contact.id", pk=True)
    district_id: Mapped[str] = district()
    hash: Mapped[bytes] = mapped_column(sa.LargeBinary(48), nullable=False)
    tries: Mapped[int] = mapped_column(sa.Integer, nullable=False, default=0)
    set_at: Mapped[datetime] = moment()


class Audit(Base):
    """Who did or read what, when and why: ids only, append-only, chained per district like the record."""

    __tablename__ = "audit"
    id: Mapped[str] = key()
    district_id: Mapped[str] = district()
    seq: Mapped[int] = mapped_column(sa.Integer, nullable=False)
    actor_kind: Mapped[str] = word()
    actor_id: Mapped[str] = word()
    action: Mapped[str] = word()
    object_kind: Mapped[str] = word()
    object_id: Mapped[str] = word(60)
    message_class: Mapped[str] = word(1, default="")
    reason: Mapped[str] = word(200, default="")
    at: Mapped[datetime] = moment()
    chain: Mapped[bytes] = mapped_column(sa.LargeBinary(32), nullable=False)
    __table_args__ = (sa.UniqueConstraint("district_id", "seq"), sa.Index("ix_audit_object", "object_kind", "object_id"))


class ExecutorSlot(Base):
    """Which worker process holds which executor id, and until when: two live processes sharing one would take each other's work."""

    __tablename__ = "executor_slot"
    slot: Mapped[int] = mapped_column(sa.Integer, primary_key=True, autoincrement=False)
    holder: Mapped[str] = word(60)
    lease_until: Mapped[datetime] = moment()
    fence: Mapped[int] = mapped_column(sa.Integer, nullable=False, default=0)
