"""The played mail world: the host that takes our mail over SMTP, what becomes of it there, and the host that brings us mail.

Taken mail is counted by its Message-ID, so that "lost" and "twice" are read here. Its bad days (`method` smtp.mail):

    drop_after   taken to the last dot, then the connection is cut     drop_before  cut before it
    429          greylisted: 451 4.7.1 at RCPT until the rule is used up
    500_before   refused for now (452) after the last dot              late         answered after `seconds`

What becomes of mail to one address: `fate` hard | soft (bounces), away (an absence note), robot (answers everything), deliver.
Mail to us is stamped by our host and handed on by LMTP or SMTP until we answer 250, or kept in a mailbox served over IMAP.
"""

from __future__ import annotations

import asyncio
import logging
import smtplib
from collections.abc import Callable
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.utils import parseaddr
from typing import Any, Final
from urllib.parse import urlsplit

from bot.sandbox import mail_letters
from bot.sandbox.mail_box import ImapTalk, MailBox
from bot.sandbox.mail_letters import Letter
from bot.sandbox.misbehave import Rule
from bot.sandbox.state import State

METHOD: Final = "smtp.mail"
FATES: Final = ("deliver", "hard", "soft", "away", "robot")
LARGEST: Final = 40_000_000
AGAIN_SECONDS: Final = (0.2, 0.5, 1.0, 2.0, 5.0)
HAND_ON_SECONDS: Final = 60


class BadMail(Exception):
    """A mail that the control address cannot send."""


@dataclass(slots=True)
class Taken:
    """One mail we sent, as the host took it."""

    n: int
    at: float
    sender: str
    to: str
    raw: bytes
    message_id: str


@dataclass(slots=True)
class Coming:
    """One mail to us and how handing it on went. `answers`: what our listener said, newest last."""

    id: str
    raw: bytes
    letter: Letter
    answers: list[str] = field(default_factory=list)
    delivered: bool = False


