#!/usr/bin/env bash
# Make a virtual environment at $1 with a Python >= 3.11: the system's own, else python3 on PATH, else the newest there is. Distributions
# build theirs with profile-guided optimization; a version manager's plain build takes a tenth fewer texts a second (measured).
set -euo pipefail
target=$1
found=
bare=
for candidate in /usr/bin/python3 python3 python3.14 python3.13 python3.12 python3.11; do
    "$candidate" -c 'import sys; raise SystemExit(sys.version_info < (3, 11))' 2>/dev/null || continue
    if "$candidate" -c 'import ensurepip, venv' 2>/dev/null; then
        found=$candidate
        break
    fi
    : "${bare:=$candidate}"
done
if [ -z "$found$bare" ]; then
    echo "Hearthline needs Python 3.11 or newer; please install it (Debian 12: apt-get install python3 python3-venv)." >&2
    exit 1
fi
# Debian packs ensurepip apart from Python itself.
if [ -z "$found" ]; then
    "$(dirname "$0")/system_packages.sh" python3-venv
fi
"${found:-$bare}" -m venv "$target"
