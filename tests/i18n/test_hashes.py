"""What an approval names: the hash changes with every word a family reads or is screened by, and with nothing else."""

from __future__ import annotations

import shutil
from importlib.resources import files
from pathlib import Path

import pytest

from bot.i18n import open_catalogues, shipped_catalogues

EMPTY = open_catalogues(files("flows")).hash("flows", "nobody's")


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    """The shipped texts and lists, to be changed."""
    for name in ("translations", "flows"):
        shutil.copytree(Path(str(files(name))), tmp_path / name, ignore=shutil.ignore_patterns("__pycache__", "*.mo"))
    return tmp_path


def hash_of(shelf: Path, domain: str, lang: str) -> str:
    return open_catalogues(shelf / "translations", words=shelf / "flows" / "words").hash(domain, lang)


@pytest.mark.parametrize("domain", ["flows", "words"])
@pytest.mark.parametrize("lang", ["en", "es"])
def test_what_is_shipped_has_a_hash_of_its_own(domain: str, lang: str) -> None:
    assert shipped_catalogues().hash(domain, lang) not in {EMPTY, shipped_catalogues().hash(domain, {"en": "es", "es": "en"}[lang])}


@pytest.mark.parametrize("domain", ["flows", "words"])
def test_a_language_nobody_wrote_has_the_hash_of_nothing(domain: str) -> None:
    assert shipped_catalogues().hash(domain, "tlh") == EMPTY


def test_an_approval_of_english_ends_when_an_english_text_changes(shelf: Path) -> None:
    before, template = hash_of(shelf, "flows", "en"), shelf / "translations" / "flows.pot"
    text = template.read_text("utf-8")
    template.write_text(text.replace("You know {child} best.", "Nobody knows {child} better."), "utf-8")
    assert template.read_text("utf-8") != text
    assert hash_of(shelf, "flows", "en") != before


def test_a_comment_changes_no_approval_of_texts(shelf: Path) -> None:
    before, template = hash_of(shelf, "flows", "en"), shelf / "translations" / "flows.pot"
    template.write_text("# a remark\n" + template.read_text("utf-8"), "utf-8")
    assert hash_of(shelf, "flows", "en") == before


@pytest.mark.parametrize("lang", ["en", "es"])
def test_an_approval_of_a_word_list_ends_when_a_word_is_added(shelf: Path, lang: str) -> None:
    file = shelf / "flows" / "words" / f"{lang}.yaml"
    other = {"en": "es", "es": "en"}[lang]
    before, others = hash_of(shelf, "words", lang), hash_of(shelf, "words", other)
    file.write_text(file.read_text("utf-8") + "\n# one word more\n", "utf-8")
    assert hash_of(shelf, "words", lang) != before
    assert hash_of(shelf, "words", other) == others
    assert hash_of(shelf, "flows", lang) == shipped_catalogues().hash("flows", lang)
