"""Whether a column in the database is of the type the tables ask for (what Alembic cannot know about our own types)."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from bot.store.tables import Base


def same_type(_context: Any, _column: Any, _meta: Any, found: sa.types.TypeEngine[Any], wanted: sa.types.TypeEngine[Any]) -> bool | None:
    """False: no difference; True: a difference; None: let Alembic look."""
    if isinstance(wanted, sa.types.TypeDecorator):
        plain = wanted.impl if isinstance(wanted.impl, sa.types.TypeEngine) else wanted.impl()
        return found._type_affinity is not plain._type_affinity  # noqa: SLF001
    return None


def differences(conn: sa.Connection) -> list[Any]:
    """What the database's schema lacks or has beyond `bot.store.tables`; empty when they are equal."""
    opts = {"compare_type": same_type, "compare_server_default": True, "include_object": _ours}
    context = MigrationContext.configure(conn, opts=opts)
    return list(compare_metadata(context, Base.metadata))


def _ours(_thing: Any, _name: str | None, kind: str, reflected: bool, wanted: Any) -> bool:  # noqa: FBT001 - Alembic's signature
    """DBOS keeps its workflow tables in the same file; they are its own business."""
    return not (kind == "table" and reflected and wanted is None)


def revision_of(conn: sa.Connection) -> str:
    """The newest migration the database has seen, "" for none."""
    return MigrationContext.configure(conn).get_current_revision() or ""
