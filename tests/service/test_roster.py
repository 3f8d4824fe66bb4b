"""Importing a roster: first said, then done; what a family set with us, a restriction and a stop are never overwritten."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from bot.clock import RealIds
from bot.exchange.contacts_csv import read
from bot.service import roster
from bot.service.roster import Plan
from bot.service.roster_report import sentences
from bot.service.verify import verify
from bot.store import roster as stored
from bot.store import tables as t
from bot.store.database import Database
from bot.store.types import Plain
from tests.exchange.test_contacts_csv import GOOD, sheet
from tests.fakes.clock import START


@pytest.fixture
def ids() -> RealIds:
    """The demo district's own ids were counted already."""
    return RealIds()


LANGUAGES = ("es-MX", "en", "so", "zh-Hant", "so")
LATER = START + timedelta(days=30)


def bring(world: Database, ids: RealIds, *rows: dict[str, str], now: Any = START, end_missing: bool = False) -> Plan:
    found = read(sheet(*rows))
    with world.begin() as conn:
        made = roster.plan(conn, world.vault, "dst_demo", found, now, ids.new)
        roster.apply(conn, made, now, ids.new, sha256="ab" * 32, by="stf_demo_office", unreadable=0, end_missing=end_missing)
    return made


def rows(world: Database, query: Any) -> Sequence[Any]:
    with world.read() as conn:
        return [tuple(row) for row in conn.execute(query)]


MINE = t.Contact.source_index.is_not(None)


def test_people_links_addresses_and_rights_come_in_and_nothing_is_sent(world: Database, ids: RealIds) -> None:
    made = bring(
        world,
        ids,
        {**GOOD, "smsConsent": "yes"},
        {**GOOD, "studentId": "S-101", "studentFirstName": "Leo", "smsConsent": "yes", "educationRights": ""},
    )
    assert {name: n for name, n in made.counts.items() if name} == {
        "students_new": 2,
        "contacts_new": 1,
        "addresses_new": 2,
        "links_new": 2,
        "rights_unknown": 1,
        "texting_granted": 1,
    }
    assert rows(
        world, sa.select(t.Contact.name, t.Contact.lang_written, t.Contact.lang_by, t.Contact.identity, t.Contact.interpreter).where(MINE)
    ) == [("Inés Marín", "es", "roster", "unconfirmed", True)]
    children = (
        sa.select(t.Student.first_name, t.Guardianship.rights_holder, t.Guardianship.relation)
        .join_from(t.Guardianship, t.Student)
        .where(t.Student.source_index.is_not(None))
    )
    assert sorted(rows(world, children)) == [("Leo", False, "mother"), ("Rosa", True, "mother")]
    places = sa.select(t.Endpoint.channel, t.Endpoint.address).join_from(t.Endpoint, t.Contact).where(MINE, t.Endpoint.channel != "webchat")
    assert sorted(rows(world, places)) == [("email", "ines@example.org"), ("sms", "+12125550188")]
    assert rows(world, sa.select(sa.func.count()).select_from(t.Outbox)) == [(0,)]
    with world.read() as conn:
        assert all(finding.holds for finding in verify(conn, world.vault, ""))
        assert stored.newest(conn, "dst_demo") == {**{name: n for name, n in made.counts.items() if name}, "unreadable": 0}


def test_the_same_file_again_changes_nothing(world: Database, ids: RealIds) -> None:
    bring(world, ids, GOOD)
    again = bring(world, ids, GOOD, now=LATER)
    assert {name: n for name, n in again.counts.items() if name} == {}
    assert (again.new, again.changed) == ({}, {})


def test_a_plan_alone_writes_nothing(world: Database, ids: RealIds) -> None:
    with world.read() as conn:
        made = roster.plan(conn, world.vault, "dst_demo", read(sheet(GOOD)), START, ids.new)
    assert made.counts["students_new"] == 1
    assert rows(world, sa.select(t.Student.id).where(t.Student.source_index.is_not(None))) == []


def test_changes_of_the_school_are_taken_over(world: Database, ids: RealIds) -> None:
    bring(world, ids, GOOD)
    made = bring(
        world,
        ids,
        {**GOOD, "grade": "4", "contactName": "Inés Marín Soto", "educationRights": "no", "langSpoken": "mam", "modality": "listen"},
        now=LATER,
    )
    assert {name: n for name, n in made.counts.items() if name} == {"students_changed": 1, "contacts_changed": 1, "links_changed": 1}
    assert rows(world, sa.select(t.Contact.name, t.Contact.lang_spoken, t.Contact.modality).where(MINE)) == [
        ("Inés Marín Soto", "mam", "listen")
    ]
    assert rows(world, sa.select(t.Student.grade).where(t.Student.source_index.is_not(None))) == [("4",)]


