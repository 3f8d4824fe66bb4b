"""The shipped library, and small libraries made of the shipped words and a flow of the test's own."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

import flows
from bot.engine.library import Library, load, shipped
from bot.i18n import Catalogues

FLOWS = Path(flows.__file__).parent


@pytest.fixture(scope="session")
def library() -> Library:
    return shipped()


@pytest.fixture
def flows_folder(tmp_path: Path) -> Path:
    """A copy of the shipped flows that a test may change."""
    folder = tmp_path / "flows"
    shutil.copytree(FLOWS, folder, ignore=shutil.ignore_patterns("__pycache__", "*.py"))
    return folder


@pytest.fixture
def make(flows_folder: Path, catalogues: Catalogues) -> Callable[..., Library]:
    """`make({"flow": ...}, ...)`: the shipped flows with these beside (or instead of) them."""

    def build(*sources: dict[str, object]) -> Library:
        for source in sources:
            name = str(source["flow"]).replace("-", "_")
            (flows_folder / f"{name}.yaml").write_text(yaml.safe_dump(source), encoding="utf-8")
        return load(flows_folder, catalogues)

    return build
