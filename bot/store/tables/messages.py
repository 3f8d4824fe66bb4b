"""Messages in both directions, their attachments, the talks they belong to, timers, consent and the outbox."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from bot.store.tables.base import Base, datetime, district, key, moment, ref, tenant, word
from bot.store.types import SealedBytes, SealedText


class Message(Base):
    """One message as received. `state`: done | failed (turn raised; the worker tries again) | quarantined (five tries; a staff task
    exists).

    `raw` is the provider's own fields (JSON, sealed), enough to run the turn again. `district_id` is null only when the receiving
    address is not one of ours. What we send is an `Outbox` row.
    """

    __tablename__ = "message"
    id: Mapped[str] = key()
    district_id: Mapped[str] = tenant()
    provider: Mapped[str] = word()
    provider_id: Mapped[str] = word(120)
    channel: Mapped[str] = word()
    endpoint_id: Mapped[str | None] = word(null=True)
    contact_id: Mapped[str | None] = word(null=True)
    case_id: Mapped[str | None] = word(null=True)
    session_id: Mapped[str | None] = word(null=True)
    body: Mapped[str] = mapped_column(SealedText, nullable=False)
    raw: Mapped[str | None] = mapped_column(SealedText)
    lang: Mapped[str] = word(35)
    visibility: Mapped[str] = word(default="team")
    screened: Mapped[str] = word(200, default="")
    state: Mapped[str] = word(default="done")
    attempts: Mapped[int] = mapped_column(sa.Integer, nullable=False, default=0)
    error: Mapped[str] = word(200, default="")
    received_at: Mapped[datetime] = moment()
    __table_args__ = (
        sa.UniqueConstraint("provider", "provider_id"),
        sa.Index(
            "ix_message_contact",
            "contact_id",
            "received_at",
            postgresql_where=sa.text("channel = 'webchat' or channel = 'email'"),
            sqlite_where=sa.text("channel = 'webchat' or channel = 'email'"),
        ),
        sa.Index(
            "ix_message_failed", "received_at", postgresql_where=sa.text("state = 'failed'"), sqlite_where=sa.text("state = 'failed'")
        ),
    )


class Attachment(Base):
    """A photo or voice note. `state`: pending (only its address is known) | stored | failed. `data` is sealed like any text."""

    __tablename__ = "attachment"
    id: Mapped[str] = key()
    district_id: Mapped[str] = district()
    message_id: Mapped[str] = ref("message.id", index=True)
    content_type: Mapped[str] = word(120)
    url: Mapped[str | None] = mapped_column(SealedText)
    data: Mapped[bytes | None] = mapped_column(SealedBytes)
    size: Mapped[int] = mapped_column(sa.Integer, nullable=False, default=0)
    sha256: Mapped[str] = word(64, default="")
    state: Mapped[str] = word(default="pending")
    attempts: Mapped[int] = mapped_column(sa.Integer, nullable=False, default=0)
    created_at: Mapped[datetime] = moment()


class SeenEvent(Base):
    """Provider events that are not messages, so that a repeat changes nothing: (twilio, sid:status), (slack, event id)."""

    __tablename__ = "seen_event"
    provider: Mapped[str] = mapped_column(sa.String(40), primary_key=True)
    event_id: Mapped[str] = mapped_column(sa.String(160), primary_key=True)
    seen_at: Mapped[datetime] = moment(index=True)


class Session(Base):
    """An open talk with a contact. `state` is the engine's JSON, sealed: it holds answers. One open session per contact.

    `status`: waiting | resting | done. `case_choice_until` ends the 24 h for which "which child?" was answered.
    """

    __tablename__ = "session"
    id: Mapped[str] = key()
    district_id: Mapped[str] = tenant()
    contact_id: Mapped[str] = ref("contact.id")
    case_id: Mapped[str | None] = ref("cases.id", null=True)
    channel: Mapped[str] = word()
    endpoint_id: Mapped[str | None] = word(null=True)
    flow_id: Mapped[str] = word()
    flow_version: Mapped[int] = mapped_column(sa.Integer, nullable=False)
    status: Mapped[str] = word()
    state: Mapped[bytes | None] = mapped_column(SealedBytes)
    version: Mapped[int] = mapped_column(sa.Integer, nullable=False, default=0)
    opened_at: Mapped[datetime] = moment()
    updated_at: Mapped[datetime] = moment()
    __table_args__ = (
        sa.Index(
            "uq_session_open",
            "contact_id",
            unique=True,
            postgresql_where=sa.text("status <> 'done'"),
            sqlite_where=sa.text("status <> 'done'"),
        ),
    )


class CaseChoice(Base):
    """Which child a contact is writing about, and until when that may be assumed (fault 9)."""

    __tablename__ = "case_choice"
    contact_id: Mapped[str] = ref("contact.id", pk=True)
    district_id: Mapped[str] = district()
    case_id: Mapped[str] = ref("cases.id")
    until: Mapped[datetime] = moment()


class Timer(Base):
    """Something that comes due. The clock only rings; this row decides. After `not_after` it becomes a staff task, not a text.

    `kind`: nudge | close | call | resume | handoff_due. `state`: pending | done | cancelled.
    """

    __tablename__ = "timer"
    id: Mapped[str] = key()
    district_id: Mapped[str] = tenant()
    session_id: Mapped[str | None] = ref("session.id", null=True, index=True)
    contact_id: Mapped[str | None] = word(null=True)
    subject_id: Mapped[str | None] = word(null=True)
    kind: Mapped[str] = word()
    step_id: Mapped[str] = word(default="")
    due_at: Mapped[datetime] = moment()
    not_after: Mapped[datetime | None] = moment(null=True)
    state: Mapped[str] = word(default="pending")
    __table_args__ = (
        sa.Index("ix_timer_due", "due_at", postgresql_where=sa.text("state = 'pending'"), sqlite_where=sa.text("state = 'pending'")),
    )


class ConsentLedger(Base):
    """Every change of consent, append-only: who said what, where, in which words' language, under which notice.

    `scope`: number | all | student:<id> | topic:<name>: what the words cover. Empty in rows from before it was kept.
    """

    __tablename__ = "consent_ledger"
    id: Mapped[str] = key()
    district_id: Mapped[str] = district()
    contact_id: Mapped[str | None] = ref("contact.id", null=True)
    address_index: Mapped[bytes] = mapped_column(sa.LargeBinary(32), nullable=False)
    medium: Mapped[str] = word()
    state: Mapped[str] = word()
    source: Mapped[str] = word(80)
    notice_version: Mapped[str] = word(40, default="")
    until: Mapped[datetime | None] = moment(null=True)
    message_id: Mapped[str | None] = word(null=True)
    created_at: Mapped[datetime] = moment()
    scope: Mapped[str | None] = word(80, null=True)


class Consent(Base):
    """Where consent stands now, one row per (district, address, medium): the row that is locked when a message is handed over (fault 3).

    `medium`: phone (SMS and WhatsApp) | email | chat. `state`: unknown | granted | reminders_only | refused | stopped | paused.
    `stopped_for`: what of it the family wants no more of while the rest goes on ("student:stu_1 topic:reminders"), empty for nothing.
    """

    __tablename__ = "consent"
    district_id: Mapped[str] = ref("district.id", pk=True)
    address_index: Mapped[bytes] = mapped_column(sa.LargeBinary(32), primary_key=True)
    medium: Mapped[str] = mapped_column(sa.String(20), primary_key=True)
    state: Mapped[str] = word()
    until: Mapped[datetime | None] = moment(null=True)
    changed_at: Mapped[datetime] = moment()
    stopped_for: Mapped[str | None] = word(600, null=True)


class Outbox(Base):
    """A message to be sent, and the truth about it. Nothing is sent that is not a row here first.

    `state`: queued | held | claimed | handed | in_doubt | sent | delivered | failed | undelivered | cancelled | expired.
    `audience`: family | staff. Family rows about a child carry the live guardianship that allows them (fault 1).
    `priority`: 0 class F and STOP confirmations, 1 live replies, 2 staff alerts, 5 the rest. `purpose` as in the engine's `Say`.
    `address` is set for staff and unknown numbers; a family's is read from its endpoint at hand-over. `rank` is the highest status rank
    seen.
    `words_of` is the contact whose own words are in it, where that is another adult than the receiver (domain.md 0.2, rule 7b).
    `conversation` keeps one family's rows in order (contact id, or a hash). `dedupe_key` is unique: a thing said once is queued once.
    """

    __tablename__ = "outbox"
    id: Mapped[str] = key()
    district_id: Mapped[str] = tenant()
    audience: Mapped[str] = word()
    contact_id: Mapped[str | None] = ref("contact.id", null=True)
    endpoint_id: Mapped[str | None] = word(null=True)
    staff_id: Mapped[str | None] = ref("staff.id", null=True)
    case_id: Mapped[str | None] = ref("cases.id", null=True)
    guardianship_id: Mapped[str | None] = ref("guardianship.id", null=True)
    session_id: Mapped[str | None] = word(null=True)
    message_id: Mapped[str | None] = word(null=True)
    handoff_id: Mapped[str | None] = word(null=True)
    words_of: Mapped[str | None] = word(null=True)
    channel: Mapped[str] = word()
    sender: Mapped[str] = word(120)
    address: Mapped[str | None] = mapped_column(SealedText)
    address_index: Mapped[bytes | None] = mapped_column(sa.LargeBinary(32))
    message_class: Mapped[str] = word(1)
    purpose: Mapped[str] = word()
    answers_family: Mapped[bool] = mapped_column(sa.Boolean, nullable=False, default=False)
    ref: Mapped[str] = word(120, default="")
    body: Mapped[str] = mapped_column(SealedText, nullable=False)
    blocks: Mapped[str | None] = mapped_column(SealedText)
    lang: Mapped[str] = word(35)
    segments: Mapped[int] = mapped_column(sa.Integer, nullable=False, default=1)
    priority: Mapped[int] = mapped_column(sa.Integer, nullable=False, default=5)
    seq: Mapped[int] = mapped_column(sa.Integer, nullable=False, default=0)
    state: Mapped[str] = word()
    reason: Mapped[str] = word(120, default="")
    rank: Mapped[int] = mapped_column(sa.Integer, nullable=False, default=0)
    attempts: Mapped[int] = mapped_column(sa.Integer, nullable=False, default=0)
    not_before: Mapped[datetime] = moment()
    not_after: Mapped[datetime | None] = moment(null=True)
    lease_owner: Mapped[str] = word(60, default="")
    lease_until: Mapped[datetime | None] = moment(null=True)
    handed_at: Mapped[datetime | None] = moment(null=True)
    settled_at: Mapped[datetime | None] = moment(null=True)
    provider: Mapped[str] = word(default="")
    provider_id: Mapped[str] = word(120, default="")
    error_code: Mapped[str] = word(40, default="")
    dedupe_key: Mapped[str | None] = mapped_column(sa.String(160), unique=True)
    created_at: Mapped[datetime] = moment()
    __table_args__ = (
        sa.Index(
            "ix_outbox_due",
            "priority",
            "not_before",
            "id",
            postgresql_where=sa.text("state = 'queued'"),
            sqlite_where=sa.text("state = 'queued'"),
        ),
        sa.Index(
            "ix_outbox_open",
            "state",
            "lease_until",
            postgresql_where=sa.text("state in ('claimed','handed','in_doubt','held')"),
            sqlite_where=sa.text("state in ('claimed','handed','in_doubt','held')"),
        ),
        sa.Index("ix_outbox_provider", "provider", "provider_id"),
        sa.Index("ix_outbox_contact", "contact_id", "created_at"),
        sa.Index(
            "ix_outbox_staff",
            "case_id",
            "created_at",
            postgresql_where=sa.text("audience = 'staff'"),
            sqlite_where=sa.text("audience = 'staff'"),
        ),
        sa.Index(
            "ix_outbox_handoff",
            "handoff_id",
            postgresql_where=sa.text("handoff_id is not null"),
            sqlite_where=sa.text("handoff_id is not null"),
        ),
    )


class SenderPace(Base):
    """The token bucket of one sender, in segments: live replies first, never more than 30 s of texts queued at the provider."""

    __tablename__ = "sender_pace"
    sender_id: Mapped[str] = ref("sender.id", pk=True)
    district_id: Mapped[str] = district()
    tokens: Mapped[float] = mapped_column(sa.Float, nullable=False)
    filled_at: Mapped[datetime] = moment()
