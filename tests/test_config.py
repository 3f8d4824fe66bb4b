"""Settings: read once, checked at once, and a real district is never guessed for."""

from __future__ import annotations

import base64
import dataclasses
import re
from pathlib import Path

import pytest

from bot.config import Settings, environment, hand_on
from bot.errors import SettingsError

KEY = base64.b64encode(bytes(range(32))).decode()
REAL = {
    "HEARTHLINE_MASTER_KEY": KEY,
    "HEARTHLINE_SESSION_SECRET": "s" * 40,
    "HEARTHLINE_PUBLIC_BASE_URL": "https://texts.example.org/",
    "HOME": "/home/nobody",
}


def test_a_real_district_starts_with_the_vendors_addresses() -> None:
    settings = Settings.load(REAL)
    assert (settings.mode, settings.twilio_base_url, settings.slack_base_url) == (
        "production",
        "https://api.twilio.com",
        "https://slack.com/api/",
    )
    assert settings.public_base_url == "https://texts.example.org"
    assert settings.database_url == "sqlite:////home/nobody/.local/share/hearthline/production/hearthline.db"
    assert settings.is_production


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TWILIO_BASE_URL", "http://127.0.0.1:9000"),
        ("TWILIO_BASE_URL", "http://api.twilio.com"),
        ("TWILIO_BASE_URL", "https://api.twilio.com.example.org"),
        ("TWILIO_BASE_URL", "https://api.twilio.com@example.org"),
        ("TWILIO_BASE_URL", "https://x@api.twilio.com"),
        ("TWILIO_BASE_URL", "https://api.twilio.com:9000"),
        ("TWILIO_BASE_URL", "https://api.twilio.com:443x"),
        ("SLACK_BASE_URL", "https://hooks.example.org/api/"),
        ("SANDBOX_URL", "http://127.0.0.1:9001"),
        ("SANDBOX_CA_FILE", "/tmp/ca.pem"),
        ("GOOGLETRANS_BASE_URL", "https://127.0.0.1:9002"),
        ("LIBRETRANSLATE_URL", "http://translate.example.org"),
        ("PUBLIC_BASE_URL", "http://texts.example.org"),
        ("PUBLIC_BASE_URL", ""),
        ("PUBLIC_BASE_URL", "https://[::1"),
        ("PUBLIC_BASE_URL", "https://user@texts.example.org"),
        ("MASTER_KEY", ""),
        ("SESSION_SECRET", ""),
        ("RECOVERY", "off"),
    ],
)
def test_production_refuses_to_start_in_a_clear_sentence(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"{name}|recovery=off"):
        Settings.load({**REAL, f"HEARTHLINE_{name}": value})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MODE", "prod"),
        ("PORT", "eighty"),
        ("MASTER_KEY", "not base64!"),
        ("MASTER_KEY", base64.b64encode(b"short").decode()),
        ("TWILIO_STOP_REPLIES", "both"),
        ("SLACK_TRANSPORT", "carrier pigeon"),
        ("DELIVERY", "maybe"),
        ("EMBEDDED", "perhaps"),
        ("PUBLIC_BASE_URL", "notaurl"),
        ("PUBLIC_BASE_URL", "http://127.0.0.1:eighty"),
        ("PUBLIC_BASE_URL", "ftp://texts.example.org"),
        ("SANDBOX_URL", "localhost:9000"),
    ],
)
def test_a_setting_that_makes_no_sense_is_named(name: str, value: str) -> None:
    for mode in ({}, {"HEARTHLINE_MODE": "test"}):
        with pytest.raises(SettingsError, match=f"HEARTHLINE_{name}"):
            Settings.load({**REAL, **mode, f"HEARTHLINE_{name}": value})


def test_a_demo_makes_its_keys_once_and_keeps_them_private(tmp_path: Path) -> None:
    env = {"HEARTHLINE_MODE": "demo", "HEARTHLINE_DATA_DIR": str(tmp_path / "data")}
    first, second = Settings.load(env), Settings.load(env)
    assert first == second
    assert len(first.master_key) == 32
    assert len(first.session_secret) == 64
    assert [path.stat().st_mode & 0o777 for path in sorted((tmp_path / "data").iterdir())] == [0o600, 0o600]


def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SettingsError, match="key file"):
        Settings.load({"HEARTHLINE_MODE": "demo", "HEARTHLINE_DATA_DIR": str(tmp_path / "file")})


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    file = tmp_path / "hearthline.toml"
    file.write_text('mode = "test"\nport = 9\nthreads = 3\nrecovery = "off"\n')
    env = {"HEARTHLINE_PORT": "10", "HEARTHLINE_DATA_DIR": str(tmp_path), "HEARTHLINE_EMBEDDED": "1"}
    settings = Settings.load(env, file)
    assert (settings.mode, settings.port, settings.threads, settings.recovery, settings.embedded) == ("test", 10, 3, "off", True)
    assert Settings.load({**env, "HEARTHLINE_CONFIG": str(file)}) == settings


@pytest.mark.parametrize(
    ("text", "says"), [("mode = 'test'\ncolour = 'red'\n", "colour"), ("mode = ", "not TOML"), (None, "cannot be read")]
)
def test_a_bad_file_is_refused(tmp_path: Path, text: str | None, says: str) -> None:
    file = tmp_path / "hearthline.toml"
    if text is not None:
        file.write_text(text)
    with pytest.raises(SettingsError, match=says):
        Settings.load({}, file)


