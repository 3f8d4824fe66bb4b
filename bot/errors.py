"""What can go wrong in our own house (channels have their own tree in `channels.errors`).

    HearthlineError
    |-- SettingsError           the settings do not make sense: nothing starts
    |-- NotReady                the go-live gate is shut: nothing is handed to a provider
    |-- Busy                    more arrives than we can make durable: answered 503, the provider tries again
    |-- NotFound                no such thing, or none this person may know of: answered 404
    |-- NotAllowed              known person, not their business: answered 403
    |-- Conflict                somebody was quicker: answered 409
    |-- VaultError
    |   |-- MasterKeyWrong      the master key does not open the district's keys
    |   |-- KeyMissing          the key that sealed this is not in the database
    |   `-- SealBroken          a sealed value was changed, cut or is not one of ours
    |-- CaseUnknown             no case with this code or id
    `-- FlowError
        |-- FlowInvalid         a flow file breaks a rule of `hearthline flows check`
        `-- FlowUnknown         no flow, version, part or step of this name

Each error carries its own policy (`http_status`, `exit_code`, `retryable`), so callers never match on sentences. The docstring is the
message where none is given. Sentences hold ids at most: they end in logs.
"""

from __future__ import annotations


class HearthlineError(Exception):
    """Something went wrong in Hearthline."""

    http_status = 500
    exit_code = 1
    retryable = False

    def __init__(self, message: str = "") -> None:
        super().__init__(message or (type(self).__doc__ or "").strip().split("\n", 1)[0])


class SettingsError(HearthlineError):
    """The settings do not make sense."""

    exit_code = 2


class NotReady(HearthlineError):
    """The district may not go live yet; `hearthline doctor` says why."""

    http_status = 503


class Busy(HearthlineError):
    """More messages arrive than can be made durable; try again."""

    http_status = 503
    retryable = True


class NotFound(HearthlineError):
    """There is no such thing."""

    http_status = 404


class NotAllowed(HearthlineError):
    """This person may not do that."""

    http_status = 403


class Conflict(HearthlineError):
    """Somebody else was quicker; look again."""

    http_status = 409


class VaultError(HearthlineError):
    """Sealed data could not be opened or made."""


class MasterKeyWrong(VaultError):
    """The master key does not open this district's keys."""


class KeyMissing(VaultError):
    """The key this needs is not in the database."""


class SealBroken(VaultError):
    """A sealed value was changed, cut, or is not one of ours."""


class CaseUnknown(HearthlineError):
    """No case has this code or id."""

    http_status = 404


class FlowError(HearthlineError):
    """A conversation flow cannot be used."""


class FlowInvalid(FlowError):
    """A flow file breaks a rule."""


class FlowUnknown(FlowError):
    """No flow, version, part or step has this name."""

    http_status = 404
