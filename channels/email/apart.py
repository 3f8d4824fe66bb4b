"""Mail is read in a process of its own (fault 19): one that eats time or memory is ended there, and the others do not wait for it.

A child reads one mail after the other; a mail that finds no idle child gets a new one, up to `MOST_CHILDREN`. A child that takes too
long, dies or answers nonsense is ended, and its mail comes back as its head alone with the defect ``unreadable``. Answers are data
(JSON and bytes), never objects: a child that was taken over can lie about its mail, and nothing else.
"""

from __future__ import annotations

import atexit
import json
import os
import selectors
import struct
import subprocess
import sys
import threading
import time
from datetime import datetime
from types import MappingProxyType
from typing import IO, Any

from channels.base import MediaRef
from channels.email.bounce import Bounce
from channels.email.mime import Mail, read, unread

SECONDS = 8
"""Processor time a mail may take; on the wall it may take four times as long: a busy machine is not a hostile mail."""
MEMORY = 1_500_000_000
MOST_CHILDREN = 4
MAILS_A_CHILD = 500

_SIZE = struct.Struct(">Q")
_MARK = struct.Struct(">QQ")


class Unanswered(Exception):
    """The child gave no answer in time."""


class Child:
    """One reading process."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter, our own words
            [sys.executable, "-c", f"import sys; sys.path[:] = {sys.path!r}\nfrom channels.email import apart; apart.serve()"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self.read = 0

    def ask(self, raw: bytes, envelope: str | None) -> Mail:
        """Raises `Unanswered` when it takes too long, dies, or answers what cannot be understood."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        until = time.monotonic() + 4 * SECONDS
        named = b"\x00" if envelope is None else b"\x01" + envelope.encode("utf-8", "replace")
        try:
            self._process.stdin.write(_MARK.pack(len(named), len(raw)) + named + raw)
            self._process.stdin.flush()
            size = _SIZE.unpack(self._take(_SIZE.size, until))[0]
            answer = json.loads(self._take(size, until))
            blobs = [self._take(int(one["size"]), until) for one in answer["attachments"]]
            self.read += 1
            return _mail(answer, blobs)
        except (OSError, ValueError, KeyError, TypeError, AttributeError, struct.error) as error:
            raise Unanswered from error

    def _take(self, size: int, until: float) -> bytes:
        source = self._process.stdout
        assert source is not None
        if size > MEMORY:
            raise Unanswered
        found = bytearray()
        with selectors.DefaultSelector() as selector:
            selector.register(source, selectors.EVENT_READ)
            while len(found) < size:
                if not selector.select(max(0.0, until - time.monotonic())):
                    raise Unanswered
                block = os.read(source.fileno(), min(size - len(found), 1 << 20))
                if not block:
                    raise Unanswered
                found += block
        return bytes(found)

    def end(self) -> None:
        self._process.kill()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                try:
                    pipe.close()
                except OSError:
                    continue
        self._process.wait()


class Pool:
    """Children at hand. Safe to use from several threads."""

    def __init__(self, most: int = MOST_CHILDREN) -> None:
        self._idle: list[Child] = []
        self._lock = threading.Lock()
        self._room = threading.BoundedSemaphore(most)
        self._pid = os.getpid()

    def read(self, raw: bytes, envelope: str | None = None) -> Mail:
        """Read one mail; raises nothing for whatever it holds."""
        with self._room:
            child = self._child()
            try:
                mail = child.ask(raw, envelope)
            except Unanswered:
                child.end()
                return unread(raw, "unreadable", envelope)
            except BaseException:
                child.end()
                raise
            if child.read >= MAILS_A_CHILD:
                child.end()
            else:
                with self._lock:
                    self._idle.append(child)
            return mail

    def _child(self) -> Child:
        with self._lock:
            if self._pid != os.getpid():  # after a fork the pipes are another process's
                self._idle, self._pid = [], os.getpid()
            return self._idle.pop() if self._idle else Child()

    def close(self) -> None:
        with self._lock:
            idle, self._idle = self._idle, []
        for child in idle:
            child.end()


_pool = Pool()
atexit.register(_pool.close)


def read_apart(raw: bytes, envelope: str | None = None) -> Mail:
    """Read a mail where it can do no harm.

    :param envelope: the sender of the envelope ("" is a null one), None where the delivery did not tell; then Return-Path says it.
    """
    return _pool.read(raw, envelope)


# -- the child --------------------------------------------------------------------------------------------------------


def serve() -> None:  # pragma: no cover - runs in the child
    """Read mails from standard input until it ends."""
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.setrecursionlimit(600)
    source, target = sys.stdin.buffer, sys.stdout.buffer
    while True:
        mark = source.read(_MARK.size)
        if len(mark) < _MARK.size:
            return
        name_size, size = _MARK.unpack(mark)
        named, raw = source.read(name_size), source.read(size)
        spent = resource.getrusage(resource.RUSAGE_SELF)
        allowed = int(spent.ru_utime + spent.ru_stime) + SECONDS + 1
        resource.setrlimit(resource.RLIMIT_CPU, (allowed, resource.getrlimit(resource.RLIMIT_CPU)[1]))
        _answer(target, read(raw, None if named[:1] == b"\x00" else named[1:].decode("utf-8", "replace")))


def _answer(target: IO[bytes], mail: Mail) -> None:  # pragma: no cover - runs in the child
    data = json.dumps(_plain(mail)).encode()
    target.write(_SIZE.pack(len(data)) + data)
    for one in mail.attachments:
        target.write(one.data or b"")
    target.flush()


_TEXTS = ("message_id", "in_reply_to", "sender", "subject", "text", "reply", "html", "beside", "automatic", "calendar")
_LISTS = ("references", "from_addresses", "to", "defects")


def _plain(mail: Mail) -> dict[str, Any]:
    return {
        **{name: getattr(mail, name) for name in _TEXTS},
        **{name: list(getattr(mail, name)) for name in _LISTS},
        "date": mail.date.isoformat() if mail.date else "",
        "headers": {name: list(values) for name, values in mail.headers.items()},
        "null_return_path": mail.null_return_path,
        "attachments": [{"type": one.content_type, "name": one.provider_id, "size": len(one.data or b"")} for one in mail.attachments],
        "bounce": list(mail.bounce) if mail.bounce is not None else None,
    }


def _mail(answer: dict[str, Any], blobs: list[bytes]) -> Mail:
    bounced = answer["bounce"]
    known: dict[str, Any] = {name: str(answer[name]) for name in _TEXTS}
    known.update({name: tuple(str(one) for one in answer[name]) for name in _LISTS})
    return Mail(
        **known,
        date=datetime.fromisoformat(answer["date"]) if answer["date"] else None,
        headers=MappingProxyType({str(name): tuple(map(str, values)) for name, values in answer["headers"].items()}),
        null_return_path=bool(answer["null_return_path"]),
        attachments=tuple(
            MediaRef(str(one["type"]), data=blob, provider_id=str(one["name"]))
            for one, blob in zip(answer["attachments"], blobs, strict=True)
        ),
        bounce=Bounce(tuple(map(str, bounced[0])), tuple(map(str, bounced[1])), str(bounced[2])) if bounced else None,
    )
