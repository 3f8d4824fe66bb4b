"""A talk's timer comes due: a nudge, the quiet end of a talk, the rest of it on another day, a flow that starts later.

The row decides, not the clock that rings: a timer that was moved, cancelled or served in the meantime does nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from bot.engine.events import ChooseCase
from bot.policy import cap, consent
from bot.service import directory, meeting, meeting_news, rhythm, tell_staff
from bot.service.apply import run
from bot.service.consent import NO_MORE, choose_case
from bot.service.doing import Doing
from bot.service.runtime import Runtime
from bot.service.turn import Stage
from bot.service.who import Batch, OpenCase, Place
from bot.store import due, inbound, meetings
from bot.store.begun import STARTS
from bot.store.meetings import REMIND
from bot.store.outbox import medium
from bot.store.turn_rows import TurnRows
from channels.base import MAIL

WRITES = frozenset({"granted"})
"""Consent under which the bot may begin to write by itself."""


PAGE = "webchat"

REVIEW = ("early-concern", "review")
"""When a family is asked how a worry is now, the teacher is asked the same (F05)."""

NEVER = frozenset({"stopped", "refused", "paused"})
"""Consent under which not even a meeting is mentioned."""


def ring(conn: Connection, runtime: Runtime, timer_id: str, now: datetime) -> list[str]:
    """Serve one due timer in the caller's transaction; gives the ids of what it queued."""
    timer = inbound.pending_timer(conn, timer_id)
    if timer is None or timer.contact_id is None or timer.due_at > now:
        return []
    batch = Batch(conn, runtime.vault, now)
    rows = inbound.endpoints_of(conn, [timer.contact_id])
    if not inbound.timer_served(conn, timer.id, timer.due_at):
        return []
    talk = inbound.sessions(conn, [timer.contact_id]).get(timer.contact_id)
    if timer.session_id is not None and (talk is None or talk.id != timer.session_id):
        return []
    place = place_of(batch, rows, talk)
    if place is None:
        return _told_by_a_person(conn, runtime, timer, now) if timer.step_id in meeting_news.TELLS else []
    batch.know([place])
    if timer.kind == "nudge" and _is_muted(place, timer.kind):
        # A question that is not asked moves nothing: nobody may answer an offer they never saw.
        due.put_off(conn, timer.id, now + due.A_DAY)
        return []
    if timer.kind == "nudge" and talk is not None and cap.counts(talk.flow_id) and rhythm.waits(conn, timer.contact_id, now) is not None:
        return []  # left out: the talk closes as it would
    if timer.kind == REMIND:
        mail = place_of(batch, [row for row in rows if row.channel == MAIL], None)
        if mail is not None and place.channel != MAIL:
            batch.know([mail])
        return _remind(batch, runtime, place, mail, timer)
    if timer.kind == "start":
        return _begin(batch, runtime, place, timer)
    return play_alone(batch, runtime, place, prompt=timer.kind)


def _begin(batch: Batch, runtime: Runtime, place: Place, timer: Any) -> list[str]:
    """A talk whose day has come, about the case it was meant for; who has heard enough this week hears it later."""
    conn, now = batch.conn, batch.now
    start = tuple((timer.subject_id or "").partition("/")[::2])
    about = next((one for one in place.cases if one.id == timer.step_id), None)
    if timer.step_id and about is None:
        return []
    case = about or place.case()
    if start == REVIEW and case is not None:
        tell_staff.task(conn, runtime, now, "concern_review", district_id=place.district.id, case_id=case.id, about=timer.id)
    if place.consent in NO_MORE or place.consent == "reminders_only":
        return []
    if cap.counts(start[0]) and (wait := rhythm.waits(conn, timer.contact_id, now)) is not None:
        due.put_off(conn, timer.id, wait.at)
        return []
    return play_alone(batch, runtime, place, prompt="start", start=start, about=about)


def _remind(batch: Batch, runtime: Runtime, place: Place, mail: Place | None, timer: Any) -> list[str]:
    """A reminder of a meeting that still stands, to somebody who may still hear of it: a week before by text and by e-mail, else by
    text; who wants no texts is reminded by e-mail. That it was moved or called off is news: also to who wants no reminders, and by both."""
    news = timer.step_id if timer.step_id in meeting_news.TELLS else ""
    flow = meeting_news.FLOW if news else meeting.FLOW
    found = meeting.due(batch.conn, timer.subject_id, batch.now, meeting_news.TELLS.get(news, "planned"))
    about = next((one for one in place.cases if found is not None and one.id == found.case_id and one.open_to_family), None)
    if mail is None or mail.channel == place.channel or mail.consent in NEVER or not mail.our_address:
        mail = None
    if about is not None and mail is not None and _wants_less(mail, about, flow):
        mail = None
    if found is None or about is None:
        return []
    if (place.consent in NEVER and mail is None) or _wants_less(place, about, flow) or (news and about.safety_hold):
        return _told_by_a_person(batch.conn, runtime, timer, batch.now) if news else []
    if place.consent in NEVER:
        place, mail = mail, None  # type: ignore[assignment]
        about = next(one for one in place.cases if one.id == about.id)
    copy = mail if news or timer.step_id == "week" else None
    given = meeting.values(runtime, found, place.endpoint.lang_written)
    return play_alone(batch, runtime, place, prompt="start", start=(flow, news), about=about, given=given, copy=copy, until=timer.not_after)


