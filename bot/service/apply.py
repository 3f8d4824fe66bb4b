"""From what a turn says should happen to rows: one small function an event, all rows written together by the caller.

Order of texts is the order of events. Class F and STOP confirmations leave before everything else; answers to the family leave at
once; what the bot starts waits for its hours at hand-over.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

import orjson

from bot.engine.events import (
    Alert,
    CancelTimers,
    ChooseCase,
    Confirm,
    Event,
    Finished,
    Handoff,
    Page,
    Say,
    SendCode,
    SetConsent,
    SetIdentity,
    SetLanguage,
    SetTimer,
    ShareWords,
    StartFlow,
    UseAddress,
    Write,
)
from bot.engine.scene import Scene, Turn
from bot.engine.values import LINK
from bot.log import get_log
from bot.policy.recipients import PASSING
from bot.service import another_way, family_chat, mail_out, said_again, sharing, who_may
from bot.service.alert import alert, speaks
from bot.service.consent import choose_case, set_consent, set_identity, set_language
from bot.service.doing import PRIORITY_FIRST, PRIORITY_LIVE, PRIORITY_REST, Doing, outbox_row
from bot.service.handoff import hand_off
from bot.service.page import page
from bot.service.record import confirm, write
from bot.service.turn import play
from bot.service.who import OpenCase
from channels.base import MAIL
from channels.text import normalise, segments

log = get_log("apply")

ANSWER_LIVES = timedelta(hours=24)
"""An answer nobody could send for a day is no answer any more: it becomes a task."""

AT_LEISURE = frozenset({"nudge", "close"})
"""Timers of days, which ring at the quarter of an hour before their moment. Every turn of a talk sets them anew, and while a family
answers one question after the other the rows stay as they are."""

COUNTED = frozenset({"sms", "whatsapp"})
ABOUT_A_CHILD = frozenset("CDE")


class Talk(NamedTuple):
    """An open talk as it stands after a turn; the same names as its row."""

    id: str
    case_id: str | None
    channel: str
    endpoint_id: str | None
    flow_id: str
    flow_version: int
    status: str
    state: bytes | None
    version: int
    opened_at: Any
    updated_at: Any


STARTS_AT_MOST = 3
"""Flows one turn may start one after the other."""


def run(doing: Doing, scene: Scene) -> Turn:
    """Play the turn and collect its rows; flows it starts at once are played behind it, in the same transaction."""
    turn = play(doing.stage, scene)
    starts = apply(doing, turn)
    for event in said_again.again(doing, turn, scene):
        _DO[type(event)](doing, event)
    if not starts and (reader := sharing.next_reader(doing, turn)):
        starts, given = [StartFlow(sharing.FLOW)], {"reader": reader.name, "reader_id": reader.id}
    else:
        given = {}
    for _ in range(STARTS_AT_MOST):
        if not starts:
            break
        first, *starts = starts
        following = doing.stage.scene(doing.place, prompt="start", start=(first.flow_id, first.variant))
        following.values = {**following.values, **given}
        starts += apply(doing, play(doing.stage, following))
    if doing.place.channel == MAIL:
        mail_out.join(doing)
    talk = doing.place.session
    if isinstance(talk, Talk):
        doing.rows.session.append(talk_row(doing, talk))
    doing.rows.timer.extend(doing.timers.values())
    return turn


def apply(doing: Doing, turn: Turn) -> list[StartFlow]:
    """Turn events into rows; what should start now is given back, because it is a turn of its own."""
    place = doing.place
    if place.endpoint is None:
        turn = replace(turn, session=None)  # a number we do not know has no talk
    by_id = {case.id: case for case in place.cases}
    doing.case = None if turn.every_case else by_id.get(turn.case_id) or place.case()
    doing.visibility = turn.message_visibility
    kinds = {type(event) for event in turn.events}
    events = _allowed(doing, turn.events) if doing.muted or doing.confirming or SetIdentity in kinds else turn.events
    starts: list[StartFlow] = []
    if turn.session is not None or place.session is not None:
        doing.session_id = place.session.id if place.session is not None else doing.new_id("ses")
    for event in events:
        if isinstance(event, StartFlow) and event.after_seconds <= 0:
            starts.append(event)
        else:
            _DO[type(event)](doing, event)
    if Alert in kinds:
        _translation_task(doing, events)
    _keep_talk(doing, turn)
    return starts


def _allowed(doing: Doing, events: tuple[Event, ...]) -> tuple[Event, ...]:
    """The events this turn may have. A wrong number hears its one sentence, and who stopped us gets the HELP they ask for: texts of
    the kind that no shut number keeps back."""
    if doing.confirming or any(isinstance(event, SetIdentity) and event.signal == "wrong_number" for event in events):
        events = tuple(event._replace(purpose="confirm_stop") if isinstance(event, Say) else event for event in events)
    if not doing.muted:
        return events
    return tuple(event for event in events if not isinstance(event, Say) or event.message_class == "F" or event.purpose in doing.allowed)


def say(doing: Doing, event: Say, **known: Any) -> None:
    """Queue one text to the family."""
    place, now = doing.place, doing.now
    text = normalise(event.text)
    if LINK in text and doing.contact_id is not None:
        token = family_chat.make_link(doing.stage.batch.conn, doing.stage.runtime, doing.contact_id, now)
        text = text.replace(LINK, f"{doing.stage.runtime.settings.base_url}/chat/{token}")
    # a reminder is logistics, but what names the child is about the child: it needs the same right (fault 1)
    case = doing.case if event.message_class in ABOUT_A_CHILD or (doing.case is not None and doing.case.child in text) else None
    urgent = event.message_class == "F" or event.purpose == "confirm_stop"
    live = event.answers_family and doing.replying
    if case is not None and not urgent and _barred(doing, case, event, live=live):
        return
    doing.said += 1
    row = outbox_row(
        doing,
        audience="family",
        contact_id=doing.contact_id,
        endpoint_id=place.endpoint.id if place.endpoint is not None else None,
        case_id=case.id if case else None,
        guardianship_id=case.guardianship_id if case else None,
        session_id=doing.session_id or None,
        channel=place.channel,
        sender=place.our_address,
        message_class=event.message_class,
        purpose=event.purpose,
        answers_family=live,
        ref=event.ref,
        body=doing.sealed(text),
        lang=event.lang,
        segments=segments(text) if place.channel in COUNTED else 1,
        priority=PRIORITY_FIRST if urgent else PRIORITY_LIVE if live else PRIORITY_REST,
        seq=doing.said,
        not_after=None if urgent else now + ANSWER_LIVES,
        **known,
    )
    if place.endpoint is None:
        row["address"], row["address_index"] = doing.sealed(place.their_address), place.address_index
    if event.options and place.channel == "webchat":
        shown = [{"number": number, "label": label} for number, label in event.options]
        row["blocks"] = doing.sealed(orjson.dumps(shown).decode())
    doing.rows.outbox.append(row)
    if live or urgent:
        doing.wake.append(row["id"])


def _barred(doing: Doing, case: OpenCase, event: Say, *, live: bool) -> bool:
    """Whether this adult may never have this text about this child. Then it is not queued, and a person learns that nothing was said."""
    asked = {"message_class": event.message_class, "purpose": event.purpose}
    why = who_may.refusal_in(doing, case, **asked, answers_family=live)
    if not why or why in PASSING:
        return False
    log.info("text_barred", case_id=case.id, contact_id=doing.contact_id, reason=why)
    if "not_told" not in doing.handed:
        hand_off(doing, Handoff("liaison", "not_told", "school_day", doing.body, event.lang))
    return True


def _set_timer(doing: Doing, event: SetTimer) -> None:
    """A timer's id is made of its talk and kind, so that setting it again moves the one row."""
    if doing.contact_id is None:
        return
    if event.kind in AT_LEISURE:
        event = event._replace(due_at=_quarter(event.due_at), not_after=event.not_after and _quarter(event.not_after))
    owner = doing.session_id or doing.contact_id
    timer_id = f"tmr_{owner[4:]}_{event.kind}"[:40]
    doing.timers[timer_id] = timer_row(doing, timer_id, event)


