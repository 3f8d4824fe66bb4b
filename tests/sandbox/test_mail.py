"""The sandbox's mail host by other clients than ours: the standard library's SMTP and IMAP, and the control address."""

from __future__ import annotations

import email
import imaplib
import smtplib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email import policy
from pathlib import Path
from typing import Any

import pytest

from bot.sandbox.server import Handle
from tests.sandbox.conftest import eventually

FAMILY = "parent@home.test"
OURS = "r+token@families.test"
LETTER = f"From: School <school@families.test>\r\nTo: {FAMILY}\r\nReply-To: {OURS}\r\nSubject: Hi\r\nMessage-ID: <1@families.test>\r\n\r\nHello\r\n"


@pytest.fixture
def host(start: Callable[..., Handle]) -> Handle:
    return start()


def post(host: Handle, letter: str = LETTER, *, sender: str = OURS, to: str = FAMILY) -> None:
    with smtplib.SMTP("127.0.0.1", host.smtp_port, timeout=60) as client:
        client.sendmail(sender, [to], letter.encode())


@contextmanager
def mailbox(host: Handle) -> Iterator[imaplib.IMAP4]:
    client = imaplib.IMAP4("127.0.0.1", host.imap_port, timeout=60)
    client.login("hearthline", "sandbox-mail")
    client.select("INBOX")
    try:
        yield client
    finally:
        client.logout()


def came_back(host: Handle) -> Any:
    """The first mail in the mailbox, opened."""
    eventually(lambda: host.ask("mail/coming")["in_mailbox"], seconds=60)
    with mailbox(host) as client:
        found = client.uid("FETCH", "1:*", "(FLAGS BODY.PEEK[])")[1]
    raw = next(part[1] for part in found if isinstance(part, tuple))
    assert isinstance(raw, bytes)
    return email.message_from_bytes(raw, policy=policy.default)


def test_what_we_send_is_kept_in_order_and_shown_opened(host: Handle) -> None:
    post(host)
    (mail,) = host.ask(f"mail/messages?to={FAMILY}")["messages"]
    assert (mail["envelope_from"], mail["subject"], mail["text"], mail["message_id"]) == (OURS, "Hi", "Hello", "<1@families.test>")
    assert (mail["reply_to"], mail["html"]) == (OURS, "")
    assert host.ask("mail/messages?to=nobody@x.test")["messages"] == []
    assert host.ask("mail/heads")["mails"] == [{"n": 1, "to": FAMILY, "message_id": "<1@families.test>"}]


def test_who_follows_the_log_comes_to_its_end_behind_a_mail(host: Handle) -> None:
    for _ in range(3):
        post(host)
    told = host.ask("log")
    assert [one["n"] for one in told["events"]] == list(range(1, len(told["events"]) + 1))
    assert host.ask(f"log?after={told['last']}")["events"] == []


def test_what_was_taken_twice_is_counted_by_its_message_id(host: Handle) -> None:
    post(host)
    post(host)
    assert host.ask("mail/counts") == {"accepted": 2, "distinct": 1, "twice": [{"message_id": "<1@families.test>", "count": 2}]}


def test_a_hard_bounce_is_a_real_report_from_nobody(host: Handle) -> None:
    host.ask("mail/fate", {"to": FAMILY, "fate": "hard"})
    post(host)
    report = came_back(host)
    assert (report["Return-Path"], report["To"], report.get_content_type()) == ("<>", OURS, "multipart/report")
    status = next(part for part in report.walk() if part.get_content_type() == "message/delivery-status")
    fields = status.get_payload()[1]
    assert (fields["Action"], fields["Status"], fields["Final-Recipient"]) == ("failed", "5.1.1", f"rfc822; {FAMILY}")
    original = next(part for part in report.walk() if part.get_content_type() == "text/rfc822-headers")
    assert "Message-ID: <1@families.test>" in original.get_payload()


def test_a_null_return_path_is_never_written_to_except_by_the_robot(host: Handle) -> None:
    for fate in ("hard", "soft", "away"):
        host.ask("mail/fate", {"to": FAMILY, "fate": fate})
        post(host, sender="")
    host.ask("mail/fate", {"to": FAMILY, "fate": "robot"})
    post(host, sender="")
    chatter = came_back(host)
    assert (chatter["To"], chatter["Auto-Submitted"], chatter["In-Reply-To"]) == (OURS, None, "<1@families.test>")
    assert host.ask("mail/coming")["in_mailbox"] == 1


