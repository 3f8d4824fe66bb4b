"""Mails to read: well made ones, and hostile ones by name."""

from __future__ import annotations

import base64
import random
from collections.abc import Iterator
from email.message import EmailMessage

HEAD = b"From: Maria Lopez <maria@example.org>\r\nTo: r+abc@mail.example.org\r\nMessage-ID: <1@example.org>\r\nSubject: Re: Ana\r\n"


def reply(text: str = "Todo bien.\n\n> Hola\n", html: str = "", *, photo: bytes = b"") -> bytes:
    """A family's mail as a mail program makes it."""
    mail = EmailMessage()
    mail["From"] = "María López <maria@example.org>"
    mail["To"] = "Escuela <r+abc@mail.example.org>"
    mail["Subject"] = "Re: Ana está aprendiendo"
    mail["Message-ID"] = "<1@example.org>"
    mail["In-Reply-To"] = "<out_1@mail.example.org>"
    mail["References"] = "<out_0@mail.example.org> <out_1@mail.example.org>"
    mail["Date"] = "Sat, 21 Nov 2026 16:10:00 -0600"
    mail.set_content(text)
    if html:
        mail.add_alternative(html, subtype="html")
    if photo:
        mail.add_attachment(photo, maintype="image", subtype="jpeg", filename="tarea de Ana.jpg")
    return mail.as_bytes()


def nested(depth: int) -> bytes:
    opened = b"".join(b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (at, at) for at in range(depth))
    return HEAD + b"MIME-Version: 1.0\r\n" + opened + b"Content-Type: text/plain\r\n\r\nhello\r\n"


def forwarded(depth: int) -> bytes:
    return HEAD + b"Content-Type: message/rfc822\r\n\r\n" * depth + b"From: x@example.org\r\n\r\nhello\r\n"


HOSTILE: dict[str, bytes] = {
    "empty": b"",
    "no head": b"just words\r\n",
    "only a colon": b":\r\n\r\n",
    "nothing but zeros": b"\x00" * 100_000,
    "nothing but line ends": b"\r\n" * 200_000,
    "ten megabytes of words": HEAD + b"\r\n" + (b"word " * 15 + b"\r\n") * 130_000,
    "ten megabytes on one line": HEAD + b"\r\n" + b"x" * 10_000_000,
    "ten megabytes of one header": HEAD + b"X-Long: " + b"a" * 10_000_000 + b"\r\n\r\nhello\r\n",
    "a hundred thousand headers": HEAD + b"X-A: b\r\n" * 100_000 + b"\r\nhello\r\n",
    "nested a thousand deep": nested(1_000),
    "nested fifty thousand deep": nested(50_000),
    "forwarded five thousand times": forwarded(5_000),
    "fifty thousand parts": HEAD + b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n' + b"--b\r\n\r\nx\r\n" * 50_000 + b"--b--\r\n",
    "a boundary that is everywhere": HEAD + b'Content-Type: multipart/mixed; boundary=""\r\n\r\n' + b"--\r\n" * 10_000,
    "brackets in From": b"From: " + b"(" * 50_000 + b"\r\n\r\nhello\r\n",
    "quotes in From": b"From: " + b'"' * 50_001 + b"\r\n\r\nhello\r\n",
    "a thousand groups in To": HEAD + b"Cc: " + b"a:" * 5_000 + b"\r\n\r\nhello\r\n",
    "encoded words without end": HEAD + b"Subject: " + b"=?utf-8?q?=41?= " * 20_000 + b"\r\n\r\nhello\r\n",
    "an encoded word of nothing": HEAD + b"Subject: =?x-nothing?b?@@@@?= =?utf-8?z?x?=\r\n\r\nhello\r\n",
    "an unknown charset": HEAD + b"Content-Type: text/plain; charset=x-klingon\r\n\r\nhola ma\xf1ana\r\n",
    "a charset that is no text": HEAD + b"Content-Type: text/plain; charset=base64\r\n\r\nhola\r\n",
    "utf-7": HEAD + b"Content-Type: text/plain; charset=utf-7\r\n\r\n+ZeVnLIqe-\r\n",
    "broken utf-8": HEAD + b"Content-Type: text/plain; charset=utf-8\r\n\r\nma\xf1ana \xff\xfe\xed\xa0\x80\r\n",
    "broken base64": HEAD + b"Content-Transfer-Encoding: base64\r\n\r\nSG9s*YQ=\r\n",
    "an unknown transfer coding": HEAD + b"Content-Transfer-Encoding: x-uuencode\r\n\r\nbegin 666 a\nnonsense\nend\r\n",
    "a parameter without end": HEAD + b"Content-Type: text/plain; charset*0=utf; charset*1*=%%%; name*=''%\r\n\r\nhello\r\n",
    "eight-bit headers": HEAD + b"X-Bad\xff: \xff\xfe\r\nSubject: ma\xf1ana\r\n\r\nhello\r\n",
    "html a hundred thousand deep": HEAD + b"Content-Type: text/html\r\n\r\n" + b"<div>" * 100_000 + b"hello",
    "html of quotes": HEAD + b"Content-Type: text/html\r\n\r\n" + b"<blockquote>" * 20_000 + b"hello",
    "html of broken tags": HEAD + b"Content-Type: text/html\r\n\r\n" + b"<!--<a <b &#x" * 30_000,
    "bounce words again and again": b"Return-Path: <>\r\n" + HEAD + b"\r\n" + b"<a@b.example>: host said: 550 user unknown\r\n" * 60_000,
    "date far away": HEAD + b"Date: Mon, 99 Xxx 99999999999 99:99:99 +999999999\r\n\r\nhello\r\n",
    "naughty": HEAD + b"\r\n" + "\u202e\u0000\ufeff\u200b%s%n{0}'\"--;</script><img src=x onerror=alert(1)>\U0001f468\u200d\U0001f469\r\n".encode() * 50,
}  # fmt: skip

