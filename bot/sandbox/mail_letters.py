"""Letters a mail world writes by itself: bounces (RFC 3464), absence notes (RFC 3834), a robot's chatter; and what our own host adds.

Pure: time and ids are arguments.
"""

from __future__ import annotations

from datetime import UTC, datetime
from email.message import EmailMessage
from email.parser import BytesHeaderParser
from email.policy import SMTP, compat32
from email.utils import format_datetime
from typing import NamedTuple

HARD = ("failed", "5.1.1", "smtp; 550 5.1.1 No such user here")
SOFT = ("delayed", "4.2.2", "smtp; 452 4.2.2 Mailbox full")


class Letter(NamedTuple):
    """A mail on its way to us: its envelope and its bytes. `sender` "" is a null return path."""

    sender: str
    to: str
    raw: bytes


def head(raw: bytes, name: str) -> str:
    """One header of a mail, on one line."""
    found = BytesHeaderParser(policy=compat32).parsebytes(raw)[name]
    return " ".join(str(found).split()) if found is not None else ""


def bounce(raw: bytes, *, to: str, failed: str, host: str, at: float, message_id: str, soft: bool) -> Letter:
    """A delivery status notification about a mail that could not be delivered, with the head of that mail."""
    action, status, said = SOFT if soft else HARD
    edge = "=_bounce_" + message_id.strip("<>").partition("@")[0]
    notice = f"This is the mail system at {host}.\n\nI could not deliver your message to <{failed}>.\n{said}\n"
    fields = (
        f"Reporting-MTA: dns; {host}\n\nFinal-Recipient: rfc822; {failed}\nAction: {action}\nStatus: {status}\nDiagnostic-Code: {said}\n"
    )
    original = raw.replace(b"\r\n", b"\n").partition(b"\n\n")[0].decode("ascii", "replace") + "\n"
    parts = (("text/plain; charset=us-ascii", notice), ("message/delivery-status", fields), ("text/rfc822-headers", original))
    lines = [
        f"From: Mail Delivery System <MAILER-DAEMON@{host}>",
        f"To: {to}",
        f"Subject: {'Delayed Mail (still being retried)' if soft else 'Undelivered Mail Returned to Sender'}",
        f"Date: {format_datetime(datetime.fromtimestamp(at, UTC))}",
        f"Message-ID: {message_id}",
        "Auto-Submitted: auto-replied",
        "MIME-Version: 1.0",
        f'Content-Type: multipart/report; report-type=delivery-status; boundary="{edge}"',
        "",
        *(f"--{edge}\nContent-Type: {kind}\n\n{text}" for kind, text in parts),
        f"--{edge}--\n",
    ]
    return Letter("", to, "\n".join(lines).replace("\n", "\r\n").encode())


def absence(raw: bytes, *, sender: str, to: str, at: float, message_id: str) -> Letter:
    """An out-of-office note as mail programs send it."""
    note = _note(raw, sender=sender, to=to, at=at, message_id=message_id)
    note["Auto-Submitted"] = "auto-replied (vacation)"
    note["Precedence"] = "bulk"
    note["Subject"] = "Automatic reply: " + head(raw, "subject")
    note.set_content("I am away until Monday and will read your message then.\n")
    return Letter("", to, note.as_bytes())


def chatter(raw: bytes, *, sender: str, to: str, at: float, message_id: str) -> Letter:
    """A robot that answers everything and does not say that it is one."""
    note = _note(raw, sender=sender, to=to, at=at, message_id=message_id)
    note["Subject"] = "Re: " + head(raw, "subject")
    note.set_content("Thank you for your message! We read every message and will get back to you soon.\n")
    return Letter(sender, to, note.as_bytes())


def written(wish: dict[str, str], *, at: float, message_id: str) -> bytes:
    """What a person writes: plain text, with HTML beside it when the wish has some."""
    mail = EmailMessage(policy=SMTP)
    mail["From"] = wish["from"]
    mail["To"] = wish["to"]
    mail["Subject"] = " ".join(wish.get("subject", "").split())
    mail["Date"] = format_datetime(datetime.fromtimestamp(at, UTC))
    mail["Message-ID"] = message_id
    if wish.get("in_reply_to"):
        mail["In-Reply-To"] = wish["in_reply_to"]
        mail["References"] = wish["in_reply_to"]
    mail.set_content(wish.get("text", ""))
    if wish.get("html"):
        mail.add_alternative(wish["html"], subtype="html")
    return mail.as_bytes()


def arrived(letter: Letter, *, authserv_id: str, host: str, dmarc: str, domain: str, at: float, keep_forged: bool) -> bytes:
    """A letter as our own host hands it on: foreign claims to be us removed (RFC 8601 section 5), our own findings on top."""
    raw = letter.raw.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    top, gap, body = raw.partition(b"\r\n\r\n")
    if not keep_forged:
        top = _without_claims(top, authserv_id)
    found = f"{authserv_id}; dmarc={dmarc} header.from={domain}"
    mine = [
        f"Return-Path: <{letter.sender}>",
        f"Delivered-To: {letter.to}",
        f"Authentication-Results: {found}",
        f"Received: from mail.{domain or 'invalid'} by {host} with ESMTP; {format_datetime(datetime.fromtimestamp(at, UTC))}",
    ]
    return "\r\n".join(mine).encode() + b"\r\n" + top + gap + body


def _without_claims(top: bytes, authserv_id: str) -> bytes:
    kept: list[bytes] = []
    dropping = False
    for line in top.split(b"\r\n"):
        if line[:1] not in (b" ", b"\t"):
            name, _, value = line.partition(b":")
            claims = value.strip().lower().startswith(authserv_id.lower().encode())
            dropping = name.strip().lower() == b"authentication-results" and claims
        if not dropping:
            kept.append(line)
    return b"\r\n".join(kept)


def _note(raw: bytes, *, sender: str, to: str, at: float, message_id: str) -> EmailMessage:
    note = EmailMessage(policy=SMTP)
    note["From"] = sender
    note["To"] = to
    note["Date"] = format_datetime(datetime.fromtimestamp(at, UTC))
    note["Message-ID"] = message_id
    if original := head(raw, "message-id"):
        note["In-Reply-To"] = original
        note["References"] = original
    return note
