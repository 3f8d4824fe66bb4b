"""Translations, what people corrected, locked terms, and texts staff write to families. New tables need no care for locks."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _translation()
    _memory()
    _family_text()
    op.create_table(
        "scan_mark",
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("district_id", sa.String(length=40), nullable=False),
        sa.Column("reached", sa.String(length=40), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_scan_mark")),
    )


def _translation() -> None:
    op.create_table(
        "translation",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("district_id", sa.String(length=40), nullable=False),
        sa.Column("source_kind", sa.String(length=40), nullable=False),
        sa.Column("source_id", sa.String(length=40), nullable=False),
        sa.Column("case_id", sa.String(length=40), nullable=True),
        sa.Column("contact_id", sa.String(length=40), nullable=True),
        sa.Column("source_lang", sa.String(length=35), nullable=False),
        sa.Column("target_lang", sa.String(length=35), nullable=False),
        sa.Column("source_index", sa.LargeBinary(length=32), nullable=False),
        sa.Column("text", sa.LargeBinary(), nullable=True),
        sa.Column("engine", sa.String(length=80), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("why", sa.String(length=40), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_try", sa.DateTime(timezone=True), nullable=True),
        sa.Column("checked_by", sa.String(length=40), nullable=True),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_translation_case_id")),
        sa.ForeignKeyConstraint(["checked_by"], ["staff.id"], name=op.f("fk_translation_checked_by")),
        sa.ForeignKeyConstraint(["district_id"], ["district.id"], name=op.f("fk_translation_district_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_translation")),
        sa.UniqueConstraint("source_kind", "source_id", "target_lang", name=op.f("uq_translation_source_kind_source_id_target_lang")),
    )
    op.create_index("ix_translation_queue", "translation", ["district_id", "state", "created_at"], unique=False)
    waiting = sa.text("state = 'waiting'")
    op.create_index("ix_translation_retry", "translation", ["next_try"], unique=False, postgresql_where=waiting, sqlite_where=waiting)


def _memory() -> None:
    op.create_table(
        "translation_memory",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("district_id", sa.String(length=40), nullable=False),
        sa.Column("source_lang", sa.String(length=35), nullable=False),
        sa.Column("target_lang", sa.String(length=35), nullable=False),
        sa.Column("source_index", sa.LargeBinary(length=32), nullable=False),
        sa.Column("text", sa.LargeBinary(), nullable=False),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["by"], ["staff.id"], name=op.f("fk_translation_memory_by")),
        sa.ForeignKeyConstraint(["district_id"], ["district.id"], name=op.f("fk_translation_memory_district_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_translation_memory")),
        sa.UniqueConstraint(
            "district_id",
            "source_lang",
            "target_lang",
            "source_index",
            name=op.f("uq_translation_memory_district_id_source_lang_target_lang_source_index"),
        ),
    )
    op.create_table(
        "glossary_term",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("district_id", sa.String(length=40), nullable=False),
        sa.Column("source_lang", sa.String(length=35), nullable=False),
        sa.Column("target_lang", sa.String(length=35), nullable=False),
        sa.Column("term", sa.String(length=80), nullable=False),
        sa.Column("translation", sa.String(length=80), nullable=False),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["by"], ["staff.id"], name=op.f("fk_glossary_term_by")),
        sa.ForeignKeyConstraint(["district_id"], ["district.id"], name=op.f("fk_glossary_term_district_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_glossary_term")),
        sa.UniqueConstraint(
            "district_id", "source_lang", "target_lang", "term", name=op.f("uq_glossary_term_district_id_source_lang_target_lang_term")
        ),
    )


def _family_text() -> None:
    op.create_table(
        "family_text",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("district_id", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("case_id", sa.String(length=40), nullable=True),
        sa.Column("contact_id", sa.String(length=40), nullable=True),
        sa.Column("template_id", sa.String(length=40), nullable=True),
        sa.Column("author_id", sa.String(length=40), nullable=False),
        sa.Column("message_class", sa.String(length=1), nullable=False),
        sa.Column("title", sa.String(length=80), nullable=False),
        sa.Column("lang", sa.String(length=35), nullable=False),
        sa.Column("text", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("approved_index", sa.LargeBinary(length=32), nullable=True),
        sa.Column("approved_by", sa.String(length=40), nullable=True),
        sa.Column("outbox_id", sa.String(length=40), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["approved_by"], ["staff.id"], name=op.f("fk_family_text_approved_by")),
        sa.ForeignKeyConstraint(["author_id"], ["staff.id"], name=op.f("fk_family_text_author_id")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_family_text_case_id")),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_family_text_contact_id")),
        sa.ForeignKeyConstraint(["district_id"], ["district.id"], name=op.f("fk_family_text_district_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_family_text")),
    )
    op.create_index(op.f("ix_family_text_case_id"), "family_text", ["case_id"], unique=False)
    op.create_index(op.f("ix_family_text_district_id"), "family_text", ["district_id"], unique=False)
