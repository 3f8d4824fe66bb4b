"""The family's chat page: behind a signed link and a one-time code sent to the number on file (faults 13, 23).

The link alone shows no name, no number and no words. The code goes by the outbox like every text. Wrong codes are counted over the
link's whole life; after five the link is dead and a person sends another.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from urllib.parse import urlencode

import orjson
from sqlalchemy import Connection

from bot.errors import Conflict, NotFound
from bot.log import get_log
from bot.policy.hours import zone_of
from bot.service import audit, family_pin, open_question, who_may
from bot.service.runtime import Runtime
from bot.service.wording import LANGUAGES, wording
from bot.store import family_pins, family_queries
from bot.store.types import Plain
from channels.base import Received, Request
from channels.text import digits, segments

LINK_LIFE = timedelta(days=14)
CODE_LIFE = timedelta(minutes=10)
CODE_EVERY = timedelta(seconds=30)
CODES_A_DAY = 10
MAX_TRIES = 5
CRISIS_SHOWN = timedelta(hours=1)
SHOWN = 200
"""The newest lines a page holds: an old phone must still be able to show it."""

_CLIENT_ID = re.compile(r"[0-9A-Za-z_-]{8,64}", re.ASCII)
_PICKED = re.compile(r"([0-9]+(?:, [0-9]+)*)(?:: (.+))?", re.ASCII | re.DOTALL)
_log = get_log("family_chat")


@dataclass(frozen=True, slots=True)
class Door:
    """A link and how far this browser has come.

    `state`: knock (no code yet) | code (a code is out) | open | dead (too many tries) | ended; on a shared phone, between code and open,
    also set_pin | pin | locked.
    """

    state: str
    token: str
    token_hash: bytes
    district_id: str
    contact_id: str
    lang: str
    zone: str
    place: str
    phone: str


@dataclass(frozen=True, slots=True)
class Bubble:
    """One line of the chat. `mine` is the family's."""

    id: str
    mine: bool
    text: str
    lang: str
    at: datetime
    options: tuple[tuple[str, str], ...] = ()
    ref: str = ""


@dataclass(frozen=True, slots=True)
class Chat:
    """The chat as the page shows it; `options` are the choices of the newest question (`many`: several may be picked), `requests` the
    family's own copies (F26)."""

    bubbles: tuple[Bubble, ...]
    options: tuple[tuple[str, str], ...]
    version: str
    requests: tuple[tuple[tuple[str, ...], date], ...] = ()
    many: bool = False


def _mac(secret: str, *parts: bytes) -> bytes:
    return hmac.digest(secret.encode(), b"\0".join(parts), "sha256")


def _signature(secret: str, name: str) -> str:
    return base64.urlsafe_b64encode(_mac(secret, b"chat link", name.encode())[:15]).decode()


def _code_hash(runtime: Runtime, token_hash: bytes, code: str) -> bytes:
    return _mac(runtime.settings.session_secret, b"chat code", token_hash, code.encode())


def make_link(conn: Connection, runtime: Runtime, contact_id: str, now: datetime) -> str:
    """A new signed link for this contact: its token, which is not kept."""
    contact = family_queries.contact(conn, contact_id)
    if contact is None:
        raise NotFound
    name = secrets.token_urlsafe(15)
    token = f"{name}.{_signature(runtime.settings.session_secret, name)}"
    family_queries.add_link(
        conn,
        token_hash=hashlib.sha256(token.encode()).digest(),
        district_id=contact.district_id,
        contact_id=contact_id,
        purpose="chat",
        code_hash=None,
        code_tries=0,
        code_expires_at=None,
        expires_at=now + LINK_LIFE,
        opened_at=None,
        session_hash=None,
    )
    return token


