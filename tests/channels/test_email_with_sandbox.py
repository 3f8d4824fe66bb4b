"""E-mail against the sandbox's mail host: out by SMTP, in by LMTP, by SMTP and by IMAP, with the bad days of mail."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from bot.sandbox.options import Options
from bot.sandbox.server import Handle, Sandbox
from channels.base import Inbound, Outbound, Received, StatusUpdate
from channels.email import Email, receive
from channels.email.door import Place
from channels.email.mailbox import Box
from channels.email.relay import Host
from channels.errors import InDoubt, Misconfigured, NotAccepted, Throttled
from tests.channels.contract import NOW, SECRET, run
from tests.fakes.postgres import answers_at, free_port

DOMAIN = "families.test"
SCHOOL = f"school@{DOMAIN}"
FAMILY = "parent@home.test"
OUTBOX = "out_01J9ZK3C5V8M2N4P6Q7R8S9T0A"


def eventually(read: Callable[[], Any], seconds: float = 60) -> Any:
    """Read until there is something."""
    deadline = time.monotonic() + seconds
    while not (value := read()):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return value


@pytest.fixture(scope="module")
def host() -> Iterator[Handle]:
    handle = Sandbox(Options(mode="test", time_scale=0.2)).start_in_thread()
    yield handle
    handle.stop()


@pytest.fixture(autouse=True)
def emptied(host: Handle) -> None:
    host.ask("reset", {})
    host.ask("configure", {"mail_delivery": "imap"})


def email(host: Handle, *, user: str = "", password: str = "", **changed: Any) -> Email:
    way = Host("127.0.0.1", host.smtp_port, user, password, tls="off", timeout=60.0)
    given: dict[str, Any] = {"host": way, "from_address": f"School <{SCHOOL}>", "domain": DOMAIN, "secrets": (SECRET,)}
    return Email(**given | {"authserv_ids": ("mx.mail.test",)} | changed)


def send(channel: Email, **changed: Any) -> None:
    given: dict[str, Any] = {"outbox_id": OUTBOX, "channel": "email", "sender": SCHOOL, "to": FAMILY, "text": "Hello", "created_at": NOW}
    run(channel, channel.send(Outbound(**given | changed)))


@contextmanager
def listening(channel: Email, *, fail: int = 0) -> Iterator[list[Any]]:
    """The channel listens as the worker lets it; gives what became durable. The first `fail` events cannot be kept."""
    heard: list[Any] = []
    over = threading.Event()
    broken = [fail]

    def emit(received: Received) -> None:
        if broken[0]:
            broken[0] -= 1
            raise OSError("the database is away")
        heard.extend(received.events)

    threads = [threading.Thread(target=one.listen, args=(emit, over.is_set), daemon=True) for one in channel.listeners]
    for thread in threads:
        thread.start()
    try:
        yield heard
    finally:
        over.set()
        for thread in threads:
            thread.join(60)
            assert not thread.is_alive()


@contextmanager
def door(host: Handle, protocol: str = "lmtp", *, fail: int = 0, peers: tuple[str, ...] = ("127.0.0.0/8",)) -> Iterator[list[Any]]:
    port = free_port()
    host.ask("configure", {"mail_delivery": f"{protocol}://127.0.0.1:{port}"})
    with listening(email(host, place=Place("127.0.0.1", port, protocol, peers)), fail=fail) as heard:
        eventually(lambda: answers_at(port))
        yield heard


def mailbox(host: Handle, **changed: Any) -> Box:
    given: dict[str, Any] = {"port": host.imap_port, "user": "hearthline", "password": "sandbox-mail", "tls": "off", "seconds": 0.05}
    return Box("127.0.0.1", **given | changed)


def write(host: Handle, **wish: Any) -> Any:
    return host.ask("mail/inbound", {"from": FAMILY, "to": SCHOOL, "subject": "Hi", "text": "She reads every night."} | wish)


# --- out ------------------------------------------------------------------------------------------------------------------------------


def test_a_connection_lost_after_data_leaves_the_mail_in_doubt_and_a_copy_is_the_same_message(host: Handle) -> None:
    host.ask("misbehave", {"method": "smtp.mail", "kind": "drop_after", "next": 1})
    with pytest.raises(InDoubt):
        send(email(host))
    send(email(host))
    counts = host.ask("mail/counts")
    assert (counts["accepted"], counts["distinct"]) == (2, 1)


@pytest.mark.parametrize(("kind", "error"), [("429", Throttled), ("500_before", NotAccepted)])
def test_a_mail_that_was_refused_for_now_is_taken_the_next_time(host: Handle, kind: str, error: type[Exception]) -> None:
    host.ask("misbehave", {"method": "smtp.mail", "kind": kind, "next": 1})
    with pytest.raises(error):
        send(email(host))
    send(email(host))
    assert host.ask("mail/counts") == {"accepted": 1, "distinct": 1, "twice": []}


def test_a_login_is_made_when_the_settings_have_one(host: Handle) -> None:
    send(email(host, user="hearthline", password="sandbox-mail"))
    assert host.ask("mail/counts")["accepted"] == 1
    with pytest.raises(Misconfigured):
        send(email(host, user="hearthline", password="wrong"))


# --- in -------------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("protocol", ["lmtp", "smtp"])
def test_an_answer_to_the_signed_address_names_the_message_it_answers(host: Handle, protocol: str) -> None:
    send(email(host))
    with door(host, protocol) as heard:
        said = host.ask("mail/inbound", {"to": f"reply:{host.ask('mail/messages')['last']}", "text": "Sí, lee todas las noches."})
        assert said["delivered"], said
    (event,) = heard
    assert isinstance(event, Inbound)
    assert (event.text, event.doubt, event.about, event.sender, event.to) == ("Sí, lee todas las noches.", "", OUTBOX, FAMILY, SCHOOL)
    assert event.media[-1].content_type == "message/rfc822"
    assert event.raw["message_id"].endswith("@mail.test>")


def test_a_mail_is_taken_only_when_it_is_durable_and_comes_again_until_then(host: Handle) -> None:
    with door(host, fail=2) as heard:
        said = write(host)
        assert (said["delivered"], said["answers"][0][:3]) == (False, "451")
        (event,) = eventually(lambda: heard)
    assert event.text == "She reads every night."


def test_a_mail_of_one_endless_line_is_a_mail(host: Handle) -> None:
    with door(host) as heard:
        assert write(host, raw=f"From: {FAMILY}\r\nSubject: Hi\r\n\r\nShe {'really ' * 20_000}reads.\r\n")["delivered"]
    assert heard[0].text.endswith("really reads.")
    assert heard[0].doubt == ""


def test_a_mail_that_is_slow_to_keep_does_not_hold_up_the_next(host: Handle) -> None:
    port, go_on, heard = free_port(), threading.Event(), list[str]()

    def emit(received: Received) -> None:
        (event,) = received.events
        assert isinstance(event, Inbound)
        if event.text == "slow":
            assert go_on.wait(60)
        heard.append(event.text)

    over = threading.Event()
    listener = threading.Thread(
        target=email(host, place=Place("127.0.0.1", port)).listeners[0].listen, args=(emit, over.is_set), daemon=True
    )
    listener.start()
    eventually(lambda: answers_at(port))
    host.ask("configure", {"mail_delivery": f"lmtp://127.0.0.1:{port}"})
    slow = threading.Thread(target=write, args=(host,), kwargs={"text": "slow"}, daemon=True)
    slow.start()
    assert write(host, text="quick")["delivered"]
    assert heard == ["quick"]
    go_on.set()
    eventually(lambda: heard == ["quick", "slow"])
    slow.join(60)
    over.set()
    listener.join(60)


def test_the_same_mail_twice_has_the_same_id_and_another_with_its_message_id_has_not(host: Handle) -> None:
    with door(host) as heard:
        write(host, times=2)
        raw = f"From: {FAMILY}\r\nMessage-ID: {heard[0].raw['message_id']}\r\nSubject: Hi\r\n\r\nSomething else.\r\n"
        write(host, raw=raw)
    assert [event.provider_id for event in heard] == [heard[0].provider_id] * 2 + [heard[2].provider_id]
    assert heard[2].provider_id != heard[0].provider_id


def test_a_stranger_may_not_even_knock_and_mail_for_others_is_refused(host: Handle) -> None:
    assert email(host).listeners == ()
    with door(host, peers=("10.0.0.0/8",)) as heard:
        assert write(host)["answers"][0].startswith("554")
    with door(host) as heard_again:
        assert write(host, to="somebody@else.test")["answers"][0].startswith("550")
    assert heard == heard_again == []


def test_a_mailbox_is_emptied_only_of_what_is_durable(host: Handle) -> None:
    write(host, text="One")
    write(host, text="Two")
    with listening(email(host, box=mailbox(host)), fail=1) as heard:
        eventually(lambda: len(heard) == 2)
        eventually(lambda: host.ask("mail/coming")["in_mailbox"] == 0)
    assert sorted(event.text for event in heard) == ["One", "Two"]
    assert {event.doubt for event in heard} == {""}


def test_a_mailbox_and_a_listener_together_bring_one_mail_under_one_id(host: Handle) -> None:
    write(host, text="One")
    port = free_port()
    with listening(email(host, box=mailbox(host), place=Place("127.0.0.1", port))) as heard:
        eventually(lambda: heard)
        host.ask("configure", {"mail_delivery": f"lmtp://127.0.0.1:{port}"})
        eventually(lambda: answers_at(port))
        write(host, text="Two")
        eventually(lambda: len(heard) == 2)
    assert [event.text for event in heard] == ["One", "Two"]


@pytest.mark.parametrize(("moment", "times"), [("UID FETCH", 1), ("UID STORE", 2), ("UID EXPUNGE", 2)])
def test_a_mailbox_that_is_made_again_under_us_loses_nothing(host: Handle, moment: str, times: int) -> None:
    """Another UIDVALIDITY before a mail is read, marked or removed: who had it open is sent away, comes back, and goes on by new numbers."""
    (way,) = email(host, box=mailbox(host)).listeners
    heard: list[Any] = []
    deadline = time.monotonic() + 60

    def emit(received: Received) -> None:
        heard.extend(received.events)

    def empty() -> bool:
        return bool(host.ask("mail/coming")["in_mailbox"] == 0)

    write(host, text="One")
    host.ask("mail/renew", {"before": moment})
    with pytest.raises(NotAccepted):
        way.listen(emit, lambda: False)
    way.listen(emit, lambda: empty() or time.monotonic() > deadline)
    assert empty()
    assert [event.text for event in heard] == ["One"] * times
    assert len({event.provider_id for event in heard}) == 1


def test_a_mail_that_breaks_us_is_kept_by_its_bytes_and_does_not_block_the_next(host: Handle, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = receive.read_apart

    def breaks(raw: bytes, envelope: str | None = None) -> Any:
        if b"One" in raw:
            raise MemoryError
        return opened(raw, envelope)

    monkeypatch.setattr(receive, "read_apart", breaks)
    write(host, text="One")
    write(host, text="Two")
    with listening(email(host, box=mailbox(host))) as heard:
        eventually(lambda: len(heard) == 2)
        eventually(lambda: host.ask("mail/coming")["in_mailbox"] == 0)
    first, second = heard
    assert (first.doubt, first.text, second.doubt, second.text) == ("unreadable", "", "", "Two")
    assert b"One" in first.media[0].data


def test_a_mailbox_that_does_not_let_us_in_is_said(host: Handle) -> None:
    with pytest.raises(Exception, match="user and password"):
        email(host, box=mailbox(host, password="wrong")).listeners[0].listen(lambda _: None, lambda: False)


@pytest.mark.parametrize(
    ("wish", "doubt"),
    [
        ({"dmarc": "fail"}, "dmarc"),
        ({"dmarc": "none"}, "dmarc"),
        ({"to": f"r+01j9zk3c5v8m2n4p6q7r8s9t0a.22w.{'a' * 26}@{DOMAIN}"}, "reply_address"),
        ({"raw": f"From: {FAMILY}, other@home.test\r\nSubject: x\r\n\r\nhello\r\n"}, "from"),
        ({"raw": f"From: {FAMILY}\r\nFrom: other@home.test\r\nSubject: x\r\n\r\nhello\r\n"}, "from"),
        ({"raw": f"From: {FAMILY}\r\nAuto-Submitted: auto-replied\r\nSubject: x\r\n\r\naway\r\n"}, "automatic"),
        ({"envelope_from": ""}, "automatic"),
        (
            {
                "dmarc": "fail",
                "keep_forged": True,
                "raw": f"Authentication-Results: mx.mail.test; dmarc=pass header.from=home.test\r\nFrom: {FAMILY}\r\n\r\nhello\r\n",
            },
            "dmarc",
        ),
        (
            {
                "dmarc": "fail",
                "envelope_from": '"x; dmarc=pass header.from=home.test"@evil.test',
                "raw": f"From: {FAMILY}\r\n\r\nhello\r\n",
            },
            "dmarc",
        ),
        ({"raw": f"From: <{FAMILY}>(x)@evil.test\r\n\r\nhello\r\n"}, "from"),
    ],
)
def test_what_nobody_vouches_for_comes_with_its_doubt(host: Handle, wish: dict[str, Any], doubt: str) -> None:
    with door(host) as heard:
        assert write(host, **wish)["delivered"]
    (event,) = heard
    assert (event.doubt, event.about) == (doubt, "")


def test_another_hosts_findings_on_top_prove_nothing(host: Handle) -> None:
    with door(host) as heard:
        host.ask("configure", {"mail_authserv_id": "mx.evil.test"})
        write(host)
        host.ask("configure", {"mail_authserv_id": "mx.mail.test"})
    assert heard[0].doubt == "dmarc"


@pytest.mark.parametrize(("fate", "status", "advice"), [("hard", "undelivered", "bad_address"), ("soft", "delayed", "soft_bounce")])
def test_a_bounce_is_news_about_the_mail_it_names(host: Handle, fate: str, status: str, advice: str) -> None:
    host.ask("mail/fate", {"to": FAMILY, "fate": fate})
    with door(host) as heard:
        send(email(host))
        (event,) = eventually(lambda: heard)
    assert isinstance(event, StatusUpdate)
    assert (event.status, event.outbox_id, event.raw["advice"]) == (status, OUTBOX, advice)
    assert event.raw["addresses"] == [FAMILY]


def test_an_absence_note_is_not_a_familys_word_and_an_answer_gets_none(host: Handle) -> None:
    host.ask("mail/fate", {"to": FAMILY, "fate": "away"})
    with door(host) as heard:
        send(email(host), automatic=True, in_reply_to="<1@home.test>")
        send(email(host))
        eventually(lambda: heard)
    assert [event.doubt for event in heard] == ["automatic"]
