"""A family's words, kept: the message as received, its photos and voice notes, and enough of the request to run the turn again."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Connection

from bot.engine.values import say_phone
from bot.service import directory
from bot.service.runtime import Runtime
from bot.service.who import bare
from bot.store import mail_in
from bot.store.turn_rows import TurnRows
from bot.store.types import Plain, PlainBytes
from channels.base import MAIL, Inbound

LONGEST_ID = 120
ORIGINAL = "message/rfc822"
"""The whole mail as it came, kept beside its words: nobody's photo."""

OF_MAIL = ("full_text", "subject", "doubt", "about", "beside")


def clean(text: str) -> str:
    """Text that any database and any encoder takes: half a surrogate pair is no character."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace").decode()
    return text


def provider_id(item: Inbound) -> str:
    """The id duplicates are known by; one longer than any provider's becomes its hash."""
    given = clean(item.provider_id)
    return given if len(given) <= LONGEST_ID else hashlib.sha256(given.encode()).hexdigest()


def raw_of(item: Inbound) -> str:
    """What the turn can be run again from. Media bytes are not repeated here: they are attachments."""
    if item.ready:
        return item.ready
    again = {
        "to": item.to,
        "sender": item.sender,
        "answered_by_provider": item.answered_by_provider,
        "raw": dict(item.raw),
    }
    again.update({name: value for name in OF_MAIL if (value := getattr(item, name))})
    try:
        return orjson.dumps(again, default=str, option=orjson.OPT_NON_STR_KEYS).decode()
    except orjson.JSONEncodeError:  # half a character somewhere in it
        return clean(json.dumps(again, default=str, ensure_ascii=False))


def message_row(item: Inbound, message_id: str, district_id: str, received_at: datetime) -> dict[str, Any]:
    """A message with nothing known but its words."""
    return {
        "id": message_id,
        "district_id": district_id,
        "provider": item.provider,
        "provider_id": provider_id(item),
        "channel": item.channel,
        "endpoint_id": None,
        "contact_id": None,
        "case_id": None,
        "session_id": None,
        "body": Plain(district_id, clean(item.text)),
        "raw": Plain(district_id, raw_of(item)),
        "lang": "",
        "visibility": "team",
        "screened": "",
        "state": "done",
        "attempts": 0,
        "error": "",
        "received_at": received_at,
    }


def whole_mail(raw: str | None) -> str:
    """The whole text of a mail whose cut words a message holds, to be shown beside them; "" for what is no mail."""
    found = orjson.loads(raw) if raw else {}
    return str(found.get("full_text", ""))


def written_from(raw: str | None) -> str:
    """The phone or mail address a message came from, as people write it; "" for a page of ours."""
    sender = bare(str(orjson.loads(raw).get("sender", ""))) if raw else ""
    return say_phone(sender) if sender.startswith("+") or "@" in sender else ""


def attachment_rows(item: Inbound, message_id: str, district_id: str, runtime: Runtime, now: datetime) -> list[dict[str, Any]]:
    """Photos and voice notes: stored when their bytes came along, else to be fetched by the worker."""
    rows = []
    for media in item.media:
        data = media.data
        rows.append(
            {
                "id": runtime.ids.new("att"),
                "district_id": district_id,
                "message_id": message_id,
                "content_type": media.content_type[:120],
                "url": Plain(district_id, media.url) if media.url else None,
                "data": PlainBytes(district_id, data) if data is not None else None,
                "size": len(data) if data is not None else 0,
                "sha256": hashlib.sha256(data).hexdigest() if data is not None else "",
                "state": "stored" if data is not None else "pending",
                "attempts": 0,
                "created_at": now,
            }
        )
    return rows


def not_kept(item: Inbound) -> str:
    """Which of the files that came along will not be kept, being of a kind nobody may send: "" | some | all."""
    refused = [one.refused for one in item.media]
    return "" if not any(refused) else "all" if all(refused) else "some"


def keep_raw(conn: Connection, runtime: Runtime, item: Inbound, error: Exception, now: datetime) -> tuple[str, str]:
    """Keep a message whose turn raised, as `failed`, for the worker to try again. Gives (its id, its district); "" when it is nobody's."""
    district_id = district_of(conn, item, now)
    if not district_id:
        return "", ""
    message_id = runtime.ids.new("msg")
    row = message_row(item, message_id, district_id, now) | {"state": "failed", "attempts": 1, "error": type(error).__name__}
    rows = TurnRows()
    rows.message.append(row)
    rows.attachment += attachment_rows(item, message_id, district_id, runtime, now)
    rows.write(conn)
    return message_id, district_id


def district_of(conn: Connection, item: Inbound, now: datetime) -> str:
    """Whose message this is: by what it answers, or the address it was written to; where only one district lives, always its."""
    if item.about and not item.doubt and (row := mail_in.named(conn, [item.about]).get(item.about)) is not None:
        return str(row.district_id)
    found = directory.receiver(conn, item.channel, item.to.removeprefix("whatsapp:"), now)
    if found:
        return found.district_id
    return directory.only_district(conn, now) or (directory.home(conn, item.channel, now) if item.channel == MAIL else "")
