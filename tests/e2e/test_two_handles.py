"""SQLite's locks belong to a process, not to a handle: what opens the file a second time must not take the first one's away."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import sqlalchemy as sa

from bot.store.database import open_database
from tests.conftest import MASTER_KEY

VISITOR = "import sqlite3, sys; conn = sqlite3.connect(sys.argv[1]); conn.execute('select count(*) from leaf').fetchone(); conn.close()"


def test_a_process_that_leaves_does_not_delete_the_log_under_one_that_opened_the_file_twice(tmp_path: Path) -> None:
    file = tmp_path / "hearthline.db"
    first = open_database(f"sqlite:///{file}", MASTER_KEY)
    with first.begin() as conn:
        conn.execute(sa.text("create table leaf (name text)"))
    open_database(f"sqlite:///{file}", MASTER_KEY).close()
    subprocess.run([sys.executable, "-c", VISITOR, str(file)], check=True)
    assert (tmp_path / "hearthline.db-wal").exists()
    first.close()
