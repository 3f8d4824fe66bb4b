"""E-mail out: the contract, and what is its own. A real SMTP talk with a host on this machine."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import parseaddr
from typing import Any
from urllib.parse import urlsplit

import pytest

from channels.base import Found, Outbound, Receipt, Request
from channels.email import Email
from channels.email.addresses import LIVES, Signer
from channels.email.compose import as_html
from channels.email.receive import signature
from channels.email.relay import Host
from channels.errors import BadAddress, InDoubt, Misconfigured, NotAccepted, Permanent, SendError, Throttled, TooLong
from tests.channels.contract import NOW, OLD_SECRET, SECRET, WORDS, ChannelContract
from tests.channels.smtp_host import HANG_UP, SmtpHost, hangs_up_at, smtp_host

FROM = "Cedar Valley Schools <school@families.example.org>"
DOMAIN = "families.example.org"
AUTHSERV = "mx.families.example.org"
FAMILY = "parent@home.test"
OUTBOX = "out_01J9ZK3C5V8M2N4P6Q7R8S9T0A"


def email(base_url: str, **changed: Any) -> Email:
    at = urlsplit(base_url)
    host = Host(at.hostname or "", at.port or 0, tls="off", timeout=5.0)
    given: dict[str, Any] = {"host": host, "from_address": FROM, "domain": DOMAIN, "secrets": (SECRET, OLD_SECRET)}
    given |= {"authserv_ids": (AUTHSERV,), "hook_secrets": (SECRET, OLD_SECRET)}
    return Email(**given | changed)


def posted(raw: bytes, secret: str = SECRET, *, sender: str = FAMILY, to: str = "school@families.example.org") -> Request:
    """A mail as our mail host posts it."""
    headers = {"X-Envelope-Sender": sender, "X-Envelope-Recipients": to, "X-Hearthline-Mail": signature(secret, sender, to, raw)}
    return Request("POST", "/hooks/email", headers, raw, "message/rfc822")


def written(text: str, *, sender: str = FAMILY, dmarc: str = "pass", **headers: str) -> bytes:
    """A family's mail as our mail host hands it on."""
    domain = parseaddr(sender)[1].rpartition("@")[2]
    given = {
        "Authentication-Results": f"{AUTHSERV}; dmarc={dmarc} header.from={domain}",
        "From": sender,
        "To": "school@families.example.org",
        "Message-ID": "<1@home.test>",
        "Date": "Sat, 21 Nov 2026 15:00:00 +0000",
        "Subject": "Re: A message from your school",
        "Content-Type": "text/plain; charset=utf-8",
    }
    given |= {name.replace("_", "-"): value for name, value in headers.items()}
    return "".join(f"{name}: {value}\r\n" for name, value in given.items() if value).encode() + b"\r\n" + text.encode()


def out(**changed: Any) -> Outbound:
    given: dict[str, Any] = {"outbox_id": OUTBOX, "channel": "email", "sender": "school@families.example.org", "to": FAMILY}
    return Outbound(**given | {"text": "One line.\nAnother.", "created_at": NOW} | changed)


@pytest.fixture
def vendor() -> Iterator[SmtpHost]:
    with smtp_host() as host:
        yield host


def send(host: SmtpHost, *messages: Outbound, channel: Email | None = None) -> list[Receipt]:
    async def all_of_them() -> list[Receipt]:
        mail = channel or email(host.url)
        try:
            return [await mail.send(one) for one in messages]
        finally:
            await mail.close()

    return asyncio.run(all_of_them())


def words(part: Any) -> str:
    """What a part says, with line ends as we write them."""
    return str(part.get_content()).replace("\r\n", "\n").rstrip("\n")