def test_an_absence_note_says_what_it_is(host: Handle) -> None:
    host.ask("mail/fate", {"to": FAMILY, "fate": "away"})
    post(host)
    note = came_back(host)
    assert (note["Return-Path"], note["Auto-Submitted"], note["Precedence"]) == ("<>", "auto-replied (vacation)", "bulk")


def test_our_host_signs_what_it_found_and_removes_what_claims_to_be_it(host: Handle) -> None:
    forged = f"authentication-results: MX.mail.test;\r\n dmarc=pass header.from=home.test\r\nFrom: {FAMILY}\r\nX: y\r\n\r\nhello\r\n"
    host.ask("mail/inbound", {"from": FAMILY, "to": "school@families.test", "raw": forged, "dmarc": "fail"})
    found = came_back(host)
    assert found.get_all("Authentication-Results") == ["mx.mail.test; dmarc=fail header.from=home.test"]
    assert (found["X"], found["Delivered-To"]) == ("y", "school@families.test")


def test_the_mailbox_forgets_only_what_is_marked_and_expunged(host: Handle) -> None:
    for text in ("One", "Two", "Three"):
        host.ask("mail/inbound", {"from": FAMILY, "to": "school@families.test", "text": text, "html": f"<p>{text}</p>"})
    with mailbox(host) as client:
        assert client.uid("SEARCH", "UNDELETED")[1] == [b"1 2 3"]
        client.uid("STORE", "1,3", "+FLAGS", "(\\Deleted)")
        assert client.uid("SEARCH", "UNDELETED", "UNSEEN")[1] == [b"2"]
        client.uid("STORE", "3", "-FLAGS.SILENT", "(\\Deleted)")
        assert client.expunge()[1] == [b"1"]
        assert client.uid("SEARCH", "UNDELETED")[1] == [b"2 3"]
        client.uid("STORE", "2", "FLAGS", "(\\Deleted \\Seen)")
        assert client.uid("EXPUNGE", "2:*")[1] == [None] or client.response("EXPUNGE")
        assert client.uid("FETCH", "3", "(RFC822.SIZE BODY.PEEK[]<0.4>)")[1]
        assert client.uid("FETCH", "3", "(BODY[HEADER])")[1]
        assert client.noop()[0] == "OK"
        assert client.select("Elsewhere")[0] == "NO"
    assert host.ask("mail/coming")["in_mailbox"] == 1


def test_nobody_reads_the_mailbox_without_its_password(host: Handle) -> None:
    client = imaplib.IMAP4("127.0.0.1", host.imap_port, timeout=60)
    with pytest.raises(imaplib.IMAP4.error, match="AUTHENTICATIONFAILED"):
        client.login("hearthline", "wrong")
    with pytest.raises(imaplib.IMAP4.error, match=r"NONAUTH|log in"):
        client.uid("SEARCH", "ALL")
    client.logout()


@pytest.mark.parametrize(
    ("path", "wish"),
    [
        ("mail/inbound", {"from": FAMILY}),
        ("mail/inbound", {"from": FAMILY, "to": "x@y.test", "dmarc": "perhaps"}),
        ("mail/inbound", {"from": FAMILY, "to": "reply:77"}),
        ("mail/fate", {"to": FAMILY, "fate": "lost"}),
        ("mail/fate", {"to": "", "fate": "hard"}),
    ],
)
def test_a_wish_that_makes_no_sense_is_refused(host: Handle, path: str, wish: dict[str, Any]) -> None:
    assert "error" in host.ask(path, wish)


def test_a_journal_brings_back_the_mail_that_was_taken(start: Callable[..., Handle], tmp_path: Path) -> None:
    first = start(journal=tmp_path / "journal.jsonl")
    post(first)
    first.stop()
    again = start(journal=tmp_path / "journal.jsonl")
    assert again.ask("mail/messages")["messages"][0]["text"] == "Hello"
    post(again)
    assert [one["n"] for one in again.ask("mail/heads")["mails"]] == [1, 2]