def test_a_later_file_that_says_less_takes_nothing_away(world: Database, ids: RealIds) -> None:
    bring(world, ids, {**GOOD, "modality": "listen", "langSpoken": "mam", "interpreter": "yes"})
    query = sa.select(t.Contact.lang_spoken, t.Contact.modality, t.Contact.interpreter).where(MINE)
    before = (
        rows(world, query),
        rows(world, sa.select(t.Student.last_name, t.Student.birth_date).where(t.Student.source_index.is_not(None))),
    )
    less = ("studentLastName", "birthDate", "grade", "langSpoken", "modality", "interpreter")
    made = bring(world, ids, {**GOOD, **dict.fromkeys(less, "")}, now=LATER)
    assert (made.counts["students_changed"], made.counts["contacts_changed"]) == (0, 0)
    student = sa.select(t.Student.last_name, t.Student.birth_date).where(t.Student.source_index.is_not(None))
    assert (rows(world, query), rows(world, student)) == before
    with world.read() as conn:
        found = stored.contact_named(conn, world.vault, GOOD["contactId"])
        assert [(found,)] == rows(world, sa.select(t.Contact.id).where(MINE))
        assert stored.contact_named(conn, world.vault, "con_demo_es") == "con_demo_es"
        assert (stored.case_named(conn, "CV-1002"), stored.case_named(conn, "cas_x")) == ("cas_demo_diego", "cas_x")


def test_the_language_the_family_chose_stays(world: Database, ids: RealIds) -> None:
    bring(world, ids, GOOD)
    with world.begin() as conn:
        conn.execute(sa.update(t.Contact).where(MINE).values(lang_written="mam", lang_by="family"))
    made = bring(world, ids, GOOD, now=LATER)
    assert made.counts["kept_family_language"] == 1
    assert rows(world, sa.select(t.Contact.lang_written).where(MINE)) == [("mam",)]


def test_a_new_number_replaces_an_unconfirmed_one_and_stands_behind_a_confirmed_one(world: Database, ids: RealIds) -> None:
    bring(world, ids, GOOD)
    made = bring(world, ids, {**GOOD, "sms": "212 555 0189"}, now=LATER)
    assert (made.counts["addresses_replaced"], made.counts["kept_family_address"]) == (1, 0)
    places = (
        sa.select(t.Endpoint.address, t.Endpoint.state, t.Endpoint.preferred)
        .join_from(t.Endpoint, t.Contact)
        .where(MINE, t.Endpoint.channel == "sms")
    )
    assert sorted(rows(world, places)) == [("+12125550188", "unreachable", 0), ("+12125550189", "active", 0)]
    with world.begin() as conn:
        conn.execute(sa.update(t.Endpoint).where(t.Endpoint.state == "active", t.Endpoint.channel == "sms").values(confirmed_at=LATER))
    third = bring(world, ids, {**GOOD, "sms": "212 555 0190"}, now=LATER)
    assert third.counts["kept_family_address"] == 1
    assert sorted(rows(world, places))[1:] == [("+12125550189", "active", 0), ("+12125550190", "active", 10)]


SMS = (
    sa.select(t.Contact.name, t.Endpoint.address, t.Endpoint.state)
    .join_from(t.Endpoint, t.Contact)
    .where(MINE, t.Endpoint.channel == "sms")
)


def test_a_file_that_is_back_at_the_first_number_gives_up_the_one_between(world: Database, ids: RealIds) -> None:
    bring(world, ids, GOOD)
    bring(world, ids, {**GOOD, "sms": "212 555 0189"}, now=LATER)
    made = bring(world, ids, GOOD, now=LATER)
    assert (made.counts["addresses_back"], made.counts["addresses_replaced"]) == (1, 1)
    assert sorted(row[1:] for row in rows(world, SMS)) == [("+12125550188", "active"), ("+12125550189", "unreachable")]
    assert not any(bring(world, ids, GOOD, now=LATER).counts.values())


def _wrong_number(world: Database) -> None:
    with world.begin() as conn:
        conn.execute(sa.update(t.Endpoint).where(t.Endpoint.channel == "sms").values(state="blocked"))
        conn.execute(sa.update(t.Contact).where(MINE).values(identity="wrong_number"))


