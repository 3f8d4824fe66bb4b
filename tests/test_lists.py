"""What is kept of the compiled lists is what compiling gives, and it is never taken for what is written in the lists now."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from datetime import date
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from zipfile import Path as ZipPath
from zipfile import ZipFile

import pytest

from bot import lists
from bot.lists import KEPT, Lists, ready
from bot.screen.notation import NotationError
from bot.screen.screen import screen


def hears(folder: Path, text: str) -> bool:
    return bool(screen(ready(folder), text).danger_level)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(tmp_path, "red ball")
    return tmp_path


def write(folder: Path, phrase: str) -> None:
    (folder / "en.yaml").write_text(f"language: en\ndanger:\n  3: [{phrase}]\n", encoding="utf-8")


def compiled(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """What is compiled from now on."""
    found: list[object] = []
    monkeypatch.setattr(
        lists, "compile_words", lambda files, compile_words=lists.compile_words: (found.append(files), compile_words(files))[1]
    )
    return found


def test_it_is_compiled_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done = compiled(monkeypatch)
    assert hears(folder, "a red ball")
    assert hears(folder, "a red ball")
    assert not hears(folder, "a blue ball")
    assert len(done) == 1
    assert sorted(file.name for file in folder.iterdir()) == [KEPT, "en.yaml"]


def test_a_changed_list_counts_at_once(folder: Path) -> None:
    assert hears(folder, "a red ball")
    write(folder, "big ball")
    assert (hears(folder, "a red ball"), hears(folder, "a big ball")) == (False, True)
    (folder / "xx.yaml").write_text("language: xx\ndanger:\n  1: [old ball]\n", encoding="utf-8")
    assert hears(folder, "an old ball")
    (folder / "xx.yaml").rename(folder / "xy.yaml")
    assert ready(folder).languages == {"en", "xy"}


def test_other_code_compiles_anew(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ready(folder)
    done = compiled(monkeypatch)
    monkeypatch.setattr(lists, "_CODE", b"another")
    ready(folder)
    ready(folder)
    assert len(done) == 1


def test_a_list_written_while_it_is_compiled_is_not_kept(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def compile_meanwhile(files: Lists) -> object:
        write(folder, "big ball")
        return lists_compile(files)

    lists_compile = lists.compile_words
    with monkeypatch.context() as patch:
        patch.setattr(lists, "compile_words", compile_meanwhile)
        ready(folder)
    assert not (folder / KEPT).exists()


@pytest.mark.parametrize(
    "harm", [lambda kept: b"", lambda kept: kept[:-1], lambda kept: kept[:200] + b"?" + kept[201:], lambda kept: b"?" * len(kept)]
)
def test_what_is_damaged_is_made_anew(folder: Path, harm) -> None:
    assert hears(folder, "a red ball")
    kept = (folder / KEPT).read_bytes()
    (folder / KEPT).write_bytes(harm(kept))
    assert hears(folder, "a red ball")
    assert len((folder / KEPT).read_bytes()) == len(kept)


def test_it_works_where_nothing_can_be_kept(folder: Path) -> None:
    (folder / KEPT).mkdir()
    assert hears(folder, "a red ball")
    assert sorted(file.name for file in folder.iterdir()) == [KEPT, "en.yaml"]


def test_a_phrase_that_cannot_be_read_is_named_and_nothing_kept(folder: Path) -> None:
    write(folder, "<nobody> sleeps")
    with pytest.raises(NotationError, match="nobody"):
        ready(folder)
    assert not (folder / KEPT).exists()


def test_what_is_kept_can_make_nothing_but_lists(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(lists, "compile_words", lambda files: date(2026, 11, 23))
        ready(folder)
    with pytest.raises(pickle.UnpicklingError, match=r"datetime\.date"):
        ready(folder)


def test_lists_in_an_archive_are_compiled_each_time(folder: Path, tmp_path: Path) -> None:
    with ZipFile(tmp_path / "lists.zip", "w") as packed:
        packed.write(folder / "en.yaml", "words/en.yaml")
    with ZipFile(tmp_path / "lists.zip") as packed:
        assert screen(ready(ZipPath(packed, "words/")), "a red ball").danger_level
        assert not any(KEPT in name for name in packed.namelist())


@pytest.mark.parametrize("looks", [True, False])
def test_garbage_is_looked_for_afterwards_as_before(monkeypatch: pytest.MonkeyPatch, looks: bool) -> None:
    done: list[str] = []
    monkeypatch.setattr(
        lists,
        "gc",
        SimpleNamespace(isenabled=lambda: looks, **{name: partial(done.append, name) for name in ("enable", "disable", "freeze")}),
    )
    with lists._for_good():
        done.append("made")
    assert done == ["disable", "made", "freeze", *(["enable"] if looks else [])]


def test_processes_that_start_at_once_do_not_disturb_each_other(folder: Path) -> None:
    look = f"from pathlib import Path; from bot.lists import ready; print(*ready(Path({str(folder)!r})).languages)"
    begun = [subprocess.Popen([sys.executable, "-c", look], stdout=subprocess.PIPE, text=True) for _ in range(3)]
    assert [one.communicate(timeout=120)[0] for one in begun] == ["en\n"] * 3
    assert sorted(file.name for file in folder.iterdir()) == [KEPT, "en.yaml"]
    assert os.stat(folder / KEPT).st_mode & 0o777 == 0o666 & ~_umask()


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
