"""The demo's mail pane: what the sandbox's mail host took, and a family that answers. Exists in demo mode only."""

from __future__ import annotations

import re
import urllib.parse
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from bot.errors import NotReady
from bot.service.demo_view import ask
from bot.service.runtime import Runtime
from bot.service.seed_people import CONTACTS, SENDERS
from channels.base import MAIL

TO_STAFF = 3
TO_FAMILY = 6
_DAY = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail as the host took it. `number` is what an answer names; `links` are the addresses in it."""

    number: int
    to: str
    subject: str
    text: str
    at: datetime
    links: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Pane:
    """The newest mail to staff (sign-in links, tasks) and to this family, newest first."""

    address: str
    staff: tuple[Letter, ...]
    family: tuple[Letter, ...]


def is_there(runtime: Runtime) -> bool:
    """Whether this demo has mail at all."""
    return MAIL in runtime.channels


def pane(runtime: Runtime, contact_id: str) -> Pane:
    """What the host has now; an empty pane while it has taken nothing."""
    address = address_of(contact_id)
    families = {one.mail for one in CONTACTS}
    told = ask(runtime, "mail/messages").get("messages", ())
    letters = [_letter(one) for one in told]
    staff = [one for one in letters if one.to not in families]
    mine = [one for one in letters if one.to == address]
    return Pane(address, tuple(staff[: -TO_STAFF - 1 : -1]), tuple(mine[: -TO_FAMILY - 1 : -1]))


def address_of(contact_id: str) -> str:
    """The family's own address, "" for nobody's."""
    return next((one.mail for one in CONTACTS if one.id == contact_id), "")


def write(runtime: Runtime, contact_id: str, text: str, number: int | None) -> bool:
    """The family writes: an answer to our mail of this number, or a mail of its own."""
    ours = next(one.address for one in SENDERS if one.channel == MAIL)
    wish: dict[str, Any] = {"from": address_of(contact_id), "text": text, "to": ours, "subject": "Hello", "dmarc": "pass"}
    if number is not None:
        wish = {"from": address_of(contact_id), "text": text, "to": f"reply:{number}", "dmarc": "pass"}
    try:
        told = ask(runtime, "mail/inbound", wish)
    except NotReady:
        return False
    return "error" not in told


_LINK = re.compile(r"https?://[^\s<>\"]+")


def _letter(one: Any) -> Letter:
    text = str(one["text"])
    at = one.get("at")
    when = datetime.fromtimestamp(at, UTC) if isinstance(at, int | float) else datetime.fromisoformat(at) if at else _DAY
    links = tuple(found.rstrip(".,)") for found in _LINK.findall(text) if urllib.parse.urlsplit(found).netloc)
    return Letter(int(one["n"]), str(one["to"]).lower(), str(one["subject"]), text, when, links)
