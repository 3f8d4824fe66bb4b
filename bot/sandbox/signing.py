"""How Twilio and Slack sign what they send: our own few lines, so that the SDKs' verifiers are checked against something else."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping


def twilio_signature(token: str, url: str, fields: Mapping[str, str]) -> str:
    """X-Twilio-Signature: HMAC-SHA1 over the address and the fields in order of their names.

    https://www.twilio.com/docs/usage/security#validating-requests
    """
    text = url + "".join(name + fields[name] for name in sorted(fields))
    return base64.b64encode(hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()).decode()


def slack_signature(secret: str, timestamp: str, body: bytes) -> str:
    """X-Slack-Signature, version 0. https://docs.slack.dev/authentication/verifying-requests-from-slack."""
    base = b"v0:" + timestamp.encode() + b":" + body
    return "v0=" + hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()
