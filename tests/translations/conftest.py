"""Every engine, really running: the sandbox's two translators (one over TLS with an authority of its own) and Apertium where it is installed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.sandbox.options import Options
from bot.sandbox.server import Handle, Sandbox
from translations.apertium import Apertium
from translations.base import Translator
from translations.breaker import Breaker
from translations.google import GoogleTrans
from translations.libretranslate import LibreTranslate


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Handle]:
    folder: Path = tmp_path_factory.mktemp("authority")
    handle = Sandbox(Options(mode="test", tls_folder=folder)).start_in_thread()
    yield handle
    handle.stop()


class Watch:
    """Seconds, moved by hand."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def watch() -> Watch:
    return Watch()


def make(kind: str, sandbox: Handle, watch: Watch) -> Translator:
    if kind == "google":
        return GoogleTrans(sandbox.google_url, sandbox.ca_file, breaker=Breaker(watch))
    if kind == "libre":
        return LibreTranslate(sandbox.libretranslate_url, breaker=Breaker(watch))
    engine = Apertium()
    if not engine.can("es", "en"):
        pytest.skip("Apertium is not installed: apt-get install apertium apertium-eng-spa")
    return engine


@pytest.fixture(params=["google", "libre", "apertium"])
def engine(request: pytest.FixtureRequest, sandbox: Handle, watch: Watch) -> Iterator[Translator]:
    made = make(request.param, sandbox, watch)
    yield made
    made.close()
    sandbox.ask("misbehave", {"clear": True})


@pytest.fixture(params=["google", "libre"])
def web_engine(request: pytest.FixtureRequest, sandbox: Handle, watch: Watch) -> Iterator[Translator]:
    made = make(request.param, sandbox, watch)
    yield made
    made.close()
    sandbox.ask("misbehave", {"clear": True})
