"""Nobody has said "I have it" yet: the next person of the rota, then everybody and a loud task (fault 25).

The clock only rings; the hand-off's row decides. What comes late because we were down is done at once, never dropped: a page has no
"too late". A family in danger hears that staff were told only when a provider has taken a page.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy import Connection

from bot.i18n import say_day, say_time
from bot.log import get_log
from bot.policy import calendar
from bot.service import directory, page, staff_post, tell_staff
from bot.service.doing import EMPTY, PRIORITY_FIRST
from bot.service.runtime import Runtime
from bot.service.wording import wording
from bot.store import due, duty
from bot.store.due import DueTimer
from bot.store.tables import Timer
from bot.store.turn_rows import TurnRows
from bot.store.types import Plain
from channels.text import normalise, segments

ROUNDS = 4
"""So often everybody is paged again at the level's own pace after the last of the rota; then every hour, until somebody has it."""

EACH_HOUR = timedelta(hours=1)

LOOK_AGAIN = timedelta(seconds=10)
LOOK_FOR = timedelta(hours=1)
log = get_log("escalate")


def ring(conn: Connection, runtime: Runtime, timer: DueTimer, now: datetime) -> list[str]:
    """Serve one due timer of a hand-off in the caller's transaction; the ids of what it queued."""
    task = duty.task(conn, timer.subject_id or "")
    if not due.finish_timer(conn, timer.id, timer.due_at) or task is None:
        return []
    return KINDS[timer.kind](conn, runtime, timer, task, now)


def climb_again(conn: Connection, handoff_id: str, now: datetime) -> None:
    """Who had a page gave it on: it climbs the rota on, unless the colleague takes it in time."""
    timer = conn.execute(sa.select(Timer.id, Timer.step_id).where(Timer.subject_id == handoff_id, Timer.kind == "page")).first()
    if timer is not None:
        level = int(timer.step_id.partition("/")[0])
        conn.execute(sa.update(Timer).where(Timer.id == timer.id).values(state="pending", due_at=now + page.NEXT_PERSON[level]))


def _again(conn: Connection, timer: DueTimer, due_at: datetime, step: str) -> None:
    conn.execute(sa.update(Timer).where(Timer.id == timer.id).values(state="pending", due_at=due_at, step_id=step))


# --- the rota -----------------------------------------------------------------------------------------------------------------------------


def _next_person(conn: Connection, runtime: Runtime, timer: DueTimer, task: Any, now: datetime) -> list[str]:
    """Page whoever of the rota was not paged yet; when nobody is left, everybody and the coordinator."""
    if task.state != "open":
        return []
    level, rounds = (int(part) for part in timer.step_id.split("/"))
    people = page.rota(conn, runtime, task.district_id, task.school_id or "", now)
    reached = set(duty.paged(conn, task.id))
    fresh = [one for one in people if one.id not in reached]
    queued: list[str] = []
    if fresh:
        chosen = fresh[:1]
        duty.give_to(conn, task.id, fresh[0].id)
    else:
        chosen = people
        if rounds == 1:
            queued += _nobody(conn, runtime, task, now)
        rounds += 1
    rows = TurnRows()
    for person in chosen:
        again = 0 if fresh else rounds
        drill = task.reason == "drill"
        rows.outbox += page.rows(conn, runtime, person, task.id, task.case_id, task.code or "", now, drill=drill, again=again)
    rows.write(conn)
    if rounds <= ROUNDS or task.reason != "drill":
        _again(conn, timer, now + (page.NEXT_PERSON[level] if rounds <= ROUNDS else EACH_HOUR), f"{level}/{rounds}")
    log.warning("page_escalated", handoff_id=task.id, level=level, count=len(chosen), outcome="next_person" if fresh else "everybody")
    return [*queued, *(row["id"] for row in rows.outbox)]


def _nobody(conn: Connection, runtime: Runtime, task: Any, now: datetime) -> list[str]:
    """The rota's last has not answered either."""
    if task.reason == "drill":
        return []
    return tell_staff.loud(conn, runtime, now, "nobody_acknowledged", district_id=task.district_id, case_id=task.case_id, about=task.id)


