"""The question that is open with a family, where it was asked by text or by mail: their page shows it too, so that the talk goes on there.

It is shown while this adult may still read it about this child, by the one recipients function. Words about danger are never shown again.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Connection

from bot.engine.flow import OptionList, Part
from bot.errors import FlowUnknown
from bot.service import who_may
from bot.service.runtime import Runtime
from bot.store import family_queries

ELSEWHERE = frozenset({"sms", "whatsapp"})


class Asked(NamedTuple):
    """The question as it went out by text, and the talk it belongs to."""

    row: Any
    talk: Any


def standing_at(runtime: Runtime, talk: Any) -> tuple[dict[str, Any], Part] | None:
    """Where an open talk stands: its frame and the part it is in; None where no flow of ours has asked anything."""
    frame = orjson.loads(talk.state) if talk is not None and talk.state is not None else {}
    if "f" not in frame:
        return None
    try:
        return frame, runtime.library.flow(frame["f"], frame["v"]).parts[frame["p"]]
    except FlowUnknown:
        return None


def asked_elsewhere(conn: Connection, contact_id: str, now: datetime) -> Asked | None:
    """The newest question of the open talk as it went out by text, to be shown on the page; None when there is none to show."""
    talk = family_queries.open_talk(conn, contact_id)
    row = family_queries.newest_asked(conn, contact_id, talk.id, ELSEWHERE) if talk is not None else None
    if row is None or row.message_class == "F":
        return None
    if row.case_id is None:
        return Asked(row, talk)
    found = who_may.receivers(conn, row.case_id, message_class=row.message_class, now=now, purpose=row.purpose, contact_id=contact_id)
    return Asked(row, talk) if any(one.endpoint_id == row.endpoint_id and not one.refusal for one in found) else None


def options(runtime: Runtime, asked: Asked) -> OptionList:
    """The choices of the question that went out, as its buttons."""
    found = standing_at(runtime, asked.talk)
    if found is None:
        return ()
    frame, part = found
    step = next((one for one in part.steps if one.ref == asked.row.ref), None) or runtime.library.inner.get(frame["at"])
    spoken = step.spoken.get(runtime.library.resolve(asked.row.lang)) if step is not None else None
    return spoken.options if spoken is not None else ()


def takes_several(conn: Connection, runtime: Runtime, contact_id: str, choices: int) -> bool:
    """Whether the question that is open lets the family pick several of its so many choices."""
    found = standing_at(runtime, family_queries.open_talk(conn, contact_id))
    if found is None or not isinstance(at := found[0]["at"], int):
        return False
    step = found[1].steps[at]
    return step.kind == "many" and len(step.options) == choices


def is_over(conn: Connection, runtime: Runtime, contact_id: str, ref: str) -> bool:
    """Whether this was a question of a flow and is not the one that is open: its choices would answer another."""
    flow = runtime.library.latest.get(ref.partition("/")[0])
    if flow is None or not any(step.ref == ref for part in flow.parts.values() for step in part.steps):
        return False
    found = standing_at(runtime, family_queries.open_talk(conn, contact_id))
    at = found[0]["at"] if found is not None else None
    return found is None or not isinstance(at, int) or found[1].steps[at].ref != ref
