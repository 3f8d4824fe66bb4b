"""A letter becomes an outbox row: to the address the family likes best, with the live right that allows it, decided by the one recipients
function now and again at hand-over. The case record keeps what was written, by whom."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.errors import Conflict
from bot.policy import consent, recipients
from bot.service.doing import PRIORITY_REST, Doing, outbox_row
from bot.service.ring import place_of
from bot.service.runtime import Runtime
from bot.service.staff_entry import Book
from bot.service.turn import Stage
from bot.service.who import Batch, OpenCase, Place
from bot.store import inbound
from bot.store.tables import Guardianship
from bot.store.turn_rows import TurnRows
from channels.text import normalise, segments

PURPOSE = "letter"
LIVES = timedelta(days=3)
"""What could not leave for three days becomes a task, not a late text."""


def channel_of(conn: Connection, runtime: Runtime, contact_id: str, now: datetime) -> str:
    """By which channel this family would be written to; "" when there is none that works."""
    place = place_of(Batch(conn, runtime.vault, now), inbound.endpoints_of(conn, [contact_id]), None)
    return place.channel if place is not None else ""


def refusal(conn: Connection, runtime: Runtime, row: Any, now: datetime) -> str:
    """Why this family may not be sent this letter now, by the recipients function and by what they said about texts; "" when it may."""
    _, place = _place(conn, runtime, row.contact_id, now)
    if place is None:
        return "endpoint_unreachable"
    case = next((one for one in place.cases if one.id == row.case_id), None)
    kept = {"message_class": row.message_class, "purpose": PURPOSE}
    said = consent.refusal(place.consent, None, **kept, now=now)
    standing = _standing(conn, place, case, now)
    return recipients.refusal(standing, **kept, about_case=True, now=now) or ("" if said == "paused" else said)


def post(conn: Connection, runtime: Runtime, row: Any, case: Any, text: str, lang: str, now: datetime) -> str:
    """Queue it and write it into the record; the outbox id. Raises `Conflict` with the reason when it may not go."""
    if why := refusal(conn, runtime, row, now):
        raise Conflict(why)
    batch, place = _place(conn, runtime, row.contact_id, now)
    assert place is not None
    own = next(one for one in place.cases if one.id == case.id)
    doing = Doing(Stage(runtime, batch), TurnRows(), place, replying=False)
    body = normalise(text)
    queued = outbox_row(
        doing,
        audience="family",
        contact_id=place.contact_id,
        endpoint_id=place.endpoint.id,
        case_id=own.id,
        guardianship_id=own.guardianship_id,
        channel=place.channel,
        sender=place.our_address,
        message_class=row.message_class,
        purpose=PURPOSE,
        ref=f"{PURPOSE}/{row.id}",
        body=doing.sealed(body),
        lang=lang,
        segments=segments(body),
        priority=PRIORITY_REST,
        not_after=now + LIVES,
        dedupe_key=f"{PURPOSE}:{row.id}",
    )
    doing.rows.outbox.append(queued)
    doing.rows.write(conn)
    book = Book(conn, runtime, own.id, now)
    norm = {"letter": row.id, "class": row.message_class, "lang": lang, "contact": row.contact_id}
    book.entry("contact_attempt", norm, staff_id=row.author_id, visibility="team", words=row.text)
    book.close()
    return str(queued["id"])


def _place(conn: Connection, runtime: Runtime, contact_id: str, now: datetime) -> tuple[Batch, Place | None]:
    batch = Batch(conn, runtime.vault, now)
    place = place_of(batch, inbound.endpoints_of(conn, [contact_id]), None)
    if place is not None:
        batch.know([place])
    return batch, place


def _standing(conn: Connection, place: Place, case: OpenCase | None, now: datetime) -> recipients.Standing:
    """How the contact stands to the case, from what was read under the lock on the contact; no live right leaves all of it empty."""
    known = {
        "endpoint_state": place.endpoint.state,
        "shared": place.shared,
        "confirmed": place.trusted(now),
        "identity": place.endpoint.identity or "unconfirmed",
    }
    if case is None:
        return recipients.Standing(**known)
    right = conn.execute(
        sa.select(Guardianship.rights_holder, Guardianship.restriction).where(Guardianship.id == case.guardianship_id)
    ).one()
    return recipients.Standing(
        **known,
        live=True,
        may_receive=case.may_receive,
        rights_holder=right.rights_holder,
        restriction=right.restriction,
        hold=case.hold,
        safety_hold=case.safety_hold,
    )