def test_recovery_is_switched_off_in_tests_only() -> None:
    with pytest.raises(SettingsError, match="mode test"):
        Settings.load(
            {"HEARTHLINE_MODE": "demo", "HEARTHLINE_RECOVERY": "off", "HEARTHLINE_MASTER_KEY": KEY, "HEARTHLINE_SESSION_SECRET": "x"}
        )


def test_secrets_are_not_in_what_is_printed() -> None:
    names = [one.name for one in dataclasses.fields(Settings) if not one.repr]
    assert names == [
        "master_key",
        "session_secret",
        "session_secret_previous",
        "twilio_auth_token",
        "twilio_auth_token_previous",
        "slack_bot_token",
        "slack_signing_secret",
        "slack_signing_secret_previous",
        "slack_app_token",
        "mail_smtp_password",
        "mail_imap_password",
        "mail_hook_secret",
        "mail_hook_secret_previous",
        "oidc_client_secret",
        "libretranslate_key",
    ]
    assert "ssss" not in repr(Settings.load(REAL))


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"OIDC_ISSUER": "https://accounts.example"}, "OIDC_CLIENT_ID"),
        ({"OIDC_ISSUER": "http://accounts.example", "OIDC_CLIENT_ID": "us"}, "must be https"),
        ({"SIGN_IN_LINKS": "off"}, "no way in"),
        ({"SIGN_IN_LINKS": "perhaps"}, "must be one of"),
        ({"PORT": "99999"}, "HEARTHLINE_PORT must be a port"),
        ({"MAIL_LISTEN_PORT": "-1"}, "HEARTHLINE_MAIL_LISTEN_PORT must be a port"),
    ],
)
def test_a_way_in_that_cannot_work_refuses_to_start(wrong: dict[str, str], says: str) -> None:
    with pytest.raises(SettingsError, match=says):
        Settings.load({**REAL, **{f"HEARTHLINE_{name}": value for name, value in wrong.items()}})


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"MAIL_SMTP_HOST": "mail.example.org", "MAIL_FROM": "a@example.org", "MAIL_SMTP_TLS": "off"}, "on this machine"),
        ({"MAIL_IMAP_HOST": "mail.example.org", "MAIL_IMAP_TLS": "off", "MAIL_AUTHSERV_ID": "mx"}, "on this machine"),
        ({"MAIL_SMTP_HOST": "mail.example.org"}, "MAIL_FROM"),
        ({"MAIL_LISTEN_PORT": "2525"}, "MAIL_AUTHSERV_ID"),
        ({"MAIL_HOOK_SECRET": "x"}, "MAIL_AUTHSERV_ID"),
        ({"MAIL_LISTEN_PEERS": "10.0.0.0/8, 0.0.0.0/0"}, "believed"),
        ({"MAIL_SMTP_TLS": "perhaps"}, "must be one of"),
    ],
)
def test_mail_that_would_leave_in_the_clear_or_believe_anybody_refuses_to_start(wrong: dict[str, str], says: str) -> None:
    with pytest.raises(SettingsError, match=says):
        Settings.load({**REAL, **{f"HEARTHLINE_{name}": value for name, value in wrong.items()}})


def test_mail_over_this_machine_needs_no_tls() -> None:
    given = {"MAIL_SMTP_HOST": "127.0.0.1", "MAIL_FROM": "a@example.org", "MAIL_SMTP_TLS": "off", "MAIL_LISTEN_PORT": "2525"}
    settings = Settings.load(
        {**REAL, **{f"HEARTHLINE_{name}": value for name, value in given.items()}, "HEARTHLINE_MAIL_AUTHSERV_ID": "mx"}
    )
    assert (settings.mail_smtp_tls, settings.mail_listen_port, settings.mail_imap_tls) == ("off", 2525, "tls")


def test_only_the_settings_read_the_environment() -> None:
    root = Path(__file__).parent.parent
    readers = [
        str(path.relative_to(root))
        for folder in ("bot", "channels", "translations", "flows")
        for path in (root / folder).rglob("*.py")
        if re.search(r"os\.(environ|getenv)\b", path.read_text("utf-8"))
    ]
    assert readers == ["bot/config.py"]


def test_settings_are_handed_to_a_child_through_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEARTHLINE_PORT", "1")
    monkeypatch.setenv("HEARTHLINE_HOST", "::1")
    hand_on({"HEARTHLINE_PORT": "2", "HEARTHLINE_HOST": None})
    assert (environment()["HEARTHLINE_PORT"], environment()["HEARTHLINE_HOST"]) == ("2", "::1")


def test_a_key_given_to_a_demo_is_used(tmp_path: Path) -> None:
    env = {"HEARTHLINE_MODE": "demo", "HEARTHLINE_DATA_DIR": str(tmp_path), "HEARTHLINE_MASTER_KEY": KEY, "HEARTHLINE_SESSION_SECRET": "x"}
    assert Settings.load(env).master_key == bytes(range(32))
    assert list(tmp_path.iterdir()) == []
