"""The published shape of Twilio's Message resource as tables of facts: field names, JSON types, statuses.

Source: the vendor's OpenAPI document, api.v2010.account.message, and the Message pages of the documentation
(https://www.twilio.com/docs/messaging/api/message-resource). `tests/sandbox/test_schema.py` holds our answers against these
tables and the tables against the installed SDK.
"""

from __future__ import annotations

from email.utils import formatdate
from functools import lru_cache
from typing import Any, Final

from bot.sandbox.message import Media, Message

API_VERSION: Final = "2010-04-01"

STRING: Final = (str,)
STRING_OR_NULL: Final = (str, type(None))
INTEGER_OR_NULL: Final = (int, type(None))

MESSAGE_FIELDS: Final[dict[str, tuple[type, ...]]] = {
    "body": STRING_OR_NULL,
    "num_segments": STRING_OR_NULL,
    "direction": STRING,
    "from": STRING_OR_NULL,
    "to": STRING_OR_NULL,
    "date_updated": STRING_OR_NULL,
    "price": STRING_OR_NULL,
    "error_message": STRING_OR_NULL,
    "uri": STRING_OR_NULL,
    "account_sid": STRING_OR_NULL,
    "num_media": STRING_OR_NULL,
    "status": STRING,
    "messaging_service_sid": STRING_OR_NULL,
    "sid": STRING_OR_NULL,
    "date_sent": STRING_OR_NULL,
    "date_created": STRING_OR_NULL,
    "error_code": INTEGER_OR_NULL,
    "price_unit": STRING_OR_NULL,
    "api_version": STRING_OR_NULL,
    "subresource_uris": (dict, type(None)),
}

MEDIA_FIELDS: Final[dict[str, tuple[type, ...]]] = {
    "account_sid": STRING_OR_NULL,
    "content_type": STRING_OR_NULL,
    "date_created": STRING_OR_NULL,
    "date_updated": STRING_OR_NULL,
    "parent_sid": STRING_OR_NULL,
    "sid": STRING_OR_NULL,
    "uri": STRING_OR_NULL,
}

FEEDBACK_FIELDS: Final[dict[str, tuple[type, ...]]] = {
    "account_sid": STRING_OR_NULL,
    "message_sid": STRING_OR_NULL,
    "outcome": STRING,
    "date_created": STRING_OR_NULL,
    "date_updated": STRING_OR_NULL,
    "uri": STRING_OR_NULL,
}
OUTCOMES: Final = ("confirmed", "unconfirmed")

PAGE_FIELDS: Final[dict[str, tuple[type, ...]]] = {
    "end": (int,),
    "first_page_uri": STRING,
    "next_page_uri": STRING_OR_NULL,
    "page": (int,),
    "page_size": (int,),
    "previous_page_uri": STRING_OR_NULL,
    "start": (int,),
    "uri": STRING,
}

STATUSES: Final = (
    "queued",
    "sending",
    "sent",
    "failed",
    "delivered",
    "undelivered",
    "receiving",
    "received",
    "accepted",
    "scheduled",
    "read",
    "partially_delivered",
    "canceled",
)
FINAL_STATUSES: Final = frozenset({"failed", "delivered", "undelivered", "received", "read", "canceled"})
WAITING_STATUSES: Final = frozenset({"queued", "accepted", "scheduled"})
DIRECTIONS: Final = ("inbound", "outbound-api", "outbound-call", "outbound-reply")

CREATE_FIELDS: Final = (
    "To",
    "StatusCallback",
    "ApplicationSid",
    "MaxPrice",
    "ProvideFeedback",
    "Attempt",
    "ValidityPeriod",
    "ForceDelivery",
    "ContentRetention",
    "AddressRetention",
    "SmartEncoded",
    "PersistentAction",
    "TrafficType",
    "ShortenUrls",
    "ScheduleType",
    "SendAt",
    "SendAsMms",
    "ContentVariables",
    "MessageIntent",
    "RiskCheck",
    "From",
    "FallbackFrom",
    "MessagingServiceSid",
    "Body",
    "MediaUrl",
    "ContentSid",
)
"""What a create request may carry. There is no idempotency key among them: a repeated POST is a second message."""


@lru_cache(maxsize=4096)
def rfc2822(second: int) -> str:
    """A date as the API writes it: `Sat, 21 Nov 2026 20:20:11 +0000`."""
    return formatdate(second, localtime=False).replace("-0000", "+0000")


def message_json(message: Message, account: str) -> dict[str, Any]:
    """One Message resource, every field present."""
    uri = f"/{API_VERSION}/Accounts/{account}/Messages/{message.sid}"
    priced = message.sent is not None and message.status not in {"failed", "canceled"}
    return {
        "body": message.body,
        "num_segments": str(message.segments),
        "direction": message.direction,
        "from": message.sender,
        "to": message.to,
        "date_updated": rfc2822(int(message.updated)),
        "price": f"-{message.segments * 0.0083:.5f}" if priced else None,
        "error_message": message.error_message,
        "uri": uri + ".json",
        "account_sid": account,
        "num_media": str(len(message.media)),
        "status": message.status,
        "messaging_service_sid": message.service,
        "sid": message.sid,
        "date_sent": None if message.sent is None else rfc2822(int(message.sent)),
        "date_created": rfc2822(int(message.created)),
        "error_code": message.error_code,
        "price_unit": "USD",
        "api_version": API_VERSION,
        "subresource_uris": {"media": uri + "/Media.json", "feedback": uri + "/Feedback.json"},
    }


def media_json(media: Media, message: Message, account: str) -> dict[str, Any]:
    """One Media resource, every field present."""
    created = rfc2822(int(message.created))
    return {
        "account_sid": account,
        "content_type": media.content_type,
        "date_created": created,
        "date_updated": created,
        "parent_sid": message.sid,
        "sid": media.sid,
        "uri": f"/{API_VERSION}/Accounts/{account}/Messages/{message.sid}/Media/{media.sid}.json",
    }


def feedback_json(message: Message, outcome: str, now: float, account: str) -> dict[str, Any]:
    """One MessageFeedback resource, every field present."""
    return {
        "account_sid": account,
        "message_sid": message.sid,
        "outcome": outcome,
        "date_created": rfc2822(int(now)),
        "date_updated": rfc2822(int(now)),
        "uri": f"/{API_VERSION}/Accounts/{account}/Messages/{message.sid}/Feedback.json",
    }
