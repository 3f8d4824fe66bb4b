"""Settings: frozen, read once from the environment and one TOML file. The only reader of `os.environ`.

`HEARTHLINE_` + the field's name in capitals; the environment wins over the file. Each setting is described in docs/settings.md.
"""

from __future__ import annotations

import base64
import binascii
import os
import secrets
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, get_type_hints
from urllib.parse import urlsplit

from bot.errors import SettingsError

PREFIX = "HEARTHLINE_"
MODES = ("production", "demo", "test", "bench")
CHOICES: Mapping[str, tuple[str, ...]] = {
    "mode": MODES,
    "twilio_stop_replies": ("ours", "provider"),
    "slack_transport": ("http", "socket", "off"),
    "mail_smtp_tls": ("starttls", "tls", "off"),
    "mail_listen_protocol": ("lmtp", "smtp"),
    "mail_imap_tls": ("tls", "off"),
    "recovery": ("on", "off"),
    "delivery": ("on", "off"),
    "sign_in_links": ("on", "off"),
}
VENDOR_HOSTS: Mapping[str, tuple[str, ...]] = {
    "twilio_base_url": ("api.twilio.com",),
    "slack_base_url": ("slack.com", "slack-gov.com"),
    "googletrans_base_url": ("translate.googleapis.com",),
}
"""Where children's data may go in production; a test or demo address there would be a leak, so it refuses to start."""

ADDRESSES = ("public_base_url", "libretranslate_url", "sandbox_url", "oidc_issuer", *VENDOR_HOSTS)
"""What must be a web address in every mode."""

PORTS = ("port", "mail_smtp_port", "mail_listen_port", "mail_imap_port")
LAST_PORT = 65535

UNREAD_SECONDS = 4.0
"""How soon after our question nobody can have read and answered it on a telephone. A sandbox's answers at once: there it is none."""

LOOPBACK = ("127.0.0.1", "::1", "localhost")
_KEY_BYTES = 32
_SWITCH = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False, "": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything an installation decides. A district's own choices are in its `district.settings` row instead."""

    mode: str = "production"
    database_url: str = ""
    data_dir: Path = Path()
    log_file: str = ""
    master_key: bytes = field(default=b"", repr=False)
    session_secret: str = field(default="", repr=False)
    session_secret_previous: str = field(default="", repr=False)
    public_base_url: str = ""
    host: str = "127.0.0.1"
    port: int = 8000
    threads: int = 32
    twilio_account_sid: str = ""
    twilio_auth_token: str = field(default="", repr=False)
    twilio_auth_token_previous: str = field(default="", repr=False)
    twilio_base_url: str = "https://api.twilio.com"
    twilio_stop_replies: str = "ours"
    slack_bot_token: str = field(default="", repr=False)
    slack_signing_secret: str = field(default="", repr=False)
    slack_signing_secret_previous: str = field(default="", repr=False)
    slack_app_token: str = field(default="", repr=False)
    slack_base_url: str = "https://slack.com/api/"
    slack_transport: str = "http"
    mail_from: str = ""
    mail_domain: str = ""
    mail_authserv_id: str = ""
    mail_smtp_host: str = ""
    mail_smtp_port: int = 587
    mail_smtp_user: str = ""
    mail_smtp_password: str = field(default="", repr=False)
    mail_smtp_tls: str = "starttls"
    mail_ca_file: str = ""
    mail_listen_host: str = "127.0.0.1"
    mail_listen_port: int = 0
    mail_listen_protocol: str = "lmtp"
    mail_listen_peers: str = "127.0.0.0/8,::1/128"
    mail_imap_host: str = ""
    mail_imap_port: int = 993
    mail_imap_user: str = ""
    mail_imap_password: str = field(default="", repr=False)
    mail_imap_tls: str = "tls"
    mail_imap_folder: str = "INBOX"
    mail_imap_seconds: float = 20.0
    mail_hook_secret: str = field(default="", repr=False)
    mail_hook_secret_previous: str = field(default="", repr=False)
    in_doubt_wait_seconds: float = 120.0
    in_doubt_person_seconds: float = 900.0
    unread_seconds: float = 0.0
    recovery: str = "on"
    delivery: str = "on"
    sign_in_links: str = "on"
    oidc_issuer: str = ""
    oidc_client_id: str = ""
    oidc_client_secret: str = field(default="", repr=False)
    oidc_email_claim: str = "email"
    oidc_claims: str = ""
    oidc_domains: str = ""
    oidc_name: str = ""
    translators: str = "apertium"
    libretranslate_url: str = ""
    libretranslate_key: str = field(default="", repr=False)
    googletrans_base_url: str = "https://translate.googleapis.com"
    sandbox_url: str = ""
    sandbox_ca_file: str = ""
    embedded: bool = False

    @classmethod
    def load(cls, env: Mapping[str, str] | None = None, toml_path: Path | None = None) -> Settings:
        """Read, complete and check. `env` is the process's environment unless given; HEARTHLINE_CONFIG in it names the file."""
        env = os.environ if env is None else env
        if toml_path is None and env.get(PREFIX + "CONFIG"):
            toml_path = Path(env[PREFIX + "CONFIG"])
        raw: dict[str, Any] = _from_file(toml_path)
        for name in _NAMES:
            if (value := env.get(PREFIX + name.upper())) is not None:
                raw[name] = value
        values = {name: _typed(name, value) for name, value in raw.items()}
        values.setdefault("mode", "production")
        _check_choices(values)
        _check_addresses(values)
        _check_ports(values)
        if values["mode"] == "production":
            values.setdefault("unread_seconds", UNREAD_SECONDS)
        if not values.get("data_dir"):
            values["data_dir"] = Path(env.get("HOME", "/var/lib")) / ".local/share/hearthline" / values["mode"]
        if not values.get("database_url"):
            values["database_url"] = f"sqlite:///{values['data_dir']}/hearthline.db"
        if values["mode"] == "production":
            _check_production(values)
        else:
            values["master_key"] = values.get("master_key") or _kept_key(values["data_dir"], "master.key")
            values["session_secret"] = values.get("session_secret") or _kept_key(values["data_dir"], "session.key").hex()
        values["public_base_url"] = values.get("public_base_url", "").rstrip("/")
        _check_sign_in(values)
        if values.get("recovery") == "off" and values["mode"] != "test":
            raise SettingsError("recovery=off exists only in mode test: it is how the kill harness shows what recovery is for.")
        return cls(**values)

    @property
    def is_production(self) -> bool:
        return self.mode == "production"

    @property
    def base_url(self) -> str:
        """Where people reach us. Never rebuilt from Host or X-Forwarded headers (fault 12)."""
        return self.public_base_url or f"http://{self.host}:{self.port}"

    @property
    def session_secrets(self) -> tuple[str, ...]:
        """What signs links, and what older ones were signed with while it is being changed."""
        return tuple(filter(None, (self.session_secret, self.session_secret_previous)))


