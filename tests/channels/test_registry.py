"""The registry: every channel is built from settings alone, and none goes without its contract tests."""

from __future__ import annotations

import importlib
import pkgutil

import pytest

import channels
import tests.channels
from channels import registry
from channels.base import Channel, Listener
from channels.email import Email
from channels.slack import Slack
from channels.twilio import Twilio
from channels.webchat import WebChat
from tests.channels.contract import ChannelContract

OPTIONS = {
    "twilio_account_sid": "AC" + "0" * 32,
    "twilio_auth_token": "t",
    "slack_bot_token": "xoxb-1",
    "slack_signing_secret": "s",
    "session_secret": "c",
    "mail_smtp_host": "127.0.0.1",
    "mail_from": "School <school@families.example.org>",
    "public_base_url": "https://families.example.org",
}


def test_settings_switch_channels_on() -> None:
    built = registry.build(OPTIONS)
    assert {kind: type(channel) for kind, channel in built.items()} == {
        "sms": Twilio,
        "whatsapp": Twilio,
        "slack": Slack,
        "email": Email,
        "webchat": WebChat,
    }
    assert built["sms"] is built["whatsapp"]
    assert tuple(built) == registry.KINDS
    assert all(isinstance(channel, Channel) for channel in built.values())
    assert isinstance(built["slack"], Listener)


@pytest.mark.parametrize(
    ("missing", "kinds"),
    [
        ({"twilio_account_sid": ""}, {"slack", "email", "webchat"}),
        ({"slack_bot_token": ""}, {"sms", "whatsapp", "email", "webchat"}),
        ({"slack_transport": "off"}, {"sms", "whatsapp", "email", "webchat"}),
        ({"mail_smtp_host": ""}, {"sms", "whatsapp", "slack", "webchat"}),
        ({"mail_from": ""}, {"sms", "whatsapp", "slack", "webchat"}),
        ({"session_secret": ""}, {"sms", "whatsapp", "slack"}),
    ],
)
def test_a_channel_without_credentials_is_left_out(missing: dict[str, str], kinds: set[str]) -> None:
    assert set(registry.build(OPTIONS | missing)) == kinds


def test_every_channel_of_the_folder_is_in_the_registry() -> None:
    rooms = {"base", "direction", "errors", "registry", "text"}
    assert {module.name for module in pkgutil.iter_modules(channels.__path__)} - rooms == set(registry.BUILDERS)


def test_every_registered_kind_has_a_contract_test_class() -> None:
    for module in pkgutil.iter_modules(tests.channels.__path__):
        if module.name.startswith("test_"):
            importlib.import_module(f"tests.channels.{module.name}")
    tested = {kind for contract in ChannelContract.__subclasses__() for kind in contract.kinds}
    assert tested == set(registry.build(OPTIONS))
