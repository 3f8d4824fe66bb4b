"""What the demo page shows. Phone and Slack come from the sandbox, as it accepted and sent them, never from our own tables in disguise;
only "turn committed" is asked of our database, because only we can know that. Exists in demo mode only.
"""

from __future__ import annotations

import json
import threading
import urllib.error
import urllib.parse
import urllib.request
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from bot.errors import NotReady
from bot.service.runtime import Runtime
from bot.service.sign_in import Viewer
from bot.service.wording import direction, wording
from bot.store import demo_queries
from bot.store.tables import Message

DISTRICT = "dst_demo"
READER = "stf_demo_liaison"
"""The record pane is what this staff member sees: the liaison."""

PATIENCE = 10.0
BUBBLES = 60
EVENTS = 400


@dataclass(frozen=True, slots=True)
class Person:
    """A staff member one can be."""

    staff_id: str
    name: str
    email: str
    slack_user: str
    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Family:
    """A seeded family: who texts, in which language, about whom."""

    contact_id: str
    name: str
    lang: str
    language: str
    phone: str
    children: tuple[str, ...]
    codes: tuple[str, ...]
    channels: tuple[str, ...]
    school: str
    approved: bool

    @property
    def dir(self) -> str:
        return direction(self.lang)


@dataclass(frozen=True, slots=True)
class Bubble:
    """One text as the sandbox has it."""

    mine: bool
    text: str
    status: str
    at: datetime | None
    segments: int


