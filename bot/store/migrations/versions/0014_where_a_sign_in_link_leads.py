"""A sign-in link keeps the page its person was going to. It may be empty: no rewrite, a moment's lock on one small table."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("sign_in_link", sa.Column("way_back", sa.String(200)))
