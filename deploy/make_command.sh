#!/usr/bin/env bash
# Put the hearthline command of this checkout into the virtual environment at $1 (an installed wheel brings its own).
set -euo pipefail
venv=$1
python=$(cd "$venv/bin" && pwd)/python
cat >"$venv/bin/hearthline" <<SCRIPT
#!$python
import sys

from bot.__main__ import main

if __name__ == "__main__":
    sys.exit(main())
SCRIPT
chmod +x "$venv/bin/hearthline"
