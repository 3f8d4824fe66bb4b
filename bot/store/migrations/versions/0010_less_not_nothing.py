"""A family may stop a part of what we send: two nullable columns. Of several links to one child the strictest counts: the guards anew."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from bot.store.migrations import guards

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    conn = op.get_bind()
    dialect = conn.dialect.name
    if dialect == "postgresql":
        op.execute("set local lock_timeout = '4s'; set local statement_timeout = '5s'")
    op.add_column("consent", sa.Column("stopped_for", sa.String(length=600), nullable=True))
    op.add_column("consent_ledger", sa.Column("scope", sa.String(length=80), nullable=True))
    columns = tuple(column["name"] for column in sa.inspect(conn).get_columns("consent_ledger"))
    for statement in guards.unchanging("consent_ledger", columns, dialect):
        conn.exec_driver_sql(statement)
    for statement in guards.recipients_sqlite() if dialect == "sqlite" else guards.recipients_postgresql():
        conn.exec_driver_sql(statement)
