"""One mail as a value: a family's words, news about a mail of ours, or something a person must look at. No database, no network.

What nobody can vouch for is not dropped and not believed: it travels with its `doubt`, is kept for a person, changes nothing and gets no
answer (faults 11, 19, 20).
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from channels.base import Inbound, MediaRef, Received, Request, StatusUpdate
from channels.email.addresses import Reply, Signer
from channels.email.apart import read_apart
from channels.email.authentic import dmarc
from channels.email.bounce import Bounce
from channels.email.mime import Mail
from channels.errors import Malformed, Refused

PROVIDER = "email"
HEADER = "x-hearthline-mail"
SENDER_HEADER = "x-envelope-sender"
RECIPIENTS_HEADER = "x-envelope-recipients"
MAX_BYTES = 30_000_000
MAX_RECIPIENTS = 50
KEPT_HEADERS = 60
LONGEST_HEADER = 1_000

_SIGNED = re.compile(r"v1=([0-9a-f]{64})", re.ASCII)
_RECIPIENTS = ("delivered-to", "x-original-to", "envelope-to", "x-envelope-to")
_UNREADABLE = frozenset({"unreadable", "too_large", "too_many_headers", "too_many_parts", "nested_too_deep"})


class Envelope(NamedTuple):
    """What the mail hosts said to each other: who sends ("" for a null return path), to whom. Not what the mail itself says."""

    sender: str
    recipients: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Desk:
    """Where mail is opened. `authserv_ids`: the names our own mail hosts sign their findings with; `our_address`: our plain one."""

    signer: Signer
    authserv_ids: frozenset[str]
    our_address: str
    secrets: tuple[str, ...] = ()

    def take(self, raw: bytes, envelope: Envelope | None, now: datetime) -> Received:
        """One mail from the listener (with its envelope) or from a mailbox (without). Raises nothing for anything a stranger may send: what
        breaks us is kept by its bytes, for a person."""
        try:
            return self._taken(raw, envelope, now)
        except Exception:  # noqa: BLE001 - a mail we have no name for must neither block the next nor be lost
            return Received((self._unread(raw),))

    def _taken(self, raw: bytes, envelope: Envelope | None, now: datetime) -> Received:
        mail = read_apart(raw, envelope.sender if envelope is not None else None)
        recipients = envelope.recipients if envelope is not None else _recipients(mail)
        reply, of_ours = self._reply(recipients, now)
        if mail.bounce is not None and (update := self._news(mail, mail.bounce, reply, raw)) is not None:
            return Received((update,))
        doubt = self._doubt(mail, reply, of_ours=of_ours)
        return Received((self._inbound(mail, raw, recipients, reply, doubt),))

    def receive(self, request: Request, now: datetime) -> Received:
        """A mail that our mail host posts to us: the raw bytes, envelope and body signed with the shared secret."""
        if len(request.body) > MAX_BYTES:
            raise Malformed
        try:
            headers = {name.lower(): value for name, value in request.headers.items()}
            genuine = self._is_genuine(headers, request.body)
        except Exception as error:
            raise Refused from error
        if not genuine:
            raise Refused
        head = request.body[:20_000].lstrip()
        if b":" not in head.partition(b"\n")[0] or b"\x00" in head[:200]:
            raise Malformed
        recipients = tuple(one.strip() for one in headers.get(RECIPIENTS_HEADER, "").split(",") if one.strip())
        return self.take(request.body, Envelope(headers.get(SENDER_HEADER, "").strip(), recipients[:MAX_RECIPIENTS]), now)

    def is_for_us(self, address: str) -> bool:
        """Whether the listener takes mail for this address: anything of our mail domains."""
        domain = address.rpartition("@")[2].lower()
        return bool(domain) and domain in (self.signer.domain, self.our_address.rpartition("@")[2].lower())

    def _is_genuine(self, headers: dict[str, str], body: bytes) -> bool:
        given = _SIGNED.fullmatch(headers.get(HEADER, ""))
        if given is None:
            return False
        sender, recipients = headers.get(SENDER_HEADER, ""), headers.get(RECIPIENTS_HEADER, "")
        expected = [signature(secret, sender, recipients, body) for secret in self.secrets if secret]
        return any([hmac.compare_digest(one, f"v1={given[1]}") for one in expected])  # noqa: C419 - all are compared, none stops the others

    def _reply(self, recipients: Sequence[str], now: datetime) -> tuple[Reply | None, bool]:
        """(what the reply address named, whether the mail came to something that looks like one)."""
        for one in recipients[:MAX_RECIPIENTS]:
            if (reply := self.signer.read_reply_address(one, now)) is not None:
                return reply, True
        return None, any(self.signer.is_ours(one) for one in recipients[:MAX_RECIPIENTS])

    def _news(self, mail: Mail, bounce: Bounce, reply: Reply | None, raw: bytes) -> StatusUpdate | None:
        """A bounce, when it proves which mail of ours it is about: by the signed address it came to, or our signed Message-ID in it."""
        outbox_id = reply.outbox_id if reply is not None else self.signer.read_message_id(bounce.original_message_id)
        if not outbox_id:
            return None
        status, advice = ("undelivered", "bad_address") if bounce.permanent else ("delayed", "soft_bounce")
        addresses = bounce.permanent or bounce.temporary
        told = {"advice": advice, "message_id": mail.message_id, "addresses": [one.lower() for one in addresses[:MAX_RECIPIENTS]]}
        return StatusUpdate(PROVIDER, identity(mail, raw), status, outbox_id, error_code=advice, raw=told)

    def _unread(self, raw: bytes) -> Inbound:
        name = "mail_" + hashlib.sha256(raw).hexdigest()
        original = MediaRef("message/rfc822", data=raw, provider_id="original")
        return Inbound(PROVIDER, name, PROVIDER, self.our_address, "", "", (original,), doubt="unreadable")

    def _doubt(self, mail: Mail, reply: Reply | None, *, of_ours: bool) -> str:
        """Why these are not its sender's words; "" when they are."""
        if mail.doubt in _UNREADABLE:
            return "unreadable"
        if mail.bounce is not None or mail.null_return_path or mail.automatic:
            return "automatic"
        if not mail.sender:
            return "from"
        if dmarc(mail, self.authserv_ids) != "pass":
            return "dmarc"
        if of_ours and (reply is None or reply.expired):
            return "reply_address"
        return ""

    def _inbound(self, mail: Mail, raw: bytes, recipients: Sequence[str], reply: Reply | None, doubt: str) -> Inbound:
        plain = [one for one in recipients if self.is_for_us(one) and not self.signer.is_ours(one)]
        return Inbound(
            provider=PROVIDER,
            provider_id=identity(mail, raw),
            channel=PROVIDER,
            to=plain[0].lower() if plain else self.our_address,
            sender=mail.sender,
            text=mail.reply,
            media=(*mail.attachments, MediaRef("message/rfc822", data=raw, provider_id="original")),
            raw=_kept(mail, recipients),
            full_text=mail.text,
            beside=mail.beside,
            subject=mail.subject,
            doubt=doubt,
            about=reply.outbox_id if reply is not None and not doubt else "",
        )


