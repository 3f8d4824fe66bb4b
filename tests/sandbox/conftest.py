"""A running sandbox and a little real server that plays us: what a provider would call."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl

import pytest
from slack_sdk import WebClient
from twilio.rest import Client

from bot.sandbox.options import Options, SlackChannel, SlackUser
from bot.sandbox.server import Handle, Sandbox

SENDER = "+15550100001"
FAMILY = "+15550101001"
TEACHER = SlackUser("U0TEACHER1", "teacher", "Teacher One", email="teacher@demo.example")
LIAISON = SlackUser("U0LIAISON1", "liaison", "Liaison One")
CASE = SlackChannel("C0CASE0001", "case-1", members=(TEACHER.id,))


@dataclass
class Heard:
    """One request that reached us."""

    path: str
    headers: dict[str, str]
    body: bytes
    at: float

    @property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))


@dataclass
class Ear:
    """Our side: it listens and answers what the test says. `answers` are used one after the other, the last one stays."""

    url: str = ""
    heard: list[Heard] = field(default_factory=list)
    answers: list[tuple[int, bytes]] = field(default_factory=lambda: [(200, b"")])
    wait: float = 0.0
    hang_up: int = 0
    """How many requests are taken without any answer."""
    reply_headers: dict[str, str] = field(default_factory=dict)

    def until(self, count: int, path: str = "/", seconds: float = 60) -> list[Heard]:
        """Wait until `count` requests under `path` were heard; return them."""
        return eventually(lambda: [one for one in self.heard if one.path.startswith(path)], lambda rows: len(rows) >= count, seconds)


def eventually(read: Callable[[], Any], good: Callable[[Any], bool] = bool, seconds: float = 60) -> Any:
    """Read until it is good; fail after a while."""
    deadline = time.monotonic() + seconds
    while True:
        value = read()
        if good(value):
            return value
        assert time.monotonic() < deadline, value
        time.sleep(0.01)


@pytest.fixture
def ear() -> Iterator[Ear]:
    ear = Ear()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            ear.heard.append(Heard(self.path, {k.lower(): v for k, v in self.headers.items()}, body, time.monotonic()))
            time.sleep(ear.wait)
            if ear.hang_up:
                ear.hang_up -= 1
                self.close_connection = True
                return
            status, said = ear.answers.pop(0) if len(ear.answers) > 1 else ear.answers[0]
            try:
                self.send_response(status)
                for name, value in ear.reply_headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(said)))
                self.end_headers()
                self.wfile.write(said)
            except OSError:
                pass  # the provider lost patience, which is what such a test wants

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    ear.url = f"http://127.0.0.1:{server.server_port}"
    yield ear
    server.shutdown()
    server.server_close()


@pytest.fixture
def start() -> Iterator[Callable[..., Handle]]:
    """Start a sandbox with these options; all are stopped at the end."""
    running: list[Handle] = []

    def start(**wishes: Any) -> Handle:
        given = {"mode": "test", "list_lag_seconds": 0.0, "sent_after": 0.01, "delivered_after": 0.02}
        given |= {"slack_users": (TEACHER, LIAISON), "slack_channels": (CASE,)}
        running.append(Sandbox(Options(**{**given, **wishes})).start_in_thread())
        return running[-1]

    yield start
    for handle in running:
        handle.stop()


@pytest.fixture
def sandbox(start: Callable[..., Handle], ear: Ear) -> Handle:
    return start(message_webhook=f"{ear.url}/in", slack_request_url=f"{ear.url}/slack")


def twilio(handle: Handle, token: str = "5a" * 16) -> Client:
    """The vendor's client, with only the address changed."""
    client = Client(handle.sandbox.state.options.account_sid, token)
    client.api.base_url = handle.twilio_url
    return client


@pytest.fixture
def client(sandbox: Handle) -> Client:
    return twilio(sandbox)


@pytest.fixture
def slack(sandbox: Handle) -> WebClient:
    return WebClient("xoxb-sandbox", base_url=sandbox.slack_url)
