"""Whose words a message holds and who may read them, and the whole question of who may get what asked by the database itself.

A nullable column, a new table, and two triggers in place of one: a moment's lock on the outbox.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from bot.store.migrations import guards

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    conn = op.get_bind()
    if conn.dialect.name == "postgresql":
        op.execute("set local lock_timeout = '4s'; set local statement_timeout = '5s'")
    op.add_column("outbox", sa.Column("words_of", sa.String(length=40), nullable=True))
    op.create_table(
        "word_sharing",
        sa.Column("case_id", sa.String(length=40), nullable=False),
        sa.Column("writer_id", sa.String(length=40), nullable=False),
        sa.Column("reader_id", sa.String(length=40), nullable=False),
        sa.Column("district_id", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_word_sharing_case_id")),
        sa.ForeignKeyConstraint(["writer_id"], ["contact.id"], name=op.f("fk_word_sharing_writer_id")),
        sa.ForeignKeyConstraint(["reader_id"], ["contact.id"], name=op.f("fk_word_sharing_reader_id")),
        sa.ForeignKeyConstraint(["district_id"], ["district.id"], name=op.f("fk_word_sharing_district_id")),
        sa.PrimaryKeyConstraint("case_id", "writer_id", "reader_id", name=op.f("pk_word_sharing")),
    )
    for statement in guards.recipients_sqlite() if conn.dialect.name == "sqlite" else guards.recipients_postgresql():
        conn.exec_driver_sql(statement)
