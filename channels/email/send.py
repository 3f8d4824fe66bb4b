"""Hand one mail to our mail host, once, and say what came of it.

SMTP is clear until the last dot: whatever breaks before it was certainly not taken. After it, only the answer 250 means taken; a connection
that dies there leaves the mail in doubt, and nobody can be asked (fault 6, faults 2.2).
"""

from __future__ import annotations

from datetime import UTC, datetime

from channels.base import Outbound, Receipt
from channels.email.addresses import Signer
from channels.email.compose import bare_address, compose, envelope_sender
from channels.email.refusals import Said, error_of
from channels.email.relay import Line, Relay
from channels.errors import InDoubt, NotAccepted

PROVIDER = "email"


async def send(relay: Relay, signer: Signer, from_address: str, message: Outbound) -> Receipt:
    """Send; the receipt's id is the Message-ID. A kept connection that had died meanwhile is replaced: it had taken nothing."""
    now = datetime.now(UTC)
    content = compose(message, signer, from_address, now)
    sender, to = envelope_sender(message, signer, now), bare_address(message.to)
    for fresh in (False, True):
        line = await relay.line(fresh=fresh)
        known = line.used > 0
        try:
            if not await _address(line, sender, to, again=known and not fresh):
                continue
            await _data(line, content)
        except BaseException:
            line.smtp.close()
            raise
        relay.give_back(line)
        return Receipt(PROVIDER, signer.message_id(message.outbox_id), "sent")
    raise NotAccepted("The connection to the mail host broke.", code="disconnected")


async def _address(line: Line, sender: str, to: str, *, again: bool) -> bool:
    """Name sender and receiver. False when a kept line turns out to be dead and a new one should be tried."""
    import aiosmtplib

    try:
        await line.smtp.mail(sender)
        await line.smtp.rcpt(to)
    except aiosmtplib.SMTPSenderRefused as refusal:
        if again and refusal.code == 421:
            line.smtp.close()
            return False
        raise error_of(Said("sender", refusal.code, refusal.message)) from None
    except aiosmtplib.SMTPRecipientRefused as refusal:
        raise error_of(Said("recipient", refusal.code, refusal.message)) from None
    except (aiosmtplib.SMTPException, OSError) as error:
        line.smtp.close()
        if again:
            return False
        raise NotAccepted("The connection to the mail host broke.", code=type(error).__name__) from None
    return True


async def _data(line: Line, content: bytes) -> None:
    import aiosmtplib

    try:
        await line.smtp.data(content)
    except aiosmtplib.SMTPDataError as refusal:
        raise error_of(Said("data", refusal.code, refusal.message)) from None
    except (aiosmtplib.SMTPException, OSError) as error:
        raise InDoubt("The connection to the mail host broke after the mail was handed over.", code=type(error).__name__) from None
