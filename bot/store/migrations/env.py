"""How Alembic runs here: always on a connection it is given (`bot.store.database.migrate`), never from an ini file."""

from __future__ import annotations

from alembic import context

from bot.store.migrations.compare import same_type
from bot.store.tables import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    compare_type=same_type,
    transactional_ddl=True,
    render_as_batch=context.config.attributes["connection"].dialect.name == "sqlite",
)
with context.begin_transaction():
    context.run_migrations()
