"""The phrases screening is measured on, and the texts the learned weights are trained on.

`tests/screen/phrases/<lang>.yaml` holds phrases as families text them; every fourth (by its checksum) is held out: never trained on,
never tuned on. `bench/screening/templates/<lang>.yaml` holds templates for training alone: `(a|b|)` is a choice, `<name>` a list of
`sets`. Everything is made the same way each time: chance is drawn from the text itself.
"""

from __future__ import annotations

import random
import re
import unicodedata
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple
from zlib import crc32

import yaml

TOP = Path(__file__).resolve().parents[2]
PHRASES = TOP / "tests" / "screen" / "phrases"
TEMPLATES = Path(__file__).parent / "templates"
KINDS = ("danger", "stop", "evaluation", "wrong_number", "person")
_NOT = {f"not_{kind}": kind for kind in KINDS}
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Phrase(NamedTuple):
    """One text: its language, what it is (a kind, or "" for nothing), the level of danger, which kind it must not be taken for, and what
    it is besides."""

    lang: str
    text: str
    kind: str = ""
    level: int = 0
    looks_like: str = ""
    also: tuple[str, ...] = ()

    @property
    def held_out(self) -> bool:
        """Whether the phrase is kept away from lists and training."""
        return crc32(self.text.encode()) % 4 == 0


def read(path: Path) -> list[Phrase]:
    """The phrases (or templates) of one file, in its order."""
    told: Mapping[str, Any] = yaml.load(path.read_text(encoding="utf-8"), _LOADER)
    lang = told["language"]
    found = []
    for level, lines in told.get("danger", {}).items():
        found += [Phrase(lang, str(line), "danger", int(level)) for line in lines]
    for kind in KINDS[1:]:
        found += [Phrase(lang, str(line), kind) for line in told.get(kind) or ()]
    for name, kind in _NOT.items():
        found += [Phrase(lang, str(line), looks_like=kind) for line in told.get(name) or ()]
    found += [Phrase(lang, str(line)) for line in told.get("everyday") or ()]
    both = {(kind, line) for kind, lines in told.get("also", {}).items() for line in lines}
    return [phrase._replace(also=tuple(kind for kind in KINDS if (kind, phrase.text) in both)) for phrase in found] if both else found


def phrases(*langs: str) -> list[Phrase]:
    """Every phrase that is measured on, of these languages or of all. A language may have several files: `pt.yaml`, `pt_2.yaml`."""
    return [found for path in sorted(PHRASES.glob("*.yaml")) if not langs or path.stem.partition("_")[0] in langs for found in read(path)]


def strangers(*langs: str) -> list[Phrase]:
    """Those of the phrases that people wrote who knew neither lists nor templates: `en_hints.yaml` (many say it without a word one would
    look for), `en_told.yaml` (told sideways), `en_twins.yaml` (harmless by a word), `en_judged.yaml` and `es_heard.yaml` (what screening
    was judged by once) ... They are harder than what we thought of ourselves, and measured apart, with `en_near.yaml`: ours, of texts
    that differ by little."""
    paths = [
        path
        for name in ("asides", "every", "heard", "hints", "judged", "more", "near", "others", "strangers", "told", "twins", "voices")
        for path in sorted(PHRASES.glob(f"*_{name}.yaml"))
    ]
    return [found for path in paths if not langs or path.stem.partition("_")[0] in langs for found in read(path)]


_PART = re.compile(r"[()|]|<\w+>|[^()|<>]+")


class _Made:
    """One template, parsed: `say` draws a text from it."""

    def __init__(self, line: str, sets: Mapping[str, list[str]]) -> None:
        self._parts = _PART.findall(line)
        self._sets = sets
        self._at = 0
        self._tree = self._choices()
        if self._at != len(self._parts):
            raise ValueError(f"brackets do not match: {line!r}")

    def _choices(self) -> list[list[Any]]:
        found: list[list[Any]] = [[]]
        while self._at < len(self._parts):
            part = self._parts[self._at]
            if part == ")":
                break
            self._at += 1
            if part == "|":
                found.append([])
            elif part == "(":
                found[-1].append(self._choices())
                if self._at >= len(self._parts):
                    raise ValueError("a bracket is not closed")
                self._at += 1
            elif part.startswith("<"):
                found[-1].append([[str(one)] if "(" not in str(one) else [_Made(str(one), self._sets)] for one in self._sets[part[1:-1]]])
            else:
                found[-1].append(part)
        return found

    def say(self, chance: random.Random) -> str:
        return " ".join(self._drawn(self._tree, chance).split())

    def _drawn(self, choices: list[list[Any]], chance: random.Random) -> str:
        said = ""
        for part in chance.choice(choices):
            said += part if isinstance(part, str) else part.say(chance) if isinstance(part, _Made) else self._drawn(part, chance)
        return said


