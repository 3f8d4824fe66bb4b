"""The vectors again under pytest, so that a change that breaks one is seen at once."""

from __future__ import annotations

import pytest

from tests.vectors import folder
from tests.vectors.suites import SUITES, run

ALLOWED_TO_FAIL: dict[str, int] = {}


@pytest.mark.parametrize("name", SUITES)
def test_every_published_vector_passes_without_an_exception(name: str) -> None:
    root = folder()
    if root is None or not (root / name).is_dir():
        pytest.skip(f"{name}: 0 vectors run, the folder of vectors is not on this machine")
    score = run(name, root)
    assert score.total > 0
    assert score.exceptions == 0, score.failed
    assert len(score.failed) <= ALLOWED_TO_FAIL.get(name, 0), score.failed
