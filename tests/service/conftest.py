"""A house for each test, ready to receive."""

from __future__ import annotations

import pytest

from tests.service.receiving import runtime_for


@pytest.fixture
def runtime(world, clock):
    """On both databases, one after the other."""
    return runtime_for(world, clock)


@pytest.fixture
def lite(world_sqlite, clock):
    """On SQLite alone, where the database makes no difference."""
    return runtime_for(world_sqlite, clock)