def send_link(conn: Connection, runtime: Runtime, contact_id: str, now: datetime, *, news: bool = False) -> list[str]:
    """Text the family a link to its page; the ids of what was queued.

    :param news: something waits for them there.
    Raises `Conflict` with a sentence for staff when there is no number or no words in the family's language: a person calls instead.
    """
    contact = family_queries.contact(conn, contact_id)
    number = family_queries.number_on_file(conn, contact_id)
    if contact is None or number is None:
        raise Conflict("no_number")
    if contact.lang_written.split("-")[0] not in LANGUAGES:
        raise Conflict("no_words")
    school = family_queries.school_of(conn, contact_id)
    link = f"{runtime.settings.base_url}/chat/{make_link(conn, runtime, contact_id, now)}"
    gettext = wording(contact.lang_written).gettext
    also, waits = (
        gettext("You can also write to {place} on this page: {link}"),
        gettext("{place} has a message for you on this page: {link}"),
    )
    text = (waits if news else also).format(place=school.name if school else contact.district, link=link)
    outbox_id = runtime.ids.new("out")
    family_queries.queue_code(
        conn,
        id=outbox_id,
        district_id=contact.district_id,
        contact_id=contact_id,
        endpoint_id=number.id,
        address_index=number.address_index,
        channel=number.channel,
        sender=number.sender,
        body=Plain(contact.district_id, text),
        lang=contact.lang_written,
        segments=segments(text),
        answers_family=False,
        priority=5,
        ref="chat_link",
        not_before=now,
        not_after=now + LINK_LIFE,
        created_at=now,
    )
    return [outbox_id]


def door(conn: Connection, runtime: Runtime, token: str, session: str, now: datetime) -> Door:
    """Where this browser stands. A forged link and an unknown one are one answer: there is no such page. One that has expired has ended,
    and so has that of somebody whose number is another's by now. Changes nothing."""
    name, _, signature = token.partition(".")
    good = [hmac.compare_digest(_signature(one, name).encode(), signature.encode()) for one in runtime.settings.session_secrets]
    if not any(good):
        raise NotFound
    token_hash = hashlib.sha256(token.encode()).digest()
    link = family_queries.link(conn, token_hash)
    contact = family_queries.contact(conn, link.contact_id) if link is not None else None
    if link is None or contact is None:
        raise NotFound
    school = family_queries.school_of(conn, link.contact_id)
    held = bytes(link.session_hash) if link.session_hash is not None else b""
    if link.expires_at <= now or contact.identity == "wrong_number":
        state = "ended"
    elif held and hmac.compare_digest(hashlib.sha256(session.encode()).digest(), held):
        state = family_pin.asked_for(conn, link.contact_id, passed=link.pin_ok_at is not None) or "open"
    elif link.code_tries >= MAX_TRIES:
        state = "dead"
    elif link.code_hash is not None and link.code_expires_at is not None and link.code_expires_at > now:
        state = "code"
    else:
        state = "knock"
    return Door(
        state,
        token,
        token_hash,
        link.district_id,
        link.contact_id,
        contact.lang_written,
        contact.zone,
        school.name if school else contact.district,
        school.phone if school else "",
    )


def send_code(conn: Connection, runtime: Runtime, at: Door, now: datetime) -> list[str]:
    """Queue a code to the number on file; the ids of what was queued. Silent when there is no number or it was asked too often."""
    if at.state not in ("knock", "code"):
        return []
    number = family_queries.number_on_file(conn, at.contact_id)
    recent = family_queries.codes_since(conn, at.contact_id, now - CODE_EVERY)
    if number is None or recent or family_queries.codes_since(conn, at.contact_id, now - timedelta(days=1)) >= CODES_A_DAY:
        _log.info("chat_code_not_sent", contact_id=at.contact_id, reason="limit" if number else "no_number")
        return []
    code = f"{secrets.randbelow(1_000_000):06d}"
    family_queries.set_code(conn, at.token_hash, _code_hash(runtime, at.token_hash, code), now + CODE_LIFE)
    outbox_id = runtime.ids.new("out")
    family_queries.queue_code(
        conn,
        id=outbox_id,
        district_id=at.district_id,
        contact_id=at.contact_id,
        endpoint_id=number.id,
        address_index=number.address_index,
        channel=number.channel,
        sender=number.sender,
        body=Plain(at.district_id, code_text(at, code)),
        lang=at.lang,
        not_before=now,
        not_after=now + CODE_LIFE,
        created_at=now,
    )
    return [outbox_id]


