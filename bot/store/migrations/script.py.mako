"""${message}.

Before you run this on a district's database, ask of every statement how long it holds which lock:
- `create index` blocks writers: on PostgreSQL use `postgresql_concurrently=True` in `op.get_context().autocommit_block()`.
- `add column` with a volatile default, a changed type or `set not null` rewrites or scans the whole table: add it nullable, fill it
  in batches from a service, and tighten it in a later migration.
- a foreign key or check: add it `not valid`, then `validate constraint` in a migration of its own.
- the first two lines of `upgrade` give up after 4 s of waiting for a lock and 5 s of one statement; keep them.
- families keep writing while this runs: code of the version before must work with the schema after.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = None
depends_on = None


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("set local lock_timeout = '4s'; set local statement_timeout = '5s'")
    ${upgrades if upgrades else "raise RuntimeError('write me')"}
