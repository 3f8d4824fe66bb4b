"""Listen where a provider keeps a connection open instead of calling us (Slack's Socket Mode, mail), one thread each.

A provider is acknowledged only after the commit: `emit` returns when every event is durable, and when it raises, the provider comes again.
Several processes may listen at once; whatever reaches two of them is known by its event id and happens once.
"""

from __future__ import annotations

import threading
import time
from typing import Any

from bot.errors import HearthlineError, NotFound
from bot.log import get_log
from bot.service import receive
from bot.service.runtime import Runtime
from channels.base import MAIL, Challenge, Ignored, Inbound, Listener, Received
from channels.errors import ChannelError

FIRST_WAIT_SECONDS = 1.0
LONGEST_WAIT_SECONDS = 60.0
STOP_SECONDS = 5.0

_log = get_log("listen")


class Listening:
    """The threads that listen, from `start` to `stop`."""

    def __init__(self, runtime: Runtime, *, first_wait: float = FIRST_WAIT_SECONDS) -> None:
        # one committer a process; a worker that serves no pages has none of its own and gets it here, without a thread until it is used
        self._committer: Any = runtime.committer or receive.committer_for(runtime)
        self._own = runtime.committer is None
        self._first_wait = first_wait
        self._over = threading.Event()
        self._threads = [
            threading.Thread(target=self._run, args=(channel,), name=f"listen-{channel.name}", daemon=True) for channel in wanted(runtime)
        ]

    def start(self) -> Listening:
        for thread in self._threads:
            thread.start()
        return self

    def stop(self) -> None:
        """Close the connections; what was not committed was not acknowledged and comes again elsewhere."""
        self._over.set()
        for thread in self._threads:
            thread.join(STOP_SECONDS)
        if self._own:
            self._committer.close()

    def _run(self, channel: Any) -> None:
        wait = self._first_wait
        while not self._over.is_set():
            began = time.monotonic()
            try:
                channel.listen(self._emit, self._over.is_set)
            except ChannelError as error:
                _log.warning("listening_broke_off", provider=channel.name, error=type(error).__name__)
            except Exception as error:  # noqa: BLE001 - a thread that dies silently would leave staff deaf
                _log.error("listening_failed", provider=channel.name, error=type(error).__name__)
            if time.monotonic() - began > LONGEST_WAIT_SECONDS:  # it worked: what broke it is not the trouble of the last time
                wait = self._first_wait
            self._over.wait(wait)
            wait = min(wait * 2, LONGEST_WAIT_SECONDS)

    def _emit(self, received: Received) -> None:
        for event in received.events:
            if isinstance(event, Challenge | Ignored):
                continue
            try:
                outcome = self._committer.submit(event)
                if isinstance(event, Inbound) and event.channel == MAIL and getattr(outcome, "state", "") == "unknown_receiver":
                    raise NotFound("There is no district yet that could keep this mail.")
            except HearthlineError as error:  # busy, or the database is away: not acknowledged, so it comes again
                _log.warning("event_not_kept", error=type(error).__name__)
                raise


def wanted(runtime: Runtime) -> list[Any]:
    """What is to listen by itself: Slack only in Socket Mode; mail by each way in that is set up."""
    each = {id(channel): channel for channel in runtime.channels.values()}.values()
    socket = runtime.settings.slack_transport == "socket"
    alone = [channel for channel in each if isinstance(channel, Listener) and (channel.name != "slack" or socket)]
    return [*alone, *(way for channel in each for way in getattr(channel, "listeners", ()))]
