"""A word to one staff member by the ways they can be reached: Slack direct message, SMS, e-mail. A case code and a link, never more.

What it says is the caller's; that it names no child, quotes no family and goes to no channel is why every such word passes here.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection

from bot.service import directory
from bot.service.directory import StaffFacts
from bot.service.doing import EMPTY, PRIORITY_STAFF
from bot.service.runtime import Runtime
from bot.service.wording import wording
from bot.store.turn_rows import TurnRows
from bot.store.types import Plain
from channels.text import segments


class Way(NamedTuple):
    """How a person can be reached: the channel, our own address there, and theirs."""

    channel: str
    sender: str
    address: str


def task_link(runtime: Runtime, handoff_id: str) -> str:
    """The page of one task; signing in decides what they see there."""
    return f"{runtime.settings.base_url}/console/tasks/{handoff_id}"


def waiting(runtime: Runtime, lang: str, code: str, handoff_id: str, due: datetime, zone: str) -> str:
    """That something waits for them, until when in the school's zone, and the link. `code` "" where there is no case."""
    say = wording(lang)
    about = say.gettext("Case {code}").format(code=code) if code else say.gettext("A message without a case")
    text = say.gettext("{about}: something waits for you in Hearthline. Due {due}.").format(about=about, due=say.briefly(due, zone))
    return f"{text} {task_link(runtime, handoff_id)}"


def ways(conn: Connection, runtime: Runtime, person: StaffFacts, now: datetime) -> list[Way]:
    """Every way that works here for this person, the most private first."""
    found = []
    if person.slack_user and "slack" in runtime.channels and runtime.settings.slack_transport != "off":
        found.append(Way("slack", "", person.slack_user))
    for channel, address in (("sms", person.phone), ("email", person.email)):
        ours = directory.sender_of(conn, person.district_id, channel, now)
        if address and ours is not None and channel in runtime.channels:
            found.append(Way(channel, ours.address, address))
    return found


def row(runtime: Runtime, person: StaffFacts, way: Way, text: str, now: datetime, **known: Any) -> dict[str, Any]:
    """One outbox row, queued. The address is indexed, so that an answer from it is known to be theirs."""
    district_id = person.district_id
    return {
        **EMPTY,
        "id": runtime.ids.new("out"),
        "district_id": district_id,
        "audience": "staff",
        "staff_id": person.id,
        "channel": way.channel,
        "sender": way.sender,
        "address": Plain(district_id, way.address),
        "address_index": runtime.vault.index(district_id, way.address),
        "body": Plain(district_id, text),
        "lang": person.lang,
        "segments": segments(text) if way.channel == "sms" else 1,
        "priority": PRIORITY_STAFF,
        "not_before": now,
        "created_at": now,
        **known,
    }


def post(
    conn: Connection,
    runtime: Runtime,
    staff_id: str,
    text: str,
    *,
    now: datetime,
    every_way: bool = False,
    only: Sequence[str] = (),
    **known: Any,
) -> list[str]:
    """Queue it in the caller's transaction by the person's first way, or by every way; the outbox ids, none if they left or have no way.

    :param only: the channels that count here; all of them unless given.
    """
    person = directory.staff(conn, [staff_id], now).get(staff_id)
    if person is None or not person.active:
        return []
    found = [way for way in ways(conn, runtime, person, now) if not only or way.channel in only]
    rows = TurnRows()
    rows.outbox += [row(runtime, person, way, text, now, **known) for way in (found if every_way else found[:1])]
    rows.write(conn)
    return [one["id"] for one in rows.outbox]