# --- what the family is told --------------------------------------------------------------------------------------------------------------


def _told(conn: Connection, runtime: Runtime, timer: DueTimer, task: Any, now: datetime) -> list[str]:
    """Say when staff were told, once that is true; out of hours with nobody on call, when somebody will read it."""
    school = directory.school(conn, task.school_id, now) if task.school_id else directory.first_school(conn, task.district_id, now)
    district = directory.district(conn, task.district_id, now)
    zone = school.zone if school else district.zone
    at = duty.accepted_at(conn, task.id)
    if at is not None:
        return _say(conn, runtime, task, "staff_told", at, now, zone)
    away = not page.rota(conn, runtime, task.district_id, task.school_id or "", now)
    if away and not calendar.is_school_open(now, zone, district.settings):
        return _say(conn, runtime, task, "staff_away", calendar.opens_next(now, zone, district.settings), now, zone)
    if now - task.created_at < LOOK_FOR:
        _again(conn, timer, now + LOOK_AGAIN, timer.step_id)
    return []


def _say(conn: Connection, runtime: Runtime, task: Any, key: str, moment: datetime, now: datetime, zone: str) -> list[str]:
    """The second text, to where and in the languages the first went, by the clock of the school."""
    rows = TurnRows()
    for first in duty.crisis_texts(conn, task.message_id or "", task.contact_id, task.created_at - LOOK_FOR):
        text = runtime.library.text("crisis", key, first.lang)
        if text is None:
            continue
        local, here = moment.astimezone(ZoneInfo(zone)), now.astimezone(ZoneInfo(zone))
        clock = say_time(local.time(), first.lang)
        when = clock if local.date() == here.date() else f"{say_day(local.date(), first.lang)}, {clock}"
        body = normalise(text.format % tuple(when if name == "time" else "" for name in text.names))
        same = {name: getattr(first, name) for name in ("contact_id", "endpoint_id", "channel", "sender", "address_index", "lang")}
        rows.outbox.append(
            {
                **EMPTY,
                **same,
                "id": runtime.ids.new("out"),
                "district_id": task.district_id,
                "audience": "family",
                "address": Plain(task.district_id, first.address) if first.address else None,
                "message_id": task.message_id,
                "message_class": "F",
                "purpose": "crisis",
                "ref": f"crisis/{key}",
                "body": Plain(task.district_id, body),
                "segments": segments(body) if first.channel in ("sms", "whatsapp") else 1,
                "priority": PRIORITY_FIRST,
                "seq": first.seq + 1,
                "not_before": now,
                "created_at": now,
                "dedupe_key": f"{key}:{task.message_id}:{first.lang}"[:160],
            }
        )
    rows.write(conn)
    return [row["id"] for row in rows.outbox]


# --- evaluation requests ------------------------------------------------------------------------------------------------------------------


def _evaluation(conn: Connection, runtime: Runtime, timer: DueTimer, task: Any, now: datetime) -> list[str]:
    """School is about to end and nobody has taken the request: the contact once more by every way, and the coordinator."""
    del timer
    if task.state != "open":
        return []
    queued: list[str] = []
    person = directory.staff(conn, [task.owner_id], now).get(task.owner_id or "")
    if person is not None:
        gettext = wording(person.lang).gettext
        about = gettext("Case {code}").format(code=task.code) if task.code else gettext("A message without a case")
        text = gettext(tell_staff.LOUD["evaluation_unread"]).format(about=about)
        known = {"purpose": "handoff", "ref": "evaluation_unread", "case_id": task.case_id, "handoff_id": task.id}
        queued += staff_post.post(
            conn, runtime, person.id, f"{text} {staff_post.task_link(runtime, task.id)}", now=now, every_way=True, **known
        )
    loud = tell_staff.loud(conn, runtime, now, "evaluation_unread", district_id=task.district_id, case_id=task.case_id, about=task.id)
    return [*queued, *loud]


KINDS: Mapping[str, Callable[[Connection, Runtime, DueTimer, Any, datetime], list[str]]] = {
    "page": _next_person,
    "told": _told,
    "eval": _evaluation,
}
"""The timers a hand-off may have."""
