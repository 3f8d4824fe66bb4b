"""What every channel owes, as tests each channel's own class inherits (`test_registry` fails for a channel without one).

A subclass gives the requests and answers of its provider; the promises are here: what is not provably the provider's changes
nothing and raises `Refused`; what is unreadable raises `Malformed`; the same event has the same id for ever; sending says truly
what may be done next; and no word a family wrote, no address and no secret ever reaches a log.
"""

from __future__ import annotations

import asyncio
import logging
from abc import ABC, abstractmethod
from collections.abc import Coroutine, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import structlog

from channels.base import STATUS_RANK, Channel, Ignored, Inbound, Outbound, Receipt, Received, Request, StaffAction, StatusUpdate
from channels.errors import InDoubt, Malformed, NotAccepted, Refused, SendError, Throttled, TooLong
from tests.channels.provider import Answer, Provider

NOW = datetime(2026, 11, 21, 15, 0, tzinfo=UTC)

WORDS = "canary-words-of-the-family"
SECRET = "canary0secret0000000000000000001"
OLD_SECRET = "canary0secret0000000000000000002"
NUMBER = "+15550109907"
CANARIES = (WORDS, "canary-word", SECRET, OLD_SECRET, NUMBER, NUMBER[1:])


def with_headers(request: Request, **headers: str | None) -> Request:
    """Return the request with headers (underscores for hyphens) set, or taken away where None."""
    changed: dict[str, str] = {k: v for k, v in request.headers.items() if k.lower().replace("-", "_") not in headers}
    changed |= {k.replace("_", "-"): v for k, v in headers.items() if v is not None}
    return replace(request, headers=changed)