class MailHost:
    """The SMTP and IMAP servers of one sandbox, and the mail that passed through them."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.taken: list[Taken] = []
        self.coming: list[Coming] = []
        self.fates: dict[str, str] = {}
        self.box = MailBox()
        self.last = 0
        self.smtp_port = self.imap_port = 0
        self._servers: list[asyncio.Server] = []
        self._tasks: set[asyncio.Task[Any]] = set()
        for kind, row in state.ledger.other_rows:
            if kind == "mail":
                self._file(Taken(**{**row, "raw": row["raw"].encode("latin-1")}))

    async def start(self) -> None:
        """Listen on both ports."""
        _silence()
        loop, options = asyncio.get_running_loop(), self.state.options
        from aiosmtpd.smtp import SMTP, AuthResult

        def login(_server: Any, _session: Any, _envelope: Any, _mechanism: str, given: Any) -> Any:
            right = (given.login, given.password) == (options.mail_user.encode(), options.mail_password.encode())
            return AuthResult(success=right, handled=False)

        def talk() -> Any:
            settings: dict[str, Any] = {"enable_SMTPUTF8": True, "data_size_limit": LARGEST, "loop": loop, "timeout": 60.0}
            return SMTP(_Desk(self), hostname=options.mail_host, ident="sandbox", authenticator=login, auth_require_tls=False, **settings)

        smtp = await loop.create_server(talk, options.host, options.mail_smtp_port)
        imap = await asyncio.start_server(self._imap, options.host, options.mail_imap_port, limit=LARGEST)
        self._servers = [smtp, imap]
        self.smtp_port, self.imap_port = (server.sockets[0].getsockname()[1] for server in self._servers)

    async def stop(self) -> None:
        for server in self._servers:
            server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def reset(self) -> None:
        for kept in (self.taken, self.coming, self.fates, self.box.mails):
            kept.clear()

    async def _imap(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        options = self.state.options
        await ImapTalk(self.box, options.mail_user, options.mail_password, self.state.ledger.note).serve(reader, writer)

    # --- mail we sent ---------------------------------------------------------------------------------------------------------------

    def take(self, sender: str, recipients: list[str], raw: bytes) -> None:
        """Keep a mail: from here on it was accepted, whatever the caller is told. Then it meets its fate."""
        for to in recipients:
            mail = Taken(self.last + 1, self.state.now(), sender, to, raw, mail_letters.head(raw, "message-id"))
            self._file(mail)
            row = {"n": mail.n, "at": mail.at, "sender": sender, "to": to, "raw": raw.decode("latin-1"), "message_id": mail.message_id}
            self.state.ledger.write("mail", row)
            self.state.ledger.note("mail_taken", mail=mail.n)
            if letter := self._echo(mail):
                self.spawn(self.bring(letter))

    def _file(self, mail: Taken) -> None:
        self.taken.append(mail)
        self.last = mail.n

    def _echo(self, mail: Taken) -> Letter | None:
        """What comes back for this mail. Good hosts write nothing to a null return path; the robot writes to whatever it finds."""
        fate = self.fates.get(mail.to.lower(), "deliver")
        facts: dict[str, Any] = {"at": self.state.now(), "message_id": self._message_id()}
        if fate in ("hard", "soft") and mail.sender:
            host = mail.to.rpartition("@")[2]
            return mail_letters.bounce(mail.raw, to=mail.sender, failed=mail.to, host=host, soft=fate == "soft", **facts)
        if fate == "away" and mail.sender and not mail_letters.head(mail.raw, "auto-submitted").startswith("auto-replied"):
            return mail_letters.absence(mail.raw, sender=mail.to, to=mail.sender, **facts)
        if fate == "robot":
            answer_to = mail_letters.head(mail.raw, "reply-to") or mail_letters.head(mail.raw, "from")
            return mail_letters.chatter(mail.raw, sender=mail.to, to=parseaddr(answer_to)[1], **facts)
        return None

    # --- mail to us -----------------------------------------------------------------------------------------------------------------

    async def write(self, wish: dict[str, Any]) -> Coming:
        """A person (or an attacker) writes to us: {"from", "to", "subject", "text", "html"?, "raw"?, "in_reply_to"?, "dmarc"?}."""
        if not all(isinstance(wish.get(name), str) for name in ("from", "to")):
            raise BadMail("needs from and to")
        if wish.get("dmarc", "pass") not in ("pass", "fail", "none"):
            raise BadMail("dmarc is pass, fail or none")
        fields = {name: str(value) for name, value in wish.items()}
        made = mail_letters.written(fields, at=self.state.now(), message_id=self._message_id())
        raw = str(wish["raw"]).encode("latin-1", "replace") if wish.get("raw") else made
        sender = wish.get("envelope_from", parseaddr(wish["from"])[1])
        letter = Letter(str(sender), parseaddr(wish["to"])[1], raw)
        keep_forged = bool(wish.get("keep_forged"))
        return await self.bring(letter, dmarc=wish.get("dmarc", "pass"), keep_forged=keep_forged, times=int(wish.get("times", 1)))

    async def bring(self, letter: Letter, *, dmarc: str = "pass", keep_forged: bool = False, times: int = 1) -> Coming:
        """Stamp a letter as our own host does and hand it on; what is not taken yet is tried again behind this call."""
        options = self.state.options
        domain = parseaddr(mail_letters.head(letter.raw, "from"))[1].rpartition("@")[2].lower()
        facts = {"authserv_id": options.mail_authserv_id, "host": options.mail_host, "domain": domain, "at": self.state.now()}
        stamped = mail_letters.arrived(letter, dmarc=dmarc, keep_forged=keep_forged, **facts)  # type: ignore[arg-type]
        coming = Coming(self.state.new_id("ml_"), stamped, letter)
        self.coming.append(coming)
        for _ in range(times):
            await self._try(coming)
        if not coming.delivered and options.mail_delivery != "imap":
            self.spawn(self._again(coming))
        return coming

    async def _try(self, coming: Coming) -> None:
        """Once: into the mailbox, or to our listener."""
        delivery = self.state.options.mail_delivery
        if delivery in ("", "imap"):
            self.box.keep(coming.raw)
            coming.delivered = True
            coming.answers.append("kept for IMAP")
        else:
            answer = await asyncio.get_running_loop().run_in_executor(None, hand_on, delivery, coming.letter, coming.raw)
            coming.answers.append(answer)
            coming.delivered = answer.startswith("250")
        self.state.ledger.note("mail_brought", id=coming.id, attempt=len(coming.answers), delivered=coming.delivered)

    async def _again(self, coming: Coming) -> None:
        """As a mail host does: try again, ever slower, until it is taken or refused for good."""
        attempt = 0
        while not coming.delivered and not coming.answers[-1].startswith("5"):
            wait = AGAIN_SECONDS[min(attempt, len(AGAIN_SECONDS) - 1)]
            await asyncio.sleep(wait * self.state.options.time_scale)
            attempt += 1
            await self._try(coming)

    def spawn(self, work: Any) -> None:
        """Run something beside the caller, ended with the host."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _message_id(self) -> str:
        return f"<{self.state.new_id('sandbox.')}@mail.test>"


