"""The screening lists that ship, ready to use. Compiling them takes seconds, so what came out is kept beside them for the next process.

What is kept (`flows/words/compiled.bin`, no part of the repository) is sealed with what it was made of: the lists, the code that compiles
them, Python's table of letters. Whatever of that changes, or is damaged, the lists are compiled anew, and kept where the folder may be
written to. `python -m bot.lists` does only that.
"""

from __future__ import annotations

import gc
import io
import os
import pickle
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import lru_cache
from hashlib import blake2b
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any
from unicodedata import unidata_version

from bot.screen.likeness import Likeness
from bot.screen.network import Network
from bot.screen.notation import Element, Pattern
from bot.screen.screen import compile_words
from bot.screen.spelling import Spelling
from bot.screen.wordlists import Remembered, Row, Words

KEPT = "compiled.bin"
_PARTS = {one.__qualname__: one for one in (Words, Remembered, Spelling, Row, Pattern, Element)}
_SEAL = blake2b().digest_size


@lru_cache(maxsize=1)
def shipped_words() -> Words:
    """The screening lists of every shipped language with what was learned beside them."""
    flows = files("flows")
    with _for_good():
        words = ready(flows / "words")
        words.likeness = Likeness((flows / "learned" / "likeness.bin").read_bytes())
        words.network = Network((flows / "learned" / "network.npz").read_bytes())
    return words


def ready(folder: Traversable) -> Words:
    """The lists of a folder (`<language>.yaml` each), as they were kept beside them, else compiled and kept.

    Raises `NotationError` naming the phrase that cannot be read.
    """
    made_of = _digest(_named(folder, ".yaml"), _CODE)
    words = _kept(folder / KEPT, made_of)
    if words is None:
        words = compile_words(Lists(folder))
        if made_of == _digest(_named(folder, ".yaml"), _CODE):  # nobody wrote a list meanwhile
            _keep(folder / KEPT, made_of, words)
    return words


class Lists(Mapping[str, Any]):
    """The lists of a folder by language, each read when it is asked for: twelve of them at once would be a peak of memory that stays."""

    def __init__(self, folder: Traversable) -> None:
        self._files = {file.name.removesuffix(".yaml"): file for file in _named(folder, ".yaml")}

    def __getitem__(self, lang: str) -> Any:
        import yaml

        loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # written in C where PyYAML was built with it
        return yaml.load(self._files[lang].read_bytes(), loader)  # noqa: S506 - a safe one

    def __iter__(self) -> Iterator[str]:
        return iter(self._files)

    def __len__(self) -> int:
        return len(self._files)


def _named(folder: Traversable, ending: str) -> list[Traversable]:
    return sorted((file for file in folder.iterdir() if file.name.endswith(ending)), key=lambda file: file.name)


def _digest(sources: Iterable[Traversable], beside: bytes) -> bytes:
    found = blake2b(beside)
    for file in sources:
        content = file.read_bytes()
        found.update(f"\0{file.name} {len(content)}\0".encode())
        found.update(content)
    return found.digest()


_CODE = _digest(_named(files("bot.screen"), ".py"), unidata_version.encode())
"""What compiles, as this process runs it: read now, because the files may be changed under it."""


class _Reader(pickle.Unpickler):
    """Makes what the compiled lists are made of, and calls nothing else."""

    def find_class(self, module: str, name: str) -> Any:
        if name not in _PARTS:
            raise pickle.UnpicklingError(f"{module}.{name} is no part of compiled lists")
        return _PARTS[name]


def _kept(file: Traversable, made_of: bytes) -> Words | None:
    try:
        content = file.read_bytes()
    except OSError:
        return None
    packed = memoryview(content)[_SEAL:]
    if content[:_SEAL] != blake2b(packed, key=made_of).digest():
        return None
    words: Words = _Reader(io.BytesIO(packed)).load()
    return words


def _keep(file: Traversable, made_of: bytes, words: Words) -> None:
    """Whole or not at all: others may read the file, or write it as well, at this very moment."""
    if not isinstance(file, Path):
        return
    packed = pickle.dumps(words, pickle.HIGHEST_PROTOCOL)
    part = file.with_name(f"{file.name}.{os.getpid()}")
    try:
        part.write_bytes(blake2b(packed, key=made_of).digest() + packed)
        part.replace(file)
    except OSError:  # not our folder: the next process compiles as well
        with suppress(OSError):
            part.unlink()


@contextmanager
def _for_good() -> Iterator[None]:
    """What is made meanwhile stays as long as the process: looking for garbage among it, now or later, takes longer than making it."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
        gc.freeze()
    finally:
        if was:
            gc.enable()


if __name__ == "__main__":
    shipped_words()
