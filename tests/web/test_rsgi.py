"""The site as the server calls it: texts by the short way, pages through Flask, the same policy and the same headers on both."""

from __future__ import annotations

import asyncio
import random
import threading
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlencode

import pytest
from flask import Flask, request
from twilio.request_validator import RequestValidator

from bot import app
from bot.errors import Busy
from bot.web import guard, hooks
from bot.web.rsgi import Site
from tests.web.conftest import AUTH_TOKEN, PUBLIC, counts
from tests.web.test_hooks import BODIES, FORGED, PHONE

FORM = "application/x-www-form-urlencoded"


class Headers:
    def __init__(self, pairs: list[tuple[str, str]]) -> None:
        self._pairs = pairs

    def items(self) -> list[tuple[str, str]]:
        return self._pairs

    def get(self, key: str, default: Any = None) -> Any:
        return next((value for name, value in self._pairs if name == key), default)


@dataclass
class Scope:
    method: str
    path: str
    headers: Headers
    query_string: str = ""
    http_version: str = "1.1"
    scheme: str = "http"
    client: str = "127.0.0.1:40000"
    server: str = "127.0.0.1:8000"


@dataclass
class Exchange:
    """One request's body and its answer."""

    sent: bytes
    read: int = 0
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    async def __call__(self) -> bytes:
        self.read += len(self.sent)
        return self.sent

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for at in range(0, len(self.sent), 4096):
            self.read += len(self.sent[at : at + 4096])
            yield self.sent[at : at + 4096]

    def response_bytes(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        assert not self.status, "answered twice"
        self.status, self.body = status, body
        self.headers = {name.lower(): value for name, value in headers}

    def response_empty(self, status: int, headers: list[tuple[str, str]]) -> None:
        self.response_bytes(status, headers, b"")


class Server:
    """What granian does: one loop, `__rsgi_init__`, requests, `__rsgi_del__`."""

    def __init__(self, flask: Flask) -> None:
        self.site = Site(flask)
        self.loop = asyncio.new_event_loop()
        self.site.__rsgi_init__(self.loop)

    def start(self, method: str, path: str, body: bytes = b"", *, chunked: bool = False, **headers: str) -> tuple[Exchange, Any]:
        path, _, query = path.partition("?")
        pairs = [(name.replace("_", "-"), value) for name, value in headers.items()]
        pairs += [] if chunked else [("content-length", str(len(body)))]
        exchange = Exchange(body)
        return exchange, self.site.__rsgi__(Scope(method, path, Headers(pairs), query), exchange)

    def ask(self, method: str, path: str, body: bytes = b"", **more: Any) -> Exchange:
        exchange, answer = self.start(method, path, body, **more)
        self.loop.run_until_complete(asyncio.wait_for(answer, 30))
        return exchange

    def close(self) -> None:
        if not self.loop.is_closed():
            self.site.__rsgi_del__(self.loop)
            self.loop.close()


@pytest.fixture
def server(site: Flask) -> Iterator[Server]:
    one = Server(site)
    yield one
    one.close()


def text(body: str, sid: str, path: str = "/hooks/twilio/message") -> tuple[bytes, dict[str, str]]:
    form = {"MessageSid": sid, "AccountSid": "AC" + "0" * 31 + "1", "From": PHONE, "To": "+15550100001", "Body": body, "NumMedia": "0"}
    return urlencode(form).encode(), signed(form, path)


def signed(form: Mapping[str, str], path: str) -> dict[str, str]:
    signature = RequestValidator(AUTH_TOKEN).compute_signature(PUBLIC + path, form)
    return {"x_twilio_signature": signature, "content_type": FORM}


def test_a_genuine_text_is_durable_when_it_is_answered_and_a_replay_changes_nothing(server: Server, runtime: Any) -> None:
    before = counts(runtime.database)["message"]
    body, headers = text("Le encantan los dinosaurios", "SM" + "1" * 32)
    answer = server.ask("POST", "/hooks/twilio/message", body, **headers)
    assert (answer.status, answer.headers["content-type"]) == (200, "text/xml")
    assert answer.body.endswith(b"<Response/>")
    assert counts(runtime.database)["message"] == before + 1
    after = counts(runtime.database)
    assert [server.ask("POST", "/hooks/twilio/message", body, **headers).status for _ in range(3)] == [200] * 3
    assert counts(runtime.database) == after


def test_a_signed_query_and_a_chunked_body_are_read(server: Server, runtime: Any) -> None:
    before = counts(runtime.database)["message"]
    body, headers = text("hola", "SM" + "2" * 32, "/hooks/twilio/message?a=1")
    assert server.ask("POST", "/hooks/twilio/message?a=1", body, chunked=True, **headers).status == 200
    assert counts(runtime.database)["message"] == before + 1


@pytest.mark.parametrize("path", ["/hooks/twilio/message", "/hooks/twilio/status/out_1"])
@pytest.mark.parametrize("forged", FORGED)
def test_forged_and_malformed_requests_change_nothing(server: Server, runtime: Any, path: str, forged: str) -> None:
    before = counts(runtime.database)
    headers = {name.lower().replace("-", "_"): value for name, value in FORGED[forged].items()}
    found = {name: server.ask("POST", path, data, **headers, content_type=kind).status for name, (data, kind) in BODIES.items()}
    assert {name: status for name, status in found.items() if status not in (400, 403)} == {}
    assert counts(runtime.database) == before


def test_mutations_of_a_genuine_request_are_answered_as_flask_answers_them(server: Server, site: Flask) -> None:
    chance = random.Random(7)
    form, _ = text("hola", "SM" + "d" * 32)
    client = site.test_client()
    for _ in range(500):
        data = bytearray(form)
        for _ in range(chance.randint(1, 4)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        signature = "".join(chance.choices("ABCabc012+/=\x7f", k=chance.randint(0, 40)))
        short = server.ask("POST", "/hooks/twilio/message", bytes(data), x_twilio_signature=signature, content_type=FORM)
        long = client.post("/hooks/twilio/message", data=bytes(data), headers={"X-Twilio-Signature": signature, "Content-Type": FORM})
        assert short.status == long.status_code
        assert short.status in (400, 403)


def test_what_is_too_large_is_refused_before_it_is_read(server: Server) -> None:
    large = b"x" * (hooks.MAX_BODY + 1)
    announced = server.ask("POST", "/hooks/twilio/message", large)
    streamed = server.ask("POST", "/hooks/twilio/message", large, chunked=True)
    assert (announced.status, announced.read, streamed.status) == (413, 0, 413)
    assert streamed.read <= hooks.MAX_BODY + 4096


def test_a_page_has_a_limit_of_its_own_and_nothing_is_held_beyond_it(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.web.rsgi.MAX_BODY", 100)
    answer = server.ask("POST", "/console/sign-in", b"x" * 101)
    assert (answer.status, answer.read, answer.headers["cache-control"]) == (413, 0, "no-store")
    assert server.ask("POST", "/console/sign-in", b"x", content_length="one", chunked=True).status == 413


def test_both_ways_carry_the_same_headers(server: Server, site: Flask) -> None:
    short = server.ask("POST", "/hooks/twilio/message", b"a=b", content_type=FORM)
    long = site.test_client().post("/hooks/twilio/message", data=b"a=b", content_type=FORM)
    wanted = {name.lower(): value for name, value in guard.headers(site.extensions["runtime"]).items()}
    assert "strict-transport-security" in wanted
    assert {name: short.headers.get(name) for name in wanted} == wanted == {name: long.headers.get(name) for name in wanted}


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/healthz", 200),
        ("HEAD", "/console/sign-in", 200),
        ("GET", "/hooks/twilio/message", 405),
        ("POST", "/hooks/twilio/nothing", 404),
        ("POST", "/hooks/twilio/status/", 404),
        ("POST", "/hooks/twilio/status/a/b", 404),
        ("POST", "/hooks/slack", 403),
        ("GET", "/caf\xe9", 404),
    ],
)
def test_everything_else_is_answered_by_flask(server: Server, site: Flask, method: str, path: str, status: int) -> None:
    answer = server.ask(method, path)
    assert (answer.status, site.test_client().open(path, method=method).status_code) == (status, status)


def test_a_page_sees_the_request_as_it_came(server: Server, site: Flask) -> None:
    seen: dict[str, Any] = {}

    def look() -> str:
        seen.update(
            path=request.path,
            query=request.args["q"],
            cookies=dict(request.cookies),
            many=request.headers["X-Many"],
            form=request.form["word"],
            remote=request.remote_addr,
            host=request.host,
        )
        return "seen"

    rule = next(rule for rule in site.url_map.iter_rules() if str(rule) == "/healthz")
    site.view_functions[rule.endpoint] = look
    rule.methods = {"GET", "POST"}
    exchange = Exchange(b"word=ni%C3%B1a")
    pairs = [("content-length", "14"), ("content-type", FORM), ("cookie", "a=1"), ("cookie", "b=2"), ("x-many", "x"), ("x-many", "y")]
    scope = Scope("POST", "/healthz", Headers([*pairs, ("host", "hearthline.example")]), "q=%C3%A9")
    server.loop.run_until_complete(server.site.__rsgi__(scope, exchange))
    assert (exchange.status, exchange.body) == (200, b"seen")
    assert seen == {
        "path": "/healthz",
        "query": "\xe9",
        "cookies": {"a": "1", "b": "2"},
        "many": "x,y",
        "form": "ni\xf1a",
        "remote": "127.0.0.1",
        "host": "hearthline.example",
    }


class Committer:
    """Ends every turn in its own way; `gate` holds them back."""

    def __init__(self, error: Exception | None = None, refuse: Exception | None = None) -> None:
        self.error, self.refuse = error, refuse
        self.gate = threading.Event()
        self.taken = threading.Event()
        self.gate.set()

    def hand_in(self, item: Any, tell: Any, waiter: Any) -> None:
        if self.refuse:
            raise self.refuse
        one = type("One", (), {"waiter": waiter, "error": self.error, "result": None})()

        def done() -> None:
            assert self.gate.wait(60)
            tell([one])

        threading.Thread(target=done).start()
        self.taken.set()


@pytest.mark.parametrize(
    ("committer", "status", "retry"),
    [
        (Committer(refuse=Busy()), 503, "2"),
        (Committer(error=RuntimeError("the disk is full")), 500, None),
        (Committer(), 200, None),
    ],
)
def test_a_text_is_answered_as_its_turn_ended(runtime: Any, committer: Any, status: int, retry: str | None) -> None:
    server = Server(app.create_app(replace(runtime, committer=committer)))
    body, headers = text("hola", "SM" + "3" * 32)
    answer = server.ask("POST", "/hooks/twilio/message", body, **headers)
    assert (answer.status, answer.headers.get("retry-after")) == (status, retry)
    server.close()


def test_a_server_that_stops_answers_what_it_has_taken(runtime: Any) -> None:
    committer = Committer()
    committer.gate.clear()
    server = Server(app.create_app(replace(runtime, committer=committer)))
    body, headers = text("hola", "SM" + "4" * 32)
    exchange, answer = server.start("POST", "/hooks/twilio/message", body, **headers)
    task = server.loop.create_task(answer)
    server.loop.run_until_complete(asyncio.sleep(0))
    assert committer.taken.wait(60)
    server.loop.call_later(0.05, committer.gate.set)
    server.close()
    assert (exchange.status, task.done()) == (200, True)


def test_a_request_given_up_meanwhile_disturbs_nobody(runtime: Any) -> None:
    committer = Committer()
    committer.gate.clear()
    server = Server(app.create_app(replace(runtime, committer=committer)))
    body, headers = text("hola", "SM" + "5" * 32)
    _, answer = server.start("POST", "/hooks/twilio/message", body, **headers)
    task = server.loop.create_task(answer)
    server.loop.run_until_complete(asyncio.sleep(0))
    task.cancel()
    server.loop.run_until_complete(asyncio.gather(task, return_exceptions=True))
    committer.gate.set()
    server.close()
    assert task.cancelled()
