"""G1: in generated histories nobody gets what is not theirs, and nobody is denied what is. Decided by the code, judged by an oracle apart.

`HEARTHLINE_DECISIONS=1000000 pytest tests/policy/test_histories.py` for the million.
"""

from __future__ import annotations

import os
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.service import hand_over
from bot.service.hand_over import LONGEST_HELD
from tests.policy.histories import live

pytestmark = pytest.mark.no_cover

DECISIONS = int(os.environ.get("HEARTHLINE_DECISIONS", "100000"))
IN_ONE = 500
MADE = {"decisions": 0, "went": 0}


@settings(max_examples=max(1, DECISIONS // IN_ONE))
@given(st.integers(min_value=0, max_value=2**63))
def test_nobody_gets_what_is_not_theirs_and_nobody_is_denied_what_is(seed: int) -> None:
    for letter, now, decided, may, log in live(seed, IN_ONE):
        went = decided.state == "handed"
        MADE["decisions"] += 1
        MADE["went"] += went
        if went != may and not (may and decided.reason == "outside_hours") and not (may and now - letter.written_at > LONGEST_HELD):
            told = "\n".join(f"{one.at:%Y-%m-%d %H:%M} {one.what} {one.who} {one.child} {one.other}" for one in log)
            raise AssertionError(f"{'sent' if went else 'withheld'} at {now:%Y-%m-%d %H:%M}: {letter}\n{decided}\n{told}")


def test_so_many_decisions_were_made_and_many_letters_went() -> None:
    """Runs behind the other: a test that sends nothing would find nothing."""
    if MADE["decisions"]:
        assert MADE["decisions"] >= DECISIONS * 0.99
        assert 0.1 < MADE["went"] / MADE["decisions"] < 0.9


FORGOTTEN: list[tuple[str, Any]] = [
    ("safety_hold", False), ("of_age", False), ("hold", ""), ("confirmed", True), ("others_words", False), ("live", True),
    ("rights_holder", True), ("endpoint_state", "active"), ("may_receive", True),
]  # fmt: skip


@pytest.mark.parametrize(("fact", "wish"), FORGOTTEN)
def test_a_code_that_forgot_one_thing_is_caught(monkeypatch: pytest.MonkeyPatch, fact: str, wish: Any) -> None:
    """The oracle bites: each thing left out sends something to somebody it is not for."""
    whole = hand_over.standing
    wishes = {fact: wish, **({"restriction": ""} if fact == "may_receive" else {})}
    monkeypatch.setattr(hand_over, "standing", lambda facts, now: whole(facts, now)._replace(**wishes))
    wrong = (letter for seed in range(60) for letter, _, decided, may, _ in live(seed, 300) if decided.state == "handed" and not may)
    assert next(wrong, None) is not None
