"""The log is carried over beside the commits: the database file grows though no commit does it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

WRITES = """
import sys, time
from pathlib import Path
from bot.store.checkpoints import beside
from bot.store.database import open_database
path = Path(sys.argv[1])
database = open_database(f"sqlite:///{path}", bytes(32))
if sys.argv[2] == "beside":
    beside(database.engine)
with database.engine.begin() as conn:
    conn.exec_driver_sql("create table told (words text)")
for number in range(100):
    with database.engine.begin() as conn:
        conn.exec_driver_sql("insert into told values (?)", ("x" * 8000,))
    time.sleep(0.005)
until = time.monotonic() + 10
while path.stat().st_size < 800_000 and time.monotonic() < until and sys.argv[2] == "beside":
    time.sleep(0.05)
print(path.stat().st_size)
with database.engine.begin() as conn:
    print(conn.exec_driver_sql("select count(*) from told").scalar(), conn.exec_driver_sql("pragma wal_autocheckpoint").scalar())
"""


def written(path: Path, how: str) -> list[int]:
    done = subprocess.run([sys.executable, "-c", WRITES, str(path), how], capture_output=True, text=True, check=True, timeout=60)
    return [int(one) for one in done.stdout.split()]


def test_the_log_is_carried_over_beside_the_commits(tmp_path: Path) -> None:
    size, rows, _ = written(tmp_path / "alone.db", "alone")
    assert (size < 100_000, rows) == (True, 100), "so few pages are left in the log by the commits"
    size, rows, pages = written(tmp_path / "beside.db", "beside")
    assert (size >= 800_000, rows, pages) == (True, 100, 16_000)
