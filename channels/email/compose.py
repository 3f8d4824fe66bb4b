"""One MIME message from one outbox row: plain text and the same in HTML, with the headers a careful mail host expects.

Every value that reaches a header is flattened first: a line break in a subject must never become a header of its own (ASVS 1.3.11).
"""

from __future__ import annotations

import html
import re
from datetime import UTC, datetime
from email import charset, policy
from email.header import Header
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.utils import format_datetime, formataddr, parseaddr

from channels.base import Outbound
from channels.direction import NUMBER, direction
from channels.email.addresses import Signer
from channels.errors import BadAddress, TooLong

MAX_CHARACTERS = 200_000
MAX_SUBJECT = 150
MAX_REFERENCES = 20
PLAIN_SUBJECT = "A message from your school"
_MESSAGE_ID = re.compile(r"<[!-;=?-~]{1,250}>", re.ASCII)
_ADDRESS = re.compile(r"[0-9A-Za-z!#$%&'*+/=?^_`{|}~.-]{1,64}@[^@\s<>,;:\"()\[\]\\]{1,255}", re.ASCII)
_DOMAIN = re.compile(r"(?:[0-9a-z_-]{1,63}\.)*[0-9a-z_-]{1,63}", re.ASCII | re.IGNORECASE)
_LINK = re.compile(r"(https?://[^\s<>\"']*[^\s<>\"'.,;:!?)])")
_CHOICES = re.compile(r" {3}(?=\d)")
"""How a page of questions begins a line of choices; two spaces stand between them."""
_SHORT_CHOICE = 24
_LEFT_TO_RIGHT = ' dir="ltr"'
_STYLE = "font:16px/1.5 sans-serif;max-width:36em;overflow-wrap:anywhere;word-break:break-word"
"""A link longer than a phone is wide is broken, so that nothing has to be moved sideways."""

_UTF8 = charset.Charset("utf-8")
_UTF8.body_encoding = charset.QP  # readable in transit, and a line is never longer than hosts take


def compose(message: Outbound, signer: Signer, from_address: str, now: datetime) -> bytes:
    """The message as it goes over the wire. The same row gives the same Message-ID and reply address each time."""
    if len(message.text) > MAX_CHARACTERS or len(message.html) > 2 * MAX_CHARACTERS:
        raise TooLong("A mail of ours holds at most 200,000 characters.", code="too_long")
    mail = MIMEMultipart("alternative")
    for name, value in _headers(message, signer, from_address, now):
        mail[name] = value if value.isascii() else Header(value, "utf-8").encode()
    mail.attach(_part(message.text, "plain"))
    mail.attach(_part(message.html or as_html(message.text, message.lang), "html"))
    return mail.as_bytes(policy=policy.compat32.clone(linesep="\r\n", max_line_length=998))


def bare_address(address: str) -> str:
    """An address fit for an SMTP command, its domain in ASCII; raises `BadAddress` for anything else."""
    name, _, domain = address.strip().rpartition("@")
    try:
        plain = f"{name}@{domain.encode('idna').decode()}" if domain else ""
    except UnicodeError:
        plain = ""
    if not _ADDRESS.fullmatch(plain) or not _DOMAIN.fullmatch(plain.rpartition("@")[2]):
        raise BadAddress("This is no e-mail address that mail can be sent to.", code="address")
    return plain


def envelope_sender(message: Outbound, signer: Signer, now: datetime) -> str:
    """Where bounces go: the signed address, which says which message bounced. Nowhere for an automatic answer: two
    robots must not talk."""
    return "" if message.automatic and message.in_reply_to else signer.reply_address(message.outbox_id, message.created_at or now)


def _headers(message: Outbound, signer: Signer, from_address: str, now: datetime) -> list[tuple[str, str]]:
    name, ours = parseaddr(_flat(from_address))
    headers = [
        ("From", formataddr((name, bare_address(message.sender if "@" in message.sender else ours)))),
        ("To", bare_address(message.to)),
        ("Subject", _flat(message.subject)[:MAX_SUBJECT] or PLAIN_SUBJECT),
        ("Date", format_datetime(now.astimezone(UTC))),
        ("Message-ID", signer.message_id(message.outbox_id)),
    ]
    if message.reply_address:
        headers.append(("Reply-To", signer.reply_address(message.outbox_id, message.created_at or now)))
    references = [one for one in (*message.references, message.in_reply_to) if _MESSAGE_ID.fullmatch(one)]
    if _MESSAGE_ID.fullmatch(message.in_reply_to):
        headers.append(("In-Reply-To", message.in_reply_to))
    if references:
        headers.append(("References", "\r\n ".join(list(dict.fromkeys(references))[-MAX_REFERENCES:])))
    if message.unsubscribe.startswith(("https://", "http://")):
        headers += [("List-Unsubscribe", f"<{_flat(message.unsubscribe)}>"), ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click")]
    if message.automatic:
        headers += [("Auto-Submitted", "auto-replied" if message.in_reply_to else "auto-generated"), ("X-Auto-Response-Suppress", "All")]
    if message.lang:
        headers.append(("Content-Language", _flat(message.lang)))
    headers.append(("MIME-Version", "1.0"))
    return headers


def _flat(value: str) -> str:
    """One line without control characters."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in value).split())


def _part(text: str, kind: str) -> MIMEText:
    return MIMEText(text.replace("\r\n", "\n").replace("\r", "\n").encode("utf-8", "replace").decode(), kind, _UTF8)  # type: ignore[arg-type]


def as_html(text: str, lang: str = "") -> str:
    """The same words as a page: paragraphs, line breaks and links, nothing that loads from anywhere."""
    way = direction(lang)
    paragraphs = ["<br>".join(_line(line, way) for line in one.split("\n")) for one in text.split("\n\n") if one.strip()]
    body = "\n".join(f"<p>{one}</p>" for one in paragraphs)
    tag = html.escape(_flat(lang) or "en", quote=True)
    head = '<meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    return f'<!doctype html><html lang="{tag}" dir="{way}"><head>{head}</head><body style="{_STYLE}">\n{body}\n</body></html>\n'


def _line(line: str, way: str) -> str:
    """One line. A number stays beside its choice, and words between two links are words."""
    if _CHOICES.match(line):
        return "  ".join(_choice(one, way) for one in line.split("  ") if one.strip())
    return "".join(_link(one, way) if place % 2 else _words(one, way) for place, one in enumerate(_LINK.split(line)))


def _choice(choice: str, way: str) -> str:
    said = html.escape(choice.strip())
    after = f"padding-{'left' if way == 'rtl' else 'right'}:.5em"
    return f'<span dir="{way}" style="white-space:nowrap;{after}">{said}</span>' if len(said) <= _SHORT_CHOICE else said


def _link(address: str, way: str) -> str:
    shown = html.escape(address)
    return f'<a href="{shown}"{_LEFT_TO_RIGHT if way == "rtl" else ""}>{shown}</a>'


def _words(words: str, way: str) -> str:
    shown = html.escape(words)
    return NUMBER.sub(lambda found: f'<span{_LEFT_TO_RIGHT} style="white-space:nowrap">{found[0]}</span>', shown) if way == "rtl" else shown
