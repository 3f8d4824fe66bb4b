"""Count wrong addresses typed at a sign-in link. A constant default: no rewrite, a moment's lock on one small table."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("sign_in_link", sa.Column("tries", sa.Integer, nullable=False, server_default="0"))
