"""Somebody says "I have it": the page stops climbing the rota, the others learn who has it, and it is on record when and by which way.

The three ways (the button in Slack, the task in the console, a text back) all come through here.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy import Connection

from bot.log import get_log
from bot.service import audit, directory, page, staff_post
from bot.service.doing import PRIORITY_FIRST, Doing
from bot.service.runtime import Runtime
from bot.service.wording import wording
from bot.store import duty, staff_queries, tasks
from bot.store.outbox import CHANGE
from bot.store.tables import Outbox
from bot.store.types import Plain

_ANSWER = re.compile(r"\s*(?:ok|okay|k|yes|si|sí|ack)\W{0,3}(?:\s+([0-9a-z]{4}))?\W*", re.IGNORECASE)
ANSWERED_WITHIN = timedelta(days=1)
"""A page older than this is no longer what an "OK" answers."""

log = get_log("acknowledge")


def acknowledge(conn: Connection, runtime: Runtime, handoff_id: str, staff_id: str, way: str, now: datetime) -> tuple[bool, list[str]]:
    """Give the hand-off to this person; whether they now have it, and the ids of the notes to everybody who was paged. A drill is over
    then.

    :param way: slack | sms | console, for the record.
    """
    row = duty.task(conn, handoff_id)
    if row is None:
        return False, []
    taken = tasks.take(conn, handoff_id, staff_id, now)
    if not taken:
        return row.state != "open" and row.owner_id == staff_id, []
    if row.reason == "drill":
        tasks.end(conn, handoff_id, now)
    queued = _tell_the_others(conn, runtime, row, staff_id, now)
    log.info(
        "page_acknowledged", handoff_id=handoff_id, staff_id=staff_id, channel=way, seconds=int((now - row.created_at).total_seconds())
    )
    audit.record(
        conn,
        district_id=row.district_id,
        actor_kind="staff",
        actor_id=staff_id,
        action="acknowledge_page" if duty.paged(conn, handoff_id) else "take_task",
        object_kind="handoff",
        object_id=handoff_id,
        message_class="F",
        reason=way,
        now=now,
        new_id=runtime.ids.new,
    )
    return True, queued


def may_be_answer(text: str) -> bool:
    """Whether a text could acknowledge a page and nothing else: "OK K7QF". Without the four signs it could be anybody's "ok"."""
    found = _ANSWER.fullmatch(text)
    return found is not None and found[1] is not None


def by_text(conn: Connection, runtime: Runtime, district_id: str, address_index: bytes, text: str, now: datetime) -> list[str] | None:
    """A text from a number that was paged. None when it answers no page, else the ids of what was queued.

    With several pages open the four signs say which; a bare "OK" is then answered with what is open, never guessed.
    """
    found = _ANSWER.fullmatch(text)
    sent = duty.pages_to(conn, district_id, address_index, now - ANSWERED_WITHIN) if found else ()
    if found is None or not sent:
        return None
    signs = (found[1] or "").upper()
    meant = [row for row in sent if page.token(row.id) == signs] if signs else [row for row in sent if row.state == "open"]
    if len(meant) > 1 or (signs and not meant):
        return _ask_which(conn, runtime, [row for row in sent if row.state == "open"] or sent, now)
    return _take_one(conn, runtime, meant[0] if meant else sent[-1], now)


def _take_one(conn: Connection, runtime: Runtime, row: Any, now: datetime) -> list[str]:
    mine, queued = acknowledge(conn, runtime, row.id, row.staff_id, "sms", now)
    facts = directory.staff(conn, [row.staff_id, row.owner_id], now)
    gettext = wording(facts[row.staff_id].lang).gettext
    about = _about(row.code, gettext)
    if mine:
        text = gettext("Thank you. You have it. {about}").format(about=about)
        text = f"{text} {staff_post.task_link(runtime, row.id)}"
    else:
        owner = facts.get(row.owner_id or "")
        text = gettext("{name} has it. {about}").format(name=owner.name if owner else "", about=about)
    return [*queued, *_answer(conn, runtime, row.staff_id, text, now, handoff_id=row.id)]


