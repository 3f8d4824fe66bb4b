"""`hearthline serve` says in one line why it cannot listen where it is told to; that its port is in use stands in `test_deliver_serve`."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.commands import serve
from bot.config import Settings
from bot.errors import SettingsError


def settings(tmp_path: Path, host: str) -> Settings:
    return Settings.load({"HEARTHLINE_MODE": "test", "HEARTHLINE_DATA_DIR": str(tmp_path), "HEARTHLINE_HOST": host})


@pytest.mark.parametrize("host", ["203.0.113.7", "2001:db8::7"])
def test_an_address_this_machine_does_not_have_is_named(tmp_path: Path, host: str) -> None:
    with pytest.raises(SettingsError) as refused:
        serve.run(settings(tmp_path, host))
    assert str(refused.value) == f"This machine has no address {host}. Give --host one of its own, 127.0.0.1 or 0.0.0.0."


def test_a_port_kept_for_the_system_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serve, "refusal", lambda _host, _port: PermissionError(13, "Permission denied"))
    with pytest.raises(SettingsError, match=r"^Port 8000 is not for this user to serve on\. Choose one above 1023 with --port\.$"):
        serve.run(settings(tmp_path, "127.0.0.1"))
