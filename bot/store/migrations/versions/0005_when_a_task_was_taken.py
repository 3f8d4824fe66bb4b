"""When a hand-off was acknowledged, and the way from a hand-off to what was sent about it.

A nullable column rewrites no table, and older code does not see it. The index is partial, of the few rows that tell
staff of a hand-off; writers wait while it is made.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("set local lock_timeout = '4s'; set local statement_timeout = '5s'")
    op.add_column("handoff", sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True))
    where = sa.text("handoff_id is not null")
    op.create_index("ix_outbox_handoff", "outbox", ["handoff_id"], postgresql_where=where, sqlite_where=where)
