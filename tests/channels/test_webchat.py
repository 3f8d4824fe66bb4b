"""Web chat: the contract, and what is its own."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

import pytest

from channels.base import Found, Inbound, Outbound, Receipt, Request
from channels.errors import Refused, SendError
from channels.webchat import WebChat, sign
from tests.channels.contract import NOW, OLD_SECRET, SECRET, WORDS, ChannelContract
from tests.channels.provider import Answer

FORM = {"contact": "con_01J2", "district": "dst_demo", "client_id": "page-1", "text": WORDS}


def request(form: Mapping[str, str] | bytes, secret: str = SECRET) -> Request:
    body = form if isinstance(form, bytes) else urlencode(form).encode()
    return Request("POST", "/chat/messages", {"X-Hearthline-Chat": sign(body, secret)}, body, "application/x-www-form-urlencoded")


def webchat() -> WebChat:
    return WebChat(session_secret=SECRET, previous_secret=OLD_SECRET)


class TestWebChatContract(ChannelContract):
    kinds = ("webchat",)
    signature_header = "x-hearthline-chat"

    def build(self, base_url: str) -> WebChat:
        return webchat()

    def genuine(self, secret: str = SECRET) -> Request:
        return request(FORM, secret)

    def signed(self, body: bytes, secret: str = SECRET) -> Request:
        return request(body, secret)

    def malformed_bodies(self) -> Sequence[bytes]:
        missing = [urlencode({k: v for k, v in FORM.items() if k != name}).encode() for name in ("contact", "district", "client_id")]
        long = urlencode(FORM | {"text": "x" * 16_001}).encode()
        return [b"", b"\xff", b"contact=%FF", b"x" * 70_000, long, urlencode(FORM | {"client_id": "a b"}).encode(), *missing]

    def accepts(self) -> Sequence[Answer]:
        return []

    def throttles(self, seconds: int) -> Sequence[Answer]:
        return []

    def refuses(self) -> Mapping[type[SendError], Sequence[Answer]]:
        return {}

    def fails_after_taking(self) -> Sequence[Sequence[Answer]]:
        return []


def test_a_message_of_the_page_keeps_every_word_and_is_known_by_the_pages_id() -> None:
    words = "¿Sí? 😀\n"
    (event,) = webchat().receive(request(FORM | {"text": words + "\x00"}), NOW).events
    assert event == Inbound(
        provider="webchat",
        provider_id="con_01J2:page-1",
        channel="webchat",
        to="dst_demo",
        sender="con_01J2",
        text=words,
        raw=FORM | {"text": words},
    )


def test_a_channel_without_a_secret_lets_nobody_in() -> None:
    with pytest.raises(Refused):
        WebChat(session_secret="").receive(request(FORM, ""), NOW)


def test_what_was_sent_is_certainly_there() -> None:
    message = Outbound("out_1", "webchat", "dst_demo", "con_01J2", "hello")
    receipt = Receipt("webchat", "out_1", "delivered")
    assert asyncio.run(webchat().send(message)) == receipt
    assert asyncio.run(webchat().look_up(message, NOW, NOW)) == Found(receipt, certain=True)


def test_a_message_without_words_is_still_a_message() -> None:
    (event,) = webchat().receive(request({k: v for k, v in FORM.items() if k != "text"}), NOW).events
    assert isinstance(event, Inbound)
    assert event.text == ""


def test_headers_that_are_none_are_a_refusal() -> None:
    body = urlencode(FORM).encode()
    with pytest.raises(Refused):
        webchat().receive(Request("POST", "/", {"x-hearthline-chat": None}, body), NOW)  # type: ignore[dict-item]
