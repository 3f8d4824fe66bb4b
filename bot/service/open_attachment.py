"""A family's photo or voice note, for who may read the line it came with. Each opening is audited (G11).

What a browser would run is never shown: only kinds on the list are shown as what they are, anything else is a file to keep, under a
name that tells nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Connection

from bot.errors import NotFound
from bot.service import access, audit
from bot.service.runtime import Runtime
from bot.service.viewer import Viewer
from bot.store import attachments

SHOWN = frozenset(
    {
        "image/jpeg", "image/png", "image/gif", "image/webp", "image/heic",
        "audio/mpeg", "audio/mp4", "audio/aac", "audio/ogg", "audio/amr", "audio/wav", "audio/x-wav", "audio/webm", "audio/3gpp",
        "video/mp4", "video/3gpp", "video/webm", "video/quicktime",
    }
)  # fmt: skip
"""Content types a page may show or play. No SVG, HTML or XML: they can hold scripts."""

UNKNOWN = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class File:
    """The bytes, what a browser is told they are, and whether it may show them."""

    data: bytes
    content_type: str
    shown: bool
    name: str


def kind(content_type: str) -> str:
    """Image | audio | video | file, by what may be shown."""
    plain = content_type.partition(";")[0].strip().lower()
    return plain.partition("/")[0] if plain in SHOWN else "file"


def open_attachment(conn: Connection, runtime: Runtime, who: Viewer, attachment_id: str, now: datetime) -> File:
    """The file, if this person may read what it came with.

    :raises NotFound: there is none, it is not here yet, or it is not theirs to see.
    """
    row = attachments.attachment(conn, who.district_id, attachment_id)
    if row is None or row.state != "stored" or row.data is None:
        raise NotFound
    case_id = _readable_case(conn, who, row, now)
    audit.by_staff(conn, runtime, who, "open_attachment", row.id, now, kind="attachment", message_class="D", reason=case_id)
    plain = row.content_type.partition(";")[0].strip().lower()
    shown = plain in SHOWN
    return File(bytes(row.data), plain if shown else UNKNOWN, shown, f"{row.id}.{plain.partition('/')[2] if shown else 'bin'}")


def _readable_case(conn: Connection, who: Viewer, row: Any, now: datetime) -> str:
    """The case of this person the file belongs to. The message and every line of that case written from it must be open to them: one
    closed line closes the file."""
    lines = attachments.lines(conn, row.message_id)
    for case in attachments.cases(conn, who.district_id, sorted({row.case_id, *(one.case_id for one in lines)} - {None})):
        if not access.may_open(conn, who, case, now) and not access.glass(conn, who, case.id, case.school_id, now):
            continue
        reader = access.reader(conn, who, case.school_id, now, case.id)
        seen = [(_visibility(one), one.kind) for one in lines if one.case_id == case.id]
        if all(reader.may_read(*one) for one in [(row.visibility, "observation"), *seen]):
            return str(case.id)
    raise NotFound


def _visibility(line: Any) -> str:
    return str(orjson.loads(line.newest)["visibility"]) if line.newest else str(line.visibility)
