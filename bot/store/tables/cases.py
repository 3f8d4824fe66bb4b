"""Cases, their teams, and the append-only record."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from bot.store.tables.base import Base, datetime, district, key, moment, ref, tenant, word
from bot.store.types import Json, SealedText


class Case(Base):
    """One student's problem solving. `code` is what staff are told in alerts. `chain_seq`/`chain_head` end the hash chain.

    `safety_hold` (an open safety flag) holds every non-F message about this child to every contact.
    """

    __tablename__ = "cases"
    id: Mapped[str] = key()
    district_id: Mapped[str] = district(index=True)
    student_id: Mapped[str] = ref("student.id", index=True)
    school_id: Mapped[str] = ref("school.id")
    code: Mapped[str] = word(20)
    state: Mapped[str] = word(default="open")
    domains: Mapped[list[str]] = mapped_column(Json, nullable=False)
    lead_id: Mapped[str | None] = ref("staff.id", null=True)
    liaison_id: Mapped[str] = ref("staff.id")
    slack_channel: Mapped[str] = word(40, default="")
    safety_hold: Mapped[bool] = mapped_column(sa.Boolean, nullable=False, default=False)
    chain_seq: Mapped[int] = mapped_column(sa.Integer, nullable=False, default=0)
    chain_head: Mapped[bytes] = mapped_column(sa.LargeBinary(32), nullable=False)
    opened_at: Mapped[datetime] = moment()
    closed_at: Mapped[datetime | None] = moment(null=True)
    __table_args__ = (sa.UniqueConstraint("district_id", "code"),)


class CaseMember(Base):
    """Staff on a case's team. `role`: teacher | liaison | specialist | counselor | administrator ..."""

    __tablename__ = "case_member"
    id: Mapped[str] = key()
    district_id: Mapped[str] = district()
    case_id: Mapped[str] = ref("cases.id", index=True)
    staff_id: Mapped[str] = ref("staff.id", index=True)
    role: Mapped[str] = word()
    since: Mapped[datetime] = moment()
    until: Mapped[datetime | None] = moment(null=True)


class CaseEntry(Base):
    """One line of the record (domain.md 0.4). Never changed, never deleted by the program; `corrects_id` points back.

    `seq` counts entries and marks of the case together; `salt`, `digest`, `chain` are its link: chain = SHA-256(previous chain + digest),
    digest = SHA-256(salt + canonical content), so a lawful erasure of salt and content still verifies.
    """

    __tablename__ = "case_entry"
    id: Mapped[str] = key()
    district_id: Mapped[str] = tenant()
    case_id: Mapped[str] = ref("cases.id")
    student_id: Mapped[str] = word()
    seq: Mapped[int] = mapped_column(sa.Integer, nullable=False)
    kind: Mapped[str] = word()
    source_role: Mapped[str] = word()
    contact_id: Mapped[str | None] = ref("contact.id", null=True)
    entered_by: Mapped[str | None] = ref("staff.id", null=True)
    message_id: Mapped[str | None] = word(null=True)
    channel: Mapped[str] = word()
    flow_id: Mapped[str] = word()
    flow_version: Mapped[int] = mapped_column(sa.Integer, nullable=False)
    step_id: Mapped[str] = word()
    asked_text_ref: Mapped[str] = word(120)
    answer_raw: Mapped[str | None] = mapped_column(SealedText)
    answer_lang: Mapped[str] = word(35)
    answer_norm: Mapped[str | None] = mapped_column(SealedText)
    media: Mapped[list[str]] = mapped_column(Json, nullable=False)
    visibility: Mapped[str] = word()
    corrects_id: Mapped[str | None] = word(null=True)
    requirement_refs: Mapped[list[str]] = mapped_column(Json, nullable=False)
    created_at: Mapped[datetime] = moment()
    salt: Mapped[bytes | None] = mapped_column(sa.LargeBinary(16))
    digest: Mapped[bytes] = mapped_column(sa.LargeBinary(32), nullable=False)
    chain: Mapped[bytes] = mapped_column(sa.LargeBinary(32), nullable=False)
    __table_args__ = (sa.UniqueConstraint("case_id", "seq"),)


class EntryMark(Base):
    """What was said about an entry later: `kind` confirmed | translation | visibility. Append-only, in the same chain.

    `value` is JSON: {"by": contact or staff id} | {"text","engine_or_person","checked_by","checked_at","source_hash"} | {"visibility"}.
    """

    __tablename__ = "entry_mark"
    id: Mapped[str] = key()
    district_id: Mapped[str] = district()
    case_id: Mapped[str] = ref("cases.id")
    entry_id: Mapped[str] = ref("case_entry.id", index=True)
    seq: Mapped[int] = mapped_column(sa.Integer, nullable=False)
    kind: Mapped[str] = word()
    value: Mapped[str | None] = mapped_column(SealedText)
    created_at: Mapped[datetime] = moment()
    salt: Mapped[bytes | None] = mapped_column(sa.LargeBinary(16))
    digest: Mapped[bytes] = mapped_column(sa.LargeBinary(32), nullable=False)
    chain: Mapped[bytes] = mapped_column(sa.LargeBinary(32), nullable=False)
    __table_args__ = (sa.UniqueConstraint("case_id", "seq"),)


class Handoff(Base):
    """Something a person must take, with an owner, a due time and an outcome. `state`: open | acknowledged | closed.

    `body` are the family's words where staff need them; `visibility` says which staff may read them.
    """

    __tablename__ = "handoff"
    id: Mapped[str] = key()
    district_id: Mapped[str] = district()
    school_id: Mapped[str | None] = ref("school.id", null=True)
    case_id: Mapped[str | None] = ref("cases.id", null=True, index=True)
    contact_id: Mapped[str | None] = ref("contact.id", null=True)
    entry_id: Mapped[str | None] = word(null=True)
    message_id: Mapped[str | None] = word(null=True)
    to_role: Mapped[str] = word()
    owner_id: Mapped[str | None] = ref("staff.id", null=True)
    reason: Mapped[str] = word()
    body: Mapped[str | None] = mapped_column(SealedText)
    lang: Mapped[str] = word(35)
    visibility: Mapped[str] = word(default="team")
    state: Mapped[str] = word(default="open")
    outcome: Mapped[str | None] = mapped_column(SealedText)
    due_at: Mapped[datetime] = moment()
    created_at: Mapped[datetime] = moment()
    acknowledged_at: Mapped[datetime | None] = moment(null=True)
    closed_at: Mapped[datetime | None] = moment(null=True)
    __table_args__ = (sa.Index("ix_handoff_queue", "district_id", "state", "due_at"),)