def code_text(at: Door, code: str) -> str:
    """The text with the code. In a language we have no words for, the place and the digits alone: no wrong words."""
    if at.lang.split("-")[0] not in LANGUAGES:
        return f"{at.place}: {code}"
    text = wording(at.lang).gettext("{code} is your code for {place}. It works for 10 minutes. Please do not share it.")
    return text.format(code=code, place=at.place)


def enter(conn: Connection, runtime: Runtime, at: Door, code: str, now: datetime) -> str | None:
    """The right code opens the page for this browser and gives its session token; a wrong one counts."""
    if at.state != "code" or not family_queries.count_try(conn, at.token_hash, MAX_TRIES):
        return None
    wanted = _code_hash(runtime, at.token_hash, digits(code))
    link = family_queries.link(conn, at.token_hash)
    if link is None or link.code_hash is None or not hmac.compare_digest(wanted, bytes(link.code_hash)):
        return None
    session = secrets.token_urlsafe(24)
    if not family_queries.open_session(conn, at.token_hash, wanted, hashlib.sha256(session.encode()).digest(), now):
        return None
    audit.record(
        conn,
        district_id=at.district_id,
        actor_kind="contact",
        actor_id=at.contact_id,
        action="open",
        object_kind="chat",
        object_id=at.contact_id,
        now=now,
        new_id=runtime.ids.new,
        message_class="C",
    )
    return session


def give_pin(conn: Connection, runtime: Runtime, at: Door, pin: str, again: str, now: datetime) -> str:
    """Choose the PIN of a shared phone, or give it; "" when the page is open now, else what is wrong: digits, simple, differ, wrong."""
    if at.state == "set_pin":
        wrong = family_pin.choose(conn, runtime, at.district_id, at.contact_id, pin, again, now)
        if not wrong and not family_pin.is_right(conn, runtime, at.district_id, at.contact_id, pin):
            wrong = "wrong"  # somebody else's was first
    elif at.state == "pin":
        wrong = "" if family_pin.is_right(conn, runtime, at.district_id, at.contact_id, pin) else "wrong"
    else:
        return "wrong"
    if not wrong:
        family_pins.passed(conn, at.token_hash, now)
    return wrong


def receive(runtime: Runtime, at: Door, text: str, client_id: str, now: datetime) -> Received:
    """The family's words as the chat channel knows them: from here on the same way as a text message.

    The page's own id makes a repeated post one message; a page without one gets an id that cannot repeat.
    """
    fields = {
        "contact": at.contact_id,
        "district": at.district_id,
        "client_id": client_id if _CLIENT_ID.fullmatch(client_id) else secrets.token_hex(12),
        "text": text,
    }
    body = urlencode(fields).encode()
    signature = hmac.new(runtime.settings.session_secret.encode(), b"webchat:" + body, "sha256").hexdigest()
    headers = {"X-Hearthline-Chat": f"v1={signature}"}
    return runtime.channels["webchat"].receive(Request("POST", "/chat", headers, body, "application/x-www-form-urlencoded"), now)


def version(conn: Connection, at: Door, now: datetime) -> str:
    """Changes whenever the chat would; opens no words."""
    return _version(conn, at, open_question.asked_elsewhere(conn, at.contact_id, now))


def _version(conn: Connection, at: Door, asked: open_question.Asked | None) -> str:
    return f"{family_queries.newest(conn, at.contact_id)}-{asked.row.id if asked is not None else 0}"


