"""What did not arrive is told from what a family wrote about it (trap 4)."""

from __future__ import annotations

import pytest

from channels.email.mime import read
from tests.channels.email.mails import BASES, HEAD

DSN = BASES[2]


def test_a_status_report_is_a_bounce_whoever_sent_it() -> None:
    found = read(DSN).bounce
    assert found is not None
    assert (found.permanent, found.temporary, found.addresses) == (("a@example.org",), (), ("a@example.org",))
    assert read(DSN).automatic == "report"


def test_the_mail_it_is_about_is_named() -> None:
    with_copy = DSN.replace(b"--b--", b"--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: <out_7@mail.example.org>\r\n--b--")
    found = read(with_copy).bounce
    assert found is not None
    assert found.original_message_id == "<out_7@mail.example.org>"
    in_text = (
        b"Return-Path: <>\r\n" + HEAD + b"\r\n<a@example.org>: User unknown\r\n550 5.1.1\r\n\r\n> Message-ID: <out_8@mail.example.org>\r\n"
    )
    found = read(
        in_text.replace(
            b"<a@example.org>: User", b"   ----- The following addresses had permanent fatal errors -----\r\n<a@example.org>\r\n ----- User"
        )
    ).bounce
    assert found is not None
    assert found.original_message_id == "<out_8@mail.example.org>"
    threaded = DSN.replace(b"Subject:", b"In-Reply-To: <out_9@mail.example.org>\r\nSubject:")
    found = read(threaded).bounce
    assert found is not None
    assert found.original_message_id == "<out_9@mail.example.org>"


@pytest.mark.parametrize(
    ("fields", "permanent", "temporary"),
    [
        ("Action: failed\r\nStatus: 5.1.1", ("a@example.org",), ()),
        ("Action: delayed\r\nStatus: 4.4.1", (), ("a@example.org",)),
        ("Action: delivered\r\nStatus: 2.0.0", None, None),
        ("Action: relayed\r\nStatus: 2.0.0", None, None),
    ],
)  # fmt: skip
def test_only_what_failed_or_waits_is_a_bounce(fields: str, permanent: tuple[str, ...] | None, temporary: tuple[str, ...] | None) -> None:
    found = read(DSN.replace(b"Action: failed\r\nStatus: 5.1.1", fields.encode())).bounce
    assert (None if found is None else found.permanent, None if found is None else found.temporary) == (permanent, temporary)


def test_an_address_half_hidden_is_none() -> None:
    assert read(DSN.replace(b"a@example.org", b"dav...@example.org")).bounce is None


def test_a_mothers_words_about_a_bounce_are_hers() -> None:
    words = (
        b"Sorry, my old mail does not work any more:\r\n\r\n> This is an automatically generated Delivery Status Notification.\r\n"
        b"> Delivery to the following recipients failed permanently:\r\n>     * maria_old@hotmail.com\r\n> 550 5.1.1 user unknown\r\n\r\n"
        b"   ----- The following addresses had permanent fatal errors -----\r\n<maria_old@hotmail.com>\r\n"
    )
    mail = read(HEAD + b"\r\n" + words)
    assert (mail.bounce, mail.automatic, mail.doubt) == (None, "", "")
    assert read(HEAD + b"\r\n" + words, "maria@example.org").bounce is None
    assert read(HEAD + b"\r\n" + words, "").bounce is not None
