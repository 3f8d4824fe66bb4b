"""The composition root: what the server loads, what starts with it, and that all of it ends."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from bot import app
from bot.service.asked_text import Asked, asked
from bot.store.database import migrate
from tests.web.conftest import settings_for


def _environment(monkeypatch: pytest.MonkeyPatch, folder: Path, **more: str) -> None:
    names = {"MODE": "test", "DATA_DIR": str(folder), "SLACK_TRANSPORT": "off", "EMBEDDED": "0", **more}
    for name, value in names.items():
        monkeypatch.setenv(f"HEARTHLINE_{name}", value)


def _migrated(folder: Path) -> None:
    from bot.config import Settings

    runtime = app.build_runtime(Settings.load())
    migrate(runtime.database)
    runtime.database.close()


def test_building_a_runtime_starts_nothing(tmp_path: Path) -> None:
    before = set(threading.enumerate())
    runtime = app.build_runtime(settings_for(f"sqlite:///{tmp_path}/x.db"))
    assert set(threading.enumerate()) <= before
    assert sorted(runtime.channels) == ["slack", "sms", "webchat", "whatsapp"]
    runtime.database.close()


@pytest.mark.parametrize("delivery", ["on", "off"])
def test_what_the_server_loads_answers_and_ends(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, delivery: str) -> None:
    _environment(monkeypatch, tmp_path, DELIVERY=delivery)
    _migrated(tmp_path)
    before = set(threading.enumerate())
    site = app.wsgi()
    parts = site.extensions["hearthline"]
    assert site.test_client().get("/readyz").status_code == 200
    assert (parts.deliverer is not None, parts.worker) == (delivery == "on", None)
    parts.stop()
    for started in set(threading.enumerate()) - before:
        started.join(60)
    assert set(threading.enumerate()) <= before


def test_a_runtime_with_a_committer_keeps_it(runtime: Any) -> None:
    from dataclasses import replace

    from bot.service import receive

    committer = receive.committer_for(runtime)
    assert app.create_app(replace(runtime, committer=committer)).extensions["hearthline"].committer is committer
    committer.close()


@pytest.mark.parametrize(
    "ref", ["", "home-observations/R1", "home-observations/R1@x", "home-observations/R1@999", "nothing/1@1", "home-observations/ZZ@1"]
)
def test_a_question_no_longer_known_leaves_the_record_readable(runtime: Any, ref: str) -> None:
    assert asked(runtime.library, ref, "en", "Diego", {}) == Asked()


def test_what_was_only_said_is_no_question(runtime: Any) -> None:
    flow = runtime.library.latest["evaluation-request"]
    assert asked(runtime.library, f"evaluation-request/3@{flow.version}", "en", "Diego", {}) == Asked()
    assert asked(runtime.library, f"evaluation-request/2@{flow.version}", "en", "Diego", {}).question


def test_a_question_is_said_in_the_readers_language_with_the_childs_name_and_what_was_picked(runtime: Any) -> None:
    norm = {"reading.signs": ["slow", "tired", "no longer an option"]}
    found = asked(runtime.library, "home-observations/R3@1", "es-MX", "Diego", norm)
    assert "Diego" in found.question
    assert asked(runtime.library, "home-observations/R2@1", "en", "Diego", {"reading.routine": "most_days"}).chosen == ("Most days",)
    assert asked(None, "home-observations/R2@1", "en", "Diego", {}) == Asked()
