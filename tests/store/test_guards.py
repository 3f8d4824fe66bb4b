"""What the database refuses by itself, on both engines: a record that shrinks or changes, and a message without a live right (fault 1)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from bot.store import tables as t
from bot.store.database import Database
from bot.store.types import Plain
from tests.fakes.clock import START
from tests.service.posting import DISTRICT, queue, row
from tests.service.record_writer import entry, mark, write

NOW = START + timedelta(hours=1)
GUARDIAN = t.Guardianship.id == "gua_demo_es_demo_diego"


def run(database: Database, statement: sa.Executable) -> None:
    with database.begin() as conn:
        conn.execute(statement)


def refused(database: Database, statement: sa.Executable, why: str) -> None:
    with pytest.raises(sa.exc.IntegrityError, match=why):
        run(database, statement)


def audit_line(n: int) -> dict[str, Any]:
    words = dict.fromkeys(("actor_kind", "actor_id", "action", "object_kind", "object_id"), "x")
    return {"id": f"aud_{n}", "district_id": DISTRICT, "seq": n, **words, "at": START, "chain": b"c" * 32}


@pytest.fixture
def record(world: Database) -> Database:
    """A case with an entry and a mark, and a line of the audit log."""
    write(world, entry(1), mark(2, "ent_1"))
    with world.begin() as conn:
        conn.execute(sa.insert(t.Audit), [audit_line(1)])
    return world


CHANGES = [
    (t.CaseEntry, {"kind": "concern"}),
    (t.CaseEntry, {"visibility": "safety_only"}),
    (t.CaseEntry, {"chain": b"d" * 32}),
    (t.EntryMark, {"kind": "translation"}),
    (t.Audit, {"actor_id": "somebody"}),
    (t.ConsentLedger, {"state": "granted"}),
]


@pytest.mark.parametrize(("table", "values"), CHANGES)
def test_a_line_of_the_record_never_changes(record: Database, table: Any, values: dict[str, Any]) -> None:
    refused(record, sa.update(table).values(**values), f"{table.__tablename__} only grows")


@pytest.mark.parametrize("table", [t.EntryMark, t.CaseEntry, t.Audit, t.ConsentLedger])
def test_a_line_of_the_record_is_never_deleted(record: Database, table: Any) -> None:
    refused(record, sa.delete(table), f"{table.__tablename__} only grows")


def test_what_is_sealed_may_be_sealed_again_and_erased_with_its_salt(record: Database) -> None:
    run(record, sa.update(t.CaseEntry).values(answer_raw=Plain(DISTRICT, "the same words")))
    run(record, sa.update(t.CaseEntry).values(answer_raw=None, answer_norm=None, salt=None))
    run(record, sa.update(t.EntryMark).values(value=None, salt=None))


def hand(number: int = 1) -> sa.Update:
    return sa.update(t.Outbox).where(t.Outbox.id == f"out_{number:026d}").values(state="handed", handed_at=NOW)


def test_a_message_for_somebody_with_a_live_right_is_handed_over(world: Database) -> None:
    queue(world, row(1, NOW))
    run(world, hand())


@pytest.mark.parametrize(
    "wrong",
    [
        {"guardianship_id": None},
        {"guardianship_id": "gua_demo_en_demo_maya"},
        {"case_id": "cas_demo_maya"},
        {"contact_id": "con_demo_en"},
        {"contact_id": None},
    ],
)
@pytest.mark.parametrize("message_class", ["A", "C", "D"])
def test_a_message_about_another_child_or_for_another_family_is_not(world: Database, wrong: dict[str, Any], message_class: str) -> None:
    with pytest.raises(sa.exc.IntegrityError, match="no live guardianship"):
        queue(world, row(1, NOW, message_class=message_class, **wrong))


def test_one_such_message_among_many_fails_them_all(world: Database) -> None:
    with pytest.raises(sa.exc.IntegrityError, match="no live guardianship"):
        queue(world, row(1, NOW), row(2, NOW, guardianship_id=None), row(3, NOW))
    with world.read() as conn:
        assert conn.execute(sa.select(sa.func.count()).select_from(t.Outbox)).scalar_one() == 0


@pytest.mark.parametrize("ended", [{"restriction": "court"}, {"may_receive": False}, {"valid_to": NOW}])
def test_nor_is_one_queued_for_somebody_whose_right_has_ended(world: Database, ended: dict[str, Any]) -> None:
    run(world, sa.update(t.Guardianship).where(GUARDIAN).values(**ended))
    with pytest.raises(sa.exc.IntegrityError, match="no live guardianship"):
        queue(world, row(1, NOW))


@pytest.mark.parametrize(
    "ended", [{"restriction": "court"}, {"may_receive": False}, {"valid_to": NOW}, {"valid_from": NOW + timedelta(seconds=1)}]
)
def test_nor_is_one_whose_right_has_ended_since_it_was_queued(world: Database, ended: dict[str, Any]) -> None:
    queue(world, row(1, NOW))
    run(world, sa.update(t.Guardianship).where(GUARDIAN).values(**ended))
    refused(world, hand(), "no live guardianship")


@pytest.mark.parametrize(
    "exempt",
    [
        {"message_class": "F"},
        {"purpose": "confirm_stop"},
        {"purpose": "crisis"},
        {"case_id": None},
        {"audience": "staff"},
    ],
)
def test_what_names_no_child_needs_no_right(world: Database, exempt: dict[str, Any]) -> None:
    queue(world, row(1, NOW, guardianship_id=None, **exempt))
    run(world, hand())


def test_any_other_fate_needs_no_right_either(world: Database) -> None:
    queue(world, row(1, NOW))
    run(world, sa.update(t.Guardianship).where(GUARDIAN).values(valid_to=NOW))
    run(world, sa.update(t.Outbox).values(state="cancelled"))


@pytest.mark.parametrize(
    ("table", "change", "open_to"),
    [
        # what is changed after queueing, and which classes still go: bot-started A to E, then answers A to E
        (None, {}, "ABCDE ABCDE"),
        (t.Case, {"safety_hold": True}, " "),
        (t.Contact, {"identity": "wrong_number"}, " "),
        (t.Endpoint, {"state": "blocked"}, " "),
        (t.Endpoint, {"state": "unreachable"}, " "),
        (t.Endpoint, {"contact_id": "con_demo_en"}, " "),
        (t.Guardianship, {"hold": "new_guardian"}, " AE"),
        (t.Contact, {"identity": "held"}, " AE"),
        (t.Guardianship, {"rights_holder": False}, "AB ABE"),
        (t.Endpoint, {"confirmed_at": None}, "AB ABE"),
        (t.Contact, {"identity": "unconfirmed"}, "ABC ABCE"),
        (t.Endpoint, {"shared": True}, "ABC ABCE"),
    ],
)
def test_what_stands_against_a_message_by_the_time_it_leaves_stops_it_in_the_database_too(
    world: Database, table: Any, change: dict[str, Any], open_to: str
) -> None:
    letters = [(answers, letter) for answers in (False, True) for letter in "ABCDE"]
    rows = [row(n, NOW, message_class=letter, answers_family=answers) for n, (answers, letter) in enumerate(letters, 1)]
    queue(world, *rows)
    if table is not None:
        mine = {
            t.Case: t.Case.id == "cas_demo_diego",
            t.Contact: t.Contact.id == "con_demo_es",
            t.Endpoint: t.Endpoint.id == "end_demo_es_sms",
            t.Guardianship: GUARDIAN,
        }
        run(world, sa.update(table).where(mine[table]).values(**change))
    went = {False: "", True: ""}
    for number, (answers, letter) in enumerate(letters, 1):
        try:
            run(world, hand(number))
        except sa.exc.IntegrityError:
            continue
        went[answers] += letter
    assert f"{went[False]} {went[True]}" == open_to


def test_another_adults_words_go_only_to_whom_that_adult_said_yes(world: Database) -> None:
    queue(world, row(1, NOW, words_of="con_demo_en"), row(2, NOW, words_of="con_demo_es"))
    refused(world, hand(1), "no live guardianship")
    run(world, hand(2))
    key = {"case_id": "cas_demo_diego", "writer_id": "con_demo_en", "reader_id": "con_demo_es", "district_id": DISTRICT, "changed_at": NOW}
    run(world, sa.insert(t.WordSharing).values(**key, state="no"))
    refused(world, hand(1), "no live guardianship")
    run(world, sa.update(t.WordSharing).values(state="frozen"))
    refused(world, hand(1), "no live guardianship")
    run(world, sa.update(t.WordSharing).values(state="yes"))
    run(world, hand(1))
