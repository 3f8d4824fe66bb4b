"""What the demo page shows. Phone and Slack come from the sandbox, as it accepted and sent them, never from our own tables in disguise;
only "turn committed" is asked of our database, because only we can know that. Exists in demo mode only.
"""

from __future__ import annotations

import json
import re
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
from bot.service.viewer import Viewer
from bot.service.wording import wording
from bot.store import demo_queries
from bot.store.tables import Message
from channels.direction import direction

DISTRICT = "dst_demo"
READER = "stf_demo_liaison"
"""The record pane is what this staff member sees: the liaison."""

PATIENCE = 10.0
BUBBLES = 60
FIRST = ("liaison", "teacher", "counselor", "principal", "coordinator")
"""Whom a visitor wants to be, first to last."""

POSTS = 4
EVENTS = 400
EVENTS_SHOWN = 24
_CASE_CODE = re.compile(r"\b[A-Z]{2}-\d+\b")


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

    sid: str
    mine: bool
    text: str
    status: str
    at: datetime | None
    changed_at: datetime | None
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
    found = [Person(row.id, row.name, row.email or "", row.slack_user, roles.get(row.id, ())) for row in demo_queries.staff(conn, DISTRICT)]
    return sorted(found, key=lambda one: (min((FIRST.index(role) for role in one.roles if role in FIRST), default=9), one.staff_id))


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
            ", ".join(dict.fromkeys((*(have.school.split(", ") if have else ()), row.school))),
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
            one["sid"],
            one["direction"].startswith("inbound"),
            one["body"],
            one["status"],
            _moment(one.get("created_at")),
            _moment(one.get("updated_at")),
            int(one.get("num_segments") or 1),
        )
        for one in rows
    ]


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def text_in(runtime: Runtime, number: str, body: str) -> bool:
    """The family texts: the sandbox keeps it, signs it and posts it to our webhook."""
    told = ask(runtime, "twilio/inbound", {"from": number, "body": body})
    return bool(told.get("taken"))


def press(runtime: Runtime, channel: str, ts: str, action_id: str, user: str) -> bool:
    """Somebody presses a button in Slack: a signed interaction reaches our webhook."""
    told = ask(runtime, "slack/press", {"channel": channel, "ts": ts, "action_id": action_id, "user": user})
    return bool(told.get("taken"))


def slack(runtime: Runtime, family: Family) -> list[Room]:
    """The family's case channels, then the direct messages about its cases (and those about no case), who was told last first."""
    rooms = []
    for one in ask(runtime, "slack/messages").get("channels", ()):
        posts = one["messages"]
        if one["is_im"]:
            posts = [post for post in posts if _is_about(post.get("text", ""), family.codes)][-POSTS:]
        if one["id"] in family.channels or (one["is_im"] and posts):
            title = (one.get("user_name") or one["user"]) if one["is_im"] else one["name"]
            rooms.append(Room(one["id"], title, bool(one["is_im"]), one.get("user") or "", tuple(_post(post) for post in posts)))
    return sorted(rooms, key=lambda room: (room.is_direct, -float(room.posts[-1].ts) if room.is_direct else 0, room.title))


def _is_about(text: str, codes: Sequence[str]) -> bool:
    named = set(_CASE_CODE.findall(text))
    return not named or bool(named & set(codes))


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
    """What happened to one family's words, from what the sandbox keeps; its log only adds how long our answers took."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last = 0
        self._answers: dict[str, str] = {}
        self._pressed: deque[Happening] = deque(maxlen=EVENTS)

    def newest(
        self, runtime: Runtime, conn: Connection, texts: Sequence[Bubble], rooms: Sequence[Room], contact_id: str = ""
    ) -> list[Happening]:
        """The newest happenings, oldest first. What was posted to the webhook past the sandbox's phone is on no pane, but was taken."""
        self._follow(runtime)
        sids = [one.sid for one in texts if one.mine]
        committed = _committed(conn, sids)
        found: list[Happening] = []
        for at in _posted(conn, contact_id, sids):
            found += [Happening("verified", at, ""), Happening("committed", at, "")]
        for one in texts:
            if one.at is None:
                continue
            if not one.mine:
                found.append(Happening("accepted", one.at, f"{one.segments} segments" if one.segments > 1 else "1 segment"))
                if one.status == "delivered":
                    found.append(Happening("delivered", one.changed_at or one.at, ""))
            elif one.sid in committed:
                found.append(Happening("verified", one.at, self._answers.get(one.sid, "")))
                found.append(Happening("committed", one.at, ""))
            elif one.sid in self._answers:
                found.append(Happening("refused", one.at, self._answers[one.sid]))
        found += [Happening("told", post.at, "") for room in rooms for post in room.posts]
        found += [one for one in self._pressed if one.detail in {room.id for room in rooms}]
        return sorted(found, key=lambda one: one.at)[-EVENTS_SHOWN:]

    def _follow(self, runtime: Runtime) -> None:
        with self._lock:
            while events := ask(runtime, f"log?after={self._last}&limit=1000").get("events"):
                self._last = int(events[-1]["n"])
                for one in events:
                    if one["what"] == "twilio.webhook":
                        self._answers[one["sid"]] = f"{one.get('status')} in {one.get('ms')} ms"
                    elif one["what"] == "slack.pressed":
                        self._pressed.append(Happening("pressed", datetime.fromtimestamp(one["at"], UTC), one["channel"]))


def _posted(conn: Connection, contact_id: str, sids: Sequence[str]) -> Sequence[datetime]:
    taken = sa.select(Message.received_at).where(Message.contact_id == contact_id, Message.provider == "twilio", Message.state == "done")
    newest = taken.where(Message.provider_id.not_in(sids)).order_by(Message.received_at.desc()).limit(EVENTS_SHOWN // 2)
    return conn.execute(newest).scalars().all()


def _committed(conn: Connection, sids: Sequence[str]) -> set[str]:
    if not sids:
        return set()
    query = sa.select(Message.provider_id).where(Message.provider_id.in_(sids), Message.state == "done")
    return set(conn.execute(query).scalars())
