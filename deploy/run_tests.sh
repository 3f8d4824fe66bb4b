#!/usr/bin/env bash
# The whole test suite with branch coverage: 95 % over all, 100 % in the rooms where a gap would hurt a child.
# Two lanes side by side, one a core: the servers and kills, and everything else. The browser tests have a process of their own (their
# driver keeps an event loop running in it). Arguments go to pytest instead.
set -euo pipefail
cd "$(dirname "$0")/.."
bin=.venv/bin
export PYTHONDONTWRITEBYTECODE=1
if [ "$#" -gt 0 ]; then
    exec "$bin/python" -m pytest "$@"
fi
servers=(tests/e2e tests/kill tests/service)
apart=("${servers[@]}" tests/browser)
rm -f .coverage .coverage.*
log=$(mktemp)
trap 'rm -f "$log"' EXIT

lane() {
    COVERAGE_FILE=".coverage.$1" "$bin/python" -m pytest -q --cov --cov-report= "${@:2}"
}

lane servers "${servers[@]}" >"$log" 2>&1 &
first=$!
failed=0
lane rest tests "${apart[@]/#/--ignore=}" || failed=1
lane browser tests/browser || failed=1
wait "$first" || failed=1
cat "$log"
[ "$failed" -eq 0 ] || exit 1
"$bin/python" -m coverage combine -q
"$bin/python" -m tests.coverage_floors
