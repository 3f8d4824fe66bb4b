#!/usr/bin/env bash
# Install the Debian packages named, where that is allowed; say in one sentence what is missing where it is not.
# system_packages.sh --wish "what is missing without them" PACKAGE...: things to have, but not to fail without.
set -euo pipefail

wish=
if [ "${1:-}" = "--wish" ]; then
    wish=$2
    shift 2
fi

present() {
    case $1 in
        postgresql) ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || command -v initdb >/dev/null 2>&1 ;;
        chromium) command -v chromium >/dev/null 2>&1 || command -v chromium-browser >/dev/null 2>&1 ;;
        apertium-eng-spa) [ -e /usr/share/apertium/modes/spa-eng.mode ] && command -v apertium >/dev/null 2>&1 ;;
        python3-venv) python3 -c 'import ensurepip, venv' 2>/dev/null ;;
        *) command -v "$1" >/dev/null 2>&1 ;;
    esac
}

missing=()
for package in "$@"; do
    present "$package" || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0

run=
if [ "$(id -u)" -eq 0 ]; then
    run="env"
elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
    run="sudo env"
fi
if [ -n "$wish" ] && { [ -z "$run" ] || ! command -v apt-get >/dev/null 2>&1; }; then
    echo "Going on without ${missing[*]}: $wish"
    exit 0
fi
if [ -z "$run" ] || ! command -v apt-get >/dev/null 2>&1; then
    echo "Please install these Debian packages (or your system's equal) and run this again: ${missing[*]}" >&2
    exit 1
fi
echo "Installing Debian packages: ${missing[*]} ..."
$run DEBIAN_FRONTEND=noninteractive apt-get update -qq >/dev/null || true
if ! $run DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null; then
    [ -n "$wish" ] || exit 1
    echo "Going on without ${missing[*]}: $wish"
fi
