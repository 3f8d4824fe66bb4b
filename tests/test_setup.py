"""`make setup` finds a Python that will do, whatever stands first on PATH."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

MAKE_VENV = Path(__file__).resolve().parent.parent / "deploy" / "make_venv.sh"


def test_a_python_that_is_too_old_is_passed_over(tmp_path):
    old = tmp_path / "bin" / "python3"
    old.parent.mkdir()
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    path = f"{old.parent}{os.pathsep}{os.environ['PATH']}"

    subprocess.run([MAKE_VENV, tmp_path / "made"], env={**os.environ, "PATH": path}, check=True, timeout=300)

    version = [tmp_path / "made" / "bin" / "python", "-c", "import sys; print(sys.version_info >= (3, 11))"]
    assert subprocess.run(version, capture_output=True, text=True, check=True).stdout == "True\n"


def test_where_none_will_do_one_line_says_what_to_install(tmp_path):
    script = MAKE_VENV.read_text(encoding="utf-8").replace("/usr/bin/python3", "python3")
    beside = tmp_path / "make_venv.sh"
    beside.write_text(script, encoding="utf-8")
    bash = Path("/bin/bash")

    done = subprocess.run([bash, beside, tmp_path / "made"], env={"PATH": str(tmp_path)}, capture_output=True, text=True, check=False)

    assert done.returncode == 1
    assert done.stderr == "Hearthline needs Python 3.11 or newer; please install it (Debian 12: apt-get install python3 python3-venv).\n"