_NAMES = tuple(one.name for one in fields(Settings))
_TYPES = get_type_hints(Settings)


def environment() -> Mapping[str, str]:
    """The process's environment, for who reads it whole (the serving child, the demo)."""
    return os.environ


def hand_on(values: Mapping[str, str | None]) -> None:
    """Put settings into the environment, for the processes this one starts; None leaves a name as it is."""
    os.environ.update({name: value for name, value in values.items() if value is not None})


def _from_file(path: Path | None) -> dict[str, Any]:
    if path is None:
        return {}
    try:
        found = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise SettingsError(f"The settings file {path} cannot be read.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"The settings file {path} is not TOML: {error}.") from error
    if unknown := sorted(set(found) - set(_NAMES)):
        raise SettingsError(f"The settings file {path} names what is no setting: {', '.join(unknown)}.")
    return found


def _typed(name: str, value: Any) -> Any:
    wanted = _TYPES[name]
    try:
        if wanted is bytes:
            return _decoded_key(str(value)) if value else b""
        if wanted is bool:
            return _SWITCH[str(value).lower()]
        return wanted(value)
    except (ValueError, TypeError, KeyError) as error:
        raise SettingsError(f"{PREFIX}{name.upper()} must be a {wanted.__name__}.") from error


def _decoded_key(text: str) -> bytes:
    try:
        key = base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise SettingsError("HEARTHLINE_MASTER_KEY must be base64.") from error
    if len(key) != _KEY_BYTES:
        raise SettingsError("HEARTHLINE_MASTER_KEY must be 32 bytes in base64 (make one with: openssl rand -base64 32).")
    return key


def _check_choices(values: Mapping[str, Any]) -> None:
    for name, allowed in CHOICES.items():
        if name in values and values[name] not in allowed:
            raise SettingsError(f"{PREFIX}{name.upper()} must be one of: {', '.join(allowed)}.")


def _check_addresses(values: Mapping[str, Any]) -> None:
    for name in ADDRESSES:
        if (address := values.get(name)) and not _is_address(address):
            raise SettingsError(f"{PREFIX}{name.upper()} must be a web address, such as https://texts.example.org.")


def _check_ports(values: Mapping[str, Any]) -> None:
    for name in PORTS:
        if not 0 <= values.get(name, 0) <= LAST_PORT:
            raise SettingsError(f"{PREFIX}{name.upper()} must be a port, at most {LAST_PORT}.")


def _check_production(values: Mapping[str, Any]) -> None:
    for name in ("master_key", "session_secret"):
        if not values.get(name):
            raise SettingsError(f"In production {PREFIX}{name.upper()} must be set; nothing is made up for a real district.")
    if not _is_https(values.get("public_base_url", "")):
        raise SettingsError("In production HEARTHLINE_PUBLIC_BASE_URL must be the https address families and providers reach us by.")
    if values.get("sandbox_url"):
        raise SettingsError("In production HEARTHLINE_SANDBOX_URL must be empty: the sandbox is for demo, tests and benches.")
    if values.get("sandbox_ca_file"):
        raise SettingsError("In production HEARTHLINE_SANDBOX_CA_FILE must be empty: nothing but public authorities is trusted.")
    if (address := values.get("libretranslate_url")) and not _is_https(address):
        raise SettingsError("In production HEARTHLINE_LIBRETRANSLATE_URL must be an https address: families' words travel there.")
    _check_mail(values)
    for name, hosts in VENDOR_HOSTS.items():
        if (address := values.get(name)) and not _is_https(address, hosts):
            raise SettingsError(f"In production {PREFIX}{name.upper()} must be https at {' or '.join(hosts)}.")


def _check_sign_in(values: Mapping[str, Any]) -> None:
    issuer = values.get("oidc_issuer", "")
    if issuer and not values.get("oidc_client_id"):
        raise SettingsError("HEARTHLINE_OIDC_ISSUER needs HEARTHLINE_OIDC_CLIENT_ID: what the provider knows this installation by.")
    if issuer and values["mode"] == "production" and not _is_https(issuer):
        raise SettingsError("In production HEARTHLINE_OIDC_ISSUER must be https.")
    if not issuer and values.get("sign_in_links") == "off":
        raise SettingsError("HEARTHLINE_SIGN_IN_LINKS=off leaves staff no way in without HEARTHLINE_OIDC_ISSUER.")


def _check_mail(values: Mapping[str, Any]) -> None:
    """Mail about children never leaves this machine in the clear, and nobody but our own mail host may hand us mail."""
    for kind in ("smtp", "imap"):
        host = values.get(f"mail_{kind}_host", "")
        if host and values.get(f"mail_{kind}_tls") == "off" and host not in LOOPBACK:
            raise SettingsError(f"In production {PREFIX}MAIL_{kind.upper()}_TLS may be off only for a mail host on this machine.")
    if values.get("mail_smtp_host") and "@" not in values.get("mail_from", ""):
        raise SettingsError(f"{PREFIX}MAIL_FROM must be the address families see our mail from, when mail is sent.")
    reads = values.get("mail_listen_port") or values.get("mail_imap_host") or values.get("mail_hook_secret")
    if reads and not values.get("mail_authserv_id"):
        raise SettingsError(f"{PREFIX}MAIL_AUTHSERV_ID must name the mail host whose findings about senders we may believe.")
    if any(one.strip() in ("0.0.0.0/0", "::/0") for one in values.get("mail_listen_peers", "").split(",")):
        raise SettingsError(f"{PREFIX}MAIL_LISTEN_PEERS must name our own mail hosts, not everybody: whoever may connect is believed.")


def _is_https(address: str, hosts: tuple[str, ...] = ()) -> bool:
    """Whether this is https at one of these hosts (any host when none is named), with no user and no other port in it."""
    try:
        parts = urlsplit(address)
        plain = parts.scheme == "https" and parts.username is None and bool(parts.hostname)
        return plain and (not hosts or (parts.hostname in hosts and parts.port in (None, 443)))
    except ValueError:  # a port that is no number, half an IPv6 address
        return False


def _is_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _kept_key(folder: Path, name: str) -> bytes:
    """A key of this demo, test or bench folder: made once, readable by its owner only."""
    path = folder / name
    try:
        folder.mkdir(parents=True, exist_ok=True)
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            pass
        else:
            with os.fdopen(handle, "wb") as file:
                file.write(base64.b64encode(secrets.token_bytes(_KEY_BYTES)))
        return _decoded_key(path.read_text("ascii").strip())
    except OSError as error:
        raise SettingsError(f"The key file {path} can be neither made nor read.") from error
