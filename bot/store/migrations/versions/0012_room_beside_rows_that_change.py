"""Room beside the rows that every turn changes, on PostgreSQL: the end of a case's hash chain and the state of a talk.

A row's new version is then written on its own page, where no index needs to hear of it (PostgreSQL manual, "Heap-Only Tuples"); without
room it goes to another page and into each of the table's indexes. Rows written from now on leave the room; no row is moved.
"""

from __future__ import annotations

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

CHANGED_BY_EVERY_TURN = {"cases": 60, "session": 50}
"""How full their pages are made, in percent. A talk's state grows from question to question."""


def upgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    op.execute("set local lock_timeout = '4s'; set local statement_timeout = '5s'")
    for table, full in CHANGED_BY_EVERY_TURN.items():
        op.execute(f"alter table {table} set (fillfactor = {full})")


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        for table in CHANGED_BY_EVERY_TURN:
            op.execute(f"alter table {table} reset (fillfactor)")
