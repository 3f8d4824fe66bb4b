"""Whose mail it is: what published spoofing attacks write into headers proves nothing (fault 11)."""

from __future__ import annotations

import pytest

from channels.base import Inbound
from channels.email.addresses import Signer
from channels.email.authentic import dmarc
from channels.email.mime import read
from channels.email.receive import Desk, Envelope
from tests.fakes.clock import START

OURS = frozenset({"mx.school.test"})
PASS = "mx.school.test; dmarc=pass header.from=home.test"


def found(results: list[str], *headers: str) -> str:
    given = [*(f"Authentication-Results: {one}" for one in results), *(headers or ("From: Parent <parent@home.test>",)), "Subject: x"]
    return dmarc(read("\r\n".join([*given, "", "hello", ""]).encode("utf-8", "surrogateescape")), OURS)


@pytest.mark.parametrize(
    "results",
    [
        PASS,
        "MX.School.Test 1; spf=pass smtp.mailfrom=x@home.test; dkim=pass header.d=home.test; DMARC=PASS (p=reject dis=none) header.from=HOME.test",
        "mx.school.test;\r\n\tspf=softfail smtp.mailfrom=bounce.list.test;\r\n\tdmarc=pass action=none header.from=home.test;compauth=pass reason=100",
        "mx.school.test; dmarc=pass header.from=parent@home.test",
    ],
)
def test_a_pass_of_our_own_host_for_the_domain_of_the_one_writer_is_proof(results: str) -> None:
    assert found([results]) == "pass"
    assert found([results, "mx.evil.test; dmarc=fail header.from=home.test"]) == "pass"


@pytest.mark.parametrize(
    "results",
    [
        [],
        [""],
        ["mx.school.test"],
        ["mx.school.test; none"],
        ["mx.school.test; spf=pass smtp.mailfrom=parent@home.test; dkim=pass header.d=home.test"],
        ["mx.school.test; dmarc=fail header.from=home.test"],
        ["mx.school.test; dmarc=none header.from=home.test"],
        ["mx.school.test; dmarc=temperror header.from=home.test"],
        ["mx.school.test; dmarc=pass"],
        ["mx.school.test; dmarc=pass header.from=evil.test"],
        ["mx.school.test; dmarc=pass header.from=home.test.evil.test"],
        ["mx.school.test; dmarc=pass smtp.mailfrom=home.test"],
        ["mx.school.test; dmarc=fail header.from=evil.test; dmarc=pass header.from=home.test"],
        ["mx.school.test; dmarc=pass header.from=evil.test header.from=home.test"],
        ["mx.evil.test; dmarc=pass header.from=home.test"],
        ["mx.school.test.evil.test; dmarc=pass header.from=home.test"],
        ["evil.test (mx.school.test; dmarc=pass header.from=home.test); none"],
        ["mx.evil.test; none", PASS],
        ["mx.school.test; dmarc=fail header.from=home.test", PASS],
        ['mx.school.test; spf=pass smtp.mailfrom="x; dmarc=pass header.from=home.test"@evil.test'],
        ["mx.school.test; spf=fail smtp.helo=(dmarc=pass header.from=home.test; dmarc=fail header.from=evil.test"],
        ["mx.school.test; dkim=pass header.d=evil.test\x00; dmarc=pass header.from=home.test; dmarc=fail header.from=evil.test"],
        ["mx.school.test; dmarc=pass header.from=home.test;" + "x" * 9_000],
        ["\xff\xfe\x00"],
    ],
)
def test_nothing_else_is(results: list[str]) -> None:
    assert found(results) != "pass"


@pytest.mark.parametrize(
    "headers",
    [
        ("From: parent@home.test", "From: evil@evil.test"),
        ("From: evil@evil.test", "From: parent@home.test"),
        ("From: parent@home.test, evil@evil.test",),
        ("From: evil@evil.test, parent@home.test",),
        ("From: <parent@home.test><evil@evil.test>",),
        ("From: <parent@home.test>(x)@evil.test",),
        ("From: parent@home.test@evil.test",),
        ("From: group: parent@home.test, evil@evil.test;",),
        ("From: <@evil.test,@home.test:parent@home.test>, <evil@evil.test>",),
        ("From: =?utf-8?q?parent=40home=2Etest?= <evil@evil.test>",),
        ("From : parent@home.test", "From: evil@evil.test"),
        ("From: evil@evil.test", "from: parent@home.test"),
        ("From\r\n : evil@evil.test", "From: parent@home.test"),
        ("Sender: parent@home.test",),
        ("From: parent@home.test\x00@evil.test",),
    ],
)
def test_a_writer_that_two_programs_may_read_differently_is_nobody_or_the_proved_one(headers: tuple[str, ...]) -> None:
    """The real host proved evil.test; whoever we take for the writer must not be the parent."""
    assert found(["mx.school.test; dmarc=pass header.from=evil.test"], *headers) != "pass" or not is_parent(headers)


def is_parent(headers: tuple[str, ...]) -> bool:
    return read("\r\n".join([*headers, "", "hello", ""]).encode()).sender.endswith("@home.test")


@pytest.mark.parametrize(("more", "doubt"), [(0, ""), (600, "unreadable")])
def test_a_mail_that_was_not_read_to_its_end_is_nobodys_whoever_vouches_for_it(more: int, doubt: str) -> None:
    head = ["From: parent@home.test", f"Authentication-Results: {PASS}", "Subject: x", *(f"X-{count}: y" for count in range(more))]
    raw = "\r\n".join([*head, "", "hello", ""]).encode()
    desk = Desk(Signer(("s",), "families.example.org"), OURS, "school@families.example.org")
    (event,) = desk.take(raw, Envelope("parent@home.test", ("school@families.example.org",)), START).events
    assert isinstance(event, Inbound)
    assert (event.sender, event.doubt) == ("parent@home.test", doubt)
