"""Which channels there are. The composition root alone imports this; a new channel is one more line in `BUILDERS`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta

from channels.base import Channel

Options = Mapping[str, str]

KINDS = ("sms", "whatsapp", "slack", "webchat")
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


def _webchat(options: Options) -> Channel | None:
    if not options.get("session_secret"):
        return None
    from channels.webchat import WebChat

    return WebChat(session_secret=options["session_secret"], previous_secret=options.get("session_secret_previous", ""))


BUILDERS: Mapping[str, Callable[[Options], Channel | None]] = {"twilio": _twilio, "slack": _slack, "webchat": _webchat}
"""By the provider's name, which is also the folder's."""
