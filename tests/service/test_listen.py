"""Listening: what a provider says over a connection of ours is committed before it is acknowledged, and a broken connection is renewed."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from bot.errors import Busy, NotFound
from bot.service import listen
from bot.service.listen import Listening, wanted
from channels.base import Emit, Ignored, Inbound, Received, StaffAction
from channels.errors import NotAccepted

ACTION = StaffAction("slack", "act:1", "U1", "acknowledge")


class Provider:
    """Calls `emit` once a connection; breaks off as it is told."""

    name = "slack"
    channels = ("slack",)

    def __init__(self, *breaks: Exception) -> None:
        self.breaks = list(breaks)
        self.acknowledged: list[str] = []
        self.connections = 0

    def listen(self, emit: Emit, stop: Callable[[], bool]) -> None:
        self.connections += 1
        if self.breaks:
            raise self.breaks.pop(0)
        emit(Received((Ignored("event_callback"), ACTION)))
        self.acknowledged.append("act:1")
        while not stop():
            time.sleep(0.005)


class Keeper:
    """A committer that is busy as often as it is told, and keeps the rest."""

    def __init__(self, busy: int = 0) -> None:
        self.busy = busy
        self.kept: list[Any] = []

    def submit(self, event: Any) -> None:
        if self.busy:
            self.busy -= 1
            raise Busy
        self.kept.append(event)


def runtime(provider: Any, keeper: Keeper, transport: str = "socket") -> Any:
    return SimpleNamespace(
        channels={"slack": provider, "sms": object()}, settings=SimpleNamespace(slack_transport=transport), committer=keeper
    )


def listen_until(done: Callable[[], bool], provider: Provider, keeper: Keeper) -> None:
    listening = Listening(runtime(provider, keeper), first_wait=0.01).start()
    end = time.monotonic() + 60
    while not done() and time.monotonic() < end:
        time.sleep(0.005)
    listening.stop()
    assert done()
    assert not [thread for thread in threading.enumerate() if thread.name == "listen-slack"]


def test_an_event_is_committed_and_then_acknowledged() -> None:
    provider, keeper = Provider(), Keeper()
    listen_until(lambda: provider.acknowledged == ["act:1"], provider, keeper)
    assert keeper.kept == [ACTION]


def test_what_could_not_be_kept_is_not_acknowledged_and_comes_again() -> None:
    provider, keeper = Provider(), Keeper(busy=2)
    listen_until(lambda: bool(provider.acknowledged), provider, keeper)
    assert (provider.connections, provider.acknowledged, keeper.kept) == (3, ["act:1"], [ACTION])


def test_a_connection_that_breaks_is_opened_again_whatever_broke_it() -> None:
    provider, keeper = Provider(NotAccepted(), RuntimeError("a bug of ours")), Keeper()
    listen_until(lambda: bool(provider.acknowledged), provider, keeper)
    assert provider.connections == 3


def test_a_connection_that_worked_for_long_is_opened_again_as_soon_as_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    lasting, now, waits = [0, 0, 0, 3600, 0], [0], list[float]()

    def breaks(*_: object) -> None:
        now[0] += lasting.pop(0)
        raise NotAccepted

    monkeypatch.setattr(listen, "time", SimpleNamespace(monotonic=lambda: now[0]))
    provider = Provider()
    monkeypatch.setattr(provider, "listen", breaks)
    listening = Listening(runtime(provider, Keeper()))
    monkeypatch.setattr(listening, "_over", SimpleNamespace(is_set=lambda: not lasting, wait=waits.append))
    listening._run(provider)
    assert waits == [1, 2, 4, 1, 2]


def test_slack_listens_only_where_the_settings_choose_socket_mode() -> None:
    provider = Provider()
    assert wanted(runtime(provider, Keeper(), "http")) == []
    assert wanted(runtime(provider, Keeper(), "socket")) == [provider]


def test_a_channel_with_several_ways_in_listens_by_each_of_them() -> None:
    ways = (Provider(), Provider())
    mail = SimpleNamespace(name="email", listeners=ways)
    assert wanted(runtime(mail, Keeper(), "http")) == list(ways)


def test_a_mail_nobody_could_keep_is_not_acknowledged() -> None:
    keeper = Keeper()
    keeper.submit = lambda event: SimpleNamespace(state="unknown_receiver")  # type: ignore[method-assign]
    listening = Listening(runtime(Provider(), keeper))
    mail = Inbound("email", "mail_1", "email", "nobody@example.org", "x@example.org", "Hello")
    with pytest.raises(NotFound):
        listening._emit(Received((mail,)))
    listening._emit(Received((replace(mail, channel="sms"),)))