def test_a_number_that_was_wrong_is_not_written_to_under_another_name(world: Database, ids: RealIds) -> None:
    bring(world, ids, GOOD)
    _wrong_number(world)
    again = {**GOOD, "smsConsent": "yes"}
    made = bring(world, ids, again, {**again, "contactId": "C-8", "contactName": "Abel Marín", "email": ""}, now=LATER)
    assert (made.counts["wrong_numbers"], made.counts["texting_granted"]) == (2, 0)
    assert sorted(rows(world, SMS)) == [("Abel Marín", "+12125550188", "blocked"), ("Inés Marín", "+12125550188", "blocked")]


def test_who_had_a_wrong_number_is_reached_at_a_new_one_and_the_strangers_page_stays_shut(world: Database, ids: RealIds) -> None:
    bring(world, ids, GOOD)
    _wrong_number(world)
    with world.begin() as conn:
        contact_id = conn.execute(sa.select(t.Contact.id).where(MINE)).scalar_one()
        link = {"token_hash": b"t" * 32, "district_id": "dst_demo", "contact_id": contact_id, "purpose": "chat"}
        conn.execute(sa.insert(t.FamilyLink).values(**link, code_tries=0, expires_at=LATER + timedelta(days=9)))
    bring(world, ids, {**GOOD, "sms": "212 555 0189"}, now=LATER)
    assert rows(world, sa.select(t.Contact.identity).where(MINE)) == [("unconfirmed",)]
    assert sorted(row[1:] for row in rows(world, SMS)) == [("+12125550188", "blocked"), ("+12125550189", "active")]
    assert rows(world, sa.select(t.FamilyLink.expires_at)) == [(LATER,)]


def test_one_number_of_two_people_is_a_shared_phone(world: Database, ids: RealIds) -> None:
    bring(world, ids, GOOD)
    made = bring(world, ids, GOOD, {**GOOD, "contactId": "C-8", "contactName": "Abel Marín", "email": ""}, now=LATER)
    assert made.counts["shared_numbers"] == 1
    assert rows(world, sa.select(t.Endpoint.shared).join_from(t.Endpoint, t.Contact).where(MINE, t.Endpoint.channel == "sms")) == [
        (True,),
        (True,),
    ]


def test_one_mailbox_of_two_people_is_shared_too(world: Database, ids: RealIds) -> None:
    made = bring(world, ids, GOOD, {**GOOD, "contactId": "C-8", "contactName": "Abel Marín", "sms": "", "email": "INES@example.org"})
    assert made.counts["shared_numbers"] == 1
    mailboxes = sa.select(t.Endpoint.shared).join_from(t.Endpoint, t.Contact).where(MINE, t.Endpoint.channel == "email")
    assert rows(world, mailboxes) == [(True,), (True,)]


@pytest.mark.parametrize(("said", "state"), [("yes", "granted"), ("no", "refused")])
def test_texting_words_of_the_roster_count_only_where_the_family_has_not_spoken(
    world: Database, ids: RealIds, said: str, state: str
) -> None:
    bring(world, ids, {**GOOD, "smsConsent": said})
    index = world.vault.index("dst_demo", "+12125550188")
    here = sa.select(t.Consent.state).where(t.Consent.address_index == index)
    assert rows(world, here) == [(state,)]
    with world.begin() as conn:
        conn.execute(sa.update(t.Consent).where(t.Consent.address_index == index).values(state="stopped"))
    bring(world, ids, {**GOOD, "contactId": "C-9", "smsConsent": "yes"}, now=LATER)
    assert rows(world, here) == [("stopped",)]


def waiting(world: Database, ids: RealIds) -> str:
    """A case of the roster's child, and a reminder about it that waits for the roster's contact."""
    with world.begin() as conn:
        link = sa.select(t.Guardianship.id, t.Guardianship.contact_id, t.Guardianship.student_id)
        right, contact, student = conn.execute(link.join(t.Contact).where(MINE)).one()
        case = {**conn.execute(sa.select(t.Case.__table__).where(t.Case.code == "CV-1002")).mappings().one()}
        case |= {"id": "cas_roster", "student_id": student, "code": "CV-2001", "chain_seq": 0, "chain_head": b"\0" * 32}
        conn.execute(sa.insert(t.Case), [case])
        row = {
            "id": ids.new("out"),
            "district_id": "dst_demo",
            "audience": "family",
            "contact_id": contact,
            "case_id": "cas_roster",
            "guardianship_id": right,
            "channel": "sms",
            "sender": "+15550100001",
            "message_class": "C",
            "purpose": "flow",
            "body": Plain("dst_demo", "Hi"),
            "lang": "es",
            "state": "queued",
            "not_before": LATER,
            "created_at": START,
        }
        conn.execute(sa.insert(t.Outbox), [row])
    return str(row["id"])