class LogBook(logging.Handler):
    """Everything anybody logs, at every level, formatted as it would be written."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record) + repr(record.__dict__.get("extra", "")))


def run(channel: Channel, what: Coroutine[Any, Any, Any]) -> Any:
    """Await one thing and close the channel."""

    async def once() -> Any:
        try:
            return await what
        finally:
            await channel.close()

    return asyncio.run(once())


class ChannelContract(ABC):
    """Inherit, fill in the provider's side, and the promises are tested."""

    kinds: tuple[str, ...]
    signature_header: str
    replays_expire = False

    # -- the provider's side, told by each channel ---------------------------------------------------------------------

    @abstractmethod
    def build(self, base_url: str) -> Channel:
        """Return the channel with secret SECRET, previous secret OLD_SECRET, talking to this address."""

    @abstractmethod
    def genuine(self, secret: str = SECRET) -> Request:
        """Return a signed request carrying one event of a person (with WORDS and NUMBER in it where the provider sends such)."""

    @abstractmethod
    def signed(self, body: bytes, secret: str = SECRET) -> Request:
        """Return a well signed request with any body."""

    @abstractmethod
    def malformed_bodies(self) -> Sequence[bytes]:
        """Return bodies that, though signed, cannot be read."""

    def unknown_status(self) -> Request | None:
        """Return a signed status the provider may invent tomorrow; None when the provider sends no statuses."""
        return None

    def outbound(self) -> Outbound:
        return Outbound("out_01canary", self.kinds[0], "+15550100001", NUMBER, WORDS, 600)

    def too_long(self) -> Outbound | None:
        return replace(self.outbound(), text=WORDS * 3000)

    @abstractmethod
    def accepts(self) -> Sequence[Answer]:
        """Return the provider's answers to a message it takes."""

    @abstractmethod
    def throttles(self, seconds: int) -> Sequence[Answer]:
        """Return the provider's answers when it asks us to slow down."""

    @abstractmethod
    def refuses(self) -> Mapping[type[SendError], Sequence[Answer]]:
        """Return, by the error each must become, the provider's refusals."""

    @abstractmethod
    def fails_after_taking(self) -> Sequence[Sequence[Answer]]:
        """Return answers after which nobody knows whether the message was taken."""

    # -- the promises --------------------------------------------------------------------------------------------------

    @pytest.fixture(autouse=True)
    def nothing_secret_or_personal_in_any_log(self) -> Iterator[None]:
        book = LogBook()
        root = logging.getLogger()
        names = ["", *logging.root.manager.loggerDict]
        levels = {name: logging.getLogger(name).level for name in names if not name.endswith(".silence")}
        for name in levels:
            logging.getLogger(name).setLevel(logging.DEBUG)
        root.addHandler(book)
        try:
            with structlog.testing.capture_logs() as events:
                yield
        finally:
            root.removeHandler(book)
            for name, level in levels.items():
                logging.getLogger(name).setLevel(level)
        written = "\n".join([*book.lines, *map(repr, events)])
        assert [canary for canary in CANARIES if canary in written] == []

    @pytest.fixture
    def channel(self, vendor: Provider) -> Channel:
        return self.build(vendor.url)

    def send(self, channel: Channel, message: Outbound | None = None) -> Receipt:
        receipt: Receipt = run(channel, channel.send(message or self.outbound()))
        return receipt

    def test_it_keeps_the_contract_of_channels_base(self, channel: Channel) -> None:
        assert isinstance(channel, Channel)
        assert set(self.kinds) <= set(channel.channels)

    def test_a_good_signature_is_taken(self, channel: Channel) -> None:
        received = channel.receive(self.genuine(), NOW)
        assert len(received.events) == 1
        assert isinstance(received.events[0], Inbound | StaffAction)
        assert received.reply_status == 200

    def test_the_previous_secret_is_taken_while_it_is_being_changed(self, channel: Channel) -> None:
        assert dedupe_ids(channel.receive(self.genuine(OLD_SECRET), NOW)) == dedupe_ids(channel.receive(self.genuine(), NOW))

    def test_a_secret_that_was_never_ours_is_refused(self, channel: Channel) -> None:
        with pytest.raises(Refused):
            channel.receive(self.genuine("somebody elses secret"), NOW)

    @pytest.mark.parametrize(
        "signature", [None, "", "x", "v0=", "v0=deadbeef", "é" * 28, "A" * 100_000, "\x00", "😀", "v1=" + "0" * 64, "null", "A" * 28]
    )
    def test_a_bad_or_missing_signature_is_refused(self, channel: Channel, signature: str | None) -> None:
        with pytest.raises(Refused):
            channel.receive(with_headers(self.genuine(), **{self.signature_header.replace("-", "_"): signature}), NOW)

    def test_a_request_without_any_headers_is_refused(self, channel: Channel) -> None:
        with pytest.raises(Refused):
            channel.receive(replace(self.genuine(), headers={}), NOW)

    def test_a_changed_body_is_refused(self, channel: Channel) -> None:
        request = self.genuine()
        with pytest.raises(Refused):
            channel.receive(replace(request, body=request.body.replace(b"canary", b"mutant")), NOW)

    def test_the_host_header_says_nothing_about_who_signed(self, channel: Channel) -> None:
        request = with_headers(self.genuine(), host="evil.example", x_forwarded_host="evil.example", x_forwarded_proto="http")
        assert dedupe_ids(channel.receive(request, NOW)) == dedupe_ids(channel.receive(self.genuine(), NOW))

    def test_what_is_signed_but_cannot_be_read_is_malformed(self, channel: Channel) -> None:
        for body in self.malformed_bodies():
            with pytest.raises(Malformed):
                channel.receive(self.signed(body), NOW)

    def test_the_same_event_twice_has_the_same_id(self, channel: Channel) -> None:
        first, second = (channel.receive(self.genuine(), NOW) for _ in range(2))
        assert dedupe_ids(first) == dedupe_ids(second)
        assert all(dedupe_ids(first))

    def test_a_replay_is_refused_or_known_by_its_id(self, channel: Channel) -> None:
        later = NOW + timedelta(days=400)
        if self.replays_expire:
            with pytest.raises(Refused):
                channel.receive(self.genuine(), later)
        else:
            assert dedupe_ids(channel.receive(self.genuine(), later)) == dedupe_ids(channel.receive(self.genuine(), NOW))

    def test_an_unknown_status_is_kept_and_ranks_below_every_known_one(self, channel: Channel) -> None:
        request = self.unknown_status()
        if request is None:
            return
        (event,) = channel.receive(request, NOW).events
        if isinstance(event, StatusUpdate):
            assert STATUS_RANK.get(event.status, 0) == 0
            assert event.provider_id
        else:
            assert isinstance(event, Ignored)

    def test_an_accepted_message_has_a_receipt_with_the_providers_id(self, channel: Channel, vendor: Provider) -> None:
        vendor.will(*self.accepts())
        receipt = self.send(channel)
        assert receipt.provider == channel.name
        assert receipt.provider_id
        assert receipt.status in STATUS_RANK

    def test_too_long_is_said_before_anything_is_sent(self, channel: Channel, vendor: Provider) -> None:
        message = self.too_long()
        if message is None:
            return
        vendor.will(*self.accepts())
        with pytest.raises(TooLong):
            self.send(channel, message)
        assert vendor.seen == []

    def test_throttled_carries_how_long_to_wait(self, channel: Channel, vendor: Provider) -> None:
        answers = self.throttles(7)
        if not answers:
            return
        vendor.will(*answers)
        with pytest.raises(Throttled) as raised:
            self.send(channel)
        assert (raised.value.retryable, raised.value.retry_after) == (True, 7.0)

    def test_a_refusal_becomes_the_error_that_says_what_to_do(self, vendor: Provider) -> None:
        for expected, answers in self.refuses().items():
            vendor.will(*answers)
            with pytest.raises(expected) as raised:
                self.send(self.build(vendor.url))
            assert type(raised.value) is expected
            assert raised.value.reason
            assert not [c for c in CANARIES if c in raised.value.reason + raised.value.code + repr(raised.value.__cause__)]

    def test_whoever_may_have_taken_it_leaves_it_in_doubt(self, vendor: Provider) -> None:
        for answers in self.fails_after_taking():
            vendor.will(*answers)
            with pytest.raises(InDoubt):
                self.send(self.build(vendor.url))

    def test_a_provider_that_cannot_be_reached_has_taken_nothing(self, vendor: Provider) -> None:
        if not self.accepts():
            return
        with pytest.raises(NotAccepted):
            self.send(self.build("http://127.0.0.1:9"))


def dedupe_ids(received: Received) -> list[str]:
    """What each event is known by when it comes again."""
    ids: list[str] = []
    for event in received.events:
        if isinstance(event, Inbound):
            ids.append(event.provider_id)
        elif isinstance(event, StatusUpdate):
            ids.append(f"{event.provider_id}:{event.status}")
        elif isinstance(event, StaffAction):
            ids.append(event.event_id)
    return ids