def signature(secret: str, sender: str, recipients: str, body: bytes) -> str:
    """The value of the signed request's header."""
    return "v1=" + hmac.new(secret.encode(), f"{sender}\n{recipients}\n".encode() + body, "sha256").hexdigest()


def identity(mail: Mail, raw: bytes) -> str:
    """What a mail is known by when it comes again: its own words, not its Message-ID alone, which anybody can take from somebody else.

    Headers that hosts add on the way, and line ends, do not count.
    """
    body = raw.replace(b"\r\n", b"\n").partition(b"\n\n")[2].rstrip()
    named = "\0".join((mail.message_id, mail.sender, *mail.headers.get("date", ())[:1], mail.subject))
    return "mail_" + hashlib.sha256(named.encode("utf-8", "replace") + b"\0" + body).hexdigest()


def _recipients(mail: Mail) -> tuple[str, ...]:
    """Whom a mail in a mailbox was for: what the delivering host wrote, else what the mail says."""
    delivered = tuple(one.strip().strip("<>") for name in _RECIPIENTS for one in mail.headers.get(name, ()))
    return tuple(dict.fromkeys((*delivered, *mail.to)))


def _kept(mail: Mail, recipients: Sequence[str]) -> dict[str, Any]:
    """What the conversation needs of the mail beside its words; the whole original is kept as an attachment."""
    return {
        "message_id": mail.message_id,
        "in_reply_to": mail.in_reply_to,
        "references": list(mail.references[-20:]),
        "recipients": list(recipients[:MAX_RECIPIENTS]),
        "html": mail.html,
        "defects": list(mail.defects),
        "calendar": mail.calendar,
        "headers": [[name, value[:LONGEST_HEADER]] for name, values in mail.headers.items() for value in values[:5]][:KEPT_HEADERS],
    }
