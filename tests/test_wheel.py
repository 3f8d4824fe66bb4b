"""The wheel is the product: built, installed in a clean environment, it plays a conversation from another folder."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200), pytest.mark.xdist_group("wheel")]


def run(*command: str, cwd: Path, check: bool = True) -> subprocess.CompletedProcess[str]:
    env = {k: v for k, v in os.environ.items() if not k.startswith(("HEARTHLINE_", "COVERAGE", "PYTEST", "PYTHONPATH"))}
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, check=False, timeout=900)
    assert not check or done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return done


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Built from what git tracks, so that a forgotten file is missing here as it would be for a newcomer."""
    source = tmp_path_factory.mktemp("source")
    names = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
    for name in filter(None, names):
        if (ROOT / name).is_file():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_bytes((ROOT / name).read_bytes())
    out = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(source), cwd=source)
    return next(out.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    home = tmp_path_factory.mktemp("clean")
    run(sys.executable, "-m", "venv", str(home), cwd=home)
    python = str(home / "bin" / "python")
    run(
        python,
        "-m",
        "pip",
        "install",
        "-q",
        "--no-compile",
        "--require-hashes",
        "-r",
        str(ROOT / "requirements" / "runtime.lock"),
        cwd=home,
    )
    run(python, "-m", "pip", "install", "-q", "--no-deps", "--no-index", str(wheel), cwd=home)
    return home / "bin" / "hearthline"


def test_it_owns_exactly_four_packages_and_no_tests(wheel):
    tops = {name.split("/")[0] for name in zipfile.ZipFile(wheel).namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"bot", "channels", "flows", "translations"}


def test_it_plays_a_conversation_from_another_folder(installed, tmp_path):
    contacts = run(str(installed), "say", "--list-contacts", cwd=tmp_path).stdout.splitlines()
    spanish = next(line.split()[0] for line in contacts if " es" in line)
    script = tmp_path / "replies.txt"
    script.write_text("Cuentos de animales\n2\n", encoding="utf-8")
    command = ["say", "home-observations", "--as", spanish, "--variant", "reading", "--script", str(script), "--json"]
    rows = [json.loads(line) for line in run(str(installed), *command, cwd=tmp_path).stdout.splitlines()]
    assert [row["answer_raw"] for row in rows if row["type"] == "entry"] == ["Cuentos de animales", "2"]
    assert list(tmp_path.iterdir()) == [script]


def test_its_bench_says_that_it_needs_a_checkout(installed, tmp_path):
    done = run(str(installed), "bench", "engine", cwd=tmp_path, check=False)
    assert done.returncode != 0
    assert done.stderr.count("\n") == 1
    assert "checkout" in done.stderr
