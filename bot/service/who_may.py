"""Who may be told what about which child, asked before anything is queued: the same decision the hand-over takes again (faults 1 and 2).

Whoever writes to a family about a child asks `receivers` (or, inside a turn, `refusal_in`), and writes only to whom it names.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from bot.policy import recipients
from bot.service.doing import Doing
from bot.service.hand_over import standing
from bot.service.who import OpenCase
from bot.store import receivers as store

HELD = frozenset({"held", "identity_held"})
"""A person must first find out who reads there."""


@dataclass(frozen=True, slots=True)
class Receiver:
    """One address of one adult. `refusal` "" means yes; one of `recipients.PASSING` means: may be queued and waits; another: never."""

    contact_id: str
    endpoint_id: str
    channel: str
    sender: str
    address_index: bytes
    guardianship_id: str
    lang: str
    child: str
    refusal: str

    @property
    def may_be_queued(self) -> bool:
        return self.refusal == "" or self.refusal in recipients.PASSING


def receivers(
    conn: Connection,
    case_id: str,
    *,
    message_class: str,
    now: datetime,
    purpose: str = "notice",
    words_of: str | None = None,
    contact_id: str | None = None,
) -> list[Receiver]:
    """Everybody around this child, an address each, with why they may not have it. The best guardianship of several counts.

    :param words_of: the contact whose own words are in it.
    :param contact_id: only this contact.
    """
    found: dict[tuple[str, str], Receiver] = {}
    for row in store.everybody(conn, case_id, words_of, now, contact_id):
        why = recipients.refusal(
            standing(row, now), message_class=message_class, purpose=purpose, about_case=True, now=now, channel=row.channel
        )
        key = (row.contact_id, row.endpoint_id)
        known = found.get(key)
        if known is None or (known.refusal and (not why or (why in recipients.PASSING and not known.may_be_queued))):
            found[key] = Receiver(
                row.contact_id,
                row.endpoint_id,
                row.channel,
                row.sender,
                bytes(row.address_index),
                row.guardianship_id,
                row.lang,
                row.child,
                why,
            )
    return list(found.values())


def first(conn: Connection, case_id: str, contact_id: str, *, message_class: str, now: datetime, prefer: str) -> Receiver | None:
    """Where to write to one contact about this child: the preferred address that may be written to; None when none may.

    :param prefer: an endpoint to take if it may be written to, such as the one the talk is on.
    """
    found = receivers(conn, case_id, message_class=message_class, now=now, contact_id=contact_id)
    good = [one for one in found if one.may_be_queued]
    return next((one for one in good if one.endpoint_id == prefer), None) or next(iter(good), None)


def still_read(conn: Connection, rows: Sequence[Any], contact_id: str, now: datetime) -> list[Any]:
    """Those of these texts to this adult that they may see on their page today: rights that ended since close what was sent before.

    What only waits for a person hides nothing that was delivered (who watches over the phone would see that something happened), except
    class D and E while somebody must first find out who reads there (F24).
    """
    why: dict[tuple[Any, ...], str] = {}
    shown = []
    for row in rows:
        asked = (row.case_id, row.endpoint_id, row.message_class, row.purpose, row.words_of)
        if asked not in why:
            why[asked] = _refused_now(conn, row, contact_id, now) if row.case_id is not None else ""
        if not why[asked] or (why[asked] in recipients.PASSING and not (why[asked] in HELD and row.message_class in "DE")):
            shown.append(row)
    return shown


def _refused_now(conn: Connection, row: Any, contact_id: str, now: datetime) -> str:
    about = {"message_class": row.message_class, "purpose": row.purpose, "words_of": row.words_of}
    found = receivers(conn, row.case_id, **about, now=now, contact_id=contact_id)
    return next((one.refusal for one in found if one.endpoint_id == row.endpoint_id), "no_guardianship")


def refusal_in(doing: Doing, case: OpenCase, *, message_class: str, purpose: str, answers_family: bool) -> str:
    """The decision inside a turn, from what the turn has read under its locks."""
    place, endpoint = doing.place, doing.place.endpoint
    found = recipients.Standing(
        endpoint_state=endpoint.state,
        shared=place.shared,
        confirmed=place.trusted(doing.now),
        identity=endpoint.identity,
        live=True,  # only cases with a live, unrestricted right are read at all
        may_receive=case.may_receive,
        rights_holder=case.rights_holder,
        hold=case.hold,
        safety_hold=case.safety_hold,
        of_age=case.of_age,
        themselves=case.relation in recipients.THEMSELVES,
    )
    return recipients.refusal(
        found,
        message_class=message_class,
        purpose=purpose,
        about_case=True,
        now=doing.now,
        answers_family=answers_family,
        channel=place.channel,
    )