@dataclass(frozen=True, slots=True)
class Post:
    """One Slack message as the sandbox has it. `parts` are (kind, value): text | context | buttons."""

    ts: str
    channel: str
    at: datetime
    edited: bool
    parts: tuple[tuple[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Room:
    """A channel or a direct conversation with its posts."""

    id: str
    title: str
    is_direct: bool
    user: str
    posts: tuple[Post, ...]


@dataclass(frozen=True, slots=True)
class Happening:
    """One thing under the hood. `step`: verified | committed | accepted | delivered | told | pressed | refused."""

    n: int
    step: str
    at: datetime
    detail: str


def ask(runtime: Runtime, path: str, wish: Mapping[str, Any] | None = None) -> Any:
    """Ask the sandbox's control address. Its refusals are values ({"error"}); only silence is an error."""
    body = None if wish is None else json.dumps(wish).encode()
    request = urllib.request.Request(f"{runtime.settings.sandbox_url.rstrip('/')}/{path}", body)  # noqa: S310 - our own sandbox
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:  # noqa: S310
            return json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return {"error": error.code}
    except (OSError, ValueError) as error:
        raise NotReady("The sandbox does not answer.") from error


def people(conn: Connection) -> list[Person]:
    """The demo school's staff."""
    roles: dict[str, tuple[str, ...]] = {}
    for row in demo_queries.roles(conn, DISTRICT):
        roles[row.staff_id] = (*roles.get(row.staff_id, ()), row.role)
    return [Person(row.id, row.name, row.email or "", row.slack_user, roles.get(row.id, ())) for row in demo_queries.staff(conn, DISTRICT)]


def families(conn: Connection) -> list[Family]:
    """The seeded families, in the order they are shown."""
    approved = demo_queries.approved_languages(conn, DISTRICT)
    found: dict[str, Family] = {}
    for row in demo_queries.families(conn, DISTRICT):
        have = found.get(row.contact_id)
        found[row.contact_id] = Family(
            row.contact_id,
            row.name,
            row.lang_written,
            wording("en").language(row.lang_written),
            row.phone,
            (*(have.children if have else ()), row.child),
            (*(have.codes if have else ()), row.code),
            (*(have.channels if have else ()), row.slack_channel),
            row.school,
            row.lang_written.split("-")[0] in approved,
        )
    order = ("con_demo_es", "con_demo_en", "con_demo_ar", "con_demo_so", "con_demo_siblings")
    return sorted(found.values(), key=lambda one: (order.index(one.contact_id) if one.contact_id in order else 9, one.contact_id))


def reader(conn: Connection) -> Viewer:
    """Through whose eyes the record pane looks."""
    person = next(one for one in people(conn) if one.staff_id == READER)
    return Viewer(person.staff_id, DISTRICT, person.name, "en", b"")


def phone(runtime: Runtime, number: str) -> list[Bubble]:
    """The texts of one phone, both directions, as the sandbox accepted them."""
    found = ask(runtime, "twilio/messages?" + urllib.parse.urlencode({"with": number}))
    rows = sorted(found.get("messages", ()), key=lambda one: one["n"])[-BUBBLES:]
    return [
        Bubble(
            one["direction"].startswith("inbound"),
            one["body"],
            one["status"],
            datetime.fromisoformat(one["created_at"]) if one.get("created_at") else None,
            int(one.get("num_segments") or 1),
        )
        for one in rows
    ]


def text_in(runtime: Runtime, number: str, body: str) -> bool:
    """The family texts: the sandbox keeps it, signs it and posts it to our webhook."""
    told = ask(runtime, "twilio/inbound", {"from": number, "body": body})
    return bool(told.get("taken"))


def press(runtime: Runtime, channel: str, ts: str, action_id: str, user: str) -> bool:
    """Somebody presses a button in Slack: a signed interaction reaches our webhook."""
    told = ask(runtime, "slack/press", {"channel": channel, "ts": ts, "action_id": action_id, "user": user})
    return bool(told.get("taken"))


def slack(runtime: Runtime, channels: Sequence[str]) -> list[Room]:
    """These case channels, then every direct conversation in which something was said."""
    found = ask(runtime, "slack/messages").get("channels", ())
    rooms = [
        Room(
            one["id"],
            one.get("user_name") or one["user"] if one["is_im"] else one["name"],
            bool(one["is_im"]),
            one.get("user") or "",
            tuple(_post(post) for post in one["messages"]),
        )
        for one in found
        if one["id"] in channels or (one["is_im"] and one["messages"])
    ]
    return sorted(rooms, key=lambda room: (room.is_direct, room.title))


def _post(post: Mapping[str, Any]) -> Post:
    parts: list[tuple[str, Any]] = []
    for block in post.get("blocks") or ():
        kind = block.get("type")
        if kind in ("section", "header") and block.get("text"):
            parts.append(("text", block["text"]["text"]))
        elif kind == "context":
            parts.append(("context", " ".join(one.get("text", "") for one in block.get("elements", ()))))
        elif kind == "actions":
            parts.append(("buttons", [_button(one) for one in block.get("elements", ()) if one.get("type") == "button"]))
        if kind == "section" and (block.get("accessory") or {}).get("type") == "button":
            parts.append(("buttons", [_button(block["accessory"])]))
    if not parts:
        parts.append(("text", post.get("text", "")))
    at = datetime.fromtimestamp(float(post["ts"]), UTC)
    return Post(post["ts"], post.get("channel", ""), at, "edited" in post, tuple(parts))


def _button(element: Mapping[str, Any]) -> dict[str, str]:
    return {
        "label": (element.get("text") or {}).get("text", ""),
        "action_id": element.get("action_id", ""),
        "url": element.get("url", ""),
        "style": element.get("style", ""),
    }


class UnderTheHood:
    """Follows the sandbox's log; keeps the newest happenings."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last = 0
        self._events: deque[dict[str, Any]] = deque(maxlen=EVENTS)

    def newest(self, runtime: Runtime, conn: Connection, limit: int = 40) -> list[Happening]:
        """The newest happenings, oldest first."""
        with self._lock:
            while events := ask(runtime, f"log?after={self._last}&limit=1000").get("events"):
                self._events.extend(events)
                self._last = int(events[-1]["n"])
            known = list(self._events)
        sids = {one["sid"] for one in known if one["what"] == "twilio.webhook" and one.get("sid")}
        committed = _committed(conn, sorted(sids))
        return [thing for one in known for thing in _happenings(one, committed)][-limit:]


def _happenings(one: Mapping[str, Any], committed: set[str]) -> list[Happening]:
    """What one line of the sandbox's log means to a person."""
    n, what, at = int(one["n"]), one["what"], datetime.fromtimestamp(one["at"], UTC)
    answer = f"{one.get('status')} in {one.get('ms')} ms"
    if what == "twilio.webhook":
        if one.get("failure"):
            return [Happening(n, "refused", at, answer)]
        done = [Happening(n, "committed", at, "")] if one.get("sid") in committed else []
        return [Happening(n, "verified", at, answer), *done]
    if what == "twilio.accepted":
        segments = int(one.get("segments") or 1)
        return [Happening(n, "accepted", at, f"{segments} segments" if segments > 1 else "1 segment")]
    if what == "twilio.status" and one.get("status") == "delivered":
        return [Happening(n, "delivered", at, "")]
    if what in ("slack.posted", "slack.updated"):
        return [Happening(n, "told", at, "")]
    if what == "slack.interaction":
        return [Happening(n, "pressed", at, answer)]
    return []


def _committed(conn: Connection, sids: Sequence[str]) -> set[str]:
    if not sids:
        return set()
    query = sa.select(Message.provider_id).where(Message.provider_id.in_(sids), Message.state == "done")
    return set(conn.execute(query).scalars())
