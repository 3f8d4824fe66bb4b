"""The server of a test, in a thread with a loop of its own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from typing import TypeVar

_T = TypeVar("_T")


@contextmanager
def in_thread(serving: Callable[[], AbstractAsyncContextManager[_T]]) -> Iterator[_T]:
    """Serve until the end of the block; gives what `serving` gives once it listens."""
    loop, ready, over = asyncio.new_event_loop(), threading.Event(), asyncio.Event()
    given: list[_T] = []

    async def serve() -> None:
        async with serving() as made:
            given.append(made)
            ready.set()
            await over.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),), daemon=True)
    thread.start()
    assert ready.wait(60)
    try:
        yield given[0]
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join(60)
        loop.close()


@asynccontextmanager
async def open_until_the_end(*servers: asyncio.Server) -> AsyncIterator[list[int]]:
    """The ports of these servers; at the end they are closed, and every talk with them is cut off."""
    yield [one.sockets[0].getsockname()[1] for one in servers]
    for one in servers:
        one.close()
    others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
