"""Two houses for the whole run: SQLite with everything in one process, and PostgreSQL with serving and work apart."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.e2e.house import House
from tests.fakes.postgres import Cluster


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What counts rows comes first: later there are alarms in the house, and nobody who acknowledges them, so they climb on their own."""
    items.sort(key=lambda item: item.path.name != "test_webhooks.py")


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """`hearthline serve` on SQLite."""
    folder = tmp_path_factory.mktemp("house")
    with House(folder, f"sqlite:///{folder}/hearthline.db") as opened:
        yield opened
    assert opened.killed == [], "they stop at Ctrl-C"


@pytest.fixture(scope="session")
def postgres_house(tmp_path_factory: pytest.TempPathFactory, postgres: Cluster) -> Iterator[House]:
    """`hearthline serve --no-embedded` and `hearthline work` on PostgreSQL, with a Twilio account that answers STOP itself."""
    folder = tmp_path_factory.mktemp("pg")
    url = postgres.create("house")
    commands = (("serve", "--no-embedded"), ("work",))
    extra = {"HEARTHLINE_TWILIO_STOP_REPLIES": "provider"}
    with House(folder, url, commands, extra, {"stop_replies": "provider"}) as opened:
        yield opened
    assert opened.killed == [], "they stop at Ctrl-C"
