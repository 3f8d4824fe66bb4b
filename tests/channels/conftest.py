from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.channels.provider import Provider, provider


@pytest.fixture
def vendor() -> Iterator[Provider]:
    with provider() as it:
        yield it
