"""A roster file becomes students, contacts, links and addresses: first only said (dry run), then done in one transaction.

An import never starts a message, never overwrites what a family set with us (their language, a stop, a confirmed number) and never lifts
a restriction: the file saying nothing about a court order is no court order lifted. Unknown rights stay unknown, which means class A-B.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy.engine import Connection

from bot.exchange.contacts_csv import ContactRow, RowProblem, Sheet
from bot.policy import recipients
from bot.policy.hours import zone_of
from bot.service import audit, sharing
from bot.store import roster
from bot.store.outbox import medium
from bot.store.tables import Consent, ConsentLedger, Contact, Endpoint, Guardianship, Student
from bot.store.types import Plain
from bot.store.vault import Vault
from channels.base import MAIL

NewId = Callable[[str], str]
MANY = 2000
"""So many new rows, and the database is to look at the table anew."""


class Note(NamedTuple):
    """Something a person should look at before or after the import. `line` is 0 where it is about no line of the file."""

    line: int
    says: str


@dataclass(slots=True)
class Plan:
    """What an import would do. `counts` are numbers only and may be kept; `notes` name lines and ids of the roster's own; `problems` are
    lines that could be read and still say nothing to this district; `found_again` are people whose number was wrong and who have another
    now."""

    district_id: str
    problems: list[RowProblem] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    notes: list[Note] = field(default_factory=list)
    new: dict[type[Any], list[dict[str, Any]]] = field(default_factory=dict)
    changed: dict[type[Any], list[dict[str, Any]]] = field(default_factory=dict)
    closed: list[tuple[str, str, str]] = field(default_factory=list)
    found_again: list[str] = field(default_factory=list)

    def add(self, table: type[Any], row: dict[str, Any], counted: str = "") -> None:
        self.new.setdefault(table, []).append({"district_id": self.district_id, **row})
        self.counts[counted] += bool(counted)

    def set(self, table: type[Any], row: dict[str, Any], counted: str = "") -> None:
        self.changed.setdefault(table, []).append(row)
        self.counts[counted] += bool(counted)


def grown(made: Plan) -> list[str]:
    """The tables an import writes many rows to."""
    return sorted(table.__tablename__ for table, rows in made.new.items() if len(rows) >= MANY)


def plan(conn: Connection, vault: Vault, district_id: str, sheet: Sheet, now: datetime, new_id: NewId) -> Plan:
    """Compare the sheet with the district. Writes nothing."""
    return _Planner(conn, vault, district_id, now, new_id).run(sheet)


def apply(
    conn: Connection, made: Plan, now: datetime, new_id: NewId, *, sha256: str, by: str, unreadable: int, end_missing: bool = False
) -> int:
    """Write the plan in the caller's transaction; says how many waiting messages were cancelled because a right was closed.

    :param end_missing: end the links the file no longer has; without it they are only named.
    """
    closed = [(contact, student, why) for contact, student, why in made.closed if why != "left_roster" or end_missing]
    for table in (Student, Contact, Endpoint, Guardianship, Consent, ConsentLedger):
        roster.insert(conn, table, made.new.get(table, ()))
        wanted = made.changed.get(table, ())
        roster.change(conn, table, [row for row in wanted if end_missing or "valid_to" not in row])
    roster.end_pages(conn, made.found_again, now)
    cancelled = 0
    for contact_id in sorted({contact for contact, _, why in closed if why == "restricted"}):
        sharing.freeze(conn, contact_id, now)
    for reason in sorted({why for _, _, why in closed}):
        cancelled += roster.cancel_about(conn, [(c, s) for c, s, why in closed if why == reason], reason, now)
    counts = {name: number for name, number in sorted(made.counts.items()) if name} | {"unreadable": unreadable}
    import_id = new_id("rim")
    row = {"id": import_id, "district_id": made.district_id, "sha256": sha256, "by": by, "applied": True, "counts": counts, "at": now}
    roster.remember(conn, row)
    audit.record(
        conn,
        district_id=made.district_id,
        actor_kind="operator",
        actor_id=by,
        action="import_roster",
        object_kind="roster_import",
        object_id=import_id,
        now=now,
        new_id=new_id,
    )
    return cancelled


class _Planner:
    """One comparison. Ids of people already known are theirs; new ones get theirs here, so that later lines find them."""

    def __init__(self, conn: Connection, vault: Vault, district_id: str, now: datetime, new_id: NewId) -> None:
        self.vault, self.district_id, self.now, self.new_id = vault, district_id, now, new_id
        self.there = roster.present(conn, district_id, now)
        self.plan = Plan(district_id)
        self.students: dict[str, str] = {}
        self.contacts: dict[str, str] = {}
        self.zones: dict[str, str] = {}
        self.seen_links: set[tuple[str, str]] = set()
        self.by_index: dict[bytes, set[str]] = {}
        self.mine: dict[tuple[str, str], dict[bytes, roster.AddressRow]] = {}
        self.wrong = {row.address_index for row in self.there.addresses if row.state == "blocked"}
        self.lost = {row.id for row in self.there.contacts.values() if row.identity == "wrong_number"}
        for row in self.there.addresses:
            self.by_index.setdefault(row.address_index, set()).add(row.contact_id)
            self.mine.setdefault((row.contact_id, row.channel), {})[row.address_index] = row
        self.consented = set(self.there.consents)

    def run(self, sheet: Sheet) -> Plan:
        for row in sheet.rows:
            school = self.there.schools.get(row.school.casefold())
            if school is None:
                self.plan.problems.append(RowProblem(row.line, _NO_SCHOOL))
                continue
            student = self.students.get(row.student_id) or self._student(row, school[0])
            contact = self.contacts.get(row.contact_id) or self._contact(row, school[1])
            self._link(row, contact, student)
        if not sheet.problems and not self.plan.problems:
            self._missing()
        elif self.there.contacts:
            self._note(0, "Which links are missing is told only of a file whose every line can be read.")
        self._shared(sheet.rows)
        return self.plan

    def _note(self, line: int, says: str) -> None:
        self.plan.notes.append(Note(line, says))

    def _sealed(self, text: str) -> Plain | None:
        return Plain(self.district_id, text) if text else None

    def _index(self, kind: str, own_id: str) -> bytes:
        return roster.source_index(self.vault, self.district_id, kind, own_id)

    def _student(self, row: ContactRow, school_id: str) -> str:
        index = self._index("student", row.student_id)
        known = self.there.students.get(index)
        values = {
            "school_id": school_id,
            "first_name": self._sealed(row.student_first),
            "last_name": self._sealed(row.student_last),
            "birth_date": self._sealed(row.birth_date),
            "grade": row.grade or None,
        }
        if known is None:
            student_id = self.new_id("stu")
            source = {"source_id": self._sealed(row.student_id), "source_index": index}
            self.plan.add(Student, {"id": student_id, **values, **source}, "students_new")
        else:
            student_id = known.id
            # a file that does not say it takes nothing away: without the birth date nobody would notice the 18th birthday
            said = (row.student_last or known.last_name, row.birth_date or known.birth_date, row.grade or known.grade)
            now = (known.school_id, known.first_name, known.last_name, known.birth_date, known.grade)
            if now != (school_id, row.student_first, *said):
                values |= {"last_name": self._sealed(said[0]), "birth_date": self._sealed(said[1]), "grade": said[2] or None}
                self.plan.set(Student, {"id": student_id, **values}, "students_changed")
        self.students[row.student_id] = student_id
        return student_id

    def _contact(self, row: ContactRow, zone: str) -> str:
        index = self._index("contact", row.contact_id)
        known = self.there.contacts.get(index)
        spoken: dict[str, Any] = {
            "lang_spoken": row.lang_spoken or (known.lang_spoken if known else row.lang_written),
            "modality": row.modality or (known.modality if known else "read"),
            "interpreter": row.interpreter if row.interpreter is not None else bool(known and known.interpreter),
        }
        if known is None:
            contact_id = self.new_id("con")
            self.plan.add(
                Contact,
                {
                    "id": contact_id,
                    "name": self._sealed(row.contact_name),
                    "lang_written": row.lang_written,
                    "lang_by": "roster",
                    "zone": zone,
                    "identity": "unconfirmed",
                    "created_at": self.now,
                    "source_id": self._sealed(row.contact_id),
                    "source_index": index,
                    **spoken,
                },
                "contacts_new",
            )
            self._address(row, contact_id, "webchat", contact_id)
        else:
            contact_id = known.id
            self._contact_again(row, known, spoken)
        self.contacts[row.contact_id] = contact_id
        for channel, address in (("sms", row.sms), ("email", row.email)):
            if address:
                self._address(row, contact_id, channel, address)
        if not row.sms and not row.email:
            self._note(row.line, "No number and no e-mail address: this person can be reached on paper only.")
            self.plan.counts["contacts_without_address"] += 1
        return contact_id

    def _contact_again(self, row: ContactRow, known: roster.ContactRow, spoken: dict[str, Any]) -> None:
        changed: dict[str, Any] = {}
        if known.name != row.contact_name:
            changed["name"] = self._sealed(row.contact_name)
        if (known.lang_spoken, known.modality, known.interpreter) != tuple(spoken.values()) and known.lang_by == "roster":
            changed |= spoken
        if known.lang_written != row.lang_written:
            if known.lang_by == "roster":
                changed["lang_written"] = row.lang_written
            else:
                self._note(row.line, "The family chose another language with us than the file says: theirs stays.")
                self.plan.counts["kept_family_language"] += 1
        if changed:
            self.plan.set(Contact, {"id": known.id, **changed}, "contacts_changed")

    def _address(self, row: ContactRow, contact_id: str, channel: str, address: str) -> None:
        index = self.vault.index(self.district_id, address.casefold() if channel == MAIL else address)
        mine = self.mine.setdefault((contact_id, channel), {})
        wrong = index in self.wrong
        if wrong:
            self._note(row.line, f"This {channel} address was said to be wrong: nothing goes there. Ask the family for another.")
            self.plan.counts["wrong_numbers"] += 1
        others = [one for one in mine.values() if one.state == "active" and one.address_index != index and not wrong]
        kept = [one for one in others if one.confirmed_at is not None]
        replaced = [one for one in others if one.confirmed_at is None]
        for one in replaced:
            self.plan.set(Endpoint, {"id": one.id, "state": "unreachable"}, "addresses_replaced")
        if index in mine:
            if replaced and mine[index].state == "unreachable":
                self.plan.set(Endpoint, {"id": mine[index].id, "state": "active"}, "addresses_back")
            return
        endpoint_id, state = self.new_id("end"), "blocked" if wrong else "active"
        new = {
            "id": endpoint_id,
            "contact_id": contact_id,
            "channel": channel,
            "address": Plain(self.district_id, address),
            "address_index": index,
            "state": state,
            "shared": False,
            "confirmed_at": None,
            "last_inbound_at": None,
            "preferred": {"sms": 0, "email": 2, "webchat": 3}[channel] + (10 if kept else 0),
        }
        self.plan.add(Endpoint, new, "" if channel == "webchat" else "addresses_new")
        mine[index] = roster.AddressRow(endpoint_id, contact_id, channel, index, state, shared=False, confirmed_at=None)
        self.by_index.setdefault(index, set()).add(contact_id)
        if kept:
            self._note(row.line, f"The family confirmed another {channel} address: it stays first, the file's is added behind it.")
            self.plan.counts["kept_family_address"] += 1
        if contact_id in self.lost and not wrong:
            self.lost.remove(contact_id)
            self.plan.found_again.append(contact_id)
            self.plan.set(Contact, {"id": contact_id, "identity": "unconfirmed"})
        if channel == "sms" and not wrong:
            self._consent(row, contact_id, index)

    def _consent(self, row: ContactRow, contact_id: str, index: bytes) -> None:
        """What the roster says about texting counts only where the family has not spoken (fault 3: never over a stop)."""
        one = (index, medium("sms"))
        if row.sms_consent is None or one in self.consented:
            return
        self.consented.add(one)
        state = "granted" if row.sms_consent else "refused"
        place = {"address_index": index, "medium": one[1], "state": state, "until": None}
        self.plan.add(Consent, {**place, "changed_at": self.now}, f"texting_{state}")
        ledger = {"id": self.new_id("led"), "contact_id": contact_id, "source": "roster", "notice_version": "", "message_id": None}
        self.plan.add(ConsentLedger, {**place, **ledger, "created_at": self.now})

    def _link(self, row: ContactRow, contact_id: str, student_id: str) -> None:
        self.seen_links.add((contact_id, student_id))
        known = self.there.links.get((contact_id, student_id))
        if known is None and self._is_their_own(row):
            self._note(row.line, "The student is 18: the rights are theirs, so no new link for another adult. A person asks the student.")
            self.plan.counts["of_age"] += 1
            return
        if row.restriction:
            self.plan.counts["restricted"] += 1
            self._note(row.line, "Restricted: nothing about this student goes to this person.")
        if row.rights is None:
            self.plan.counts["rights_unknown"] += 1
        if known is None:
            self.plan.add(
                Guardianship,
                {
                    "id": self.new_id("gua"),
                    "contact_id": contact_id,
                    "student_id": student_id,
                    "relation": row.relationship[:40],
                    "rights_holder": bool(row.rights),
                    "may_receive": not row.restriction,
                    "restriction": row.restriction,
                    "hold": "",
                    "valid_from": self.now,
                    "valid_to": None,
                },
                "links_new",
            )
            return
        changed: dict[str, Any] = {}
        if row.rights is not None and row.rights != known.rights_holder:
            changed["rights_holder"] = row.rights
        if row.restriction and not known.restriction:
            changed |= {"restriction": row.restriction, "may_receive": False}
            self.plan.closed.append((contact_id, student_id, "restricted"))
        if known.restriction and not row.restriction:
            self._note(row.line, "We hold a restriction the file does not have: it stays until a person lifts it.")
            self.plan.counts["kept_restriction"] += 1
        if changed:
            self.plan.set(Guardianship, {"id": known.id, **changed}, "links_changed")

    def _is_their_own(self, row: ContactRow) -> bool:
        """Whether the rights over this student passed to the student, and this line is another adult's."""
        school = self.there.schools[row.school.casefold()]
        grown = recipients.is_of_age(row.birth_date, self.now.astimezone(zone_of(school[1])).date())
        return grown and row.relationship not in recipients.THEMSELVES

    def _missing(self) -> None:
        """Links of this roster's people that the file no longer has."""
        ours = {row.id for row in self.there.contacts.values()}
        students = {row.id for row in self.there.students.values()}
        for (contact_id, student_id), link in self.there.links.items():
            if contact_id in ours and student_id in students and (contact_id, student_id) not in self.seen_links:
                if link.restriction:  # ended, it would be forgotten when the person is in a later file again
                    self.plan.counts["kept_restriction"] += 1
                    continue
                self._note(0, f"The link {link.id} is not in the file any more: --end-missing ends it, any other import leaves it.")
                self.plan.set(Guardianship, {"id": link.id, "valid_to": self.now}, "links_missing")
                self.plan.closed.append((contact_id, student_id, "left_roster"))

    def _shared(self, rows: Iterable[ContactRow]) -> None:
        """One number or mailbox, several people: everybody on it is told less (fault 10)."""
        lines: dict[bytes, list[int]] = {}
        for row in rows:
            for address in filter(None, (row.sms, row.email.casefold())):
                lines.setdefault(self.vault.index(self.district_id, address), []).append(row.line)
        for index, people in self.by_index.items():
            if len(people) < 2 or index not in lines:
                continue
            self.plan.counts["shared_numbers"] += 1
            self._note(min(lines[index]), "Several people have this number or e-mail address: it is treated as shared.")
            for new in self.plan.new.get(Endpoint, ()):
                if new["address_index"] == index:
                    new["shared"] = True
            for one in self.there.addresses:
                if one.address_index == index and not one.shared:
                    self.plan.set(Endpoint, {"id": one.id, "shared": True})


_NO_SCHOOL = "school is not one of this district's: write its name as `hearthline district list` shows it."
