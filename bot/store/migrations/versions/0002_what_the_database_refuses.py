"""Triggers: the record only grows, and nothing about a child is handed over without a live right. Takes a moment's lock on five tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from bot.store.migrations import guards

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    conn = op.get_bind()
    look = sa.inspect(conn)
    columns = {table: tuple(column["name"] for column in look.get_columns(table)) for table in guards.RECORD}
    for statement in guards.removal(conn.dialect.name):  # a demo that was reset keeps functions of its earlier life
        conn.exec_driver_sql(statement)
    for statement in (guards.sqlite if conn.dialect.name == "sqlite" else guards.postgresql)(columns):
        conn.exec_driver_sql(statement)
