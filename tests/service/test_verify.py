"""A changed, removed, moved or added line is found, and named; a lawful erasure is not mistaken for one."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from bot.errors import CaseUnknown
from bot.service import audit
from bot.service.verify import Finding, verify
from bot.store import tables as t
from bot.store.database import Database
from bot.store.types import Plain
from tests.fakes.clock import START, CountingIds
from tests.service.record_writer import CASE, entry, intrude, mark, write

CODE = "CV-1002"


@pytest.fixture
def record(world: Database) -> Database:
    write(world, entry(1), entry(2, "Lee con su abuela"), mark(1, "ent_1"), entry(3, "Se cansa por la tarde"))
    return world


def finding(database: Database) -> Finding:
    with database.read() as conn:
        (found,) = verify(conn, database.vault, CODE)
    return found


def test_an_untouched_record_holds(record: Database) -> None:
    assert finding(record) == Finding(CODE, 4)
    with record.read() as conn:
        assert [one.subject for one in verify(conn, record.vault) if not one.holds] == []
        assert [one for one in verify(conn, record.vault, CASE)] == [Finding(CODE, 4)]  # noqa: C416


def test_a_case_nobody_has_is_said_so(record: Database) -> None:
    with record.read() as conn, pytest.raises(CaseUnknown):
        list(verify(conn, record.vault, "CV-9999"))


@pytest.mark.parametrize(
    ("values", "row"),
    [
        ({"answer_raw": Plain("dst_demo", "No le gusta nada")}, "ent_2"),
        ({"answer_raw": None}, "ent_2"),
        ({"visibility": "staff_only"}, "ent_2"),
        ({"contact_id": "con_demo_en"}, "ent_2"),
        ({"requirement_refs": []}, "ent_2"),
        ({"salt": b"x" * 16}, "ent_2"),
    ],
)
def test_a_changed_line_is_named(record: Database, values: dict[str, object], row: str) -> None:
    intrude(record, sa.update(t.CaseEntry).where(t.CaseEntry.id == row).values(**values))
    assert finding(record) == Finding(CODE, 1, 2, row, "changed")


def test_a_changed_mark_is_named(record: Database) -> None:
    intrude(record, sa.update(t.EntryMark).values(value=Plain("dst_demo", '{"by":"con_demo_en"}')))
    assert finding(record) == Finding(CODE, 2, 3, "mrk_1", "changed")


def test_a_removed_line_is_missed(record: Database) -> None:
    intrude(record, sa.delete(t.EntryMark))
    assert finding(record) == Finding(CODE, 2, 3, "ent_3", "missing")


def test_a_cut_end_is_missed(record: Database) -> None:
    intrude(record, sa.delete(t.CaseEntry).where(t.CaseEntry.id == "ent_3"))
    assert finding(record) == Finding(CODE, 3, 4, "mrk_1", "cut")


def test_a_record_emptied_altogether_is_missed(record: Database) -> None:
    intrude(record, sa.delete(t.EntryMark))
    intrude(record, sa.delete(t.CaseEntry))
    assert finding(record) == Finding(CODE, 0, 1, "", "cut")


def test_lines_that_changed_places_are_named(record: Database) -> None:
    for old, new in ((1, 9), (2, 1), (9, 2)):
        intrude(record, sa.update(t.CaseEntry).where(t.CaseEntry.seq == old).values(seq=new))
    assert finding(record) == Finding(CODE, 0, 1, "ent_2", "unlinked")


def test_a_line_added_behind_the_case_s_back_is_named(record: Database) -> None:
    with record.begin() as conn:
        head = conn.execute(sa.select(t.Case.chain_seq, t.Case.chain_head).where(t.Case.id == CASE)).one()
    write(record, entry(4))
    intrude(record, sa.update(t.Case).where(t.Case.id == CASE).values(chain_seq=head[0], chain_head=head[1]))
    assert finding(record) == Finding(CODE, 5, 5, "ent_4", "cut")


def test_a_broken_seal_is_named(record: Database) -> None:
    intrude(record, sa.text("update case_entry set answer_raw = :junk where id = 'ent_2'").bindparams(junk=b"junk"))
    assert finding(record) == Finding(CODE, 1, 2, "ent_2", "unreadable")


@pytest.mark.parametrize("column", ["media", "requirement_refs"])
def test_a_column_nobody_could_have_written_is_found_and_no_crash(record: Database, column: str) -> None:
    intrude(record, sa.text(f"update case_entry set {column} = 'no list' where id = 'ent_2'"))
    assert finding(record) == Finding(CODE, 0, 1, "", "unreadable")


def test_a_line_whose_check_was_taken_away_is_named(record: Database) -> None:
    intrude(record, sa.update(t.CaseEntry).where(t.CaseEntry.id == "ent_2").values(salt=None, answer_raw=Plain("dst_demo", "Nada")))
    assert finding(record) == Finding(CODE, 1, 2, "ent_2", "changed")


def test_a_recomputed_digest_does_not_fit_the_chain(record: Database) -> None:
    intrude(record, sa.update(t.CaseEntry).where(t.CaseEntry.id == "ent_2").values(digest=b"d" * 32))
    assert finding(record) == Finding(CODE, 1, 2, "ent_2", "unlinked")


def test_a_lawful_erasure_still_verifies(record: Database) -> None:
    intrude(record, sa.update(t.CaseEntry).where(t.CaseEntry.id == "ent_2").values(salt=None, answer_raw=None, answer_norm=None))
    assert finding(record) == Finding(CODE, 4)


def test_what_is_written_while_we_look_is_left_for_the_next_time(record: Database) -> None:
    with record.read() as conn:
        from bot.service.verify import verify_case
        from bot.store.record import heads

        (before,) = heads(conn, CODE)
    write(record, entry(5))
    with record.read() as conn:
        assert verify_case(conn, record.vault, before) == Finding(CODE, 4)


def line(database: Database, ids: CountingIds, number: int) -> None:
    with database.begin() as conn:
        audit.record(
            conn,
            district_id="dst_demo",
            actor_kind="staff",
            actor_id="stf_demo_teacher",
            action="read",
            object_kind="case",
            object_id=f"cas_{number}",
            message_class="D",
            reason="timeline",
            now=START,
            new_id=ids.new,
        )


def test_the_audit_log_is_a_chain_of_its_own(world: Database, ids: CountingIds) -> None:
    for number in range(3):
        line(world, ids, number)
    with world.read() as conn:
        assert list(verify(conn, world.vault))[-1] == Finding("audit dst_demo", 3)


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("update audit set actor_id = 'stf_demo_other' where seq = 2", (1, 2, "changed")),
        ("delete from audit where seq = 2", (1, 2, "missing")),
    ],
)
def test_one_touched_line_of_the_audit_log_is_found(world: Database, ids: CountingIds, statement: str, found: tuple[int, int, str]) -> None:
    for number in range(3):
        line(world, ids, number)
    intrude(world, sa.text(statement))
    with world.read() as conn:
        last = list(verify(conn, world.vault))[-1]
    assert (last.links, last.broken_at, last.why) == found


def test_lines_written_at_once_all_find_their_place(world: Database) -> None:
    import threading

    from bot.clock import RealIds

    ids = RealIds()

    def many() -> None:
        for number in range(10):
            with world.begin() as conn:
                audit.record(
                    conn, district_id="dst_demo", actor_kind="staff", actor_id="stf", action="read", object_kind="case",
                    object_id=str(number), now=START, new_id=ids.new,
                )  # fmt: skip

    threads = [threading.Thread(target=many) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with world.read() as conn:
        assert list(verify(conn, world.vault))[-1] == Finding("audit dst_demo", 40)
