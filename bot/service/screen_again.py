"""A translation was stored: its words are screened like the original's, and what they add takes effect as if found at once (domain.md 3.0).

What the original had already said is not said twice. What is found now carries the first message's time, and a danger found late hides
the message and everything it wrote.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from bot.log import get_log
from bot.service.apply import run
from bot.service.consent import NO_MORE
from bot.service.doing import Doing
from bot.service.ring import place_at
from bot.service.runtime import Runtime
from bot.service.staff_entry import Book
from bot.service.turn import Stage
from bot.service.who import Batch
from bot.store import inbound, safety
from bot.store.turn_rows import TurnRows
from bot.values.screening import Screening

log = get_log("screen_again")


def screen_again(conn: Connection, runtime: Runtime, message_id: str, text: str, lang: str, now: datetime) -> list[str]:
    """Screen a translation in the caller's transaction; the ids of what should leave at once. Nothing new: nothing happens."""
    message = safety.message(conn, message_id)
    if message is None or message.contact_id is None:
        return []
    batch = Batch(conn, runtime.vault, now)
    rows = inbound.endpoints_of(conn, [message.contact_id])
    endpoint = next((row for row in rows if row.id == message.endpoint_id), None)
    if endpoint is None:
        return []
    place = place_at(batch, endpoint)
    batch.know([place])
    stage = Stage(runtime, batch)
    before = frozenset(filter(None, message.screened.split(",")))
    found = new_in(stage.screened(place, text, lang), before)
    if not found.fired:
        return []
    doing = Doing(stage, TurnRows(), place, message_id, body=message.body, heard_at=message.received_at)
    silent = place.consent in NO_MORE
    doing.muted = silent or endpoint.state == "blocked" or any(case.safety_hold for case in place.cases)
    doing.allowed = frozenset({"confirm_stop"}) if found.stop and not silent else frozenset()
    run(doing, stage.scene(place, text=message.body, today=message.received_at, screening=found))
    batch.close(doing.rows)
    doing.rows.write(conn)
    seen = "safety_only" if found.grave else doing.visibility if message.visibility == "team" else message.visibility
    safety.hide(conn, message_id, seen, ",".join((*message.screened.split(","), *found.fired)).strip(","))
    if found.grave:
        _hide_entries(conn, runtime, message_id, [case.id for case in doing.cases], now)
    log.warning("found_in_translation", message_id=message_id, fired=",".join(found.fired))
    return doing.wake


def new_in(found: Screening, before: frozenset[str]) -> Screening:
    """Of what was found, what the original had not said: a graver danger, a STOP, a request, a signal."""
    known = max((int(one.partition(":")[2]) for one in before if one.startswith("danger:")), default=0)
    graver = found.danger_level if found.danger_level and (not known or found.danger_level < known) else 0
    return Screening(
        danger_level=graver,
        stop="" if "stop" in before else found.stop,
        stop_scope=found.stop_scope,
        evaluation="" if "evaluation" in before else found.evaluation,
        identity="" if any(one.startswith("identity:") for one in before) else found.identity,
        matched=found.matched,
        self_harm=bool(graver) and found.self_harm,
    )


def _hide_entries(conn: Connection, runtime: Runtime, message_id: str, case_ids: list[str], now: datetime) -> None:
    entries = safety.entries_of(conn, message_id, case_ids)
    done = safety.hidden(conn, [row.id for row in entries])
    for case_id in sorted({row.case_id for row in entries}):
        book = Book(conn, runtime, case_id, now)
        to_hide = [row.id for row in entries if row.case_id == case_id and row.visibility != "safety_only" and row.id not in done]
        book.mark(to_hide, "visibility", {"visibility": "safety_only"})
        book.close()
