"""Twilio's words and numbers, and what they mean to us. Data only: a new code is a new line.

https://www.twilio.com/docs/api/errors and https://www.twilio.com/docs/messaging/api/message-resource#message-status-values
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from channels.errors import (
    BadAddress,
    InDoubt,
    Misconfigured,
    NotAccepted,
    Permanent,
    SendError,
    Stopped,
    Throttled,
    TooLong,
)

MAX_CHARACTERS = 1600
MIN_VALID, MAX_VALID = 1, 36_000

UNKNOWN = "unknown"

STATUSES: Mapping[str, str] = {
    "accepted": "queued",
    "scheduled": "queued",
    "queued": "queued",
    "sending": "queued",
    "sent": "sent",
    "partially_delivered": "sent",
    "delivered": "delivered",
    "read": "read",
    "undelivered": "undelivered",
    "failed": "failed",
    "canceled": "failed",
}
"""Theirs -> ours. Anything else is `UNKNOWN`: it proves that the message exists there and changes nothing more."""


class Meaning(NamedTuple):
    """What a code means: the error that carries the policy, and what staff should do."""

    error: type[SendError]
    reason: str
    retry_after: float = 0.0


_NUMBER = "This number cannot get texts. Reach the family another way and check the number."
_PASSING = "The phone could not be reached just now."
_NO_REASON = "The carrier did not deliver it and gave no reason: it is sent once more."
_SENDER = "Our sender number is not set up for this at Twilio. Check the number in the Twilio console."
_ACCOUNT = "Twilio did not accept our account. Check the account id and token, and the account's state."
_FILTER = "The carrier filtered this text. Do not send it again as it is; check the registration of our number."
_WHATSAPP_WINDOW = "The family has not written for 24 hours; WhatsApp then takes only approved templates. Use a text or call."
_CONTENT = "Twilio refuses this text as it is."

CODES: Mapping[int, Meaning] = {
    # our account, our sender
    20003: Meaning(Misconfigured, _ACCOUNT),
    20005: Meaning(Misconfigured, _ACCOUNT),
    20006: Meaning(Misconfigured, _ACCOUNT),
    20008: Meaning(Misconfigured, _ACCOUNT),
    20403: Meaning(Misconfigured, _ACCOUNT),
    20404: Meaning(Misconfigured, _ACCOUNT),
    21212: Meaning(Misconfigured, _SENDER),
    21408: Meaning(Misconfigured, "Texts to this country are switched off in the Twilio console."),
    21603: Meaning(Misconfigured, _SENDER),
    21606: Meaning(Misconfigured, _SENDER),
    21608: Meaning(Misconfigured, "A trial account texts only numbers verified in the Twilio console."),
    21609: Meaning(Misconfigured, "The address for status callbacks is not valid. Check the public address in the settings."),
    21659: Meaning(Misconfigured, _SENDER),
    21660: Meaning(Misconfigured, _SENDER),
    21703: Meaning(Misconfigured, _SENDER),
    21705: Meaning(Misconfigured, _SENDER),
    30002: Meaning(Misconfigured, _ACCOUNT),
    30034: Meaning(Misconfigured, "Our number is not registered for application texts (10DLC)."),
    63007: Meaning(Misconfigured, _SENDER),
    # too fast
    14107: Meaning(Throttled, "Too many texts at once.", 1.0),
    20429: Meaning(Throttled, "Too many requests at once.", 1.0),
    21611: Meaning(Throttled, "Our number's queue at Twilio is full.", 60.0),
    30001: Meaning(Throttled, "Our number's queue at Twilio was full.", 60.0),
    30022: Meaning(Throttled, "The carrier's rate for our registration is used up.", 60.0),
    30023: Meaning(Throttled, "The carrier's daily number of texts for our registration is used up.", 3600.0),
    30027: Meaning(Throttled, "The carrier's daily number of texts for our registration is used up.", 3600.0),
    63018: Meaning(Throttled, "Too many WhatsApp messages at once.", 10.0),
    63038: Meaning(Throttled, "The account's daily number of messages is used up.", 3600.0),
    # the receiver
    21610: Meaning(Stopped, "The family stopped texts at the carrier. Only their own START can undo it."),
    21211: Meaning(BadAddress, _NUMBER),
    21266: Meaning(BadAddress, "This is our own number, not the family's. Correct it in the roster."),
    21214: Meaning(BadAddress, _NUMBER),
    21217: Meaning(BadAddress, _NUMBER),
    21604: Meaning(BadAddress, _NUMBER),
    21612: Meaning(BadAddress, _NUMBER),
    21614: Meaning(BadAddress, _NUMBER),
    21635: Meaning(BadAddress, _NUMBER),
    30003: Meaning(NotAccepted, _PASSING),
    30004: Meaning(BadAddress, "This phone blocks our texts. Reach the family another way."),
    30005: Meaning(BadAddress, "This number is not in use any more. Check it with the family before anything else is sent."),
    30006: Meaning(BadAddress, "This is a landline, or its carrier takes no texts. Reach the family another way."),
    30008: Meaning(NotAccepted, _NO_REASON),
    63003: Meaning(BadAddress, "This number has no WhatsApp. Use a text."),
    63015: Meaning(BadAddress, "This number has not joined our WhatsApp. Use a text."),
    63024: Meaning(BadAddress, "This number has no WhatsApp. Use a text."),
    # the message
    21602: Meaning(Permanent, _CONTENT),
    21617: Meaning(TooLong, "Twilio takes at most 1,600 characters. Shorten the text."),
    21619: Meaning(Permanent, _CONTENT),
    21623: Meaning(Permanent, "An attached file's address is not valid."),
    30007: Meaning(Permanent, _FILTER),
    30019: Meaning(Permanent, "An attached file is too large for the carrier."),
    30036: Meaning(Permanent, "The text waited past its time at Twilio and was dropped."),
    63013: Meaning(Permanent, _CONTENT),
    63016: Meaning(Permanent, _WHATSAPP_WINDOW),
    63049: Meaning(Permanent, "WhatsApp chose not to deliver this message. Use a text."),
}


def error_of(code: int | str | None, status: int = 400, retry_after: float | None = None) -> SendError:
    """Return the error that says what may be done next about this answer of Twilio's.

    :param status: HTTP status of the answer; 400 for a code that came with a status callback or a list.
    :param retry_after: what the answer's own header asked for, when it did.
    """
    number = number_of(code)
    known = CODES.get(number)
    if status >= 500 or status == 408:
        return InDoubt("Twilio failed while it had the message; its list will tell.", code=str(number or status))
    if status == 429 or (known and known.error is Throttled):
        reason, wait = (known.reason, known.retry_after) if known else ("Too many requests at once.", 1.0)
        return Throttled(reason, code=str(number or status), retry_after=wait if retry_after is None else retry_after)
    if known:
        return known.error(known.reason, code=str(number))
    if status in {401, 403, 404, 405} or 300 <= status < 400:
        return Misconfigured(_ACCOUNT, code=str(number or status))
    return Permanent(f"Twilio refuses this message (code {number or status}).", code=str(number or status))


def advice_of(code: int | str | None) -> str:
    """Return what to do about a message that failed later: stopped | bad_address | filtered | once_more | "" (a person is told)."""
    known = CODES.get(number_of(code))
    if known is None:
        return ""
    if known.reason in _BY_REASON:
        return _BY_REASON[known.reason]
    return next((word for kind, word in _ADVICE if issubclass(known.error, kind)), "")


def number_of(code: int | str | None) -> int:
    """Return what Twilio wrote as a number, 0 for anything that is none."""
    written = str(code or "")
    return int(written) if written.isascii() and written.isdigit() and len(written) <= 6 else 0


_BY_REASON = {_FILTER: "filtered", _NO_REASON: "once_more"}
_ADVICE = ((Stopped, "stopped"), (BadAddress, "bad_address"))
