"""Random bytes are given out once: to one caller, in one thread, in one process."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

from bot.store.nonces import SIZE, fresh


def test_no_bytes_are_given_twice_whoever_asks() -> None:
    with ThreadPoolExecutor(8) as threads:
        found = [one for many in threads.map(lambda _: [fresh() for _ in range(500)], range(8)) for one in many]
    assert len(set(found)) == 4000
    assert {len(one) for one in found} == {SIZE}


def test_a_forked_child_draws_its_own() -> None:
    fresh()
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writing, b"".join(fresh() for _ in range(300)))
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        theirs = pipe.read()
    assert os.waitpid(child, 0)[1] == 0
    ours = {fresh() for _ in range(300)}
    assert ours.isdisjoint({theirs[at : at + SIZE] for at in range(0, len(theirs), SIZE)})
