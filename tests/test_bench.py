"""The load of the turn bench: every family answers every question in its order, and never two at once."""

from __future__ import annotations

from bench.turn import ANSWERS, IN_STEP, OUR_CONNECTIONS, turn_at, turns_of


def test_each_family_answers_in_its_order_and_never_twice_at_once():
    seen: dict[int, tuple[int, int]] = {}
    for n in range(turns_of(3_000)):
        family, answer = turn_at(n)
        assert family < 3_000
        before, at = seen.get(family, (-1, n - IN_STEP))
        assert answer == before + 1
        assert n - at >= max(OUR_CONNECTIONS.values())
        seen[family] = answer, n
    assert sum(answer == len(ANSWERS) - 1 for answer, _ in seen.values()) > 2_000


def test_turns_of_all_kinds_stand_beside_each_other():
    begun = IN_STEP * sum(range(1, len(ANSWERS)))
    for at in range(begun, begun + 500, 24):
        assert len({turn_at(n)[1] for n in range(at, at + 24)}) == len(ANSWERS)
