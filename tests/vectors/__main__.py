"""`python -m tests.vectors [suite ...]`: one line a suite, name passed/total exceptions. `-v` names what failed."""

from __future__ import annotations

import sys

from tests.vectors import folder
from tests.vectors.suites import SUITES, run


def main(arguments: list[str]) -> int:
    root = folder()
    if root is None:
        sys.stderr.write("No vectors here: set HEARTHLINE_VECTORS to the folder that holds them.\n")
        return 2
    for name in [a for a in arguments if not a.startswith("-")] or SUITES:
        if not (root / name).is_dir():
            sys.stderr.write(f"{name}: no such folder of vectors.\n")
            continue
        score = run(name, root)
        print(score)
        if "-v" in arguments:
            sys.stderr.writelines(f"  {failed}\n" for failed in score.failed)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
