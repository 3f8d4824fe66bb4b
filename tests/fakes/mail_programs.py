"""How families' mail programs write a reply in Spanish, with the mail they answer quoted below, above or around it.

Gmail in a browser marks quoted lines, breaks them at about 78 columns and adds HTML; Outlook puts a head above an original it does not mark; the
mail program of an iPhone signs for its owner and marks the line that introduces the quote as well.
"""

from __future__ import annotations

import html as markup
import textwrap
from collections.abc import Callable, Mapping
from email.message import EmailMessage

SUBJECT = "Re: Un mensaje de su escuela"


def _mail(sender: str, to: str, in_reply_to: str, message_id: str, mailer: str) -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = f"Lucía Pérez <{sender}>"
    mail["To"] = f"Cedar Valley Schools <{to}>"
    mail["Subject"] = SUBJECT
    mail["Message-ID"] = message_id
    mail["In-Reply-To"] = in_reply_to
    mail["References"] = in_reply_to
    mail["Date"] = "Sat, 21 Nov 2026 17:02:11 -0700"
    if mailer:
        mail["X-Mailer"] = mailer
    return mail


def _blocks(body: str, answers: Mapping[int, str]) -> list[tuple[str, str]]:
    """The mail in its blocks, each with the answer that belongs under it."""
    found = []
    for block in body.split("\n\n"):
        number = block.partition(".")[0]
        found.append((block, answers.get(int(number), "") if number.isdigit() else ""))
    return found


def gmail(
    sender: str, to: str, body: str, answers: Mapping[int, str], *, in_reply_to: str = "", message_id: str = "", above: str = ""
) -> bytes:
    """Gmail on the web: answers between the quoted lines."""
    mail = _mail(sender, to, in_reply_to, message_id, "")
    plain = [above, "", f"El sáb, 21 nov 2026 a las 16:10, Cedar Valley Schools (<\n{to}>) escribió:", ""]
    rich = [
        f'<div dir="ltr">{markup.escape(above)}</div><br><div class="gmail_quote"><div dir="ltr" class="gmail_attr">El sáb, 21 nov 2026 a las 16:10, Cedar Valley Schools (&lt;<a href="mailto:{to}">{to}</a>&gt;) escribió:<br></div>'
    ]
    for block, answer in _blocks(body, answers):
        for line in block.splitlines():
            plain += [f"> {part}" for part in textwrap.wrap(line, 76, break_long_words=False) or [""]]
        plain.append(">")
        rich.append(
            f'<blockquote class="gmail_quote" style="margin:0 0 0 .8ex"><p>{markup.escape(block).replace(chr(10), "<br>")}</p></blockquote>'
        )
        if answer:
            plain += ["", answer, ""]
            rich.append(f"<div>{markup.escape(answer)}</div>")
    rich.append("</div>")
    mail.set_content("\n".join(plain) + "\n")
    mail.add_alternative("".join(rich), subtype="html")
    return mail.as_bytes()


def outlook(
    sender: str, to: str, body: str, answers: Mapping[int, str], *, in_reply_to: str = "", message_id: str = "", above: str = ""
) -> bytes:
    """Outlook: a head above the original, nothing marked, answers typed under the questions."""
    mail = _mail(sender, to, in_reply_to, message_id, "Microsoft Outlook 16.0")
    lines = [
        above,
        "",
        "________________________________",
        f"De: Cedar Valley Schools <{to}>",
        "Enviado: sábado, 21 de noviembre de 2026 16:10",
    ]
    lines += [f"Para: Lucía Pérez <{sender}>", "Asunto: Un mensaje de su escuela", ""]
    for block, answer in _blocks(body, answers):
        lines += [*block.splitlines(), ""]
        if answer:
            lines += [answer, ""]
    mail.set_content("\n".join(lines) + "\n", charset="iso-8859-1" if "\n".join(lines).isascii() else "utf-8", cte="quoted-printable")
    paragraphs = "".join(f'<p class="MsoNormal">{markup.escape(line)}</p>' for line in lines)
    mail.add_alternative(f'<html><body lang="ES">{paragraphs}</body></html>', subtype="html")
    return mail.as_bytes()


def iphone(
    sender: str, to: str, body: str, answers: Mapping[int, str], *, in_reply_to: str = "", message_id: str = "", above: str = ""
) -> bytes:
    """Mail on an iPhone: numbered answers above everything, the phone's signature, the quote with its introduction marked."""
    mail = _mail(sender, to, in_reply_to, message_id, "iPhone Mail (23B85)")
    lines = [above, *(f"{number}: {answer}" for number, answer in answers.items()), "", "Enviado desde mi iPhone", ""]
    quoted = [f"El 21 nov 2026, a las 16:10, Cedar Valley Schools <{to}> escribió:", "", *body.splitlines()]
    lines += [f"> {line}" if number else f"\ufeff> {line}" for number, line in enumerate(quoted)]
    mail.set_content("\n".join(lines) + "\n", cte="quoted-printable")
    return mail.as_bytes()


PROGRAMS: Mapping[str, Callable[..., bytes]] = {"gmail": gmail, "outlook": outlook, "iphone": iphone}
