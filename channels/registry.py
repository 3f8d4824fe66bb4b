"""Which channels there are. The composition root alone imports this; a new channel is one more line in `BUILDERS`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta

from channels.base import Channel

Options = Mapping[str, str]

KINDS = ("sms", "whatsapp", "slack", "email", "webchat")
"""Every kind of address a channel of ours serves."""


def build(options: Options) -> dict[str, Channel]:
    """Return the channels these settings switch on, by kind of address; a channel without credentials is left out.

    :param options: names as in docs/settings.md, values as text. Nothing is called over the network here.
    """
    built: dict[str, Channel] = {}
    for builder in BUILDERS.values():
        channel = builder(options)
        if channel is not None:
            built |= dict.fromkeys(channel.channels, channel)
    return built


def _twilio(options: Options) -> Channel | None:
    if not options.get("twilio_account_sid"):
        return None
    from channels.twilio import Twilio
    from channels.twilio.client import VENDOR

    return Twilio(
        account_sid=options["twilio_account_sid"],
        auth_token=options.get("twilio_auth_token", ""),
        previous_token=options.get("twilio_auth_token_previous", ""),
        public_base_url=options.get("public_base_url", ""),
        base_url=options.get("twilio_base_url") or VENDOR,
        stop_replies=options.get("twilio_stop_replies") or "ours",
        list_lag=timedelta(seconds=float(options.get("in_doubt_wait_seconds") or 120)),
    )


def _slack(options: Options) -> Channel | None:
    if not options.get("slack_bot_token") or options.get("slack_transport") == "off":
        return None
    from channels.slack import Slack
    from channels.slack.client import VENDOR

    return Slack(
        bot_token=options["slack_bot_token"],
        signing_secret=options.get("slack_signing_secret", ""),
        previous_secret=options.get("slack_signing_secret_previous", ""),
        app_token=options.get("slack_app_token", ""),
        public_base_url=options.get("public_base_url", ""),
        base_url=options.get("slack_base_url") or VENDOR,
    )


def _email(options: Options) -> Channel | None:
    if not all(options.get(name) for name in ("mail_smtp_host", "mail_from", "session_secret")):
        return None
    from channels.email import Email
    from channels.email.door import Place
    from channels.email.mailbox import Box
    from channels.email.relay import Host

    def port(name: str, default: int) -> int:
        return int(options.get(name) or default)

    host = Host(
        host=options["mail_smtp_host"],
        port=port("mail_smtp_port", 587),
        user=options.get("mail_smtp_user", ""),
        password=options.get("mail_smtp_password", ""),
        tls=options.get("mail_smtp_tls") or "starttls",
        ca_file=options.get("mail_ca_file", ""),
        name=options.get("mail_domain", ""),
    )
    place = Place(
        options.get("mail_listen_host") or "127.0.0.1",
        port("mail_listen_port", 0),
        options.get("mail_listen_protocol") or "lmtp",
        tuple((options.get("mail_listen_peers") or "127.0.0.0/8,::1/128").split(",")),
    )
    box = Box(
        options.get("mail_imap_host", ""),
        port("mail_imap_port", 993),
        options.get("mail_imap_user", ""),
        options.get("mail_imap_password", ""),
        options.get("mail_imap_tls") or "tls",
        options.get("mail_imap_folder") or "INBOX",
        float(options.get("mail_imap_seconds") or 20),
        options.get("mail_ca_file", ""),
    )
    return Email(
        host=host,
        from_address=options["mail_from"],
        domain=options.get("mail_domain", ""),
        secrets=(options.get("session_secret", ""), options.get("session_secret_previous", "")),
        authserv_ids=tuple(one.strip() for one in options.get("mail_authserv_id", "").split(",")),
        hook_secrets=(options.get("mail_hook_secret", ""), options.get("mail_hook_secret_previous", "")),
        place=place if place.port else None,
        box=box if box.host else None,
    )


def _webchat(options: Options) -> Channel | None:
    if not options.get("session_secret"):
        return None
    from channels.webchat import WebChat

    return WebChat(session_secret=options["session_secret"], previous_secret=options.get("session_secret_previous", ""))


BUILDERS: Mapping[str, Callable[[Options], Channel | None]] = {
    "twilio": _twilio,
    "slack": _slack,
    "email": _email,
    "webchat": _webchat,
}
"""By the provider's name, which is also the folder's."""
