"""Ids grow, never repeat, also across threads and forks."""

from __future__ import annotations

import os
import re
import threading
from datetime import UTC

from bot.clock import RealClock, RealIds, letters


def test_the_clock_is_aware_and_in_utc() -> None:
    assert RealClock().now().tzinfo is UTC


def test_an_id_is_a_kind_and_a_ulid() -> None:
    assert re.fullmatch(r"ent_[0-7][0-9A-HJKMNP-TV-Z]{25}", RealIds().new("ent"))
    assert letters(0, 80) == "0" * 16
    assert letters((1 << 48) - 1, 50) == "7" + "Z" * 9


def test_ids_of_one_process_sort_by_when_they_were_made() -> None:
    ids = RealIds()
    made = [ids.new("ent") for _ in range(5000)]
    assert made == sorted(set(made))


def test_threads_never_get_the_same_id() -> None:
    ids = RealIds()
    made: list[str] = []
    threads = [threading.Thread(target=lambda: made.extend([ids.new("ent") for _ in range(2000)])) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(made)) == 8000


def test_a_child_process_does_not_repeat_its_parent() -> None:
    ids = RealIds()
    ids.new("ent")
    out, into = os.pipe()
    if (child := os.fork()) == 0:
        os.write(into, ids.new("ent").encode())
        os._exit(0)
    mine = ids.new("ent")
    os.waitpid(child, 0)
    theirs = os.read(out, 100).decode()
    os.close(out)
    os.close(into)
    assert mine[:10] == theirs[:10]
    assert mine[15:] != theirs[15:]


def test_more_ids_than_a_tail_holds_in_one_millisecond_still_grow() -> None:
    ids = RealIds()
    ids.new("ent")
    ids._millis = 1 << 47  # a clock that stands still
    ids._low |= (1 << 20) - 2
    made = [ids.new("ent") for _ in range(4)]
    assert made == sorted(set(made))


def test_a_forked_child_starts_with_new_chance() -> None:
    ids = RealIds()
    before = ids.new("ent")
    ids._forget()
    assert ids.new("ent")[15:] != before[15:]