class _Desk:
    """What aiosmtpd asks, by its names: one object a connection."""

    def __init__(self, host: MailHost) -> None:
        self._host = host
        self._rule: Rule | None = None

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: list[str]) -> str:  # noqa: N802
        state = self._host.state
        self._rule = state.misbehaviour.draw(METHOD) if state.misbehaviour.rules else None
        if self._rule is not None:
            state.ledger.note("misbehaved", method=METHOD, kind=self._rule.kind)
            if self._rule.kind == "429":
                return "451 4.7.1 Greylisted, please come again"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        rule, self._rule = self._rule, None
        kind = rule.kind if rule is not None else ""
        if kind == "500_before":
            return "452 4.3.1 Insufficient system storage"
        if kind == "drop_before":
            return _cut(server)
        self._host.take((envelope.mail_from or "").strip("<>"), list(envelope.rcpt_tos), bytes(envelope.original_content))
        if kind == "drop_after":
            return _cut(server)
        if rule is not None and kind == "late":
            await asyncio.sleep(rule.seconds)
        return "250 2.0.0 OK"


def _cut(server: Any) -> str:
    """Cut the connection; what is answered now reaches nobody."""
    if server.transport is not None:
        server.transport.abort()
    return "421 4.3.2 gone"


def hand_on(delivery: str, letter: Letter, raw: bytes) -> str:
    """Hand one mail to lmtp://host:port or smtp://host:port; gives the answer, or why there was none."""
    at = urlsplit(delivery)
    kind: Callable[..., smtplib.SMTP] = smtplib.LMTP if at.scheme == "lmtp" else smtplib.SMTP
    try:
        with kind(at.hostname or "", at.port or 0, timeout=HAND_ON_SECONDS) as client:
            client.ehlo()
            steps: tuple[Callable[[], tuple[int, bytes]], ...] = (
                lambda: client.mail(letter.sender),
                lambda: client.rcpt(letter.to),
                lambda: client.data(raw),
            )
            for step in steps:
                code, words = step()
                answer = f"{code} {words.decode('ascii', 'replace')}"
                if code >= 300:
                    break
            return answer
    except smtplib.SMTPResponseException as refusal:
        return f"{refusal.smtp_code} refused"
    except (OSError, smtplib.SMTPException) as error:
        return f"451 {type(error).__name__}"


def shown(mail: Taken) -> dict[str, Any]:
    """One taken mail as JSON, opened."""
    found = message_from_bytes(mail.raw, policy=policy.default)
    plain, html = found.get_body(("plain",)), found.get_body(("html",))
    return {
        "n": mail.n,
        "at": mail.at,
        "envelope_from": mail.sender,
        "to": mail.to,
        "from": str(found["from"] or ""),
        "reply_to": str(found["reply-to"] or ""),
        "subject": str(found["subject"] or ""),
        "message_id": mail.message_id,
        "in_reply_to": mail_letters.head(mail.raw, "in-reply-to"),
        "text": _words(plain),
        "html": _words(html),
        "headers": [[name, " ".join(str(value).split())] for name, value in found.raw_items()],
    }


def _words(part: Any) -> str:
    return "" if part is None else str(part.get_content()).replace("\r\n", "\n").rstrip("\n")


def _silence() -> None:
    """The library logs every line it hears."""
    log = logging.getLogger("mail.log")
    log.disabled = True
    log.propagate = False
