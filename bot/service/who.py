"""Who writes, and what they may write about: from an address to a contact, the open cases they have a live right to, their talk.

Everything is read in sets for the whole batch (`bot.store.inbound`), and what the batch changes is kept here, so that two parents of
one child in one batch continue one hash chain.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from bot.policy import recipients
from bot.policy.hours import zone_of
from bot.service import directory
from bot.service.directory import DistrictFacts, SchoolFacts, StaffFacts
from bot.store import inbound
from bot.store.outbox import medium
from bot.store.safety import SAFETY_TALKS
from bot.store.turn_rows import TurnRows
from bot.store.vault import Vault
from channels.base import MAIL

SOON = timedelta(seconds=10)
"""A text that comes so soon after ours may be the rest of the one before."""
STILL_ANSWERS = timedelta(days=1)
"""How long after our question a text is most likely its answer."""


def bare(address: str) -> str:
    """An address as it is indexed: SMS and WhatsApp of one number are one, e-mail has no capitals."""
    plain = address.removeprefix("whatsapp:").strip()
    return plain.lower() if "@" in plain else plain


@dataclass(slots=True)
class CaseChain:
    """The end of a case's hash chain, as this batch moves it."""

    case_id: str
    student_id: str
    seq: int
    head: bytes
    moved: bool = False


@dataclass(slots=True)
class OpenCase:
    """A case as one contact stands to it."""

    id: str
    code: str
    school: SchoolFacts
    liaison_id: str
    lead_id: str
    teacher_id: str
    slack_channel: str
    safety_hold: bool
    guardianship_id: str
    may_receive: bool
    hold: str
    child: str
    last_name_sealed: bytes | None
    chain: CaseChain
    rights_holder: bool = False
    relation: str = ""
    of_age: bool = False
    with_others: bool = False
    """Whether any other adult has, or had, to do with this child."""

    @property
    def open_to_family(self) -> bool:
        """Whether texts about this child may go to this contact at all."""
        return self.may_receive and not self.hold and (not self.of_age or self.relation in recipients.THEMSELVES)


@dataclass(slots=True)
class Place:
    """One writer with everything a turn may know about them."""

    district: DistrictFacts
    channel: str
    address_index: bytes
    our_address: str
    their_address: str
    endpoint: Any = None
    contact_id: str = ""
    session: Any = None
    shared: bool = False
    cases: list[OpenCase] = field(default_factory=list)
    chosen: str = ""
    consent: str = "unknown"
    paused_until: datetime | None = None
    stopped_for: str = ""
    approved: frozenset[tuple[str, str, str]] = frozenset()

    def __post_init__(self) -> None:
        self.writer(self.endpoint)

    def writer(self, endpoint: Any) -> None:
        """Say who writes: an endpoint with its contact, or None for nobody we know."""
        self.endpoint = endpoint
        self.contact_id = endpoint.contact_id if endpoint is not None else ""

    @property
    def medium(self) -> str:
        return medium(self.channel)

    def trusted(self, now: datetime) -> bool:
        """Whether a child may be named: the contact confirmed this number, and it was not silent for long."""
        return recipients.is_confirmed(self.endpoint.confirmed_at, self.endpoint.last_inbound_at, now)

    @property
    def stale(self) -> bool:
        """Whether this person once said "that is me", where the phone that is not trusted now may have got another owner."""
        known = self.endpoint is not None and self.endpoint.identity == "confirmed"
        return known and self.medium == "phone" and self.endpoint.state != "blocked"

    def talks_of(self, flow_ids: Collection[str]) -> bool:
        """Whether the open talk is one of these."""
        return self.session is not None and self.session.flow_id in flow_ids

    def answering(self, now: datetime) -> bool:
        """Whether a question of ours stands open since less than a day, so that the next message is most likely its answer."""
        talk = self.session
        return talk is not None and talk.flow_id not in SAFETY_TALKS and now - talk.updated_at < STILL_ANSWERS

    def second(self, now: datetime, unread_seconds: float) -> str:
        """Whether a message that came now may be the rest of the one before, see `Scene.second`. A mail is no line of a talk."""
        if self.session is None or self.channel == MAIL:
            return ""
        ago = now - self.session.updated_at
        if not timedelta() <= ago < SOON:  # a message that is tried again came before
            return ""
        return "unread" if self.medium == "phone" and ago.total_seconds() < unread_seconds else "soon"

    def case(self) -> OpenCase | None:
        """The case this is about, if nobody has to guess: the only one, or the one the family named less than a day ago (fault 9)."""
        if len(self.cases) == 1:
            return self.cases[0]
        return next((one for one in self.cases if one.id == self.chosen), None)


def _stricter(one: OpenCase, other: OpenCase) -> OpenCase:
    """Two live links of one adult to one child: what either holds is held; the one with education rights is written to under."""
    better = other if other.rights_holder and not one.rights_holder else one
    return replace(better, hold=one.hold or other.hold, may_receive=one.may_receive and other.may_receive)


def standing(state: str, until: datetime | None, now: datetime) -> str:
    """Consent as it counts now: a pause that is over is no pause."""
    return "granted" if state == "paused" and until is not None and until <= now else state


