"""Rosters: the district's own ids of students and contacts, who set a language, and what each import came to. No row is rewritten."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("student", "contact"):
        op.add_column(table, sa.Column("source_id", sa.LargeBinary(), nullable=True))
        op.add_column(table, sa.Column("source_index", sa.LargeBinary(length=32), nullable=True))
        op.create_index(op.f(f"ix_{table}_source_index"), table, ["source_index"], unique=False)
    op.add_column("contact", sa.Column("lang_by", sa.String(length=40), nullable=True))
    op.add_column("contact", sa.Column("interpreter", sa.Boolean(), nullable=True))
    op.create_table(
        "roster_import",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("district_id", sa.String(length=40), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("by", sa.String(length=120), nullable=False),
        sa.Column("applied", sa.Boolean(), nullable=False),
        sa.Column("counts", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["district_id"], ["district.id"], name=op.f("fk_roster_import_district_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roster_import")),
    )
    op.create_index(op.f("ix_roster_import_district_id"), "roster_import", ["district_id"], unique=False)
