"""Opening, writing, reading and migrating, on both engines."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.errors import SettingsError
from bot.service.commits import Commits, Done
from bot.store.database import Database, Kept, migrate, open_database
from bot.store.migrations.compare import differences, revision_of
from bot.store.tables import District, SeenEvent
from tests.conftest import MASTER_KEY, newest_revision
from tests.fakes.clock import START


def seen(name: str) -> sa.Insert:
    return sa.insert(SeenEvent).values(provider="test", event_id=name, seen_at=START)


def names(database: Database) -> list[str]:
    with database.read() as conn:
        return list(conn.scalars(sa.select(SeenEvent.event_id).order_by(SeenEvent.event_id)))


def test_the_migrations_make_exactly_the_tables(database: Database) -> None:
    with database.read() as conn:
        assert differences(conn) == []
        assert revision_of(conn) == newest_revision()


def test_migrating_again_changes_nothing(database: Database) -> None:
    migrate(database)
    with database.read() as conn:
        assert differences(conn) == []


def test_a_missing_column_is_a_difference(database: Database) -> None:
    with database.begin() as conn:
        conn.execute(sa.text("alter table district drop column demo"))
    with database.read() as conn:
        assert [(one[0], one[3].name) for one in differences(conn)] == [("add_column", "demo")]


def test_tables_of_others_in_the_same_file_are_their_own_business(database: Database) -> None:
    with database.begin() as conn:
        conn.execute(sa.text("create table workflow_status (id integer primary key)"))
    with database.read() as conn:
        assert differences(conn) == []


def test_processes_that_start_together_migrate_once(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/new.db"
    several = [open_database(url, MASTER_KEY) for _ in range(6)]
    refused: list[Exception] = []

    def start(one: Database) -> None:
        try:
            migrate(one)
        except Exception as error:
            refused.append(error)

    threads = [threading.Thread(target=start, args=(one,)) for one in several]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert refused == []
    with several[0].read() as conn:
        assert differences(conn) == []
    for one in several:
        one.close()


def test_a_new_file_that_another_process_begins_is_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "new.db"
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    letting_go = threading.Timer(0.3, other.execute, ("COMMIT",))
    letting_go.start()
    database = open_database(f"sqlite:///{path}", MASTER_KEY)
    with database.begin() as conn:
        assert conn.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
    letting_go.join()
    database.close()
    other.close()


def test_a_transaction_is_whole_or_nothing(database: Database) -> None:
    with database.begin() as conn:
        conn.execute(seen("kept"))
    with pytest.raises(ZeroDivisionError), database.begin() as conn:
        assert conn.execute(seen("lost")).rowcount / 0
    assert names(database) == ["kept"]


def test_a_kept_connection_does_one_transaction_after_the_other(database: Database) -> None:
    kept = Kept(database.engine)
    used = []
    for name in ("a", "b"):
        with kept.begin() as conn:
            conn.execute(seen(name))
            used.append(conn)
    with pytest.raises(sa.exc.IntegrityError), kept.begin() as conn:
        conn.execute(sa.insert(SeenEvent).from_select(["provider", "event_id", "seen_at"], sa.select(SeenEvent)))
    with kept.begin() as conn:
        conn.execute(seen("c"))
        used.append(conn)
    assert used[0] is used[1]
    assert used[1] is not used[2]
    kept.close()
    kept.close()
    assert names(database) == ["a", "b", "c"]


@pytest.mark.parametrize("database", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True)
def test_a_batch_is_committed_though_the_server_ended_the_kept_connection(database: Database) -> None:
    def work(conn: sa.Connection, items: Sequence[str]) -> Sequence[str]:
        for one in items:
            conn.execute(seen(one))
        return items

    commits: Commits[str, str] = Commits(database, work, lambda _conn, _item, error: str(error))
    assert commits.commit(["a"]) == [Done("a")]
    with database.begin() as conn:
        ended = conn.execute(
            sa.text("select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and datname = :name"),
            {"name": sa.make_url(database.url).database},
        ).all()
    assert ended
    assert commits.commit(["b", "c"]) == [Done("b"), Done("c")]
    commits.close()
    assert names(database) == ["a", "b", "c"]


def test_a_reader_cannot_write(database: Database) -> None:
    with pytest.raises(sa.exc.DBAPIError), database.read() as conn:
        conn.execute(seen("sneaked"))
    assert names(database) == []


def test_a_reader_is_not_kept_waiting_by_a_writer(database: Database) -> None:
    with database.begin() as conn:
        conn.execute(seen("not yet committed"))
        assert names(database) == []
    assert names(database) == ["not yet committed"]


def test_writers_wait_for_each_other_instead_of_failing(database: Database) -> None:
    def write(worker: int) -> None:
        for number in range(20):
            with database.begin() as conn:
                conn.execute(sa.select(SeenEvent.event_id).limit(1)).all()
                conn.execute(seen(f"{worker}-{number}"))

    threads = [threading.Thread(target=write, args=(worker,)) for worker in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(names(database)) == 80


def test_foreign_keys_are_enforced(database: Database) -> None:
    with pytest.raises(sa.exc.IntegrityError), database.begin() as conn:
        conn.execute(sa.text("insert into school (id, district_id, name, phone, zone) values ('sch_1', 'dst_none', 'x', 'x', 'UTC')"))


def test_a_moment_comes_back_in_utc_whatever_the_zone_it_was_given_in(database: Database) -> None:
    moment = datetime(2027, 3, 14, 9, 30, 0, 123456, UTC)
    with database.begin() as conn:
        conn.execute(sa.insert(District).values(id="dst_1", name="d", zone="UTC", settings={}, demo=True, created_at=moment))
    with database.read() as conn:
        found = conn.scalar(sa.select(District.created_at))
    assert (found, found.tzinfo) == (moment, UTC)


def test_a_time_without_a_zone_is_refused(database: Database) -> None:
    with pytest.raises(sa.exc.StatementError, match="without a zone"), database.begin() as conn:
        conn.execute(sa.insert(SeenEvent).values(provider="t", event_id="e", seen_at=datetime(2027, 1, 1)))


def test_sqlite_is_in_wal_with_every_commit_on_disk_and_private(tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path}/deep/er/one.db", MASTER_KEY)
    with database.begin() as conn:
        found = [
            conn.execute(sa.text(f"pragma {name}")).scalar() for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        ]
    database.close()
    assert found == ["wal", 2, 1, 60_000]
    assert (tmp_path / "deep/er/one.db").stat().st_mode & 0o777 == 0o600


def test_a_table_that_has_grown_is_no_empty_table_to_the_planner(database: Database) -> None:
    with database.begin() as conn:
        conn.execute(sa.insert(SeenEvent), [{"provider": "test", "event_id": str(n), "seen_at": START} for n in range(50)])
    database.look_at([])
    database.look_at(["seen_event", "district"])
    if not database.is_sqlite:
        with database.read() as conn:
            assert conn.scalar(sa.text("select reltuples from pg_class where relname = 'seen_event'")) == 50


def test_errors_do_not_quote_what_was_being_written(database: Database) -> None:
    with database.begin() as conn:
        conn.execute(seen("said"))
    with pytest.raises(sa.exc.IntegrityError) as caught, database.begin() as conn:
        conn.execute(sa.insert(SeenEvent), [{"provider": "test", "event_id": "said", "seen_at": START}])
    assert "2026" not in str(caught.value)


def test_a_file_that_cannot_be_made_is_a_wrong_setting(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SettingsError, match="cannot be made: Not a directory"):
        open_database(f"sqlite:///{tmp_path}/file/more/x.db", MASTER_KEY)


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "mysql://localhost/x", "nonsense"])
def test_other_databases_are_refused_in_a_sentence(url: str) -> None:
    with pytest.raises(SettingsError):
        open_database(url, MASTER_KEY)
