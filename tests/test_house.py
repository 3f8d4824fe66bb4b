"""The house keeps its own rules: who may import whom, sizes, types, lint, no unfinished marks, no paths of a machine."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent


def tracked(*patterns: str) -> list[Path]:
    out = subprocess.run(["git", "ls-files", "-z", *patterns], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [ROOT / name for name in out.split("\0") if name and (ROOT / name).is_file()]


def product_files() -> list[Path]:
    return [p for p in tracked("*.py") if not p.is_relative_to(ROOT / "tests") and "migrations/versions" not in p.as_posix()]


def run(*command: str) -> str:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else done.stdout[-4000:] + done.stderr[-2000:]


@pytest.mark.slow
@pytest.mark.parametrize(
    "command",
    [("ruff", "check", "."), ("ruff", "format", "--check", "."), ("mypy",), ("lint-imports", "--no-logo")],
    ids=lambda c: " ".join(c),
)
def test_the_code_passes(command):
    assert run(str(BIN / command[0]), *command[1:]) == ""


def test_no_file_is_over_400_lines():
    assert [f"{p.relative_to(ROOT)}" for p in product_files() if p.read_text(encoding="utf-8").count("\n") > 400] == []


def test_no_function_is_over_60_lines():
    long = [
        f"{p.relative_to(ROOT)}:{node.name}"
        for p in product_files()
        for node in ast.walk(ast.parse(p.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno - node.lineno + 1 > 60
    ]
    assert long == []


def test_the_median_file_is_at_most_120_lines():
    sizes = sorted(p.read_text(encoding="utf-8").count("\n") for p in product_files())
    assert sizes[len(sizes) // 2] <= 120


def test_no_vague_file_names():
    vague = {"utils.py", "helpers.py", "common.py", "manager.py", "misc.py"}
    assert [str(p.relative_to(ROOT)) for p in product_files() if p.name in vague] == []


def test_every_module_says_what_it_is():
    silent = [str(p.relative_to(ROOT)) for p in product_files() if not ast.get_docstring(ast.parse(p.read_text(encoding="utf-8")))]
    assert silent == []


def test_nothing_is_left_unfinished_and_nothing_names_this_machine():
    marks = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|X" + r"XX|NotImplemented" + r"Error)\b")
    places = re.compile(
        r"(^|[^a-zA-Z])/(wo"
        r"rk|fa"
        r"rm)/|python"
        r"hosted|pypi\."
        r"org|registry\.npm"
        r"js|deb\.deb"
        r"ian"
    )
    found = []
    for path in tracked("*.py", "*.yaml", "*.html", "*.md", "*.toml", "*.sh", "*.lock", "*.json", "*.js", "*.css", "*.po", "Makefile"):
        if "static/vendor" in path.as_posix():
            continue
        text = path.read_text(encoding="utf-8")
        if places.search(text):
            found.append(f"{path.relative_to(ROOT)}: names a machine or a registry")
        if path.suffix in {".py", ".yaml", ".html"} and marks.search(text) and path.name != "pyproject.toml":
            found.append(f"{path.relative_to(ROOT)}: unfinished mark")
    assert found == []


def test_lock_files_hold_names_versions_and_hashes_only():
    for lock in tracked("*.lock"):
        assert "://" not in lock.read_text(encoding="utf-8"), lock.name
