"""Danger: the rota is paged in its order by every way a person has, and the child's other messages are held.

Nothing of what the family wrote, and no name, is in a page. Levels 1 to 3 put the case on hold until trained staff release it. Who is
paged next, and when, is a timer's (`bot.service.escalate`): five minutes for level 1, fifteen for levels 2 and 3.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import Connection

from bot.engine.events import Handoff, Page
from bot.log import get_log
from bot.service import directory, mail_form, staff_post, tell_staff
from bot.service.directory import StaffFacts
from bot.service.doing import PRIORITY_FIRST, Doing
from bot.service.handoff import handoff_row
from bot.service.handoff_timer import timer
from bot.service.runtime import Runtime
from bot.service.who import OpenCase
from bot.service.wording import wording
from bot.store.duty import PAGE, on_call_now
from bot.store.types import Plain
from bot.values.screening import GRAVEST
from channels.base import MAIL

NEXT_PERSON = {1: timedelta(minutes=5), 2: timedelta(minutes=15), 3: timedelta(minutes=15)}
"""How long a page waits for "I have it" before the next person of the rota is paged."""

FIRST_LOOK = timedelta(seconds=3)
"""How soon we look whether a provider took the page: only then may the family be told that staff were told."""

STAFF_LINE = frozenset({1, 2})
"""Levels whose text is followed by the line about staff. After level 3 nothing more goes to a phone others may read."""

log = get_log("page")


def page(doing: Doing, event: Page, *, reason: str = "danger", words: str = "", lang: str = "") -> None:
    """Page the rota for each case the message may be about; without a case, the rota of the district.

    Levels 4 and 5 are no danger: the hand-off of the same turn brings a person, and nobody is woken.

    :param reason: what the task is called, where the danger was not in the message as it was read.
    :param words: what the rota is to read, where that is not the message's text; `lang` their language.
    """
    if event.level > GRAVEST:
        return
    if doing.below[0] and not words:  # a mail that says it in both places calls once, with all of its words
        words = "\n".join(filter(None, (doing.body, doing.below[1])))
        doing.below = (0, "") if doing.below[0] >= event.level else doing.below
    touched: list[OpenCase | None] = [*doing.cases] or [None]
    for case in touched:
        if case is not None:
            hold(doing, case)
        _page_for(doing, case, event.level, Handoff("on_call", reason, "now", words or doing.body, lang or _language(doing)))
    doing.paged = True


def hold(doing: Doing, case: OpenCase) -> None:
    """An open safety flag: every message about this child but class F waits for trained staff."""
    if not case.safety_hold:
        case.safety_hold = True
        doing.rows.safety_hold.append({"row_id": case.id})


def rota(conn: Connection, runtime: Runtime, district_id: str, school_id: str, now: datetime) -> list[StaffFacts]:
    """Who is on duty now and can be reached, first to page first."""
    found = list(dict.fromkeys(on_call_now(conn, district_id, school_id, now)))
    known = directory.staff(conn, found, now)
    people = [known[one] for one in found if one in known and known[one].active]
    return [one for one in people if staff_post.ways(conn, runtime, one, now)]


def _language(doing: Doing) -> str:
    return doing.place.endpoint.lang_written if doing.contact_id else ""


def _page_for(doing: Doing, case: OpenCase | None, level: int, task: Handoff) -> None:
    batch, runtime = doing.stage.batch, doing.stage.runtime
    people = rota(batch.conn, runtime, doing.district_id, case.school.id if case else "", doing.now)
    row = handoff_row(doing, task, case, people[0].id if people else "", doing.now)
    doing.rows.handoff.append(row)
    if people:
        queued = rows(batch.conn, runtime, people[0], row["id"], case.id if case else None, case.code if case else "", doing.now)
        doing.rows.outbox += queued
        doing.wake += [one["id"] for one in queued]
    else:
        log.error("rota_empty", district_id=doing.district_id, case_id=case.id if case else None, handoff_id=row["id"])
        case_id = case.id if case else None
        doing.wake += tell_staff.loud(batch.conn, runtime, doing.now, "rota_empty", district_id=doing.district_id, case_id=case_id)
    doing.rows.timer.append(timer("page", row["id"], doing.district_id, doing.now + NEXT_PERSON[level], f"{level}/1"))
    if level in STAFF_LINE and task.reason == "danger":
        doing.rows.timer.append(timer("told", row["id"], doing.district_id, doing.now + FIRST_LOOK, str(level)))


def token(handoff_id: str) -> str:
    """The last signs of a page's id: what a text answers it with."""
    return handoff_id[-4:].upper()


def rows(
    conn: Connection,
    runtime: Runtime,
    person: StaffFacts,
    handoff_id: str,
    case_id: str | None,
    code: str,
    now: datetime,
    *,
    drill: bool = False,
    again: int = 0,
) -> list[dict[str, Any]]:
    """The page to one person, by every way they have."""
    gettext = wording(person.lang).gettext
    if drill:
        text = gettext("DRILL, no emergency. Please acknowledge as if it were one.")
    elif code:
        text = gettext("URGENT. Case {code}: a message needs you now. Open Hearthline and acknowledge.").format(code=code)
    else:
        text = gettext("URGENT. A message without a case needs you now. Open Hearthline and acknowledge.")
    made = []
    for way in staff_post.ways(conn, runtime, person, now):
        said = text
        if way.channel == "sms":
            said = f"{text} {gettext('Or reply OK {token}.').format(token=token(handoff_id))}"
        elif way.channel == MAIL:
            said = f"{text} {staff_post.task_link(runtime, handoff_id)}"
        row = staff_post.row(
            runtime,
            person,
            way,
            said,
            now,
            case_id=case_id,
            handoff_id=handoff_id,
            message_class="F",
            purpose=PAGE,
            ref=PAGE,
            priority=PRIORITY_FIRST,
            dedupe_key=f"page:{handoff_id}:{person.id[-26:]}:{way.channel}:{again}"[:160],
        )
        if drill and way.channel == MAIL:
            row["blocks"] = Plain(person.district_id, mail_form.pack(gettext("DRILL, no emergency: Hearthline calls you")))
        if way.channel == "slack":
            row["blocks"] = Plain(person.district_id, orjson.dumps(_blocks(row["id"], text, gettext("Acknowledge"))).decode())
        made.append(row)
    return made


def _blocks(outbox_id: str, text: str, label: str) -> Sequence[dict[str, Any]]:
    """Slack's richer form, see https://api.slack.com/reference/block-kit/blocks ."""
    button = {
        "type": "button",
        "action_id": "acknowledge_page",
        "text": {"type": "plain_text", "text": label},
        "value": outbox_id,
        "style": "danger",
    }
    return [
        {"type": "section", "text": {"type": "plain_text", "text": text}},
        {"type": "actions", "elements": [button]},
    ]
