"""The outbox at the moment of hand-over: who stands behind each row, under which locks, and what is decided about it.

Locks are taken in the order of the whole house: contact, case, guardianship, consent, outbox, each by id. The consent row comes before the
outbox row, so that either the STOP commits first or the hand-over does, never both halfway (fault 3).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, cast

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.store import rights
from bot.store.outbox import CHANGE, OUTBOX, columns, insert_ignoring, medium
from bot.store.tables import Case, Consent, Contact, District, Endpoint, Guardianship, Staff, Student, WordSharing
from bot.store.types import Plain

_ENDPOINT = cast("sa.Table", Endpoint.__table__)
_CONTACT = cast("sa.Table", Contact.__table__)
_GUARDIANSHIP = cast("sa.Table", Guardianship.__table__)
_CASE = cast("sa.Table", Case.__table__)
_CONSENT = cast("sa.Table", Consent.__table__)
_DISTRICT = cast("sa.Table", District.__table__)
_STAFF = cast("sa.Table", Staff.__table__)
_STUDENT = cast("sa.Table", Student.__table__)
_SHARING = cast("sa.Table", WordSharing.__table__)

ConsentKey = tuple[str, bytes, str]
ConsentRow = tuple[str, datetime | None, str | None]
"""State, until when, and what the family wants no more of."""


class Facts(NamedTuple):
    """Everything the hand-over decides on, as it stands under the locks. A family's address is its endpoint's, now."""

    id: str
    district_id: str
    audience: str
    contact_id: str | None
    staff_id: str | None
    case_id: str | None
    channel: str
    sender: str
    own_address: str | None
    own_index: bytes | None
    message_class: str
    purpose: str
    answers_family: bool
    body: str
    blocks: str | None
    lang: str
    attempts: int
    not_after: datetime | None
    created_at: datetime
    demo: bool
    settings: Mapping[str, Any]
    district_zone: str
    contact_zone: str | None
    identity: str | None
    endpoint_address: str | None
    endpoint_index: bytes | None
    endpoint_state: str | None
    shared: bool | None
    confirmed_at: datetime | None
    guardianship_contact: str | None
    guardianship_student: str | None
    rights_holder: bool | None
    may_receive: bool | None
    restriction: str | None
    hold: str | None
    valid_from: datetime | None
    valid_to: datetime | None
    case_student: str | None
    safety_hold: bool | None
    staff_active: bool | None
    endpoint_contact: str | None = None
    heard_at: datetime | None = None
    relation: str | None = None
    birth_date: str | None = None
    words_of: str | None = None
    sharing: str | None = None
    barred: bool | None = None
    held_too: bool | None = None
    ref: str = ""

    @property
    def address(self) -> str:
        return self.endpoint_address or self.own_address or ""

    @property
    def number(self) -> bytes | None:
        """The blind index of the address: what consent is kept by."""
        return self.endpoint_index or self.own_index

    @property
    def consent_key(self) -> ConsentKey | None:
        number = self.number
        return None if number is None else (self.district_id, bytes(number), medium(self.channel))


_IDS = OUTBOX.c.id.in_(sa.bindparam("ids", expanding=True))
_PEOPLE = (
    sa.select(*columns(OUTBOX, "contact_id case_id guardianship_id district_id channel audience"))
    .add_columns(sa.func.coalesce(_ENDPOINT.c.address_index, OUTBOX.c.address_index))
    .outerjoin(_ENDPOINT, _ENDPOINT.c.id == OUTBOX.c.endpoint_id)
    .where(_IDS)
)


def lock_people(conn: Connection, ids: Sequence[str]) -> list[ConsentKey]:
    """Hold still whom these rows are to and about, and say which consent rows stand over them.

    SQLite's writer is alone, so only PostgreSQL locks rows here: a turn of the same contact, which locks it too, commits first or after us.
    """
    rows = conn.execute(_PEOPLE, {"ids": ids}).all()
    if conn.dialect.name == "postgresql":
        for table, position in ((_CONTACT, 0), (_CASE, 1), (_GUARDIANSHIP, 2)):
            if wanted := sorted({row[position] for row in rows} - {None}):
                conn.execute(sa.select(table.c.id).where(table.c.id.in_(wanted)).order_by(table.c.id).with_for_update(read=True))
    keys = {(row[3], bytes(row[6]), medium(row[4])) for row in rows if row[5] == "family" and row[6] is not None}
    return sorted(keys)


_CONSENT_KEY = (_CONSENT.c.district_id, _CONSENT.c.address_index, _CONSENT.c.medium)
_CONSENTS = (
    sa.select(*_CONSENT_KEY, _CONSENT.c.state, _CONSENT.c.until, _CONSENT.c.stopped_for)
    .where(sa.tuple_(*_CONSENT_KEY).in_(sa.bindparam("keys", expanding=True)))
    .order_by(*_CONSENT_KEY)
    .with_for_update()
)


def lock_consents(conn: Connection, keys: Sequence[ConsentKey], now: datetime) -> dict[ConsentKey, ConsentRow]:
    """Where consent stands, with its rows locked. A missing row is made first: what is not there cannot be locked against a STOP."""
    if not keys:
        return {}
    found = _consents(conn, keys)
    if missing := [key for key in keys if key not in found]:
        conn.execute(
            insert_ignoring(conn, _CONSENT),
            [{"district_id": key[0], "address_index": key[1], "medium": key[2], "state": "unknown", "changed_at": now} for key in missing],
        )
        return _consents(conn, keys)
    return found


def _consents(conn: Connection, keys: Sequence[ConsentKey]) -> dict[ConsentKey, ConsentRow]:
    return {(row[0], bytes(row[1]), row[2]): (row[3], row[4], row[5]) for row in conn.execute(_CONSENTS, {"keys": keys})}


_FACTS = (
    sa.select(
        *columns(OUTBOX, "id district_id audience contact_id staff_id case_id channel sender address address_index message_class"),
        *columns(OUTBOX, "purpose answers_family body blocks lang attempts not_after created_at"),
        *columns(_DISTRICT, "demo settings zone"),
        *columns(_CONTACT, "zone identity"),
        *columns(_ENDPOINT, "address address_index state shared confirmed_at"),
        *columns(_GUARDIANSHIP, "contact_id student_id rights_holder may_receive restriction hold valid_from valid_to"),
        *columns(_CASE, "student_id safety_hold"),
        *columns(_STAFF, "active"),
        *columns(_ENDPOINT, "contact_id last_inbound_at"),
        *columns(_GUARDIANSHIP, "relation"),
        *columns(_STUDENT, "birth_date"),
        *columns(OUTBOX, "words_of"),
        *columns(_SHARING, "state"),
        rights.barred(OUTBOX.c.contact_id, _CASE.c.student_id, sa.bindparam("now")),
        rights.held(OUTBOX.c.contact_id, _CASE.c.student_id, sa.bindparam("now")),
        *columns(OUTBOX, "ref"),
    )
    .select_from(
        OUTBOX.join(_DISTRICT, _DISTRICT.c.id == OUTBOX.c.district_id)
        .outerjoin(_CONTACT, _CONTACT.c.id == OUTBOX.c.contact_id)
        .outerjoin(_ENDPOINT, _ENDPOINT.c.id == OUTBOX.c.endpoint_id)
        .outerjoin(_GUARDIANSHIP, _GUARDIANSHIP.c.id == OUTBOX.c.guardianship_id)
        .outerjoin(_CASE, _CASE.c.id == OUTBOX.c.case_id)
        .outerjoin(_STAFF, _STAFF.c.id == OUTBOX.c.staff_id)
        .outerjoin(_STUDENT, _STUDENT.c.id == _CASE.c.student_id)
        .outerjoin(
            _SHARING,
            sa.and_(
                _SHARING.c.case_id == OUTBOX.c.case_id,
                _SHARING.c.writer_id == OUTBOX.c.words_of,
                _SHARING.c.reader_id == OUTBOX.c.contact_id,
            ),
        )
    )
    .where(_IDS, OUTBOX.c.state == "claimed", OUTBOX.c.lease_owner == sa.bindparam("owner"))
    .order_by(OUTBOX.c.id)
    .with_for_update(of=OUTBOX, skip_locked=True)
)


def facts(conn: Connection, ids: Sequence[str], owner: str, now: datetime) -> list[Facts]:
    """The rows still ours to hand over, locked, with all that decides about them. Rows somebody is cancelling just now are passed over."""
    return [Facts._make(row) for row in conn.execute(_FACTS, {"ids": ids, "owner": owner, "now": now})]


_NEWER = OUTBOX.alias("newer")
_SUPERSEDED = sa.select(OUTBOX.c.id).where(
    _IDS,
    sa.exists().where(
        sa.or_(
            _NEWER.c.case_id == OUTBOX.c.case_id,
            sa.and_(_NEWER.c.case_id.is_(None), OUTBOX.c.case_id.is_(None), _NEWER.c.staff_id == OUTBOX.c.staff_id),
        ),
        _NEWER.c.created_at >= OUTBOX.c.created_at,
        _NEWER.c.id > OUTBOX.c.id,
        _NEWER.c.purpose == CHANGE,
        _NEWER.c.ref == OUTBOX.c.ref,
        _NEWER.c.state.not_in(("cancelled", "expired", "failed")),
    ),
)


def superseded(conn: Connection, ids: Sequence[str]) -> list[str]:
    """Which of these changes of a message are older than another of the same message; the newest says all that those before it said."""
    return list(conn.execute(_SUPERSEDED, {"ids": ids}).scalars()) if ids else []


_TEXTS = (
    sa.select(_ENDPOINT.c.address_index, OUTBOX.c.body)
    .join(_ENDPOINT, sa.and_(_ENDPOINT.c.contact_id == OUTBOX.c.contact_id, _ENDPOINT.c.id == OUTBOX.c.endpoint_id))
    .where(
        _ENDPOINT.c.address_index.in_(sa.bindparam("numbers", expanding=True)),
        OUTBOX.c.created_at >= sa.bindparam("since"),
        OUTBOX.c.handed_at >= sa.bindparam("since"),
    )
)


def texts_today(conn: Connection, indexes: Iterable[bytes], since: datetime) -> set[tuple[bytes, str]]:
    """What was handed over to these numbers since then: (number's index, text), so that two equal ones can be told apart (faults 2.1)."""
    wanted = sorted(set(indexes))
    if not wanted:
        return set()
    return {(bytes(row[0]), row[1]) for row in conn.execute(_TEXTS, {"numbers": wanted, "since": since})}


def hand(conn: Connection, ids: Sequence[str], now: datetime, lease_until: datetime) -> None:
    """From here on the provider may have them: committed before the first of them is posted."""
    if ids:
        conn.execute(
            sa.update(OUTBOX)
            .where(OUTBOX.c.id.in_(ids))
            .values(state="handed", reason="", handed_at=now, attempts=OUTBOX.c.attempts + 1, lease_until=lease_until)
        )


def reword(conn: Connection, district_id: str, outbox_id: str, text: str) -> None:
    """The text as it really goes out."""
    conn.execute(sa.update(OUTBOX).where(OUTBOX.c.id == outbox_id).values(body=Plain(district_id, text)))


class Verdict(NamedTuple):
    """A row that does not go now: held, cancelled, expired, or queued for another time."""

    id: str
    state: str
    reason: str
    not_before: datetime


def put_aside(conn: Connection, verdicts: Sequence[Verdict], now: datetime) -> None:
    """Write down why rows did not go."""
    statement = (
        sa.update(OUTBOX)
        .where(OUTBOX.c.id == sa.bindparam("row"), OUTBOX.c.state == "claimed")
        .values(
            state=sa.bindparam("to"),
            reason=sa.bindparam("why"),
            not_before=sa.bindparam("at"),
            settled_at=sa.bindparam("done", type_=OUTBOX.c.settled_at.type),
            lease_owner="",
            lease_until=None,
        )
    )
    rows = [
        {"row": v.id, "to": v.state, "why": v.reason, "at": v.not_before, "done": now if v.state in ("cancelled", "expired") else None}
        for v in verdicts
    ]
    if rows:
        conn.execute(statement, rows)
