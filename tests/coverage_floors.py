"""Coverage floors, read from the run just made: 95 % over all, every branch where a gap would hurt a child.

Run as `python -m tests.coverage_floors` after `pytest --cov`; exits 1 with one line a shortfall.
"""

from __future__ import annotations

import io
import sys
from pathlib import Path

import coverage

OVERALL = 95.0
WHOLE = (
    "bot/policy/consent.py",
    "bot/policy/recipients.py",
    "bot/screen/*.py",
    "bot/store/outbox.py",
    "bot/store/hand_over.py",
    "bot/store/fate.py",
    "bot/service/receive.py",
    "bot/service/committer.py",
    "bot/service/commits.py",
    "bot/service/consent.py",
    "bot/service/hand_over.py",
    "bot/store/vault.py",
    "bot/store/sealed.py",
    "bot/store/types.py",
    "bot/store/migrations/guards.py",
    "bot/service/keys.py",
)
"""Consent, guardianship check, screening, outbox, receive and crypto: 100 % of branches."""


def main() -> int:
    root = Path(__file__).resolve().parent.parent
    data = coverage.Coverage(config_file=str(root / "pyproject.toml"))
    data.load()
    short = []
    total = data.report(file=io.StringIO(), show_missing=False)
    if total < OVERALL:
        short.append(f"coverage is {total:.2f} %, the floor is {OVERALL:.0f} %")
    for pattern in WHOLE:
        found = sorted(root.glob(pattern))
        if not found:
            short.append(f"{pattern}: no such file; name what it became")
        for path in found:
            name = str(path)
            analysis = data._analyze(name)
            missing = sorted(analysis.missing)
            partial = {line: sorted(to) for line, to in analysis.missing_branch_arcs().items()}
            if missing or partial:
                short.append(f"{path.relative_to(root)}: lines {missing} and branches {partial} are not covered")
    print("\n".join(short) or f"coverage {total:.2f} %, every branch of the guarded rooms")
    return 1 if short else 0


if __name__ == "__main__":
    sys.exit(main())
