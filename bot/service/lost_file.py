"""A file that was thanked for and cannot be kept after all: who sent it hears so, once a message, where they sent it from."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from bot.engine.events import Say
from bot.engine.talk import Talk
from bot.policy import consent
from bot.policy.hours import ANSWER_WITHIN
from bot.service.apply import say
from bot.service.consent import NO_MORE
from bot.service.doing import Doing
from bot.service.ring import place_at
from bot.service.runtime import Runtime
from bot.service.turn import Stage
from bot.service.who import Batch, Place
from bot.store import inbound
from bot.store.due import PendingAttachment
from bot.store.turn_rows import TurnRows

FOR_THE_TEAM = "team"


def tell(conn: Connection, runtime: Runtime, one: PendingAttachment, now: datetime) -> list[str]:
    """Queue the text, in the caller's transaction; gives the ids of what was queued. Consent, hours and holds are asked again when it
    leaves."""
    key = f"file_lost:{one.message_id}"
    if one.contact_id is None or one.visibility != FOR_THE_TEAM:
        return []
    rows = inbound.endpoints_of(conn, [one.contact_id])
    sent_from = next((row for row in rows if row.id == one.endpoint_id and row.state == "active"), None)
    if sent_from is None or inbound.already_said(conn, [key]):
        return []
    batch = Batch(conn, runtime.vault, now)
    place = place_at(batch, sent_from)
    batch.know([place])
    if _is_silent(place, one.case_id):
        return []
    rows_made = TurnRows()
    doing = Doing(Stage(runtime, batch), rows_made, place, one.message_id, replying=now - one.received_at <= ANSWER_WITHIN)
    doing.case = next((case for case in place.cases if case.id == one.case_id), None)
    talk = Talk(runtime.library.on(place.channel), doing.stage.scene(place))
    talk.say_key("file_lost")
    for event in talk.events:
        if isinstance(event, Say):
            say(doing, event, dedupe_key=key)
    rows_made.write(conn)
    return doing.wake


def _is_silent(place: Place, case_id: str | None) -> bool:
    """Whether nothing may be said to them: a child's messages are held, less is wanted about the child, or no text at all."""
    about = [case for case in place.cases if case_id in (None, case.id)]
    held = any(case.safety_hold for case in about or place.cases)
    less = any(consent.covers(place.stopped_for, case.chain.student_id, "") for case in about)
    return held or (less and len(about) == 1) or place.consent in NO_MORE