BASES = (
    reply(),
    reply("Sí.\n", "<p>Sí.</p><blockquote>Hola</blockquote>", photo=b"\xff\xd8" + b"p" * 200),
    HEAD
    + b'MIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n--b\r\n\r\nfailed\r\n--b\r\n'
    b"Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; x\r\n\r\nFinal-Recipient: rfc822; a@example.org\r\nAction: failed\r\n"
    b"Status: 5.1.1\r\n--b--\r\n",
    HEAD
    + b"Content-Transfer-Encoding: base64\r\nContent-Type: text/plain; charset=iso-8859-1\r\n\r\n"
    + base64.b64encode("mañana".encode("latin-1")),
    HEAD + b"Content-Type: text/plain; charset=gb2312\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n=D0=BB=D0=BB\r\n",
)
PIECES = (
    b"\x00", b"\r", b"\n", b"\r\n\r\n", b"--b", b"--b--", b"From: other@example.org\r\n", b"=?utf-8?b?", b"?=", b"Content-Type: multipart/mixed",
    b"boundary=b", b";;", b'"', b"(", b"<", b">", b"@", b"\xff", b"=", b"charset=", b"Content-Transfer-Encoding: base64\r\n", b"\x1b$B", b"A" * 500,
)  # fmt: skip


def mutated(count: int, seed: int = 20) -> Iterator[bytes]:
    """Mails damaged in one to six places, the same ones each time."""
    chance = random.Random(seed)
    for _ in range(count):
        raw = bytearray(chance.choice(BASES))
        for _ in range(chance.randint(1, 6)):
            at = chance.randrange(len(raw) + 1)
            change = chance.randrange(4)
            if change == 0:
                raw[at:at] = chance.choice(PIECES)
            elif change == 1:
                del raw[at : at + chance.randint(1, 60)]
            elif change == 2 and at < len(raw):
                raw[at] = chance.randrange(256)
            else:
                start = chance.randrange(len(raw) + 1)
                raw[at:at] = raw[start : start + chance.randint(1, 200)]
        yield bytes(raw)
