#!/usr/bin/env bash
# Make a virtual environment at $1 with a Python >= 3.11: python3 where that is one, else the newest there is.
set -euo pipefail
target=$1
found=
for candidate in python3 python3.14 python3.13 python3.12 python3.11; do
    if command -v "$candidate" >/dev/null 2>&1 &&
        "$candidate" -c 'import sys; raise SystemExit(sys.version_info < (3, 11))' 2>/dev/null; then
        found=$candidate
        break
    fi
done
if [ -z "$found" ]; then
    echo "Hearthline needs Python 3.11 or newer; please install it (Debian 12: apt-get install python3 python3-venv)." >&2
    exit 1
fi
# Debian packs ensurepip apart from Python itself.
if ! "$found" -c 'import ensurepip, venv' 2>/dev/null; then
    "$(dirname "$0")/system_packages.sh" python3-venv
fi
"$found" -m venv "$target"
