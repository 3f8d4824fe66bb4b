"""Logs: one line of JSON an event, a stable name and ids. Never text, number, address or name (rule 10, fault 24).

Two gates, both closed by default: a field is written only if its name is on the allow-list, and a string only if it looks like an id
or a code word. What is held back is named in `dropped`, never shown. Libraries' own log lines lose their message, because theirs may
quote a request; exceptions keep their type and place and lose their words.
"""

from __future__ import annotations

import logging
import os
import re
import sys
import threading
import traceback
from collections.abc import MutableMapping
from contextlib import suppress
from pathlib import Path
from typing import Any, TextIO, cast

import orjson

# structlog's console colours, which we have no use for, would load all of rich where a developer's tool has brought it
_rich_is_there = "rich" in sys.modules
if not _rich_is_there:
    sys.modules["rich"] = None  # type: ignore[assignment]
import structlog  # noqa: E402

if not _rich_is_there:
    del sys.modules["rich"]

FIELDS = frozenset(
    """
    event level at logger room mode pid port host worker slot fence version revision
    district_id school_id student_id contact_id case_id case_code entry_id mark_id staff_id guardianship_id
    endpoint_id sender_id message_id outbox_id session_id timer_id handoff_id attachment_id audit_id key_id flow_id flow_version step_id
    provider provider_id provider_code channel message_class purpose state previous_state reason outcome kind role action lang status rank
    attempts count batch size segments seconds millis due lag backlog queue dropped error place path_name method http_status
    workflow_id executor_id retry_after check subject fired
    """.split()  # noqa: SIM905 - eighty quoted words would hide which ones there are
)
"""Every field a log line may have. `path_name` is a route's name, never the address that was called."""

_EVENT = re.compile(r"[a-z][a-z0-9_]{2,60}\Z")
_FIELD = re.compile(r"[a-z][a-z0-9_]{0,40}\Z")
_CODE = re.compile(r"[A-Za-z0-9_.:/,<>-]{0,120}\Z")
_OURS = re.compile(r"([a-z]{3}_[0-9A-Z]{26}|[A-Z]{2}[0-9a-f]{32})\Z")
_LONG_NUMBER = re.compile(r"\d{7,}")


def speaks(value: Any) -> bool:
    """Whether a value might tell something about a person: anything that is not a number, an id or a code word."""
    if value is None or isinstance(value, bool | float):
        return False
    if isinstance(value, int):
        return abs(value) >= 10**9  # a phone number written as a number
    if isinstance(value, str):
        return not _CODE.match(value) or bool(_LONG_NUMBER.search(value) and not _OURS.match(value))
    if isinstance(value, list | tuple | frozenset | set):
        return any(speaks(one) for one in value)
    return True