def chat(conn: Connection, runtime: Runtime, at: Door, now: datetime) -> Chat:
    """Both sides of the talk, oldest first, with the question that is open by text. Only behind an open door, and of what we said about a
    child only what this adult may read about it today."""
    if at.state != "open":
        raise NotFound
    heard = [Bubble(row.id, mine=True, text=row.body, lang=row.lang, at=row.at) for row in family_queries.heard(conn, at.contact_id, SHOWN)]
    said = [
        (
            row.seq,
            Bubble(row.id, mine=False, text=row.body, lang=row.lang, at=row.at, options=_options(row.blocks), ref=row.ref or ""),
        )
        for row in who_may.still_read(conn, family_queries.said(conn, at.contact_id, SHOWN, now - CRISIS_SHOWN), at.contact_id, now)
    ]
    if (asked := open_question.asked_elsewhere(conn, at.contact_id, now)) is not None:
        row, options = asked.row, open_question.options(runtime, asked)
        said.append((row.seq, Bubble(row.id, mine=False, text=row.body, lang=row.lang, at=row.at, options=options)))
    # an answer has the time of the message it answers: the family's words come first
    rows = [((bubble.at, 0, 0, bubble.id), bubble) for bubble in heard] + [((b.at, 1, seq, b.id), b) for seq, b in said]
    bubbles = _in_words([bubble for _, bubble in sorted(rows, key=lambda pair: pair[0])])[-SHOWN:]
    newest = bubbles[-1] if bubbles else None
    options = newest.options if newest is not None and not open_question.is_over(conn, runtime, at.contact_id, newest.ref) else ()
    many = bool(options) and open_question.takes_several(conn, runtime, at.contact_id, len(options))
    return Chat(bubbles, options, _version(conn, at, asked), requests(conn, at.contact_id, at.zone), many)


def picked(choices: Sequence[str], words: str) -> str:
    """Several choices and what was typed beside them as one message, as a family would text it ("1, 8: she sings")."""
    numbers = ", ".join(one for one in choices if one.isascii() and one.isdecimal())
    return f"{numbers}: {words.strip()}" if numbers and words.strip() else numbers or words


def _in_words(bubbles: Sequence[Bubble]) -> tuple[Bubble, ...]:
    """Choices that were pressed, as the words that stood on them; only what is shown changes."""
    shown: list[Bubble] = []
    asked: Bubble | None = None
    for one in bubbles:
        if one.mine and asked is not None and (said := _chosen(one.text, dict(asked.options))):
            shown.append(replace(one, text=said, lang=asked.lang))
            continue
        asked = asked if one.mine else one if one.options else None
        shown.append(one)
    return tuple(shown)


def _chosen(text: str, labels: Mapping[str, str]) -> str:
    """The words of a message that is nothing but choices, or choices with words behind them; "" for any other."""
    found = _PICKED.fullmatch(text)
    numbers = found[1].split(", ") if found is not None else []
    if found is None or not all(one in labels for one in numbers):
        return ""
    return ", ".join(labels[one] for one in numbers) + (f": {found[2]}" if found[2] else "")


def requests(conn: Connection, contact_id: str, zone: str) -> tuple[tuple[tuple[str, ...], date], ...]:
    """(words, date) of each evaluation request this contact made, newest first: the copy the family was promised. The words are those of
    the request and, where it was told, what worries them."""
    found: list[tuple[tuple[str, ...], date]] = []
    for row in family_queries.evaluation_requests(conn, contact_id):
        norm = orjson.loads(row.answer_norm) if row.answer_norm else {}
        words = (row.answer_raw,) if row.answer_raw else ()
        if "date" in norm:
            found.append((words, date.fromisoformat(norm["date"])))
        elif "text" in norm and found:
            before, dated = found.pop()
            found.append((before + words, dated))
    here = zone_of(zone)
    return tuple(reversed(found)) or tuple(
        ((row.body,), row.at.astimezone(here).date()) for row in family_queries.requests_without_case(conn, contact_id)
    )


def _options(blocks: str | None) -> tuple[tuple[str, str], ...]:
    if not blocks:
        return ()
    return tuple((str(one["number"]), str(one["label"])) for one in orjson.loads(blocks) if "number" in one)
