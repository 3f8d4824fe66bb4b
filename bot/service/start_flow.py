"""The school starts a conversation: a talk is opened and its first question queued, if the family may be written to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy import Connection

from bot.errors import Conflict, FlowUnknown, NotFound
from bot.policy import cap, consent
from bot.service import meeting, rhythm
from bot.service.ring import address_of, place_of, play_alone
from bot.service.runtime import Runtime
from bot.service.who import Batch, OpenCase, Place
from bot.store import begun, due, inbound, meetings, rights
from bot.store.tables import Outbox

WHY_NOT = {
    "stopped": "This family asked for no more texts; only their own START opens the line again.",
    "refused": "This family does not want texts; write by e-mail or paper.",
    "paused": "This family asked for a pause.",
    "reminders_only": "This family wants meeting reminders only.",
    "unknown": "This family has not said yes to texts yet; start with welcome.",
}
ENOUGH = "This family has had as many messages from us this week as they should."
NO_CHILD = "There is no child this person may be told about: every link is restricted or has ended."
WITHOUT_CONSENT = frozenset({"welcome", meeting.FLOW})


def start_flow(
    conn: Connection,
    runtime: Runtime,
    contact_id: str,
    case_id: str | None,
    flow_id: str,
    variant: str,
    now: datetime,
    given: Mapping[str, str] | None = None,
) -> list[str]:
    """Open the talk in the caller's transaction; gives the outbox ids of its first texts (and of tasks it made).

    Raises `FlowUnknown` for a flow or variant that does not exist, `NotFound` for a contact or case without a live right, and `Conflict`
    with a sentence for staff when the family may not be written to now. A talk that is open goes on after this one. Who has heard enough
    this week hears it later: then nothing is queued (`waits_until`). `given` are words a staff member chose for the first text (F05:
    strength, topic), as ids of the flow's own texts.
    """
    check_variant(runtime.library.flow(flow_id), variant)
    batch = Batch(conn, runtime.vault, now)
    rows = inbound.endpoints_of(conn, [contact_id])
    if not rows:
        raise NotFound(f"No contact has the id {contact_id}.")
    place = place_of(batch, rows, None)
    if place is None:
        raise Conflict("No address of this contact takes messages.")
    batch.know([place])
    case = _the_case(place, case_id)
    refusal = "" if rights.may_hear_of_somebody(conn, contact_id, now) else NO_CHILD
    refusal = refusal or _refusal(place, case, flow_id)
    if not refusal and not _lies_still(conn, rows, place):
        refusal = _open_already(place, flow_id, variant)
    if not refusal and flow_id == meeting.FLOW and (case is None or meetings.next_of(conn, [case.id], now) is None):
        refusal = "There is no planned meeting to remind of: hearthline meeting plan."
    if refusal:
        raise Conflict(refusal)
    if cap.counts(flow_id) and (wait := rhythm.waits(conn, contact_id, now)) is not None:
        if given:
            raise Conflict(ENOUGH)  # words for today: a person says them
        _wait(conn, runtime, place, case, f"{flow_id}/{variant}", wait.at)
        return []
    return play_alone(batch, runtime, place, prompt="start", start=(flow_id, variant), about=case, given=given)


def _wait(conn: Connection, runtime: Runtime, place: Place, case: OpenCase | None, subject: str, due_at: datetime) -> None:
    """The clock starts it when the family has room for it again; what waits already is not doubled."""
    if begun.waiting(conn, place.contact_id, subject) is not None:
        return
    begun.wait(
        conn,
        id=runtime.ids.new("tmr"),
        district_id=place.district.id,
        contact_id=place.contact_id,
        subject_id=subject,
        step_id=case.id if case is not None else "",
        due_at=due_at,
        not_after=due_at + due.A_DAY,
    )


def check_variant(flow: Any, variant: str) -> None:
    """Raise `FlowUnknown` when the flow has no such part."""
    if variant and variant not in flow.parts:
        raise FlowUnknown(f"The flow {flow.id} has no variant {variant}; it has: {', '.join(flow.parts)}.")


def _the_case(place: Place, case_id: str | None) -> OpenCase | None:
    """The case the school means: the one named, else the contact's first; None when there is none."""
    if case_id is None:
        return next((one for one in place.cases if one.open_to_family), place.cases[0] if place.cases else None)
    found = next((one for one in place.cases if one.id == case_id), None)
    if found is None:
        raise NotFound(f"This contact has no live right to an open case {case_id}.")
    return found


def _refusal(place: Place, case: OpenCase | None, flow_id: str) -> str:
    """Why the family may not be written to now; "" when they may."""
    if place.consent != "granted" and not (place.consent == "unknown" and flow_id in WITHOUT_CONSENT):
        return WHY_NOT[place.consent]
    if place.endpoint.identity in ("wrong_number", "held"):
        return "A person must first confirm who has this number."
    if case is not None and (case.safety_hold or not case.open_to_family):
        return "Messages about this child are on hold until trained staff release them."
    if consent.covers(place.stopped_for, case.chain.student_id if case is not None else "", flow_id):
        return "This family wants no more messages about this; only their own START brings them back."
    return ""


def _lies_still(conn: Connection, rows: Any, place: Place) -> bool:
    """Whether the open talk is one at an address that was stopped since: it waits there for a START, and another address begins anew."""
    talk = place.session
    chosen = address_of(conn, rows, talk) if talk is not None else None
    return talk is not None and chosen is not None and chosen.id != talk.endpoint_id


def _open_already(place: Place, flow_id: str, variant: str) -> str:
    """A talk that is open, on top or under another, is not begun a second time; another variant is laid over it."""
    top = orjson.loads(place.session.state) if place.session is not None and place.session.state else {}
    open_parts = {frame.get("p", "") for frame in (top, *top.get("k", ())) if frame.get("f") == flow_id}
    if not open_parts or (variant and variant not in open_parts):
        return ""
    return f"This talk ({flow_id}) is open with the family already; it goes on there."


def waits_until(conn: Connection, contact_id: str, flow_id: str, variant: str) -> datetime | None:
    """When a start that had to wait goes, on the contact's own clock."""
    found = begun.waiting(conn, contact_id, f"{flow_id}/{variant}")
    return None if found is None else rhythm.leaves_at(conn, contact_id, found)


def texts_among(conn: Connection, outbox_ids: Sequence[str]) -> int:
    """How many of these rows are texts to the family; the others tell staff."""
    rows = sa.select(sa.func.count()).select_from(Outbox).where(Outbox.id.in_(outbox_ids), Outbox.audience == "family")
    return conn.scalar(rows) or 0