class TestEmailContract(ChannelContract):
    kinds = ("email",)
    signature_header = "x-hearthline-mail"

    def build(self, base_url: str) -> Email:
        return email(base_url)

    def genuine(self, secret: str = SECRET) -> Request:
        return posted(written(WORDS), secret)

    def signed(self, body: bytes, secret: str = SECRET) -> Request:
        return posted(body, secret)

    def malformed_bodies(self) -> Sequence[bytes]:
        return [b"", b"no header at all", b"\x00\x01\x02", b"x" * 31_000_000]

    def outbound(self) -> Outbound:
        return Outbound("out_01canary", "email", "school@families.example.org", "canary-word@home.test", WORDS)

    def too_long(self) -> Outbound:
        return replace(self.outbound(), text="x" * 200_001)

    def accepts(self) -> Sequence[Any]:
        return [{}]

    def throttles(self, seconds: int) -> Sequence[Any]:
        return []  # SMTP has no way to say how long

    def refuses(self) -> Mapping[type[SendError], Sequence[Any]]:
        return {
            BadAddress: [{"RCPT": "550 5.1.1 no canary-word here"}],
            Throttled: [{"RCPT": "451 4.7.1 greylisted, canary-word"}],
            NotAccepted: [{".": "452 4.3.1 disk full"}],
            TooLong: [{".": "552 5.3.4 too big"}],
            Permanent: [{".": "554 5.7.1 looks like spam, canary-word"}],
            Misconfigured: [{"MAIL": "530 5.7.0 log in first"}],
        }

    def fails_after_taking(self) -> Sequence[Sequence[Any]]:
        return [hangs_up_at(".")]


def test_a_mail_holds_the_same_words_as_text_and_as_html_with_a_fixed_message_id(vendor: SmtpHost) -> None:
    first, second = send(vendor, out(subject="A message from your school", lang="es"), out())
    assert first == second == Receipt("email", first.provider_id, "sent")
    mail = vendor.seen[0].mail
    assert mail["From"] == "Cedar Valley Schools <school@families.example.org>"
    assert (mail["To"], mail["Subject"], mail["Content-Language"]) == (FAMILY, "A message from your school", "es")
    assert mail["Message-ID"] == vendor.seen[1].mail["Message-ID"] == first.provider_id
    assert OUTBOX in first.provider_id
    plain, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert plain is not None
    assert html is not None
    assert words(plain) == "One line.\nAnother."
    assert '<html lang="es" dir="ltr">' in html.get_content()
    assert "<p>One line.<br>Another.</p>" in html.get_content()


def test_an_answer_goes_to_the_signed_address_and_bounces_come_there_too(vendor: SmtpHost) -> None:
    send(vendor, out())
    reply_to = vendor.seen[0].mail["Reply-To"]
    assert vendor.seen[0].sender == reply_to
    assert len(reply_to.partition("@")[0]) <= 64
    signer = Signer((SECRET,), DOMAIN)
    assert signer.read_reply_address(reply_to.upper(), NOW) == (OUTBOX, False)
    assert signer.read_reply_address(reply_to, NOW + LIVES + timedelta(days=2)) == (OUTBOX, True)


def test_an_automatic_answer_says_so_and_has_no_sender_for_robots_to_write_to(vendor: SmtpHost) -> None:
    send(vendor, out(automatic=True, in_reply_to="<1@home.test>", references=("<0@home.test>",)), out(automatic=True))
    answer, started = (one.mail for one in vendor.seen)
    assert (answer["Auto-Submitted"], started["Auto-Submitted"]) == ("auto-replied", "auto-generated")
    assert (vendor.seen[0].sender, vendor.seen[1].sender) == ("", started["Reply-To"])
    assert answer["In-Reply-To"] == "<1@home.test>"
    assert answer["References"].split() == ["<0@home.test>", "<1@home.test>"]
    assert answer["X-Auto-Response-Suppress"] == "All"


def test_one_click_ends_the_mail(vendor: SmtpHost) -> None:
    send(vendor, out(unsubscribe="https://families.example.org/mail/stop/x"))
    mail = vendor.seen[0].mail
    assert mail["List-Unsubscribe"] == "<https://families.example.org/mail/stop/x>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


@pytest.mark.parametrize(
    "evil", ["x\r\nBcc: evil@evil.test", "x\nBcc: evil@evil.test", "x\x00\x0bBcc: evil@evil.test", "x\u2028Bcc: e@e.test"]
)
def test_no_value_becomes_a_header_of_its_own(vendor: SmtpHost, evil: str) -> None:
    send(vendor, out(subject=evil, in_reply_to=evil, references=(evil,), lang=evil, unsubscribe=f"https://a.test/{evil}"))
    mail = vendor.seen[0].mail
    assert mail["Bcc"] is None
    assert b"\nBcc" not in vendor.seen[0].raw
    assert vendor.seen[0].recipients == (FAMILY,)


