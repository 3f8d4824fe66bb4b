"""Mail that says a mail of ours did not arrive (RFC 3464), told apart from people who quote such a thing.

What finds the address (`flufl.bounce`, which knows how dozens of programs word it) also finds one in a mother's reply that mentions
"…@hotmail.com" (trap 4). So it is asked only behind a gate: a real delivery status report, or an envelope without a sender. Whose
message it was is in `original_message_id`; a report about none of ours is nobody's news, whoever sent it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import suppress
from email.message import Message
from typing import NamedTuple

from flufl.bounce import all_failures

_OURS = re.compile(r"^[> \t]*message-id:\s*(<[^<>\s]{1,900}>)", re.IGNORECASE | re.MULTILINE)
_ADDRESS = re.compile(r"[^\s<>@.][^\s<>@]*(?<!\.)@[^\s<>@]+")
_SEARCHED = 200_000


class Bounce(NamedTuple):
    """Addresses that cannot be reached, for good or for now, and the mail it is about ("" when it does not say)."""

    permanent: tuple[str, ...]
    temporary: tuple[str, ...]
    original_message_id: str = ""

    @property
    def addresses(self) -> tuple[str, ...]:
        return self.permanent + self.temporary


def bounce(raw: bytes, found: Message, *, null_sender: bool) -> Bounce | None:
    """The bounce a mail is, or None. May run long on hostile mail: read mail apart.

    :param found: the same mail parsed by the old policy (`email.policy.compat32`), which is what the finders know.
    """
    report = status_parts(found)
    if not report and not null_sender:
        return None
    temporary: Iterable[bytes] = ()
    permanent: Iterable[bytes] = ()
    with suppress(Exception):  # the finders expect mail that is whole
        temporary, permanent = all_failures(found)
    lasting, passing = _real(permanent), _real(temporary)
    if not lasting and not passing:
        lasting, passing = _by_fields(report)
    if not lasting and not passing:
        return None
    return Bounce(lasting, tuple(one for one in passing if one not in lasting), _original(raw, found))


def status_parts(found: Message) -> list[Message]:
    """The groups of fields of a delivery status report; none when the mail is not one."""
    if found.get_content_type() != "multipart/report":
        return []
    groups: list[Message] = []
    for part in _children(found):
        if part.get_content_type() in ("message/delivery-status", "message/global-delivery-status"):
            groups += _children(part)
    return groups


def _children(part: Message) -> list[Message]:
    payload = part.get_payload()
    return [one for one in payload if isinstance(one, Message)] if isinstance(payload, list) else []


def _by_fields(groups: list[Message]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(for good, for now), as the report's own fields say it."""
    lasting: list[bytes] = []
    passing: list[bytes] = []
    for group in groups:
        action = str(group.get("action", "")).strip().lower()
        status = str(group.get("status", "")).strip()
        kind, _, address = str(group.get("original-recipient") or group.get("final-recipient") or "").partition(";")
        if not address or kind.strip().lower() not in ("rfc822", "utf-8") or action not in ("failed", "delayed"):
            continue
        (lasting if action == "failed" and not status.startswith("4") else passing).append(
            address.strip(" <>\r\n\t").encode("utf-8", "replace")
        )
    return _real(lasting), _real(passing)


def _real(found: Iterable[bytes]) -> tuple[str, ...]:
    """What may be an address: a program that hides part of one ("ana...@example.org") names nobody."""
    named = sorted({one.decode("utf-8", "replace") for one in found})
    return tuple(one for one in named if _ADDRESS.fullmatch(one) and ".." not in one)


def _original(raw: bytes, found: Message) -> str:
    """The id of the mail that did not arrive: from the copy sent along, else wherever the text names one."""
    for part in _children(found):
        if part.get_content_type() in ("message/rfc822", "text/rfc822-headers"):
            ids = _OURS.findall(part.as_string()[:_SEARCHED])
            if ids:
                return str(ids[0])
    body = raw[:_SEARCHED].decode("utf-8", "replace").replace("\r\n", "\n").partition("\n\n")[2]
    ids = _OURS.findall(body)
    if ids:
        return str(ids[0])
    named = re.findall(r"<[^<>\s]{1,900}>", f"{found.get('in-reply-to', '')} {found.get('references', '')}"[:8_000])
    return named[-1] if named else ""
