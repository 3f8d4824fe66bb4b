"""Danger: everybody on duty is paged by Slack direct message and SMS with the case code, and the child's other messages are held.

Nothing of what the family wrote, and no name, is in a page. Levels 1 to 3 put the case on hold until trained staff release it.
"""

from __future__ import annotations

from typing import Any

import orjson

from bot.engine.events import Handoff, Page
from bot.log import get_log
from bot.service import directory
from bot.service.directory import StaffFacts
from bot.service.doing import PRIORITY_FIRST, Doing, outbox_row
from bot.service.handoff import handoff_row
from bot.service.who import OpenCase
from bot.store.duty import on_call_now

PAGED_UP_TO = 3
log = get_log("page")


def page(doing: Doing, event: Page) -> None:
    """Page the rota for each case the message may be about; without a case, the rota of the district.

    Levels 4 and 5 are no danger: the hand-off of the same turn brings a person, and nobody is woken.
    """
    if event.level > PAGED_UP_TO:
        return
    touched: list[OpenCase | None] = [*doing.cases] or [None]
    for case in touched:
        if case is not None:
            hold(doing, case)
        _page_for(doing, case)
    doing.paged = True


def hold(doing: Doing, case: OpenCase) -> None:
    """An open safety flag: every message about this child but class F waits for trained staff."""
    if not case.safety_hold:
        case.safety_hold = True
        doing.rows.safety_hold.append({"row_id": case.id})


def _page_for(doing: Doing, case: OpenCase | None) -> None:
    batch = doing.stage.batch
    school_id = case.school.id if case else ""
    rota = list(dict.fromkeys(on_call_now(batch.conn, doing.district_id, school_id, doing.now)))
    known = directory.staff(batch.conn, rota, doing.now)
    people = [known[one] for one in rota if known[one].active]
    first = people[0].id if people else ""
    task = Handoff("on_call", "danger", "now", doing.body, doing.place.endpoint.lang_written if doing.contact_id else "")
    row = handoff_row(doing, task, case, first, doing.now)
    doing.rows.handoff.append(row)
    if not people:
        log.error("rota_empty", district_id=doing.district_id, case_id=case.id if case else None, handoff_id=row["id"])
    for one in people:
        _page_person(doing, case, one, row["id"])


def _page_person(doing: Doing, case: OpenCase | None, person: StaffFacts, handoff_id: str) -> None:
    about = f"Case {case.code}" if case else "A number we do not know"
    text = f"URGENT. {about}: a message needs you now. Open Hearthline and acknowledge."
    if doing.slack and person.slack_user:
        _queue(doing, case, person, handoff_id, channel="slack", sender="", address=person.slack_user, text=text)
    ours = directory.sender_of(doing.stage.batch.conn, doing.district_id, "sms", doing.now)
    if ours is not None and person.phone:
        _queue(doing, case, person, handoff_id, channel="sms", sender=ours.address, address=person.phone, text=text)


def _queue(doing: Doing, case: OpenCase | None, person: StaffFacts, handoff_id: str, **way: Any) -> None:
    address, text = way.pop("address"), way.pop("text")
    case_id = case.id if case else None
    row = outbox_row(
        doing,
        audience="staff",
        staff_id=person.id,
        case_id=case_id,
        handoff_id=handoff_id,
        address=doing.sealed(address),
        body=doing.sealed(text),
        message_class="F",
        purpose="page",
        ref="page",
        priority=PRIORITY_FIRST,
        dedupe_key=f"page:{doing.message_id}:{case_id or ''}:{person.id[-26:]}:{way['channel']}"[:160] if doing.message_id else None,
        **way,
    )
    if way["channel"] == "slack":
        row["blocks"] = doing.sealed(orjson.dumps(_blocks(row["id"], text)).decode())
    doing.rows.outbox.append(row)
    doing.wake.append(row["id"])


def _blocks(outbox_id: str, text: str) -> list[dict[str, Any]]:
    """Slack's richer form, see https://api.slack.com/reference/block-kit/blocks ."""
    button = {
        "type": "button",
        "action_id": "acknowledge_page",
        "text": {"type": "plain_text", "text": "Acknowledge"},
        "value": outbox_id,
        "style": "danger",
    }
    return [
        {"type": "section", "text": {"type": "plain_text", "text": text}},
        {"type": "actions", "elements": [button]},
    ]
