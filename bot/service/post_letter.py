"""A letter becomes an outbox row: to the address the family likes best, with the live right that allows it, decided by the one recipients
function now and again at hand-over. The case record keeps what was written, by whom."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy.engine import Connection

from bot.errors import Conflict
from bot.policy import consent
from bot.service import family_chat, rhythm, tell_staff, who_may
from bot.service.doing import PRIORITY_REST, Doing, outbox_row
from bot.service.ring import address_of, place_of
from bot.service.runtime import Runtime
from bot.service.staff_entry import Book
from bot.service.turn import Stage
from bot.service.who import Batch, Place
from bot.store import inbound
from bot.store.turn_rows import TurnRows
from channels.text import normalise, segments

PURPOSE = "letter"
WEBCHAT = "webchat"
LIVES = timedelta(days=3)
"""What could not leave for three days becomes a task, not a late text."""


class To(NamedTuple):
    """Whom something is for, before there is a letter."""

    case_id: str
    contact_id: str
    message_class: str


def channel_of(conn: Connection, row: Any, now: datetime) -> str:
    """By which channel this family would be written to; "" when there is none that works."""
    found = _receiver(conn, row, now)
    return found.channel if found is not None else ""


def refusal(conn: Connection, runtime: Runtime, row: Any, now: datetime) -> str:
    """Why this family may not be sent this letter now, by the recipients function and by what they said about texts; "" when it may."""
    found = _receiver(conn, row, now)
    if found is None:
        return "no_guardianship"
    if found.refusal:
        return found.refusal
    batch, place = _place(conn, runtime, found, now)
    student = next((one.chain.student_id for one in place.cases if one.id == row.case_id), "")
    less = consent.covers(place.stopped_for, student, PURPOSE)
    said = consent.refusal(place.consent, None, message_class=row.message_class, purpose=PURPOSE, now=batch.now, less=less)
    return "" if said == "paused" else said


def said(conn: Connection, runtime: Runtime, row: Any, now: datetime, ref: str = PURPOSE) -> str:
    """What this family said about texts like this one (`ref` as the flow has it): a state of `bot.policy.consent`, or wants_less; "" when
    there is nobody to ask."""
    found = _receiver(conn, row, now)
    if found is None:
        return ""
    _, place = _place(conn, runtime, found, now)
    student = next((one.chain.student_id for one in place.cases if one.id == row.case_id), "")
    return "wants_less" if consent.covers(place.stopped_for, student, ref) else place.consent


def post(conn: Connection, runtime: Runtime, row: Any, case: Any, text: str, lang: str, now: datetime) -> str:
    """Queue it and write it into the record; the outbox id. Raises `Conflict` with the reason when it may not go."""
    if why := refusal(conn, runtime, row, now):
        raise Conflict(why)
    found = _receiver(conn, row, now)
    assert found is not None
    batch, place = _place(conn, runtime, found, now)
    wait = rhythm.waits(conn, row.contact_id, now)
    goes = now if wait is None else wait.at
    doing = Doing(Stage(runtime, batch), TurnRows(), place, replying=False)
    body = normalise(text)
    queued = outbox_row(
        doing,
        audience="family",
        contact_id=place.contact_id,
        endpoint_id=place.endpoint.id,
        case_id=case.id,
        guardianship_id=found.guardianship_id,
        channel=place.channel,
        sender=place.our_address,
        message_class=row.message_class,
        purpose=PURPOSE,
        ref=f"{PURPOSE}/{row.id}",
        body=doing.sealed(body),
        lang=lang,
        segments=segments(body),
        priority=PRIORITY_REST,
        not_before=goes,
        not_after=goes + LIVES,
        dedupe_key=f"{PURPOSE}:{row.id}",
    )
    doing.rows.outbox.append(queued)
    doing.rows.write(conn)
    if place.channel == WEBCHAT:
        _point_to_it(conn, runtime, row, case, goes)
    book = Book(conn, runtime, case.id, now)
    norm = {"letter": row.id, "class": row.message_class, "lang": lang, "contact": row.contact_id}
    book.entry("contact_attempt", norm, staff_id=row.author_id, visibility="team", words=row.text)
    book.close()
    return str(queued["id"])


def _point_to_it(conn: Connection, runtime: Runtime, row: Any, case: Any, now: datetime) -> None:
    """Nobody looks at a page by chance: a text without a word of it says that something waits there. Where none can be sent, the
    liaison tells them."""
    try:
        family_chat.send_link(conn, runtime, row.contact_id, now, news=True)
    except Conflict:
        tell_staff.task(conn, runtime, now, "undelivered", district_id=row.district_id, case_id=case.id, contact_id=row.contact_id)


def _receiver(conn: Connection, row: Any, now: datetime) -> who_may.Receiver | None:
    """The address this letter may go to; where none may, the one that comes nearest, with the reason."""
    asked = {"message_class": row.message_class, "now": now, "purpose": PURPOSE, "contact_id": row.contact_id}
    found = who_may.receivers(conn, row.case_id, **asked)
    good = [one for one in found if not one.refusal]
    if len(good) > 1:
        able = {one.endpoint_id: one for one in good}
        best = address_of(conn, [one for one in inbound.endpoints_of(conn, [row.contact_id]) if one.id in able], None)
        return able[best.id]
    return next(iter(good or found), None)


def _place(conn: Connection, runtime: Runtime, to: who_may.Receiver, now: datetime) -> tuple[Batch, Place]:
    batch = Batch(conn, runtime.vault, now)
    rows = [row for row in inbound.endpoints_of(conn, [to.contact_id]) if row.id == to.endpoint_id]
    place = place_of(batch, rows, None)
    assert place is not None  # an address that may be written to is active
    batch.know([place])
    return batch, place
