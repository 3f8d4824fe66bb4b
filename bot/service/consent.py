"""What a family says about being written to, and about who they are: it counts at once, in the transaction of the turn (F24, F25).

The ledger keeps every word; the consent row says where things stand and is the row that is locked at hand-over, so that either the
STOP commits first or the send does (fault 3). A STOP cancels what is queued for the number in the same transaction.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from bot.engine.events import ChooseCase, SetConsent, SetIdentity, SetLanguage
from bot.service import meeting, sharing
from bot.service.doing import Doing
from bot.service.page import hold
from bot.store import inbound
from bot.store.outbox import medium
from channels.base import MAIL

CHOICE_HOLDS = timedelta(hours=24)
NO_MORE = frozenset({"stopped", "refused"})
"""Consent under which an address hears nothing more that the bot begins, until a START."""

KNOWN = frozenset({"confirmed", "shared_phone"})
"""Signals by which the person says that the number is theirs."""

HOLDING = frozenset({"teen", "new_guardian", "safety_request"})
"""Signals after which the child's messages wait for a person."""


def set_consent(doing: Doing, event: SetConsent) -> None:
    """Write the ledger, move the consent row, and cancel what is queued when this was a STOP."""
    if event.state == "less":
        _less(doing, event)
        return
    state = event.state
    if state == "started":
        state = "granted" if doing.contact_id else "unknown"  # nobody's number: as it stood before the STOP
    kept = doing.place.stopped_for if state in ("paused", "reminders_only", "refused") else ""
    for index, one in _numbers(doing, event):
        doing.rows.consent_ledger.append(ledger_row(doing, event, index, one))
        doing.rows.consent.append(
            {
                "district_id": doing.district_id,
                "address_index": index,
                "medium": one,
                "state": state,
                "until": event.until if state == "paused" else None,
                "changed_at": doing.now,
                "stopped_for": kept or None,
            }
        )
        if state in NO_MORE:
            cancel_queued(doing, index, state)
    if event.scope != "mail":
        doing.place.consent, doing.place.stopped_for = state, kept


def _less(doing: Doing, event: SetConsent) -> None:
    """No more of one thing to this number: kept in the row that is locked at hand-over, and what waits is cancelled with it."""
    place = doing.place
    kind, _, name = event.scope.partition(":")
    students = {one.id: one.chain.student_id for one in place.cases}
    scope = f"student:{students[name]}" if kind == "case" else event.scope
    place.stopped_for = " ".join(sorted({*place.stopped_for.split(), scope}))
    place.consent = event.back or place.consent
    doing.rows.consent_ledger.append(ledger_row(doing, event._replace(state="stopped", scope=scope), place.address_index, place.medium))
    doing.rows.consent.append(
        {
            "district_id": doing.district_id,
            "address_index": place.address_index,
            "medium": place.medium,
            "state": place.consent,
            "until": place.paused_until if place.consent == "paused" else None,
            "changed_at": doing.now,
            "stopped_for": place.stopped_for,
        }
    )
    waiting = {"district": doing.district_id, "index": place.address_index, "why": "wants_less", "at": doing.now}
    if kind == "case":
        doing.rows.child_stopped.append(waiting | {"student": students[name]})
    else:
        doing.rows.topic_stopped.append(waiting | {"flow": f"{meeting.FLOW}/"})


def _numbers(doing: Doing, event: SetConsent) -> list[tuple[bytes, str]]:
    """(address index, medium) of what the words cover: this number, their mail, or all they have when they say everything."""
    if event.scope == "mail":
        return _stopped_mail(doing)
    here = (doing.place.address_index, doing.place.medium)
    if event.scope != "all" or doing.contact_id is None:
        return [here]
    rows = inbound.endpoints_of(doing.stage.batch.conn, [doing.contact_id])
    return list(dict.fromkeys([here, *((bytes(row.address_index), medium(row.channel)) for row in rows)]))


def mail_stopped(doing: Doing) -> bool:
    """Whether somebody who writes another way has ended our mail to them."""
    return doing.place.medium != MAIL and bool(_stopped_mail(doing))


def _stopped_mail(doing: Doing) -> list[tuple[bytes, str]]:
    conn = doing.stage.batch.conn
    indexes = [bytes(row.address_index) for row in inbound.endpoints_of(conn, [doing.place.contact_id]) if row.channel == MAIL]
    said = inbound.consents(conn, [(doing.district_id, one) for one in indexes]) if indexes else {}
    return [(index, MAIL) for (_, index, one), row in said.items() if one == MAIL and row.state == "stopped"]


def ledger_row(doing: Doing, event: SetConsent, index: bytes, one: str) -> dict[str, Any]:
    return {
        "id": doing.new_id("led"),
        "district_id": doing.district_id,
        "contact_id": doing.contact_id,
        "address_index": index,
        "medium": one,
        "state": event.state,
        "source": "message" if doing.message_id else "service",
        "notice_version": event.notice_version,
        "until": event.until,
        "message_id": doing.message_id or None,
        "created_at": doing.now,
        "scope": event.scope,
    }


def cancel_queued(doing: Doing, index: bytes, why: str) -> None:
    """Nothing that waits for this number goes out, except class F."""
    rows = doing.rows.stopped if doing.contact_id else doing.rows.stranger_stopped
    rows.append({"district": doing.district_id, "index": index, "why": why, "at": doing.now})


def set_language(doing: Doing, event: SetLanguage) -> None:
    doing.rows.language.append({"row_id": doing.contact_id, "new_lang_written": event.lang})


def set_identity(doing: Doing, event: SetIdentity) -> None:
    """An identity signal takes effect; who must act on it is told by the hand-off of the same turn."""
    signal, place = event.signal, doing.place
    number = {"district": doing.district_id, "index": place.address_index}
    if signal in KNOWN:
        doing.rows.identity.append({"row_id": doing.contact_id, "new_identity": "confirmed"})
        doing.rows.confirmed.append({"row_id": place.endpoint.id, "new_confirmed_at": doing.now, "new_last_inbound_at": doing.now})
    if signal == "wrong_number":
        doing.rows.identity.append({"row_id": doing.contact_id, "new_identity": "wrong_number"})
        doing.rows.blocked.append(number)
        cancel_queued(doing, place.address_index, "wrong_number")
    elif signal == "shared_phone":
        place.shared = True
        doing.rows.shared.append(number)
    elif signal in HOLDING:
        doing.rows.child_held.append({"contact": doing.contact_id, "why": signal})
        if signal == "safety_request":
            sharing.freeze(doing.stage.batch.conn, doing.place.contact_id, doing.now)
            for case in doing.cases:
                hold(doing, case)


def choose_case(doing: Doing, event: ChooseCase) -> None:
    """The family said which child; that may be assumed for a day (fault 9)."""
    doing.rows.case_choice.append(choice_row(doing, event.case_id, doing.now))
    doing.place.chosen = event.case_id


def choice_row(doing: Doing, case_id: str, now: datetime) -> dict[str, Any]:
    return {"contact_id": doing.contact_id, "district_id": doing.district_id, "case_id": case_id, "until": now + CHOICE_HOLDS}