@lru_cache(maxsize=64)  # the turns of a batch set theirs for the same few moments
def _quarter(moment: datetime) -> datetime:
    return moment.replace(minute=moment.minute - moment.minute % 15, second=0, microsecond=0)


def timer_row(doing: Doing, timer_id: str, event: SetTimer, subject: str | None = None) -> dict[str, Any]:
    return {
        "id": timer_id,
        "district_id": doing.district_id,
        "session_id": doing.session_id or None,
        "contact_id": doing.contact_id,
        "subject_id": subject,
        "kind": event.kind,
        "step_id": event.step_id,
        "due_at": event.due_at,
        "not_after": event.not_after,
        "state": "pending",
    }


def _start_later(doing: Doing, event: StartFlow) -> None:
    due = doing.now + timedelta(seconds=event.after_seconds)
    row = timer_row(doing, doing.new_id("tmr"), SetTimer("start", due), f"{event.flow_id}/{event.variant}"[:40])
    doing.rows.timer.append(row | {"session_id": None})  # no timer of this talk: its end does not take it back


def _cancel_timers(doing: Doing, _event: CancelTimers) -> None:
    doing.timers.clear()
    if doing.place.session is not None:
        doing.rows.timers_cancelled.append({"session_id": doing.place.session.id, "state": "pending"})