def test_a_restriction_cancels_what_waits_and_a_silent_file_never_lifts_it(world: Database, ids: RealIds) -> None:
    bring(world, ids, GOOD)
    row = waiting(world, ids)
    bring(world, ids, {**GOOD, "contactRestriction": "court order"}, now=LATER)
    assert rows(world, sa.select(t.Outbox.state, t.Outbox.reason).where(t.Outbox.id == row)) == [("cancelled", "restricted")]
    made = bring(world, ids, GOOD, now=LATER)
    assert made.counts["kept_restriction"] == 1
    links = sa.select(t.Guardianship.restriction, t.Guardianship.may_receive).join(t.Contact).where(MINE)
    assert rows(world, links) == [("court_order", False)]


def test_a_restriction_freezes_whose_words_this_adult_may_read(world: Database, ids: RealIds) -> None:
    bring(world, ids, GOOD, {**GOOD, "contactId": "C-8", "contactName": "Ben Marín", "sms": "", "email": ""})
    bring(
        world,
        ids,
        {**GOOD, "contactRestriction": "court order"},
        {**GOOD, "contactId": "C-8", "contactName": "Ben Marín", "sms": "", "email": ""},
        now=LATER,
    )
    assert rows(world, sa.select(t.WordSharing.state)) == []  # no case is open: nothing was ever shared
    with world.begin() as conn:
        case = sa.select(t.Guardianship.student_id).join(t.Contact).where(MINE).limit(1).scalar_subquery()
        conn.execute(sa.update(t.Case).where(t.Case.id == "cas_demo_maya").values(student_id=case))
    bring(world, ids, GOOD, {**GOOD, "contactId": "C-8", "contactName": "Ben Marín", "contactRestriction": "court order"}, now=LATER)
    assert {state for (state,) in rows(world, sa.select(t.WordSharing.state))} == {"frozen"}


def test_a_restriction_outlives_a_year_in_which_the_file_did_not_name_the_person(world: Database, ids: RealIds) -> None:
    bring(world, ids, {**GOOD, "contactRestriction": "court order"})
    other = {**GOOD, "studentId": "S-200", "contactId": "C-20", "sms": "", "email": ""}
    bring(world, ids, other, now=LATER, end_missing=True)
    bring(world, ids, GOOD, now=LATER + timedelta(days=365))
    links = sa.select(t.Guardianship.restriction, t.Guardianship.may_receive, t.Guardianship.valid_to).join(t.Contact)
    assert rows(world, links.where(MINE, t.Guardianship.restriction != "")) == [("court_order", False, None)]
    assert len(rows(world, links.where(MINE))) == 2


def test_after_the_eighteenth_birthday_a_roster_makes_no_new_link_but_the_students_own(world: Database, ids: RealIds) -> None:
    grown = {**GOOD, "birthDate": "2008-01-02"}
    made = bring(world, ids, grown, now=START)
    assert made.counts["of_age"] == 1
    themselves = {**grown, "contactId": "C-30", "relationship": "self", "sms": "", "email": ""}
    bring(world, ids, themselves, now=START)
    assert rows(world, sa.select(t.Guardianship.relation).join(t.Contact).where(MINE)) == [("self",)]


@pytest.mark.parametrize(("end", "state"), [(False, "queued"), (True, "cancelled")])
def test_a_link_the_file_lost_is_named_and_ended_only_when_asked(world: Database, ids: RealIds, end: bool, state: str) -> None:
    bring(world, ids, GOOD)
    row = waiting(world, ids)
    other = {**GOOD, "studentId": "S-200", "contactId": "C-20", "sms": "", "email": ""}
    made = bring(world, ids, other, now=LATER, end_missing=end)
    assert (made.counts["links_missing"], made.counts["contacts_without_address"]) == (1, 1)
    assert rows(world, sa.select(t.Outbox.state).where(t.Outbox.id == row)) == [(state,)]