def templates(*langs: str) -> Iterator[tuple[Phrase, _Made]]:
    """Every template of these languages or of all: as written, and ready to draw texts from."""
    for path in sorted(TEMPLATES.glob("*.yaml")):
        lang = path.stem.partition("_")[0]
        if langs and lang not in langs:
            continue
        told = yaml.load(path.read_text(encoding="utf-8"), _LOADER)
        sets = told.get("sets", {})
        for line in read(path):
            yield line, _Made(line.text, sets)


_KEYS = {
    **dict(zip("qwertyuiop", "wertyuiopo", strict=True)),
    **dict(zip("asdfghjkl", "sdfghjklk", strict=True)),
    "n": "m",
    "c": "v",
    "b": "v",
}
_SHORT = {
    "en": {"you": "u", "your": "ur", "are": "r", "to": "2", "please": "pls", "because": "cuz", "with": "w", "don't": "dont", "want to": "wanna",
           "going to": "gonna", "for": "4", "text": "txt", "school": "skool", "my": "mi", "th": "d", "ing ": "in "},
    "es": {"que": "q", "por": "x", "qu": "k", "por favor": "porfa", "ll": "y", "v": "b", "h": "", "z": "s", "también": "tb", "bien": "vien", "ya": "lla", "para": "pa"},
    "pt": {"que": "q", "você": "vc", "não": "n", "por favor": "pfv", "também": "tb", "mensagem": "msg", "para": "pra", "porque": "pq", "estou": "to", "está": "ta"},
    "fr": {}, "ht": {"pa": "p", "mwen": "m", "ou": "w", "tanpri": "tnp", "ki": "k", "nou": "n", "w": "ou"},
    "ru": {"что": "шо", "пожалуйста": "пж", "сейчас": "щас", "ё": "е", "тся": "ца"},
    "uk": {"будь ласка": "пліз", "и": "ы", "і": "и"},
    "vi": {"không": "ko", "được": "dc", "gì": "j", "ph": "f", "với": "vs", "con": "kon"},
}  # fmt: skip


def unaccented(text: str) -> str:
    """The text as typed on a keyboard set to English."""
    return "".join(c for c in unicodedata.normalize("NFKD", text.replace("đ", "d").replace("Đ", "D")) if not unicodedata.combining(c))


def typed(text: str, lang: str, chance: random.Random) -> str:
    """The text as a hurried thumb may send it: shorthand, a slip, no accents, no points, shouted."""
    for written, short in _SHORT.get(lang, {}).items():
        if chance.random() < 0.12:
            text = text.replace(written, short)
    if chance.random() < 0.3 and lang not in {"ar", "ur", "ru", "uk", "zh"}:
        text = unaccented(text)
    if chance.random() < 0.35:
        text = _slipped(text, chance)
    case = chance.random()
    text = text.upper() if case < 0.04 else text[:1].upper() + text[1:] if case < 0.25 else text
    return text + chance.choice(("", "", "", "", ".", "!", "!!", "...", "?"))


def _slipped(text: str, chance: random.Random) -> str:
    at = chance.randrange(len(text)) if text else 0
    if not text or not text[at].isalpha():
        return text
    how = chance.randrange(5)
    if how == 0:
        return text[:at] + text[at + 1 :]
    if how == 1:
        return text[:at] + text[at] + text[at:]
    if how == 2 and at + 1 < len(text):
        return text[:at] + text[at + 1] + text[at] + text[at + 2 :]
    if how == 3:
        return text[:at] + _KEYS.get(text[at], text[at]) + text[at + 1 :]
    return text[:at] + text[at:].replace(" ", "", 1)
