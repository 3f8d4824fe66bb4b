"""What stands beside words in another language, what people corrected, the terms that are locked, and texts staff write to families."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from bot.store.tables.base import Base, datetime, district, key, moment, ref, tenant, word
from bot.store.types import SealedText


class Translation(Base):
    """One text in one other language: of an entry, a hand-off, a letter or a template (`source_kind`, `source_id`).

    `source_index` is the keyed digest of the text it was made from: another text now means it is stale and is neither shown nor sent.
    `state`: machine (nobody looked yet) | checked (a person said it is right, or wrote it) | waiting (no engine could; `why` says it in a
    word; tried again at `next_try`, and a person has a task). `engine` is a program's name and version, or "person".
    """

    __tablename__ = "translation"
    id: Mapped[str] = key()
    district_id: Mapped[str] = district()
    source_kind: Mapped[str] = word()
    source_id: Mapped[str] = word()
    case_id: Mapped[str | None] = ref("cases.id", null=True)
    contact_id: Mapped[str | None] = word(null=True)
    source_lang: Mapped[str] = word(35)
    target_lang: Mapped[str] = word(35)
    source_index: Mapped[bytes] = mapped_column(sa.LargeBinary(32), nullable=False)
    text: Mapped[str | None] = mapped_column(SealedText)
    engine: Mapped[str] = word(80, default="")
    state: Mapped[str] = word()
    why: Mapped[str] = word(default="")
    tries: Mapped[int] = mapped_column(sa.Integer, nullable=False, default=0)
    next_try: Mapped[datetime | None] = moment(null=True)
    checked_by: Mapped[str | None] = ref("staff.id", null=True)
    checked_at: Mapped[datetime | None] = moment(null=True)
    created_at: Mapped[datetime] = moment()
    __table_args__ = (
        sa.UniqueConstraint("source_kind", "source_id", "target_lang"),
        sa.Index("ix_translation_queue", "district_id", "state", "created_at"),
        sa.Index(
            "ix_translation_retry", "next_try", postgresql_where=sa.text("state = 'waiting'"), sqlite_where=sa.text("state = 'waiting'")
        ),
    )


class TranslationMemory(Base):
    """A text a person translated or corrected, found again by the keyed digest of its source: used before any engine is asked."""

    __tablename__ = "translation_memory"
    id: Mapped[str] = key()
    district_id: Mapped[str] = district()
    source_lang: Mapped[str] = word(35)
    target_lang: Mapped[str] = word(35)
    source_index: Mapped[bytes] = mapped_column(sa.LargeBinary(32), nullable=False)
    text: Mapped[str] = mapped_column(SealedText, nullable=False)
    by: Mapped[str] = ref("staff.id")
    at: Mapped[datetime] = moment()
    __table_args__ = (sa.UniqueConstraint("district_id", "source_lang", "target_lang", "source_index"),)


class GlossaryTerm(Base):
    """A word of the school's that is always translated the same way (tier, evaluation, referral ...). No names of people."""

    __tablename__ = "glossary_term"
    id: Mapped[str] = key()
    district_id: Mapped[str] = district()
    source_lang: Mapped[str] = word(35)
    target_lang: Mapped[str] = word(35)
    term: Mapped[str] = word(80)
    translation: Mapped[str] = word(80)
    by: Mapped[str] = ref("staff.id")
    at: Mapped[datetime] = moment()
    __table_args__ = (sa.UniqueConstraint("district_id", "source_lang", "target_lang", "term"),)


class ScanMark(Base):
    """How far a sweep over a table has come: ids are sorted by time, so what is newer is behind the mark."""

    __tablename__ = "scan_mark"
    name: Mapped[str] = mapped_column(sa.String(60), primary_key=True)
    district_id: Mapped[str] = tenant()
    reached: Mapped[str] = word(40)


class FamilyText(Base):
    """A text staff write: a letter to one contact about one case, or a template for many (`kind`: letter | template).

    Its translations are `Translation` rows (source_kind letter or template). `state`: draft | approved (templates: the master is
    checked) | sent | withdrawn. `version` counts changes of the text; an approval is of one version (`approved_index`).
    """

    __tablename__ = "family_text"
    id: Mapped[str] = key()
    district_id: Mapped[str] = district(index=True)
    kind: Mapped[str] = word()
    case_id: Mapped[str | None] = ref("cases.id", null=True, index=True)
    contact_id: Mapped[str | None] = ref("contact.id", null=True)
    template_id: Mapped[str | None] = word(null=True)
    author_id: Mapped[str] = ref("staff.id")
    message_class: Mapped[str] = word(1)
    title: Mapped[str] = word(80, default="")
    lang: Mapped[str] = word(35)
    text: Mapped[str] = mapped_column(SealedText, nullable=False)
    state: Mapped[str] = word(default="draft")
    version: Mapped[int] = mapped_column(sa.Integer, nullable=False, default=1)
    approved_index: Mapped[bytes | None] = mapped_column(sa.LargeBinary(32))
    approved_by: Mapped[str | None] = ref("staff.id", null=True)
    outbox_id: Mapped[str | None] = word(null=True)
    created_at: Mapped[datetime] = moment()
    updated_at: Mapped[datetime] = moment()
    sent_at: Mapped[datetime | None] = moment(null=True)
