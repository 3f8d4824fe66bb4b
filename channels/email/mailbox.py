"""The other way in: a mailbox polled over IMAP, by UID. A mail is deleted there only after it is durable here.

A mail that cannot be kept now stays and is asked for again at the next look; the ones behind it are not held up. One that is too large to
read is kept by its head, flagged and left in the mailbox for a person.
"""

from __future__ import annotations

import logging
import ssl
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from channels.base import Emit, Received
from channels.email.receive import MAX_BYTES
from channels.errors import Misconfigured, NotAccepted

if TYPE_CHECKING:
    from imapclient import IMAPClient

WATCH_SECONDS = 0.2
TIMEOUT_SECONDS = 30.0
HEAD_BYTES = 65_536

Take = Callable[[bytes], Received]


@dataclass(frozen=True, slots=True)
class Box:
    """The mailbox. `tls`: tls | off (this machine only)."""

    host: str
    port: int = 993
    user: str = ""
    password: str = ""
    tls: str = "tls"
    folder: str = "INBOX"
    seconds: float = 20.0
    ca_file: str = ""


def poll(box: Box, take: Take, emit: Emit, stop: Callable[[], bool]) -> None:
    """Look into the mailbox until `stop()`."""
    from imapclient.exceptions import IMAPClientError, LoginError

    _silence()
    try:
        client = _open(box)
        try:
            while not stop():
                look(client, take, emit, stop, box.folder)
                _wait(box.seconds, stop)
        finally:
            with suppress(Exception):
                client.logout()
    except LoginError:
        raise Misconfigured("The mailbox does not let us in; check user and password.", code="login") from None
    except (IMAPClientError, OSError, ssl.SSLError) as error:
        raise NotAccepted("The mailbox cannot be reached.", code=type(error).__name__) from None


def look(client: IMAPClient, take: Take, emit: Emit, stop: Callable[[], bool], folder: str = "INBOX") -> int:
    """Take what is there now, oldest first; gives how many were kept and deleted.

    The folder is opened anew each time and no UID is kept from one look to the next: one that was made again (another UIDVALIDITY)
    numbers its mails anew, and an old number must never delete a new mail. What comes again is known by its own words. A mail that is only
    marked as deleted is read as well: the look that marked it was cut off before it removed it, and nobody else ever would.
    """
    client.select_folder(folder)
    uids = sorted(client.search(["UNFLAGGED"]))
    kept = 0
    for uid in uids:
        if stop():
            break
        raw, whole = _fetch(client, uid)
        if raw is None:
            continue  # somebody else took it meanwhile
        try:
            emit(take(raw))
        except Exception:  # noqa: BLE001, S112 - not kept, so it stays and is asked for again; the next one may do better
            continue
        if whole:
            client.delete_messages([uid], silent=True)
            _expunge(client, uid)
        else:
            client.add_flags([uid], [b"\\Flagged"], silent=True)
        kept += 1
    return kept


def _fetch(client: IMAPClient, uid: int) -> tuple[bytes | None, bool]:
    """(bytes, whether they are the whole mail)."""
    size = client.fetch([uid], ["RFC822.SIZE"]).get(uid, {}).get(b"RFC822.SIZE")
    if size is None:
        return None, False
    whole = size <= MAX_BYTES
    found: Any = client.fetch([uid], ["BODY.PEEK[]" if whole else f"BODY.PEEK[]<0.{HEAD_BYTES}>"]).get(uid, {})
    return next((value for name, value in found.items() if name.startswith(b"BODY[")), None), whole


def _expunge(client: IMAPClient, uid: int) -> None:
    """Only this mail where the server can (UIDPLUS); else everything we have marked, which is the same thing."""
    if client.has_capability("UIDPLUS"):
        client.uid_expunge([uid])
    else:
        client.expunge()


def _open(box: Box) -> IMAPClient:
    from imapclient import IMAPClient

    context = ssl.create_default_context(cafile=box.ca_file or None) if box.tls == "tls" else None
    client = IMAPClient(box.host, port=box.port, ssl=box.tls == "tls", ssl_context=context, timeout=TIMEOUT_SECONDS, use_uid=True)
    try:
        client.login(box.user, box.password)
    except BaseException:
        with suppress(Exception):
            client.shutdown()
        raise
    return client


def _wait(seconds: float, stop: Callable[[], bool]) -> None:
    until = time.monotonic() + seconds
    while not stop() and time.monotonic() < until:
        time.sleep(min(WATCH_SECONDS, seconds))


def _silence() -> None:
    """The library logs what it reads."""
    for name in ("imapclient", "imapclient.imaplib"):
        log = logging.getLogger(name)
        log.disabled = True
        log.propagate = False
