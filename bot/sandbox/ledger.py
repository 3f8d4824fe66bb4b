"""What the providers accepted, in order: the count that decides whether a message was lost or sent twice.

Also the log of what happens under the hood (ids and numbers only, never a text or a phone number) and the journal that lets a
restarted demo go on with what it had.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

import orjson

from bot.sandbox.message import Message


class Ledger:
    """Everything accepted since the last reset."""

    def __init__(self, clock: Callable[[], float], log_size: int, journal: Path | None) -> None:
        self.clock = clock
        self.messages: list[Message] = []
        self.last = 0
        """The number of the newest message; a reset does not start it again, so that readers who ask "after N" stay right."""
        self.by_sid: dict[str, Message] = {}
        self.by_address: dict[str, list[Message]] = {}
        self.counts: Counter[tuple[str, str]] = Counter()
        self.stopped: set[tuple[str, str]] = set()
        self.last_inbound: dict[tuple[str, str], float] = {}
        self.log: deque[dict[str, Any]] = deque(maxlen=log_size)
        self.logged = 0
        self.other_rows: list[tuple[str, dict[str, Any]]] = []
        """What the journal held for other parts (the Slack workspace)."""
        self.read_lines = 0
        self._journal: IO[bytes] | None = None
        if journal is not None:
            self._read_back(journal)
            self._journal = journal.open("ab", buffering=0)

    def note(self, what: str, **ids: Any) -> None:
        """Add one line to the log of what happened. Nothing may stand in the place of `n`: who follows the log would never see its end."""
        self.logged += 1
        self.log.append({**ids, "n": self.logged, "at": round(self.clock(), 3), "what": what})

    def since(self, after: int, limit: int) -> list[dict[str, Any]]:
        """Return log lines with n > after, oldest first."""
        missing = self.logged - after
        if missing <= 0:
            return []
        start = max(0, len(self.log) - missing)
        return [self.log[place] for place in range(start, min(len(self.log), start + limit))]

    def accept(self, message: Message) -> None:
        """Keep a message; from here on it was accepted, whatever the caller is told."""
        self._file(message)
        self._write("message", message.packed)

    def changed(self, message: Message) -> None:
        """A message's status or body changed. One that a reset forgot meanwhile has no line in the journal to change."""
        if message.sid not in self.by_sid:
            return
        self._write(
            "status",
            lambda: {
                "sid": message.sid,
                "status": message.status,
                "updated": message.updated,
                "sent": message.sent,
                "body": message.body,
                "error_code": message.error_code,
                "error_message": message.error_message,
            },
        )

    def stop(self, pair: tuple[str, str], *, stopped: bool) -> None:
        """(our number, theirs) opted out at the provider, or back in."""
        (self.stopped.add if stopped else self.stopped.discard)(pair)
        self._write("stop", lambda: {"pair": list(pair), "stopped": stopped})

    def forget(self, message: Message) -> None:
        """Delete one message as the API's DELETE does; what was accepted stays counted."""
        del self.by_sid[message.sid]

    def newest_first(self, address: str = "") -> Iterator[Message]:
        """All messages, or those to or from one address."""
        return reversed(self.by_address.get(address, []) if address else self.messages)

    def reset(self) -> None:
        """Forget everything, the journal too; numbering goes on, so that no id comes twice."""
        for kept in (self.messages, self.by_sid, self.by_address, self.counts, self.stopped, self.last_inbound, self.log):
            kept.clear()
        if self._journal is not None:
            self._journal.truncate(0)

    def close(self) -> None:
        if self._journal is not None:
            self._journal.close()
            self._journal = None

    def write(self, kind: str, row: dict[str, Any]) -> None:
        """Journal a line of another part (the Slack workspace)."""
        self._write(kind, lambda: row)

    def _file(self, message: Message) -> None:
        self.messages.append(message)
        self.last = message.n
        self.by_sid[message.sid] = message
        for address in (message.to, message.sender):
            self.by_address.setdefault(address, []).append(message)
        if message.inbound:
            self.last_inbound[message.to, message.sender] = message.created
        elif message.direction == "outbound-api":
            self.counts[message.to, message.body] += 1

    def _write(self, kind: str, row: Callable[[], dict[str, Any]]) -> None:
        # Unbuffered: a killed sandbox keeps what it answered for. No fsync: the machine itself is not in this play.
        if self._journal is not None:
            self._journal.write(orjson.dumps({"kind": kind, "row": row()}) + b"\n")

    def _read_back(self, journal: Path) -> None:
        if not journal.exists():
            return
        for line in journal.read_bytes().split(b"\n"):
            try:
                entry = orjson.loads(line)
            except orjson.JSONDecodeError:
                continue  # the last line of a killed process may be torn
            self.read_lines += 1
            kind, row = entry["kind"], entry["row"]
            if kind == "message":
                self._file(Message.unpacked(row))
            elif kind == "status":
                message = self.by_sid[row.pop("sid")]
                for name, value in row.items():
                    setattr(message, name, value)
            elif kind == "stop":
                (self.stopped.add if row["stopped"] else self.stopped.discard)(tuple(row["pair"]))
            else:
                self.other_rows.append((kind, row))
