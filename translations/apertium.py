"""Apertium on this machine, by its command: Spanish and English, offline, free, the same answer every time.

It is a rule-based engine: a gist for staff, not prose for a family. Where the command or a pair of languages is not installed it serves
nothing, and a person translates. Text goes in by standard input and is in no argument and no file.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence
from functools import cached_property

from translations.base import Refused, TranslationError, primary

SECONDS = 30.0
LARGEST_ANSWER = 4 * 1024 * 1024

CODES: Mapping[str, str] = {"en": "eng", "es": "spa"}
"""Our languages and Apertium's, for the pair we know and test."""

BETWEEN = "ZQ0X"
"""Stands between two texts of one call, in a paragraph of its own."""
_GAPS = re.compile(r"(?<=\S) {2,}(?=\S)")
"""What it leaves where a word of the original has none in the other language."""
_BETWEEN = re.compile(r"\s*z\s?q\s?0\s?x\s*\.?\s*", re.IGNORECASE)


class Apertium:
    """The installed command. `command` may name another place of it."""

    leaves_house = False
    notice = ""

    def __init__(self, command: str = "apertium", seconds: float = SECONDS) -> None:
        self._command = shutil.which(command)
        self._seconds = seconds

    @property
    def found(self) -> bool:
        """Whether the command is there at all."""
        return self._command is not None

    @cached_property
    def name(self) -> str:
        version = self._ask("-V").split("\n", maxsplit=1)[0]
        found = re.search(r"\d+(?:\.\d+)+", version)
        return f"Apertium {found.group()}" if found else "Apertium"

    @cached_property
    def pairs(self) -> frozenset[str]:
        """The pairs that are installed, as Apertium calls them."""
        return frozenset(self._ask("-l").split())

    def can(self, source_lang: str, target_lang: str) -> bool:
        return bool(pair := _pair(source_lang, target_lang)) and self._command is not None and pair in self.pairs

    def translate(self, texts: Sequence[str], source_lang: str, target_lang: str) -> list[str]:
        if not self.can(source_lang, target_lang):
            raise TranslationError("no_pair")
        joined = f"\n\n{BETWEEN}\n\n".join(texts)
        said = self._run("-u", _pair(source_lang, target_lang), text=joined)
        parts = _BETWEEN.split(said) if len(texts) > 1 else [said]
        if len(parts) != len(texts):
            raise Refused("count")
        return [_GAPS.sub(" ", part).strip() for part in parts]

    def close(self) -> None:
        """Nothing is kept open."""

    def _ask(self, option: str) -> str:
        try:
            return self._run(option) if self._command else ""
        except TranslationError:
            return ""

    def _run(self, *arguments: str, text: str = "") -> str:
        """One run of the command. It is a shell with a dozen programs behind it: on a time-out the whole group ends."""
        assert self._command is not None
        env = {"PATH": os.defpath, "LC_ALL": "C.UTF-8"}
        with subprocess.Popen(  # noqa: S603 - our own arguments
            [self._command, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=env,
            start_new_session=True,
        ) as child:
            try:
                said, _ = child.communicate(text.encode("utf-8", "replace"), timeout=self._seconds)
            except subprocess.TimeoutExpired:
                os.killpg(child.pid, signal.SIGKILL)
                child.communicate()
                raise TranslationError("slow") from None
        if child.returncode or len(said) > LARGEST_ANSWER:
            raise TranslationError("command_failed")
        return said.decode("utf-8", "replace")


def _pair(source_lang: str, target_lang: str) -> str:
    source, target = (CODES.get(primary(lang), "") for lang in (source_lang, target_lang))
    return f"{source}-{target}" if source and target and source != target else ""