def _ask_which(conn: Connection, runtime: Runtime, rows: Sequence[Any], now: datetime) -> list[str]:
    staff_id = rows[0].staff_id
    gettext = wording(directory.staff(conn, [staff_id], now)[staff_id].lang).gettext
    listed = ", ".join(f"OK {page.token(row.id)} ({_about(row.code, gettext)})" for row in rows)
    return _answer(conn, runtime, staff_id, gettext("Which page? Reply {listed}").format(listed=listed), now)


def _answer(conn: Connection, runtime: Runtime, staff_id: str, text: str, now: datetime, handoff_id: str | None = None) -> list[str]:
    known: dict[str, Any] = {"purpose": "acknowledged", "ref": "page", "message_class": "F", "priority": PRIORITY_FIRST}
    return staff_post.post(conn, runtime, staff_id, text, now=now, only=("sms",), handoff_id=handoff_id, **known)


def _about(code: str | None, gettext: Any) -> str:
    return str(gettext("Case {code}").format(code=code) if code else gettext("A message without a case"))


# --- who else was paged -------------------------------------------------------------------------------------------------------------------


def _tell_the_others(conn: Connection, runtime: Runtime, row: Any, staff_id: str, now: datetime) -> list[str]:
    """The button goes from every Slack page, with the name of who has it; nobody gets a second page for it."""
    facts = directory.staff(conn, [staff_id], now).get(staff_id)
    name = facts.name if facts else ""
    queued = []
    for outbox_id in duty.pages(conn, row.id):
        sent = staff_queries.outbox_row(conn, outbox_id)
        if sent is not None:
            queued += show(
                conn, runtime, sent, wording(sent.lang).gettext("{name} has it.").format(name=name), now, without="acknowledge_page"
            )
    return queued


def show(conn: Connection, runtime: Runtime, row: Any, note: str, now: datetime, *, without: str) -> list[str]:
    """Say in a Slack message itself what was done, so that everybody sees it and the button is gone. Earlier notes stay."""
    original = orjson.loads(row.blocks) if row.blocks else []
    if not row.provider_id or not original:
        return []
    blocks = [_without(block, without) for block in original if block.get("type") != "actions" or len(block.get("elements", ())) > 1]
    blocks.append({"type": "context", "elements": [{"type": "plain_text", "text": note}]})
    outbox_id = runtime.ids.new("out")
    ts = row.provider_id.rpartition(":")[2]
    place = row.provider_id.rpartition(":")[0] or row.address
    staff_queries.queue_direct_message(
        conn,
        id=outbox_id,
        district_id=row.district_id,
        staff_id=row.staff_id,
        case_id=row.case_id,
        address=Plain(row.district_id, f"{place}:{ts}"),
        purpose=CHANGE,
        ref=row.id,
        body=Plain(row.district_id, f"{row.body} {note}"),
        blocks=Plain(row.district_id, orjson.dumps(blocks).decode()),
        lang=row.lang,
        not_before=now,
        created_at=now,
    )
    # the next press builds on what this one left
    conn.execute(sa.update(Outbox).where(Outbox.id == row.id).values(blocks=Plain(row.district_id, orjson.dumps(blocks).decode())))
    return [outbox_id]


def _without(block: dict[str, Any], action_id: str) -> dict[str, Any]:
    if block.get("type") != "actions":
        return block
    return {**block, "elements": [one for one in block["elements"] if one.get("action_id") != action_id]}


def answers(doing: Doing, text: str) -> bool:
    """A colleague may also be a parent here, on the same phone: "OK K7QF" answers the page."""
    queued = by_text(doing.stage.batch.conn, doing.stage.runtime, doing.district_id, doing.place.address_index, text, doing.now)
    doing.wake += queued or ()
    return queued is not None