@pytest.mark.parametrize("broken", [{"sms": "?"}, {"school": "Nowhere"}])
def test_a_line_that_cannot_be_read_ends_no_link(world: Database, ids: RealIds, broken: dict[str, str]) -> None:
    """A typing mistake in a telephone number must not take a mother off her child."""
    bring(world, ids, GOOD)
    row = waiting(world, ids)
    made = bring(world, ids, {**GOOD, **broken}, {**GOOD, "studentId": "S-200", "contactId": "C-20"}, now=LATER, end_missing=True)
    assert (made.counts["links_missing"], made.notes[0].line) == (0, 0)
    assert rows(world, sa.select(t.Outbox.state).where(t.Outbox.id == row)) == [("queued",)]


def test_the_demo_families_who_came_from_no_roster_are_left_alone(world: Database, ids: RealIds) -> None:
    before = rows(world, sa.select(t.Contact.id, t.Contact.name).order_by(t.Contact.id))
    bring(world, ids, GOOD, end_missing=True)
    assert rows(world, sa.select(t.Contact.id, t.Contact.name).where(t.Contact.source_index.is_(None)).order_by(t.Contact.id)) == before
    assert rows(world, sa.select(sa.func.count()).select_from(t.Guardianship).where(t.Guardianship.valid_to.is_not(None))) == [(0,)]


def test_the_report_counts_first_and_names_lines_not_people(world: Database, ids: RealIds) -> None:
    found = read(
        sheet(
            {**GOOD, "school": "Nowhere"},
            {**GOOD, "email": "?"},
            {**GOOD, "contactRestriction": "x", "studentId": "S-3", "contactId": "C-3"},
        )
    )
    with world.read() as conn:
        made = roster.plan(conn, world.vault, "dst_demo", found, START, ids.new)
    lines = sentences(made, found, ("en", "es"))
    assert lines[0] == "     2  new numbers and e-mail addresses"
    assert lines[-3:] == [
        "Line 2 was not read: school is not one of this district's: write its name as `hearthline district list` shows it.",
        "Line 3 was not read: email is no e-mail address.",
        "Line 4: Restricted: nothing about this student goes to this person.",
    ]
    assert not {"Rosa", "Marín", "Inés", "0188", "C-3"} & set(" ".join(lines).replace(".", " ").split())


def test_what_is_wrong_with_many_lines_is_said_once(world: Database, ids: RealIds) -> None:
    people = [{**GOOD, "studentId": f"S-{number}", "contactId": f"C-{number}"} for number in range(9)]
    for number in (0, 3, 4, 5, 7):
        people[number]["email"] = "?"
    for number in (1, 8):
        people[number]["contactRestriction"] = "x"
    found = read(sheet(*people))
    with world.read() as conn:
        made = roster.plan(conn, world.vault, "dst_demo", found, START, ids.new)
    assert [line for line in sentences(made, found, ("en", "es")) if "ine" in line] == [
        "5 lines were not read: email is no e-mail address. Lines 2, 5-7, 9.",
        "2 lines: Restricted: nothing about this student goes to this person. Lines 3, 10.",
        "Line 3: Several people have this number or e-mail address: it is treated as shared.",
    ]


def test_the_database_looks_anew_at_the_tables_an_import_fills() -> None:
    made = Plan("dst_demo", new={t.Student: [{}] * roster.MANY, t.Contact: [{}] * (roster.MANY - 1)})
    assert roster.grown(made) == ["student"]


def test_the_report_counts_the_people_a_person_must_write_to_because_the_district_does_not(world: Database, ids: RealIds) -> None:
    people = [
        {**GOOD, "studentId": f"S-{number}", "contactId": f"C-{number}", "langWritten": lang} for number, lang in enumerate(LANGUAGES)
    ]
    again = {**people[2], "studentId": "S-9"}
    found = read(sheet(*people, again))
    with world.read() as conn:
        made = roster.plan(conn, world.vault, "dst_demo", found, START, ids.new)
    told = [line for line in sentences(made, found, ("en", "es")) if "lang.enabled" in line]
    assert told == [
        "     2  contacts who read Somali (so): the district does not write in it (lang.enabled), so a person does",
        "     1  contacts who read Chinese (Traditional) (zh-Hant): the district does not write in it (lang.enabled), so a person does",
    ]


def test_a_link_the_file_lacks_is_told_in_words_that_are_true_of_both_imports(world: Database, ids: RealIds) -> None:
    other = {**GOOD, "studentId": "S-101", "contactId": "C-8", "email": "", "sms": "(212) 555-0189"}
    bring(world, ids, GOOD, other)
    made = bring(world, ids, GOOD, end_missing=True)
    told = [note.says for note in made.notes if note.says.startswith("The link")]
    assert [says.partition(" is not ")[2] for says in told] == ["in the file any more: --end-missing ends it, any other import leaves it."]
