"""A PIN for the page of a family that shares a phone: a new table, and a nullable column that rewrites nothing."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("set local lock_timeout = '4s'; set local statement_timeout = '5s'")
    op.create_table(
        "family_pin",
        sa.Column("contact_id", sa.String(length=40), nullable=False),
        sa.Column("district_id", sa.String(length=40), nullable=False),
        sa.Column("hash", sa.LargeBinary(length=48), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_family_pin_contact_id")),
        sa.ForeignKeyConstraint(["district_id"], ["district.id"], name=op.f("fk_family_pin_district_id")),
        sa.PrimaryKeyConstraint("contact_id", name=op.f("pk_family_pin")),
    )
    op.add_column("family_link", sa.Column("pin_ok_at", sa.DateTime(timezone=True), nullable=True))
