"""Empty a database that holds nothing but demo districts. Anything else is refused: a reset must never meet a real family."""

from __future__ import annotations

import sqlalchemy as sa

from bot.errors import SettingsError
from bot.store.database import address_of
from bot.store.tables import Base


def empty_database(url: str) -> None:
    """Drop our tables in a demo database; raise `SettingsError` when it holds a district that is not a demo."""
    engine = sa.create_engine(address_of(url))
    try:
        with engine.begin() as conn:
            tables = set(sa.inspect(conn).get_table_names())
            if "district" in tables:
                real = conn.execute(sa.text("SELECT count(*) FROM district WHERE NOT demo")).scalar_one()
                if real:
                    raise SettingsError("This database holds a district that is not a demo; it is not reset.")
            Base.metadata.drop_all(conn)
            conn.execute(sa.text("DROP TABLE IF EXISTS alembic_version"))
    finally:
        engine.dispose()