def only_ids(_logger: Any, level: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Keep what may be logged, name what was held back."""
    kept: dict[str, Any] = {"level": level}
    dropped = []
    exc_info = line.pop("exc_info", None)
    event = line.pop("event", "")
    kept["event"] = event if isinstance(event, str) and _EVENT.match(event) else "unnamed_event"
    for name, value in line.items():
        if name not in FIELDS or speaks(value):
            dropped.append(name if _FIELD.match(name) else "field")
        else:
            kept[name] = sorted(value) if isinstance(value, set | frozenset) else value
    if exc_info:
        error = exc_info if isinstance(exc_info, BaseException) else sys.exc_info()[1]
        kept.update(_exception(error))
    if dropped:
        kept["dropped"] = sorted(dropped)
    return kept


def _exception(error: BaseException | None) -> dict[str, str]:
    if error is None:
        return {}
    frames = traceback.extract_tb(error.__traceback__)
    place = f"{frames[-1].filename.rsplit('/', 1)[-1]}:{frames[-1].lineno}" if frames else ""
    return {"error": type(error).__name__, "place": place}


def _line(_logger: Any, _level: str, line: MutableMapping[str, Any]) -> str:
    return orjson.dumps(dict(line), default=str).decode()


OWN_WAYS = ("dbos",)
"""Libraries that would otherwise add a handler of their own, which prints messages and tracebacks as they are."""


class WithoutWords(logging.Handler):
    """A library's log record as one of our lines: its logger, its level, the exception's type; never its message."""

    def emit(self, record: logging.LogRecord) -> None:
        log = structlog.get_logger()
        error = record.exc_info[1] if record.exc_info else None
        name = re.sub(r"[^A-Za-z0-9_.]", "", record.name)
        log.log(record.levelno, "library_log", logger=name, place=f"{record.filename}:{record.lineno}", exc_info=error)


FILE = "hearthline.log"

SENTENCES = {
    "delivery_shut": "Nothing goes to families yet: this installation is not ready. Run `hearthline doctor`; each line says what to do.",
}
"""What the terminal says of an ERROR line whose event alone would tell nobody what to do."""


def file_for(named: str, folder: Path) -> Path | None:
    """The file that has the log: the one a setting names, else one in the data folder where standard error is a terminal, which is for
    sentences. None: it goes to standard error."""
    if named:
        return Path(named)
    return folder / FILE if sys.stderr.isatty() else None


class Kept:
    """A file of lines that many processes write. What it does not take goes to standard error: a full disk ends no turn.

    One that was moved away (logrotate) is made anew by the next line: no process needs a signal, and none writes on into the old one.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._fd = self._open()
        self._turn = threading.Lock()

    def _open(self) -> int:
        return os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def _follow(self) -> None:
        """Stay with the name, not with the file that had it."""
        with suppress(FileNotFoundError):
            if os.path.samestat(self.path.stat(), os.fstat(self._fd)):
                return
        fresh = self._open()
        os.dup2(fresh, self._fd, inheritable=False)  # the number stays: another thread may be writing by it
        os.close(fresh)

    def write(self, text: str) -> None:
        """One whole line by one call: lines of two processes do not mix."""
        try:
            with self._turn:
                self._follow()
            os.write(self._fd, text.encode())
        except OSError:
            with suppress(OSError):
                sys.stderr.write(text)

    def flush(self) -> None:
        """Nothing is held back."""

    def tell(self, _logger: Any, level: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        """An ERROR line is for a person: whoever watches the terminal hears of it in a sentence."""
        if level in ("error", "critical"):
            with suppress(OSError):
                what = SENTENCES.get(line["event"], f"A person must look at this: {line['event']}.")
                sys.stderr.write(f"{what} The log {self.path} says more.\n")
                sys.stderr.flush()
        return line


def set_up(stream: TextIO | None = None, *, file: Path | None = None) -> Path | None:
    """Send our lines to `file`, else to `stream` (standard error by default), and silence what libraries would say in words.

    Gives the file the log is in; None where there is none, or it cannot be written.
    """
    kept = None
    if file is not None:
        with suppress(OSError):
            kept = Kept(file)
    _speak_to(stream or sys.stderr, kept)
    root = logging.getLogger()
    root.handlers[:] = [WithoutWords()]
    root.setLevel(logging.WARNING)
    for name in OWN_WAYS:
        logging.getLogger(name).handlers[:] = [WithoutWords()]
        logging.getLogger(name).propagate = False
    return None if kept is None else kept.path


def get_log(room: str = "") -> Any:
    """A logger: `log.info("turn_committed", case_id=..., count=3)`. The first word is a stable event name."""
    return structlog.get_logger(room=room) if room else structlog.get_logger()


def _speak_to(stream: TextIO, kept: Kept | None = None) -> None:
    told = [] if kept is None else [kept.tell]
    structlog.configure(
        processors=[structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"), only_ids, *told, _line],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(stream if kept is None else cast("TextIO", kept)),
        cache_logger_on_first_use=False,
    )


# Closed before anybody calls set_up: structlog's own default would print whatever it is given.
_speak_to(sys.stderr)
