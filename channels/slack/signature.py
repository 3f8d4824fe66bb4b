"""Is this request really Slack's? The SDK's verifier, with every way it can crash on a stranger's request closed (fault 12).

Signed is v0 = HMAC-SHA256 of "v0:timestamp:raw body"; older or newer than 300 s is a replay.
https://docs.slack.dev/authentication/verifying-requests-from-slack
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime

from slack_sdk.signature import Clock, SignatureVerifier

from channels.errors import Refused

TIMESTAMP = "x-slack-request-timestamp"
SIGNATURE = "x-slack-signature"
# The SDK calls int() on what a stranger wrote: letters, fractions and thousands of digits are turned away before.
_SECONDS = re.compile(r"[0-9]{1,12}", re.ASCII)
_SIGNED = re.compile(r"v0=[0-9a-f]{64}", re.ASCII)


class _At(Clock):
    """The SDK's clock, standing at the time the request came."""

    def __init__(self, now: datetime) -> None:
        self._now = now

    def now(self) -> float:
        return self._now.timestamp()


def verify(headers: Mapping[str, str], body: bytes, secrets: Sequence[str], now: datetime) -> None:
    """Return when the request is signed with one of our secrets and fresh, else raise `Refused`, whatever goes wrong.

    :param headers: names in lower case.
    :param secrets: the app's signing secret and, while it is being changed, the previous one.
    """
    timestamp, signature = headers.get(TIMESTAMP, ""), headers.get(SIGNATURE, "")
    if not (_SECONDS.fullmatch(timestamp) and _SIGNED.fullmatch(signature)):
        raise Refused
    try:
        found = [SignatureVerifier(one, _At(now)).is_valid(body, timestamp, signature) for one in secrets if one]
    except Exception as error:
        raise Refused from error
    if not any(found):
        raise Refused
