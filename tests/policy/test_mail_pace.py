"""How often mail answers by itself."""

from datetime import datetime, timedelta

import pytest

from bot.policy.mail_pace import ENDS_AFTER, EVERY, MOVES_A_DAY, Answer, leaves_at
from tests.fakes.clock import START

HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("earlier", "leaves"),
    [
        ([], START),
        ([Answer(START - EVERY)], START),
        ([Answer(START - HOUR)], START - HOUR + EVERY),
        ([Answer(START - 30 * HOUR), Answer(START - HOUR, moved=True)], START - HOUR + EVERY),
        ([Answer(START - 30 * HOUR, moved=True)] * ENDS_AFTER, START),
        ([Answer(START - 30 * HOUR)] * ENDS_AFTER, None),
    ],
)
def test_an_answer_leaves_once_in_a_day_and_not_for_ever(earlier: list[Answer], leaves: datetime | None) -> None:
    assert leaves_at("C", "reply", earlier, START) == leaves


@pytest.mark.parametrize(("steps", "leaves"), [(0, START), (MOVES_A_DAY - 1, START), (MOVES_A_DAY, START - HOUR + EVERY)])
def test_the_next_step_of_a_talk_leaves_at_once_but_not_for_ever(steps: int, leaves: datetime) -> None:
    assert leaves_at("C", "ask", [Answer(START - HOUR, moved=True)] * steps, START, moved=True) == leaves


@pytest.mark.parametrize(("message_class", "purpose"), [("F", "crisis"), ("A", "confirm_stop")])
def test_safety_and_the_confirmation_of_a_stop_wait_for_nothing(message_class: str, purpose: str) -> None:
    assert leaves_at(message_class, purpose, [Answer(START)] * 9, START) == START
