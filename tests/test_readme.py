"""The README's transcripts are real: they are played again and compared."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.no_cover

ROOT = Path(__file__).resolve().parent.parent


@pytest.mark.parametrize(
    ("contact", "script", "variant"), [("con_demo_es", "es.txt", ["--variant", "reading"]), ("con_demo_en", "en.txt", [])]
)
def test_the_transcript_is_what_the_program_says(contact, script, variant):
    command = ["say", "home-observations", "--as", contact, *variant, "--script", f"docs/transcripts/{script}"]
    out = subprocess.run([sys.executable, "-m", "bot", *command], cwd=ROOT, capture_output=True, text=True, check=True, timeout=180).stdout
    played = "\n".join(line.rstrip() for line in out.rstrip().split("\n"))
    assert played in (ROOT / "README.md").read_text(encoding="utf-8")
