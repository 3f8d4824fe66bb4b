"""The door of new messages (`guards.QUEUED`) on PostgreSQL is asked once a statement, no more once a row: a moment's lock on the outbox."""

from __future__ import annotations

from alembic import op

from bot.store.migrations import guards

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _make(guards.queued_together)


def downgrade() -> None:
    _make(guards.recipients_postgresql)


def _make(statements: guards.Statements) -> None:
    conn = op.get_bind()
    if conn.dialect.name != "postgresql":
        return
    op.execute("set local lock_timeout = '4s'; set local statement_timeout = '5s'")
    for statement in statements():
        conn.exec_driver_sql(statement)
