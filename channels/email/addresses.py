"""Our own addresses: the signed reply address of one message, and its Message-ID (faults 1.5).

    r+01j9zk3c5v8m2n4p6q7r8s9t0a.fzb.k5xg2ylqojqxi4lu7v2h3mzq4a@families.example.org
      message id                 day 128 bits of HMAC-SHA256

One token names one message, hence one case and one person, and expires. It is not enough to be believed: the sender's address must match
and its domain be proved (`authentic`). A Message-ID is fixed before the first try, so that a second copy is the same message to every mail
program; it is signed too, so that nobody can send us a bounce of a message they never saw.
"""

from __future__ import annotations

import base64
import hmac
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

LIVES = timedelta(days=180)
"""How long an answer to a message still finds its case: half a school year."""

_EPOCH = datetime(2020, 1, 1, tzinfo=UTC)
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_MAC_LETTERS = 26
_LOCAL = re.compile(rf"r\+([0-9a-z_-]{{1,26}})\.([0-9a-z]{{1,4}})\.([a-z2-7]{{{_MAC_LETTERS}}})", re.ASCII | re.IGNORECASE)
_MESSAGE_ID = re.compile(rf"<?(out_[0-9A-Za-z_-]{{1,36}})\.([a-z2-7]{{{_MAC_LETTERS}}})@([0-9A-Za-z.-]{{1,255}})>?", re.ASCII)
_ULID_LETTERS = 26


class Reply(NamedTuple):
    """What a reply address named, and whether its time is over."""

    outbox_id: str
    expired: bool


class Signer:
    """Makes and reads addresses of one mail domain.

    :param secrets: the first signs; all are accepted, so that a secret can be changed.
    """

    def __init__(self, secrets: Sequence[str], domain: str) -> None:
        self.domain = domain.lower()
        self._keys = [hmac.digest(secret.encode(), b"mail addresses", "sha256") for secret in secrets if secret]
        if not self._keys:
            raise ValueError("a secret is needed to sign mail addresses")

    def reply_address(self, outbox_id: str, made_at: datetime) -> str:
        """The address an answer to this message goes to. Its time runs from when the message was made, so a second copy has the same."""
        name = outbox_id.removeprefix("out_").lower()
        day = _base36(max(0, (made_at + LIVES - _EPOCH).days))
        return f"r+{name}.{day}.{_mac(self._keys[0], 'reply', name, day)}@{self.domain}"

    def read_reply_address(self, address: str, now: datetime) -> Reply | None:
        """What this address names; None for one that we did not make, whatever it looks like."""
        local, _, domain = address.strip().strip("<>").rpartition("@")
        given = _LOCAL.fullmatch(local)
        if given is None or domain.lower() != self.domain:
            return None
        name, day, mac = (part.lower() for part in given.groups())
        if not self._is_ours(mac, "reply", name, day):
            return None
        expired = now >= _EPOCH + timedelta(days=int(day, 36) + 1)
        return Reply(f"out_{name.upper() if len(name) == _ULID_LETTERS else name}", expired)

    def is_ours(self, address: str) -> bool:
        """Whether an address has the form of a reply address of this domain, genuine or not."""
        local, _, domain = address.strip().strip("<>").rpartition("@")
        return local.lower().startswith("r+") and domain.lower() == self.domain

    def message_id(self, outbox_id: str) -> str:
        """The Message-ID of an outbox row, with its angle brackets: always the same."""
        return f"<{outbox_id}.{_mac(self._keys[0], 'message', outbox_id)}@{self.domain}>"

    def read_message_id(self, text: str) -> str:
        """The outbox id of a Message-ID that we made; "" for anybody else's."""
        given = _MESSAGE_ID.fullmatch(text.strip())
        if given is None or given[3].lower() != self.domain or not self._is_ours(given[2], "message", given[1]):
            return ""
        return given[1]

    def _is_ours(self, mac: str, *parts: str) -> bool:
        return any([hmac.compare_digest(_mac(key, *parts), mac) for key in self._keys])  # noqa: C419 - all are compared, none stops the others


def _mac(key: bytes, *parts: str) -> str:
    digest = hmac.digest(key, "\0".join(parts).encode(), "sha256")[:16]
    return base64.b32encode(digest).decode().rstrip("=").lower()


def _base36(number: int) -> str:
    letters = ""
    while True:
        number, rest = divmod(number, 36)
        letters = _DIGITS[rest] + letters
        if not number:
            return letters
