"""What every test may ask for: a clock that ticks, ids that count, an empty database on both engines, and the demo district.

Tables are made once a run (a file on SQLite, a template database on PostgreSQL) and copied for each test.
"""

from __future__ import annotations

import itertools
import os
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, settings

from bot.i18n import Catalogues, shipped_catalogues
from bot.store import inbound
from bot.store.database import Database, migrate, only_reads, open_database
from tests.fakes.clock import START, CountingIds, TickingClock
from tests.fakes.postgres import Cluster, binaries, cluster

# 200 examples a run; no deadline, because a busy machine is no bug
settings.register_profile("hearthline", deadline=None, max_examples=200, database=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("hearthline")

MASTER_KEY = bytes(range(32))


def newest_revision() -> str:
    """The number of the newest migration we ship, read from its file name."""
    shipped = Path(__file__).resolve().parent.parent / "bot/store/migrations/versions"
    return max(path.name[:4] for path in shipped.glob("[0-9]*.py"))


_number = itertools.count(1)


@pytest.fixture(scope="session", autouse=True)
def _no_lock_where_nothing_is_written() -> Iterator[None]:
    """PostgreSQL refuses a lock in a transaction that only reads, SQLite knows none: so most tests would never see it."""

    def look(conn: sa.Connection, statement: object) -> None:
        assert not only_reads(conn) or getattr(statement, "_for_update_arg", None) is None, "a page that only looks must lock nothing"

    def executed(conn: sa.Connection, statement: object, *_: object) -> None:
        look(conn, statement)

    def directly(conn: sa.Connection, requests: Sequence[inbound.Request]) -> list[Sequence[inbound.Row]]:
        for _, statement, _ in requests:
            look(conn, statement)
        return read(conn, requests)

    read = inbound.read_together
    inbound.read_together = directly
    sa.event.listen(sa.Engine, "before_execute", executed)
    yield
    sa.event.remove(sa.Engine, "before_execute", executed)
    inbound.read_together = read


@pytest.fixture(scope="session")
def catalogues() -> Catalogues:
    """Everything we ship in every language."""
    return shipped_catalogues()


@pytest.fixture
def clock() -> TickingClock:
    return TickingClock()


@pytest.fixture
def ids() -> CountingIds:
    return CountingIds()


@pytest.fixture(scope="session")
def master_key() -> bytes:
    return MASTER_KEY


@pytest.fixture(scope="session")
def postgres() -> Iterator[Cluster]:
    """One PostgreSQL a run (and a worker of pytest-xdist), started when the first test wants it."""
    if binaries() is None:
        if os.environ.get("CI"):
            pytest.fail("PostgreSQL is not installed: apt-get install postgresql")
        pytest.skip("PostgreSQL is not installed: apt-get install postgresql")
    with cluster() as server:
        yield server


def _fill(url: str, *, seeded: bool) -> None:
    database = open_database(url, MASTER_KEY)
    migrate(database)
    if seeded:
        from bot.service.seed import seed_demo

        ids = CountingIds()
        with database.begin() as conn:
            seed_demo(conn, database.vault, START, ids.new)
    if database.is_sqlite:  # everything into the one file that is copied
        with database.engine.connect() as conn:
            conn.connection.driver_connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()


@pytest.fixture(scope="session")
def _sqlite_templates(tmp_path_factory: pytest.TempPathFactory) -> dict[bool, Path]:
    return {
        False: tmp_path_factory.mktemp("template") / "empty.db",
        True: tmp_path_factory.mktemp("template") / "world.db",
    }


@pytest.fixture(scope="session")
def _postgres_templates() -> set[str]:
    return set()


def _copy(request: pytest.FixtureRequest, kind: str, tmp_path: Path, *, seeded: bool) -> Iterator[Database]:
    name = f"t{os.getpid()}_{next(_number)}"
    if kind == "sqlite":
        template = request.getfixturevalue("_sqlite_templates")[seeded]
        if not template.exists():
            _fill(f"sqlite:///{template}", seeded=seeded)
        shutil.copyfile(template, tmp_path / f"{name}.db")
        url = f"sqlite:///{tmp_path / name}.db"
    else:
        server: Cluster = request.getfixturevalue("postgres")
        made: set[str] = request.getfixturevalue("_postgres_templates")
        template_name = "tpl_world" if seeded else "tpl_empty"
        if template_name not in made:
            _fill(server.create(template_name), seeded=seeded)
            made.add(template_name)
        url = server.create(name, template_name)
    database = open_database(url, MASTER_KEY)
    try:
        yield database
    finally:
        database.close()
        if kind == "postgres":
            server.drop(name)


BOTH = [pytest.param("sqlite", id="sqlite"), pytest.param("postgres", id="postgres", marks=pytest.mark.postgres)]


@pytest.fixture(params=BOTH)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """Migrated and empty, on SQLite and on PostgreSQL."""
    yield from _copy(request, request.param, tmp_path, seeded=False)


@pytest.fixture(params=BOTH)
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """With the demo district Cedar Valley in it (`bot.service.seed`), on SQLite and on PostgreSQL."""
    yield from _copy(request, request.param, tmp_path, seeded=True)


@pytest.fixture
def world_sqlite(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """The demo district on SQLite only, for tests that have nothing to learn from a second engine."""
    yield from _copy(request, "sqlite", tmp_path, seeded=True)


DIFFERS = ("tests/store/", "tests/service/test_deliver", "tests/service/test_receive", "tests/service/test_second_lock")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser tests come last: their driver keeps an event loop running in this process, and others start their own.

    What runs on both databases is measured for coverage on SQLite alone, because measuring costs a third of a test's time, and what stands
    above the store takes the same lines on both. Where locks and statements differ (`DIFFERS`) both are measured.
    """
    items.sort(key=lambda item: "browser" in item.path.parts)
    for item in items:
        database = getattr(item, "callspec", None) and item.callspec.params
        if database and "postgres" in database.values() and not any(one in str(item.path) for one in DIFFERS):
            item.add_marker(pytest.mark.no_cover)
