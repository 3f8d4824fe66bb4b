"""Slack: alerts for staff and their buttons. `Slack` is the channel; each file beside it is one verb."""

from channels.slack.channel import Slack

__all__ = ["Slack"]
