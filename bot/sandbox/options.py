"""What the sandbox is told: who the account is, how slow the provider is, where our product listens.

Every field has the vendor's own behaviour as its default, or the demo's where a vendor leaves it to the account.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Final

ALLOWED_MODES: Final = ("demo", "test", "bench")


class RefusedToStart(Exception):
    """The sandbox plays the providers and must never stand where a real district expects them."""

    def __init__(self, mode: str) -> None:
        super().__init__(
            "The sandbox plays Twilio, Slack and a mail host and starts only when HEARTHLINE_MODE is demo, test or bench; "
            f"here it is {mode!r}."
        )


class BadOption(Exception):
    """The control address was given an option that does not exist or must not change while running."""


@dataclass(frozen=True, slots=True)
class SlackUser:
    """One member of the played workspace."""

    id: str
    name: str
    real_name: str = ""
    is_restricted: bool = False
    deleted: bool = False
    email: str = ""


@dataclass(frozen=True, slots=True)
class SlackChannel:
    """One channel of the played workspace. Our bot is a member unless `bot_is_member` says otherwise."""

    id: str
    name: str
    is_private: bool = True
    is_ext_shared: bool = False
    is_archived: bool = False
    bot_is_member: bool = True
    members: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """All settings. `mode` has no friendly default on purpose: who forgets it gets the refusal."""

    mode: str = "production"
    host: str = "127.0.0.1"
    port: int = 0
    seed: int | None = None
    """Fixes ids and misbehaviour for a repeatable run; None takes fresh ids, so that a restart never repeats a MessageSid."""
    journal: Path | None = None
    """Accepted messages are appended here and read back at the next start."""
    time_scale: float = 1.0
    """Multiplies the vendors' patience (15 s read time-out, 3 s rule) so that tests see its end."""
    log_size: int = 50_000
    tls_folder: Path | None = None
    """Where a test authority is made: then everything here answers over TLS as well, on a port of its own."""

    account_sid: str = "AC" + "0" * 31 + "1"
    auth_token: str = "5a" * 16
    auth_token_secondary: str = ""
    senders: tuple[str, ...] = ("+15550100001",)
    """Numbers the account owns; each serves SMS and, as whatsapp:<number>, WhatsApp."""
    messaging_service_sid: str = "MG" + "0" * 31 + "1"
    message_webhook: str = ""
    """Our address for inbound messages; may carry connection overrides (#rc=5&rp=all)."""
    message_fallback: str = ""
    stop_replies: str = "ours"
    """"ours": the account setting that leaves stop replies to us; "provider": Twilio answers and blocks by itself."""
    advanced_opt_out: bool = False
    """A messaging service with Advanced Opt-Out names the word it answered (`OptOutType`); the default handling says nothing."""
    list_lag_seconds: float = 2.0
    sent_after: float = 0.05
    delivered_after: float = 0.15
    segments_per_second: float = 0.0
    """How fast one sender's queue empties; 0 means at once. A real long code does 1."""
    callbacks_in_flight: int = 64

    slack_request_url: str = ""
    """Our address for events, interactions and slash commands (one path serves all three)."""
    slack_transport: str = "auto"
    """"http", "socket", or "auto": by socket while one is connected."""
    slack_retry_after: tuple[float, ...] = (0.0, 60.0, 300.0)
    """Seconds before each new try of an unanswered event: at once, after one minute, after five."""
    slack_per_channel_seconds: float = 0.0
    """The least time between two posts to one channel before 429; the vendor's is 1.0, 0 switches it off."""
    bot_token: str = "xoxb-sandbox"  # noqa: S105 - a played workspace has no secrets
    app_token: str = "xapp-sandbox"  # noqa: S105
    signing_secret: str = "8f" * 16
    verification_token: str = "sandbox-verification"  # noqa: S105
    team_id: str = "T0SANDBOX01"
    team_domain: str = "cedar-valley"
    app_id: str = "A0SANDBOX01"
    bot_id: str = "B0HEARTHBOT"
    bot_user_id: str = "U0HEARTHBOT"
    bot_name: str = "hearthline"
    mail_host: str = "mx.mail.test"
    """What the played mail host calls itself."""
    mail_smtp_port: int = 0
    mail_imap_port: int = 0
    mail_user: str = "hearthline"
    mail_password: str = "sandbox-mail"  # noqa: S105
    """What submission (if a client logs in) and the mailbox expect."""
    mail_authserv_id: str = "mx.mail.test"
    """By which name our own host signs what it found about a sender."""
    mail_delivery: str = "imap"
    """Where mail to us goes: lmtp://host:port, smtp://host:port (our listener), or imap (the mailbox)."""
    slack_users: tuple[SlackUser, ...] = ()
    slack_channels: tuple[SlackChannel, ...] = ()

    def check_mode(self) -> None:
        """Raise `RefusedToStart` anywhere but in demo, test and bench."""
        if self.mode not in ALLOWED_MODES:
            raise RefusedToStart(self.mode)

    def changed(self, wishes: dict[str, Any]) -> Options:
        """Return a copy with the wishes of the control address applied; only what a provider's console could change too."""
        kinds = {field.name: field.type for field in fields(self)}
        clean: dict[str, Any] = {}
        for name, value in wishes.items():
            if name in FIXED or name not in kinds:
                raise BadOption(name)
            clean[name] = tuple(value) if isinstance(value, list) else value
            if type(clean[name]) is int and kinds[name] == "float":
                clean[name] = float(clean[name])
            if type(clean[name]).__name__ != str(kinds[name]).split("[", maxsplit=1)[0]:
                raise BadOption(name)
        return replace(self, **clean)


FIXED: Final = frozenset(
    {
        "mode",
        "host",
        "port",
        "seed",
        "journal",
        "log_size",
        "tls_folder",
        "account_sid",
        "callbacks_in_flight",
        "mail_smtp_port",
        "mail_imap_port",
        "slack_users",
        "slack_channels",
    }
)
"""Options that hold for the life of one sandbox."""
