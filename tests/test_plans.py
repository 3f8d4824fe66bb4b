"""How PostgreSQL does the statements of a turn: by keys, whatever number of families there are (`bench/plans`)."""

from __future__ import annotations

import pytest

from bench.explain import PLANS, explained, read_whole
from tests.fakes.postgres import Cluster
from tests.service.test_receive_plans import GROWING

WHOLE = """Nested Loop  (cost=1.08..205.17 rows=32 width=196) (actual time=0.123..1.962 rows=24 loops=1)
  ->  {scan} on endpoint  (cost=0.28..187.72 rows=3096 width=108) (actual time=0.010..1.277 rows=3020 loops=1)
        {below}
"""


@pytest.mark.parametrize(
    ("scan", "below", "found"),
    [
        ("Seq Scan", "Filter: (state = 'active')", True),
        ("Index Scan using ix_endpoint_contact_id", "Buffers: shared hit=102", True),
        ("Index Scan using ix_endpoint_contact_id", "Index Cond: (contact_id = 'con_1')", False),
        ("Bitmap Heap Scan", "Recheck Cond: (contact_id = 'con_1')", False),
    ],
)
def test_a_table_read_whole_is_seen_in_a_plan(scan, below, found):
    plan = WHOLE.format(scan=scan, below=below)
    assert bool(read_whole(plan, frozenset({"endpoint"}))) is found
    assert read_whole(plan, frozenset({"contact"})) == []


def test_no_kept_plan_reads_a_growing_table_whole():
    kept = {file.stem: file.read_text() for file in PLANS.glob("*.txt")}
    assert {"read-endpoint", "read-guardianship", "read-session", "read-message", "guard-queued", "write-all"} <= kept.keys()
    assert {name: lines for name, plan in kept.items() if (lines := read_whole(plan, GROWING))} == {}


@pytest.mark.postgres
def test_a_turn_is_still_done_as_the_kept_plans_say(postgres: Cluster):
    name = "plans"
    plans = explained(postgres.create(name), families=1_000)
    postgres.drop(name)
    assert {name: lines for name, plan in plans.items() if (lines := read_whole(plan, GROWING))} == {}
    assert plans.keys() == {file.stem for file in PLANS.glob("*.txt")}, "statements came or went: python -m bench.explain"
