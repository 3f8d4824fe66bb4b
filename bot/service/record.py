"""Lines for the case record: each entry and each mark is the next link of its case's hash chain, under the locked case row."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from bot.engine.events import Confirm, Handoff, Write
from bot.log import get_log
from bot.service.doing import Doing
from bot.service.handoff import hand_off
from bot.service.who import CaseChain, OpenCase
from bot.store.chain import entry_content, link, mark_content
from bot.store.nonces import fresh

FOR_EVERY_CASE = frozenset({"safety_flag", "identity_event", "consent", "preference", "handoff", "eval_request"})
"""Kinds that do not wait for "which child?": they are written to every open case the message may be about."""

CRISIS = "crisis"
"""A talk in which nobody is asked which child."""

log = get_log("record")


def write(doing: Doing, event: Write) -> None:
    """Append an entry. Words that belong to no case go to a person: nothing is lost because a child could not be told."""
    everywhere = event.kind in FOR_EVERY_CASE or event.flow_id == CRISIS
    both = everywhere and event.norm.get("about") == "both"
    cases = [doing.case] if doing.case is not None and not both else doing.place.cases if everywhere else []
    if not cases:
        log.info("entry_without_case", kind=event.kind, contact_id=doing.contact_id, message_id=doing.message_id)
        if not everywhere and doing.body and "no_case" not in doing.handed:
            hand_off(doing, Handoff("office", "no_case", "school_day", doing.body, event.lang))
        return
    for at, case in enumerate(cases):
        _append(doing, event, case, event.entry_id if at == 0 else doing.new_id("ent"))


def _append(doing: Doing, event: Write, case: OpenCase, entry_id: str) -> None:
    chain = case.chain
    chain.seq += 1
    row: dict[str, Any] = {
        "id": entry_id,
        "district_id": doing.place.district.id,
        "case_id": case.id,
        "student_id": chain.student_id,
        "seq": chain.seq,
        "kind": event.kind,
        "source_role": event.source_role,
        "contact_id": doing.contact_id,
        "entered_by": None,
        "message_id": doing.message_id or None,
        "channel": doing.place.channel,
        "flow_id": event.flow_id,
        "flow_version": event.flow_version,
        "step_id": event.step_id,
        "asked_text_ref": event.asked_ref,
        "answer_raw": doing.sealed(event.raw) if event.raw else None,
        "answer_lang": event.lang,
        "answer_norm": doing.sealed(orjson.dumps(event.norm).decode()) if event.norm else None,
        "media": list(event.media),
        "visibility": event.visibility,
        "corrects_id": event.corrects or None,
        "requirement_refs": list(event.refs),
        "created_at": doing.now,
    }
    _link(chain, row, entry_content(row))
    doing.rows.case_entry.append(row)


def confirm(doing: Doing, event: Confirm) -> None:
    """The contact said the read-back is right."""
    if doing.case is None:
        return
    by = orjson.dumps({"by": doing.contact_id}).decode()
    for entry_id in event.entry_ids:
        row: dict[str, Any] = {
            "id": doing.new_id("mrk"),
            "district_id": doing.place.district.id,
            "case_id": doing.case.id,
            "entry_id": entry_id,
            "seq": 0,
            "kind": "confirmed",
            "value": doing.sealed(by),
            "created_at": doing.now,
        }
        doing.case.chain.seq += 1
        row["seq"] = doing.case.chain.seq
        _link(doing.case.chain, row, mark_content(row))
        doing.rows.entry_mark.append(row)


def _link(chain: CaseChain, row: dict[str, Any], content: Mapping[str, Any]) -> None:
    salt = fresh()
    digest, chain.head = link(chain.head, content, salt)
    chain.moved = True
    row["salt"], row["digest"], row["chain"] = salt, digest, chain.head