class Batch:
    """The shared part of a batch: chains by case, staff by id, what the districts approved."""

    def __init__(self, conn: Connection, vault: Vault, now: datetime) -> None:
        self.conn = conn
        self.vault = vault
        self.now = now
        self.chains: dict[str, CaseChain] = {}
        self.staff: Mapping[str, StaffFacts] = {}
        self._readers: inbound.Readers | None = None

    def know(self, places: Sequence[Place], keys: Sequence[tuple[str, str]] = ()) -> Mapping[tuple[str, str], str]:
        """Fill the places (their endpoints are set and their contacts locked): cases, talks, choices, consent, approvals.

        Gives which of the messages with these keys we have already.
        """
        contacts = sorted({place.contact_id for place in places if place.contact_id})
        addresses = [(place.district.id, place.address_index) for place in places]
        facts = inbound.facts(self.conn, keys, contacts, addresses, self.now)
        cases = self._cases(facts.cases)
        for place in places:
            row = facts.consents.get((place.district.id, place.address_index, place.medium))
            place.consent = standing(row.state, row.until, self.now) if row else "unknown"
            place.paused_until = row.until if row else None
            place.stopped_for = (row.stopped_for or "") if row else ""
            place.approved = facts.approvals.get(place.district.id, frozenset())
            place.cases = cases.get(place.contact_id, [])
            place.session = facts.sessions.get(place.contact_id)
        self._choices(places)
        return facts.messages

    def readers(self) -> inbound.Readers:
        """Who might read what this batch's writers write: read once, when the first of them has told us something."""
        if self._readers is None:
            self._readers = inbound.readers(self.conn, list(self.chains), self.now)
        return self._readers

    def readers_changed(self) -> None:
        """A writer said who may read: look again before the next question."""
        self._readers = None

    def close(self, rows: TurnRows) -> None:
        """Note how far each case's chain has come."""
        rows.chain += [{"id": one.case_id, "chain_seq": one.seq, "chain_head": one.head} for one in self.chains.values() if one.moved]

    def _cases(self, rows: Sequence[Any]) -> dict[str, list[OpenCase]]:
        people = [one for row in rows for one in (row.liaison_id, row.lead_id, row.teacher_id)]
        self.staff = directory.staff(self.conn, people, self.now)
        found: dict[str, list[OpenCase]] = {}
        for row in rows:
            chain = self.chains.get(row.id)
            if chain is None:
                chain = self.chains[row.id] = CaseChain(row.id, row.student_id, row.chain_seq, bytes(row.chain_head))
            mine = found.setdefault(row.contact_id, [])
            if mine and mine[-1].id == row.id:
                mine[-1] = _stricter(mine[-1], self._case(row, chain))
            else:
                mine.append(self._case(row, chain))
        return found

    def _case(self, row: Any, chain: CaseChain) -> OpenCase:
        school = directory.school(self.conn, row.school_id, self.now)
        return OpenCase(
            id=row.id,
            code=row.code,
            school=school,
            liaison_id=row.liaison_id,
            lead_id=row.lead_id or "",
            teacher_id=row.teacher_id or "",
            slack_channel=row.slack_channel,
            safety_hold=row.safety_hold,
            guardianship_id=row.guardianship_id,
            may_receive=row.may_receive,
            hold=row.hold,
            child=row.first_name,
            last_name_sealed=row.last_name_sealed,
            chain=chain,
            rights_holder=row.rights_holder,
            relation=row.relation,
            with_others=row.with_others,
            of_age=self._of_age(row.birth_sealed, school.zone),
        )

    def _of_age(self, birth_sealed: bytes | None, zone: str) -> bool:
        if not birth_sealed:
            return False
        return recipients.is_of_age(self.vault.unseal(bytes(birth_sealed)).decode(), self.now.astimezone(zone_of(zone)).date())

    def _choices(self, places: Sequence[Place]) -> None:
        unsure = sorted({place.contact_id for place in places if len(place.cases) > 1})
        if not unsure:
            return
        chosen = inbound.choices(self.conn, unsure, self.now)
        for place in places:
            if place.cases:
                place.chosen = chosen.get(place.contact_id, "")


def find_writers(batch: Batch, places: Sequence[Place]) -> None:
    """Set each place's endpoint, with its contact locked. A number that several contacts share has whoever is talking."""
    rows = inbound.endpoints(batch.conn, [(place.district.id, place.address_index) for place in places])
    found: dict[tuple[str, bytes], list[Any]] = {}
    for row in rows:
        found.setdefault((row.district_id, bytes(row.address_index)), []).append(row)
    crowded = sorted({row.contact_id for rows in found.values() if len({row.contact_id for row in rows}) > 1 for row in rows})
    talking = inbound.sessions(batch.conn, crowded) if crowded else {}
    for place in places:
        here = found.get((place.district.id, place.address_index), [])
        place.writer(writer(here, place.channel, talking))
        place.shared = bool(crowded and len({row.contact_id for row in here}) > 1) or any(row.shared for row in here)


def writer(rows: Iterable[Any], channel: str, talking: Mapping[str, Any]) -> Any:
    """Which contact of a number writes: who has a talk open (the newest), else who wrote last, else the first; None when nobody is known.

    :param rows: endpoints with this number; one on another channel of the same number counts when there is none on this one.
    :param talking: open talks by contact.
    """
    rows = list(rows)
    same = [row for row in rows if row.channel == channel] or [row for row in rows if medium(row.channel) == medium(channel)]
    if len(same) <= 1:
        return same[0] if same else None

    def rank(row: Any) -> tuple[float, float, str]:
        talk = talking.get(row.contact_id)
        return (-talk.updated_at.timestamp() if talk else 0.0, -row.last_inbound_at.timestamp() if row.last_inbound_at else 0.0, row.id)

    return min(same, key=rank)
