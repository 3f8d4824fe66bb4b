"""What only mail asks the outbox: which mail a row answers, when an address was last answered by itself, and how often mail came back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, cast

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.sql.elements import ColumnElement

from bot.store.outbox import OUTBOX
from bot.store.tables import CaseEntry, Consent, District, Endpoint, EntryMark, Message

_MESSAGE = cast("sa.Table", Message.__table__)
_ENTRY = cast("sa.Table", CaseEntry.__table__)
_MARK = cast("sa.Table", EntryMark.__table__)
_CONSENT = cast("sa.Table", Consent.__table__)
_ENDPOINT = cast("sa.Table", Endpoint.__table__)
_GONE = ("handed", "in_doubt", "sent", "delivered", "undelivered")
SOFT = "soft_bounce"
LOOP = "mail_loop"
"""Why an answer by mail was cancelled: this exchange is between machines."""


class Answered(NamedTuple):
    """An answer by mail: the message it answers, that message's raw fields (JSON), and who is answered."""

    outbox_id: str
    message_id: str | None
    raw: str | None
    endpoint_id: str | None
    address_index: bytes | None
    moved: bool


def _moved() -> ColumnElement[bool]:
    """Whether a family moved the talk on: the turn that made this answer wrote an answer into the record, or a word such as HELP was sent.

    A note kept for a person is answered with a promise; that moves nothing, and a robot would make one of every mail.
    """
    case_id = sa.func.coalesce(OUTBOX.c.case_id, _MESSAGE.c.case_id)  # a "thank you" is about no child, its turn was
    answer = sa.and_(_ENTRY.c.message_id == OUTBOX.c.message_id, _ENTRY.c.step_id != "")  # a note beside the questions answers none
    entry = sa.exists().where(_ENTRY.c.case_id == case_id, answer)
    here = sa.and_(_CONSENT.c.district_id == OUTBOX.c.district_id, _CONSENT.c.address_index == _ENDPOINT.c.address_index)
    change = sa.exists().where(here, _CONSENT.c.medium == "email", _CONSENT.c.changed_at == _MESSAGE.c.received_at)
    said_right = sa.exists().where(_MARK.c.case_id == case_id, _MARK.c.kind == "confirmed", _MARK.c.created_at == OUTBOX.c.created_at)
    # a "?" is a wish as plain as HELP: nobody waits a day to hear again what they did not understand
    asked = sa.or_(_MESSAGE.c.screened.contains("command:"), OUTBOX.c.ref.startswith("unclear/"))
    told = sa.and_(OUTBOX.c.purpose != "promise", sa.or_(entry, change, said_right))
    return sa.func.coalesce(sa.or_(asked, told), sa.false())


def _with_turn() -> sa.Join:
    """An outbox row with the message it answers and the address it goes to."""
    answered = OUTBOX.outerjoin(_MESSAGE, _MESSAGE.c.id == OUTBOX.c.message_id)
    return answered.outerjoin(_ENDPOINT, _ENDPOINT.c.id == OUTBOX.c.endpoint_id)


def answered(conn: Connection, ids: Sequence[str]) -> dict[str, Answered]:
    """What these mails answer; rows that answer nothing are not in it."""
    query = (
        sa.select(OUTBOX.c.id, OUTBOX.c.message_id, _MESSAGE.c.raw, OUTBOX.c.endpoint_id, OUTBOX.c.address_index, _moved())
        .select_from(_with_turn())
        .where(OUTBOX.c.id.in_(ids), OUTBOX.c.channel == "email", OUTBOX.c.answers_family, OUTBOX.c.message_id.is_not(None))
    )
    return {row[0]: Answered._make(row) for row in conn.execute(query)} if ids else {}


class Earlier(NamedTuple):
    """An answer to an address before: the message it answered, and when it left or, being one too many, would have left."""

    message_id: str | None
    at: datetime
    moved: bool


def earlier_answers(conn: Connection, one: Answered, since: datetime) -> list[Earlier]:
    """The answers that left for this address since then, oldest first. Those that were one too many count: a robot that goes on stays
    unanswered."""
    whose = OUTBOX.c.endpoint_id == one.endpoint_id if one.endpoint_id else OUTBOX.c.address_index == one.address_index
    at = sa.func.coalesce(OUTBOX.c.handed_at, OUTBOX.c.created_at, type_=OUTBOX.c.created_at.type)
    refused = sa.and_(OUTBOX.c.state == "cancelled", OUTBOX.c.reason == LOOP)
    query = (
        sa.select(OUTBOX.c.message_id, at, _moved())
        .select_from(_with_turn())
        .where(whose, OUTBOX.c.channel == "email", OUTBOX.c.answers_family, OUTBOX.c.message_id.is_not(None))
        .where(OUTBOX.c.id != one.outbox_id, sa.or_(OUTBOX.c.state.in_(_GONE), refused), at >= since)
        .order_by(at, OUTBOX.c.id)
    )
    return [Earlier._make(row) for row in conn.execute(query)]


def note_soft(conn: Connection, ids: Sequence[str]) -> None:
    """A mail came back for now. Its state stays: the other host may still deliver it."""
    conn.execute(sa.update(OUTBOX).where(OUTBOX.c.id.in_(ids)).values(error_code=SOFT))


def soft_count(conn: Connection, endpoint_id: str, since: datetime) -> int:
    """How many mails to this address came back for now since then."""
    query = sa.select(sa.func.count()).where(OUTBOX.c.endpoint_id == endpoint_id, OUTBOX.c.error_code == SOFT, OUTBOX.c.created_at >= since)
    return conn.scalar(query) or 0


class Receiver(NamedTuple):
    """Whom a mail went to, for the page that ends this kind of mail. `phone`: where a person of that place answers, "" for none."""

    id: str
    district_id: str
    lang: str
    case_id: str | None
    contact_id: str | None
    place: str
    phone: str = ""


def receiver(conn: Connection, outbox_id: str) -> Receiver | None:
    """Whom a family's mail went to; None for anything else."""
    query = (
        sa.select(OUTBOX.c.id, OUTBOX.c.district_id, OUTBOX.c.lang, OUTBOX.c.case_id, OUTBOX.c.contact_id, District.name)
        .join(District, District.id == OUTBOX.c.district_id)
        .where(OUTBOX.c.id == outbox_id, OUTBOX.c.channel == "email", OUTBOX.c.audience == "family")
    )
    row = conn.execute(query).one_or_none()
    return None if row is None else Receiver(*row)


def is_stopped(conn: Connection, district_id: str, address_index: bytes) -> bool:
    """Whether mail to this address was ended already."""
    query = sa.select(Consent.state).where(
        Consent.district_id == district_id, Consent.address_index == address_index, Consent.medium == "email"
    )
    return conn.scalar(query) == "stopped"


def raw_of(rows: Mapping[str, Answered], outbox_id: str) -> str:
    """The raw fields of the message a row answers, "" when it answers none."""
    found = rows.get(outbox_id)
    return (found.raw or "") if found is not None else ""
