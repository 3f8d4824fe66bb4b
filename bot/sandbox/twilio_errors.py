"""What Twilio refuses, in its own numbers and words: https://www.twilio.com/docs/api/errors."""

from __future__ import annotations

from typing import Any, Final

ERRORS: Final[dict[int, tuple[int, str]]] = {
    20001: (400, "Bad request"),
    20003: (401, "Authenticate"),
    20004: (405, "Method not allowed"),
    20009: (409, "Cannot delete or redact this resource because delivery has not been completed"),
    20404: (404, "The requested resource {subject} was not found"),
    20429: (429, "Too Many Requests"),
    20500: (500, "An internal server error has occurred"),
    21211: (400, "Invalid 'To' Phone Number: {subject}"),
    21212: (400, "Invalid From Number (caller ID): {subject}"),
    21266: (400, "'To' and 'From' number cannot be the same: {subject}"),
    21408: (400, "Permission to send an SMS has not been enabled for the region indicated by the 'To' number: {subject}"),
    21602: (400, "Message body is required."),
    21603: (400, "A 'From' phone number is required."),
    21604: (400, "A 'To' phone number is required."),
    21606: (400, "The 'From' phone number {subject} is not a valid, SMS-capable inbound phone number or short code for your account."),
    21610: (400, "Attempt to send to unsubscribed recipient"),
    21611: (400, "The source 'from' phone number {subject} has exceeded the maximum number of queued messages"),
    21612: (400, "The 'To' phone number {subject} is not currently reachable via SMS"),
    21614: (400, "'To' number {subject} is not a valid mobile number"),
    21617: (400, "The concatenated message body exceeds the 1600 character limit"),
    21623: (400, "Number of media files exceeds allowed limit"),
    21701: (404, "The Messaging Service does not exist"),
    21910: (400, "Invalid From and To pair. From and To should be of the same channel"),
    30409: (409, "Message cannot be canceled in its current state"),
    35111: (400, "Invalid ScheduleType or SendAt"),
    63007: (400, "Twilio could not find a Channel with the specified From address"),
}
"""Code: HTTP status and sentence. `{subject}` is the number or path the request named."""

DELIVERY_ERRORS: Final[dict[int, tuple[str, str]]] = {
    30003: ("undelivered", "Unreachable destination handset"),
    30004: ("undelivered", "Message blocked"),
    30005: ("undelivered", "Unknown destination handset"),
    30006: ("undelivered", "Landline or unreachable carrier"),
    30007: ("undelivered", "Message filtered"),
    30008: ("undelivered", "Unknown error"),
    30027: ("failed", "US A2P 10DLC - T-Mobile daily message limit reached"),
    30036: ("failed", "Validity period expired"),
    63016: ("undelivered", "Failed to send freeform message because you are outside the allowed window. Please use a Message Template."),
}
"""What may become of an accepted message: final status and sentence. These come by callback, never with the answer to the POST."""

REFUSED_TO: Final[dict[str, int]] = {
    "+15005550001": 21211,
    "+15005550002": 21612,
    "+15005550003": 21408,
    "+15005550004": 21610,
    "+15005550009": 21614,
}
"""The vendor's own test numbers: https://www.twilio.com/docs/iam/test-credentials."""

REFUSED_FROM: Final[dict[str, int]] = {"+15005550001": 21212, "+15005550007": 21606, "+15005550008": 21611}

FAILING_TO: Final[dict[str, int]] = {f"+150055{code}": code for code in DELIVERY_ERRORS}
"""Numbers whose last five digits are the error the delivery ends with: +15005530003 is error 30003 and so on."""


def error_json(code: int, subject: str = "") -> tuple[int, dict[str, Any]]:
    """The HTTP status and JSON body Twilio answers with."""
    status, sentence = ERRORS[code]
    return status, {
        "code": code,
        "message": sentence.format(subject=subject),
        "more_info": f"https://www.twilio.com/docs/errors/{code}",
        "status": status,
    }