def _finished(_doing: Doing, _event: Finished) -> None:
    """The talk's row says so; nothing else to do."""


_DO: Mapping[type, Callable[[Doing, Any], None]] = {
    Say: say,
    Write: write,
    Confirm: confirm,
    Alert: alert,
    Handoff: hand_off,
    Page: page,
    SetConsent: set_consent,
    SetLanguage: set_language,
    UseAddress: another_way.use_address,
    SendCode: another_way.send_code,
    SetIdentity: set_identity,
    ShareWords: sharing.said,
    ChooseCase: choose_case,
    SetTimer: _set_timer,
    CancelTimers: _cancel_timers,
    Finished: _finished,
    StartFlow: _start_later,
}


def _translation_task(doing: Doing, events: tuple[Event, ...]) -> None:
    """One task for the liaison per finished talk that staff cannot read, while no translator is set up."""
    if doing.place.endpoint is None or doing.stage.runtime.translators:
        return
    lang = doing.place.endpoint.lang_written
    if not speaks(lang) and any(isinstance(event, Alert) and event.words and not event.urgent for event in events):
        hand_off(doing, Handoff("liaison", "translation", "school_day", "", lang))


def _keep_talk(doing: Doing, turn: Turn) -> None:
    """The talk as it stands now, for the next turn of this batch and, at its end, for the row."""
    place, before, now = doing.place, doing.place.session, doing.now
    if turn.session is None and before is None:
        return
    over = turn.session is None
    place.session = Talk(
        id=doing.session_id,
        case_id=doing.case.id if doing.case else None,
        channel=place.channel,
        endpoint_id=place.endpoint.id if place.endpoint is not None else None,
        flow_id=turn.flow_id or (before.flow_id if before is not None else ""),
        flow_version=turn.flow_version or (before.flow_version if before is not None else 0),
        status="done" if over else turn.status if turn.status in ("waiting", "resting") else "waiting",
        state=turn.session,
        version=before.version + 1 if before is not None else 1,
        opened_at=before.opened_at if before is not None else now,
        updated_at=now,
    )


def talk_row(doing: Doing, talk: Talk) -> dict[str, Any]:
    """The row of a talk."""
    state = None if talk.state is None else (doing.district_id, talk.state)
    return {**talk._asdict(), "district_id": doing.district_id, "contact_id": doing.contact_id, "state": state}