def _told_by_a_person(conn: Connection, runtime: Runtime, timer: Any, now: datetime) -> list[str]:
    """The meeting is not when they think it is, and no text of ours may say so."""
    found = meetings.by_id(conn, timer.subject_id or "")
    case_id = found.case_id if found is not None else None
    tell_staff.task(
        conn, runtime, now, "meeting_news", district_id=timer.district_id, case_id=case_id, contact_id=timer.contact_id, about=timer.id
    )
    return []


def _wants_less(place: Place, about: OpenCase, flow: str) -> bool:
    """Whether they said there: no reminders, or nothing about this child."""
    return consent.covers(place.stopped_for, about.chain.student_id, flow)


def address_of(conn: Connection, rows: Any, talk: Any) -> Any:
    """Which of a contact's addresses to write to: that of the open talk, else the one they like best that works; None when none does.

    A STOP at one address ends that address alone (F25): then another takes its place, first one where they said yes. Never the chat page,
    which nobody looks at by chance.
    """
    active = [row for row in rows if row.state == "active"]
    wanted = sorted(active, key=lambda row: (talk is None or row.id != talk.endpoint_id, row.preferred, row.id))
    if len(wanted) < 2:
        return next(iter(wanted), None)
    said = inbound.consents(conn, [(row.district_id, bytes(row.address_index)) for row in wanted])
    found = [said.get((row.district_id, bytes(row.address_index), medium(row.channel))) for row in wanted]
    states = {row.id: one.state if one is not None else "" for row, one in zip(wanted, found, strict=True)}
    if states[wanted[0].id] not in NO_MORE:
        return wanted[0]
    instead = [row for row in wanted if states[row.id] not in NO_MORE and row.channel != PAGE]
    return min(instead, key=lambda row: states[row.id] not in WRITES, default=wanted[0])


def place_of(batch: Batch, rows: Any, talk: Any) -> Place | None:
    """Where the bot writes to a contact, by `address_of`."""
    chosen = address_of(batch.conn, rows, talk)
    return None if chosen is None else place_at(batch, chosen)


def place_at(batch: Batch, endpoint: Any) -> Place:
    """Where the bot writes at this address of a contact."""
    ours = directory.sender_of(batch.conn, endpoint.district_id, endpoint.channel, batch.now)
    return Place(
        district=directory.district(batch.conn, endpoint.district_id, batch.now),
        channel=endpoint.channel,
        address_index=bytes(endpoint.address_index),
        our_address=ours.address if ours else "",
        their_address="",
        endpoint=endpoint,
        shared=endpoint.shared,
    )


def play_alone(
    batch: Batch,
    runtime: Runtime,
    place: Place,
    *,
    prompt: str,
    start: Any = ("", ""),
    about: OpenCase | None = None,
    given: Mapping[str, str] | None = None,
    copy: Place | None = None,
    until: datetime | None = None,
) -> list[str]:
    """A turn nobody wrote a message for; gives the ids of what it queued. Consent, hours and holds are checked again at hand-over.

    :param about: the case the school means; where there are several, the answer is then about this one for a day (fault 9).
    :param given: words of staff for the first text, as ids.
    :param copy: another address of the same person that gets the same words; an answer from either is to the one talk.
    :param until: after this it is no text any more but a task: a provider may be down from the ring until the meeting is over (fault 16).
    """
    stage, rows = Stage(runtime, batch), TurnRows()
    doing = Doing(stage, rows, place, replying=False)
    if about is not None and len(place.cases) > 1:
        choose_case(doing, ChooseCase(about.id))
    doing.muted = _is_muted(place, prompt)
    scene = stage.scene(place, prompt=prompt, start=start)
    scene.values = {**scene.values, **(given or {})}
    run(doing, scene)
    if prompt == "start" and cap.counts(start[0]):
        first = next((row for row in rows.outbox if row["audience"] == "family"), None)
        if first is not None:
            first["dedupe_key"] = f"{STARTS}{first['id']}"  # one of the week's (`bot.policy.cap`)
    for row in rows.outbox:
        if until is not None and row["audience"] == "family" and row["not_after"] is not None:
            row["not_after"] = min(row["not_after"], until)
    if copy is not None:
        rows.outbox += [_same_there(doing, row, copy) for row in rows.outbox if row["audience"] == "family"]
    batch.close(rows)
    rows.write(batch.conn)
    return [row["id"] for row in rows.outbox]


def _is_muted(place: Place, prompt: str) -> bool:
    """Whether the bot may say nothing by itself now: a hold, less wanted about this child, or no consent to begin."""
    case = place.case()
    held = any(one.safety_hold for one in ([case] if case else place.cases))
    less = case is not None and consent.covers(place.stopped_for, case.chain.student_id, "")
    return held or less or (place.consent not in WRITES and prompt != "start")


def _same_there(doing: Doing, row: Mapping[str, Any], there: Place) -> dict[str, Any]:
    """The same words to another address of the same person."""
    return {
        **row,
        "id": doing.new_id("out"),
        "channel": there.channel,
        "sender": there.our_address,
        "endpoint_id": there.endpoint.id,
        "segments": 1,
        "blocks": None,
    }
