"""No mail blocks the next, whatever it holds (fault 19)."""

from __future__ import annotations

import resource
from collections.abc import Iterator

import pytest

from channels.email import apart
from channels.email.apart import Pool
from channels.email.mime import Mail, read
from tests.channels.email.mails import HOSTILE, mutated, reply


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    made = Pool(3)
    yield made
    made.close()


def test_a_mail_is_the_same_read_apart(pool: Pool) -> None:
    for raw in (reply("Sí.\n", "<p>Sí.</p>", photo=b"\xff\xd8\x00\n"), HOSTILE["naughty"], HOSTILE["broken utf-8"]):
        assert pool.read(raw) == read(raw)
        assert pool.read(raw, "").null_return_path


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_mail_is_read_or_put_aside(pool: Pool, name: str) -> None:
    found = pool.read(HOSTILE[name])
    assert isinstance(found, Mail)
    assert pool.read(reply()).reply == "Todo bien."


def test_a_thousand_damaged_mails_stop_nobody(pool: Pool) -> None:
    for raw in mutated(1_000):
        assert isinstance(pool.read(raw), Mail)
    assert pool.read(reply()).reply == "Todo bien."


def test_others_do_not_wait_for_a_hostile_mail(pool: Pool) -> None:
    """While a reader is busy, the next mail is read by another."""
    busy = [pool._child(), pool._child()]
    assert pool.read(reply()).reply == "Todo bien."
    pool._idle += busy


def test_a_reader_that_hangs_or_dies_is_replaced(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    child = pool._child()
    child.end()
    pool._idle.append(child)
    assert pool.read(reply()).doubt == "unreadable"
    assert pool.read(reply()).doubt == ""
    monkeypatch.setattr(apart, "SECONDS", 0)
    hurried = Pool(1)
    aside = hurried.read(HOSTILE["ten megabytes of words"])
    assert (aside.doubt, aside.message_id, aside.text) == ("unreadable", "<1@example.org>", "")
    hurried.close()


def test_a_reader_may_take_no_more_time_and_memory_than_a_mail_needs() -> None:
    one = Pool(1)
    assert one.read(reply()).doubt == ""
    (child,) = one._idle
    limits = {name: resource.prlimit(child._process.pid, name) for name in (resource.RLIMIT_AS, resource.RLIMIT_CORE)}
    seconds, _ = resource.prlimit(child._process.pid, resource.RLIMIT_CPU)
    one.close()
    assert limits == {resource.RLIMIT_AS: (apart.MEMORY, apart.MEMORY), resource.RLIMIT_CORE: (0, 0)}
    assert 0 < seconds <= 60


def test_a_reader_is_replaced_after_many_mails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apart, "MAILS_A_CHILD", 1)
    few = Pool(1)
    assert few.read(reply()).doubt == ""
    assert few._idle == []
    assert few.read(reply()).doubt == ""
    few.close()
