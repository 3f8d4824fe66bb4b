"""Hand one message to Twilio, once, and say what came of it in our words."""

from __future__ import annotations

from typing import Any

from channels.base import Outbound, Receipt
from channels.errors import InDoubt, SendError, TooLong
from channels.twilio.client import Account
from channels.twilio.codes import CODES, MAX_CHARACTERS, MAX_VALID, MIN_VALID, STATUSES, UNKNOWN, error_of, number_of
from channels.twilio.receive import STATUS_PATH

PROVIDER = "twilio"
WHATSAPP = "whatsapp:"


async def send(account: Account, public_base_url: str, message: Outbound) -> Receipt:
    """Create the message. Only the answer 201 means taken; anything unclear after the POST is `InDoubt` (fault 6)."""
    from twilio.base.exceptions import TwilioException

    if len(message.text) > MAX_CHARACTERS:
        raise TooLong(CODES[21617].reason, code="21617")
    options: dict[str, Any] = {"media_url": list(message.media_urls)} if message.media_urls else {}
    messages = account.messages
    try:
        made = await messages.create_async(
            to=address(message.channel, message.to),
            from_=address(message.channel, message.sender),
            body=message.text,
            validity_period=min(max(message.valid_seconds, MIN_VALID), MAX_VALID),
            status_callback=f"{public_base_url.rstrip('/')}{STATUS_PATH}/{message.outbox_id}",
            **options,
        )
        receipt = receipt_of(made)
    except SendError:
        raise
    except TwilioException as refusal:
        # The SDK's text holds the address we called and Twilio's message, which may hold the number: neither goes on.
        raise error_of(getattr(refusal, "code", None), getattr(refusal, "status", 500)) from None
    except Exception as error:  # noqa: BLE001 - an answer that cannot be read: it may well have been taken
        raise InDoubt("Twilio's answer could not be read.", code=type(error).__name__) from None
    if made.error_code and receipt.status in {"failed", "undelivered"}:
        raise error_of(made.error_code)
    return receipt


def receipt_of(made: Any) -> Receipt:
    """Return our receipt for a message as the SDK shows it."""
    if not made.sid:
        raise InDoubt("Twilio's answer holds no message id.", code="no_sid")
    return Receipt(PROVIDER, str(made.sid), STATUSES.get(str(made.status), UNKNOWN), number_of(made.num_segments))


def address(channel: str, number: str) -> str:
    """Return the number as Twilio wants it for this kind of channel, however the caller writes it."""
    bare = number.removeprefix(WHATSAPP)
    return WHATSAPP + bare if channel == "whatsapp" else bare
