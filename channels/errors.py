"""Errors of channels. Each carries its own policy, so the delivery service never looks at a provider's codes.

ChannelError
|-- Refused                 a request that is not provably the provider's: answered 403, changes nothing
|   `-- Malformed           genuine perhaps, but unreadable: answered 400, changes nothing
`-- SendError
|-- Throttled           never processed by the provider, safe to send again after `retry_after`
|-- NotAccepted         refused before acceptance for a passing reason: safe to send again
|-- InDoubt             may or may not have been accepted: look up, never resend blindly
|-- Permanent           this message will never go: `reason` says what people should do
|   |-- Stopped         the receiver opted out at the provider: record a STOP
|   |-- BadAddress      the address does not exist or cannot take this kind of message
|   |-- TooLong         the text is longer than the provider takes
|   `-- Untaken         a file that was fetched is too large or of another kind than was said
`-- Misconfigured       our account is at fault (credentials, sender, channel): staff must act, the message waits
"""

from __future__ import annotations


class ChannelError(Exception):
    """A channel could not do what was asked."""


class Refused(ChannelError):
    """The request is not provably the provider's. It changes nothing and is answered 403."""

    http_status = 403


class Malformed(Refused):
    """The request cannot be read. It changes nothing and is answered 400."""

    http_status = 400


class SendError(ChannelError):
    """A message could not be handed over.

    :param code: the provider's own code, for staff and logs; never matched on outside the channel.
    :param reason: a sentence that says what to do, for whoever looks up the code in the log; holds no personal data.
    """

    retryable = False
    in_doubt = False
    staff_must_act = False

    def __init__(self, reason: str = "", *, code: str = "") -> None:
        super().__init__(reason or (type(self).__doc__ or "").strip().split("\n", 1)[0])
        self.reason = str(self)
        self.code = code


class Throttled(SendError):
    """The provider asks us to slow down; it did not take the message."""

    retryable = True

    def __init__(self, reason: str = "", *, code: str = "", retry_after: float = 1.0) -> None:
        super().__init__(reason, code=code)
        self.retry_after = retry_after


class NotAccepted(SendError):
    """The provider certainly did not take the message; it may be sent again."""

    retryable = True


class InDoubt(SendError):
    """The provider may have taken the message; ask it before sending again."""

    in_doubt = True


class Permanent(SendError):
    """This message will never be delivered to this address."""


class Stopped(Permanent):
    """The receiver opted out at the provider."""


class BadAddress(Permanent):
    """This address cannot receive this message; reach the family another way."""


class TooLong(Permanent):
    """The text is longer than the provider takes."""


class Untaken(Permanent):
    """A file is too large or of another kind than was said; nobody could know it before it was fetched."""


class Misconfigured(SendError):
    """Our account or address at the provider is set up wrongly; staff must act, the message waits."""

    retryable = True
    staff_must_act = True
