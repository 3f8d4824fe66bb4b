"""Twilio: text messages and WhatsApp. `Twilio` is the channel; each file beside it is one verb."""

from channels.twilio.channel import Twilio

__all__ = ["Twilio"]
