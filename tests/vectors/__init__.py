"""Published vectors and captured payloads of the providers, run over our own code.

They live outside the repository (HEARTHLINE_VECTORS, else ../shared/vectors beside the checkout), each folder with a SOURCE.txt that
says where it was published and under which licence. `python -m tests.vectors` prints one line a suite: name, passed/total, exceptions.
"""

from __future__ import annotations

import os
from pathlib import Path


def folder() -> Path | None:
    """Return where the vectors are, or None when this machine has none."""
    named = os.environ.get("HEARTHLINE_VECTORS")
    found = Path(named) if named else Path(__file__).resolve().parents[3] / "shared" / "vectors"
    return found if found.is_dir() else None
