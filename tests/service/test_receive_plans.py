"""No statement of a turn reads a whole table: a turn costs the same with a thousand open talks as with a million."""

from __future__ import annotations

import sqlalchemy as sa

from bot.store import inbound, turn_rows
from bot.store.together import Direct
from bot.store.turn_rows import TurnRows
from tests.service.receiving import EN, sms, take

GROWING = frozenset(
    "message session outbox case_entry entry_mark cases guardianship endpoint contact consent student timer handoff word_sharing".split()
)


def plan(conn, sql: str, values) -> list[str]:
    if conn.dialect.name == "sqlite":
        return [row[-1] for row in conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", values)]
    return [row[0] for row in conn.exec_driver_sql(f"EXPLAIN {sql}", values)]


def scans(conn, sql: str, values) -> list[str]:
    """Tables that grow and would be read whole."""
    found = []
    for line in plan(conn, sql, values):
        words = line.replace("->", " ").split()
        whole = words[:1] == ["SCAN"] if conn.dialect.name == "sqlite" else words[:3] == ["Seq", "Scan", "on"]
        if whole and GROWING & set(words):
            found.append(line)
    return found


def test_no_reading_statement_reads_a_table_that_grows(runtime, clock):
    index = runtime.vault.index("dst_demo", EN)
    given = {
        "known": {"providers": ["twilio"], "ids": ["SM1"]},
        "by_contact": {"contacts": ["con_demo_en"]},
        "by_address": {"districts": ["dst_demo"], "indexes": [index]},
        "cases": {"contacts": ["con_demo_en"], "now": clock.now()},
        "sessions": {"contacts": ["con_demo_en"]},
        "consents": {"districts": ["dst_demo"], "indexes": [index]},
        "choices": {"contacts": ["con_demo_en"], "now": clock.now()},
        "adults": {"cases": ["cas_demo_maya"], "now": clock.now()},
        "sharings": {"cases": ["cas_demo_maya"]},
        "said": {"keys": ["key"]},
    }
    with runtime.database.begin() as conn:
        statements = inbound._statements(conn.dialect.name)
        assert given.keys() == statements.keys() - {"approvals"}
        if conn.dialect.name == "postgresql":
            conn.exec_driver_sql("set local enable_seqscan = off")  # a table of five rows is read whole by anybody in his right mind
        for name, values in given.items():
            direct = Direct(name, statements[name], conn.dialect, values)
            assert (name, scans(conn, direct.sql, direct.values(values))) == (name, [])


def test_pairs_are_looked_up_as_pairs(runtime, clock):
    """Each by both of its columns: the first alone would find every message of a provider and every address of a district."""
    index = runtime.vault.index("dst_demo", EN)
    given = {
        "known": ({"providers": ["twilio"], "ids": ["SM1"]}, "provider_id"),
        "by_address": ({"districts": ["dst_demo"], "indexes": [index]}, "address_index"),
        "consents": ({"districts": ["dst_demo"], "indexes": [index]}, "address_index"),
    }
    with runtime.database.begin() as conn:
        statements = inbound._statements(conn.dialect.name)
        if conn.dialect.name == "postgresql":
            conn.exec_driver_sql("set local enable_seqscan = off")
            conn.exec_driver_sql("set local plan_cache_mode = force_generic_plan")
        for name, (values, second) in given.items():
            direct = Direct(name, statements[name], conn.dialect, values)
            looked_up = [line for line in plan(conn, direct.sql, direct.values(values)) if "Index Cond" in line or "USING INDEX" in line]
            assert any(second in line for line in looked_up), (name, looked_up)


def test_no_change_of_a_turn_reads_a_table_that_grows(runtime, clock):
    seen: list[tuple[str, object]] = []
    sa.event.listen(runtime.database.engine, "before_cursor_execute", lambda *args: seen.append((args[2], args[3])))
    take(runtime, sms("STOP"), sms("STOP", "+15550109999"))
    take(runtime, sms("START"))
    take(runtime, sms("wrong number"))
    changes = {sql: values for sql, values in seen if sql.startswith("UPDATE")}
    assert len(changes) >= 4
    with runtime.database.begin() as conn:
        if conn.dialect.name == "postgresql":
            conn.exec_driver_sql("set local enable_seqscan = off")
        for sql, values in changes.items():
            one = values[0] if isinstance(values, list) else values
            if "contact_id IS NULL" not in sql:  # a stranger's STOP, which nothing but a stranger's one notice can wait for
                assert (sql, scans(conn, sql, one)) == (sql, [])


def test_every_set_of_rows_has_its_place_in_the_order():
    assert set(vars(TurnRows())) == set(turn_rows._ORDER)