@pytest.mark.parametrize(
    "address", ["", "nobody", "a@b@c", "a b@c.test", "a@b.test>\r\nRCPT TO:<evil@evil.test", "ñ@b.test", "a@", "@b.test"]
)
def test_what_is_no_address_is_refused_before_anything_is_sent(vendor: SmtpHost, address: str) -> None:
    with pytest.raises(BadAddress):
        send(vendor, out(to=address))
    assert vendor.seen == []


def test_long_unicode_subjects_and_lines_keep_to_the_rules_of_mail(vendor: SmtpHost) -> None:
    subject = "Mañana: reunión " * 8
    send(vendor, out(subject=subject, text="á" * 5_000 + "\n.\n..\n.end"))
    (taken,) = vendor.seen
    assert max(map(len, taken.raw.split(b"\r\n"))) <= 998
    body = taken.mail.get_body(("plain",))
    assert body is not None
    assert words(body) == "á" * 5_000 + "\n.\n..\n.end"
    assert taken.mail["Subject"] == " ".join(subject.split())[:150].strip()


def test_a_connection_is_used_again_and_a_dead_one_replaced(vendor: SmtpHost) -> None:
    async def several() -> None:
        channel = email(vendor.url)
        await channel.send(out())
        await channel.send(out())
        assert vendor.connections == 1
        vendor.will({"MAIL": HANG_UP})
        with pytest.raises(NotAccepted):
            await channel.send(out())
        vendor.will({})
        await channel.send(out())
        await channel.close()

    asyncio.run(several())
    assert len(vendor.seen) == 3


@pytest.mark.parametrize("command", ["connect", "EHLO", "MAIL", "RCPT"])
def test_what_breaks_before_the_mail_was_certainly_not_taken(vendor: SmtpHost, command: str) -> None:
    vendor.will({command: HANG_UP})
    with pytest.raises(NotAccepted):
        send(vendor, out())


def test_a_host_without_tls_gets_nothing_when_tls_is_asked_for(vendor: SmtpHost) -> None:
    channel = email(vendor.url, host=Host("127.0.0.1", vendor.port, tls="starttls", timeout=5.0))
    with pytest.raises(Misconfigured):
        send(vendor, out(), channel=channel)
    assert vendor.seen == []


def test_nobody_can_be_asked_about_a_mail_so_a_copy_of_the_same_message_may_go(vendor: SmtpHost) -> None:
    vendor.will({".": HANG_UP}, {})
    with pytest.raises(InDoubt):
        send(vendor, out())
    assert asyncio.run(email(vendor.url).look_up(out(), NOW, NOW)) == Found(None, certain=True, blind=True)
    send(vendor, out())
    assert len({one.mail["Message-ID"] for one in vendor.seen}) == 1


def test_an_address_that_was_not_made_by_us_names_nothing() -> None:
    ours, theirs = Signer((SECRET,), DOMAIN), Signer(("another secret",), DOMAIN)
    now = datetime(2026, 11, 21, tzinfo=UTC)
    address = ours.reply_address(OUTBOX, now)
    assert theirs.read_reply_address(address, now) is None
    assert ours.read_reply_address(address.replace("@families", "@other"), now) is None
    assert ours.read_reply_address("r+x.y.z@" + DOMAIN, now) is None
    changed = address[:5] + ("b" if address[5] != "b" else "c") + address[6:]
    assert ours.read_reply_address(changed, now) is None
    assert ours.read_message_id(ours.message_id(OUTBOX)) == OUTBOX
    assert ours.read_message_id(theirs.message_id(OUTBOX)) == ""
    assert ours.read_message_id(f"<{OUTBOX}@{DOMAIN}>") == ""
    with pytest.raises(ValueError, match="secret"):
        Signer(("",), DOMAIN)


@pytest.mark.parametrize(
    ("lang", "way"), [("ar", "rtl"), ("ps-AF", "rtl"), ("prs", "rtl"), ("ug", "rtl"), ("ku", "ltr"), ("az-Arab", "rtl"), ("ur-Latn", "ltr")]
)
def test_a_mail_is_written_the_way_its_language_is(lang: str, way: str) -> None:
    assert f'dir="{way}"' in as_html("1", lang).partition("<head>")[0]


def test_a_link_ends_before_the_stop_of_its_sentence() -> None:
    assert as_html("Here: https://a.example/x?b=1&c=2. Then <this>.").count('<a href="https://a.example/x?b=1&amp;c=2">') == 1
