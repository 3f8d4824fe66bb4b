"""Who may be sent what: every state, class and kind of message, against a table written by hand (faults 3 and 4)."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.policy import classes, consent
from tests.fakes.clock import START

LATER, EARLIER = START + timedelta(days=1), START - timedelta(seconds=1)

EXPECTED = {
    # state: (bot-started A, bot-started B-E, answer A-C and E, answer D)
    "granted": ("", "", "", ""),
    "unknown": ("", "consent_unknown", "", "consent_unknown"),
    "reminders_only": ("", "reminders_only", "", "reminders_only"),
    "paused": ("paused", "paused", "", "paused"),
    "refused": ("refused", "refused", "", "refused"),
    "stopped": ("stopped", "stopped", "stopped", "stopped"),
    "a word from tomorrow": ("consent_unknown", "consent_unknown", "consent_unknown", "consent_unknown"),
}


PURPOSES = ("ask", "reply", "readback", "nudge", "notice", "promise", "confirm_stop", "crisis")


def expected(state: str, message_class: str, purpose: str, *, answers: bool) -> str:
    if message_class == "F" or purpose in ("confirm_stop", "crisis"):
        return ""
    started_a, started, answer, answer_data = EXPECTED[state]
    if answers:
        return answer if message_class in "ABCE" else answer_data
    return started_a if message_class == "A" else started


@pytest.mark.parametrize("state", EXPECTED)
def test_every_cell_of_the_table(state: str) -> None:
    for message_class, answers, purpose, until in product("ABCDEF?", (True, False), PURPOSES, (None, LATER)):
        found = consent.refusal(state, until, message_class=message_class, purpose=purpose, now=START, answers_family=answers)
        assert found == expected(state, message_class, purpose, answers=answers), (message_class, answers, purpose, until)


@pytest.mark.parametrize(("until", "found"), [(None, "paused"), (LATER, "paused"), (START, ""), (EARLIER, "")])
def test_a_pause_ends_when_it_was_to_end(until: datetime | None, found: str) -> None:
    assert consent.refusal("paused", until, message_class="C", purpose="ask", now=START) == found


@pytest.mark.parametrize(
    ("letter", "answers", "found"), [("A", False, "wants_less"), ("C", False, "wants_less"), ("D", True, "wants_less"), ("C", True, "")]
)
def test_of_what_they_want_no_more_of_only_answers_leave(letter: str, answers: bool, found: str) -> None:
    asked = {"message_class": letter, "purpose": "ask", "now": START, "answers_family": answers}
    assert consent.refusal("granted", None, **asked, less=True) == found
    assert consent.refusal("stopped", None, **asked, less=True) == "stopped"


def test_what_a_message_is_about() -> None:
    assert consent.covers("student:stu_1 topic:reminders", "stu_1", "home-observations/1")
    assert consent.covers("topic:reminders", "stu_1", "reminder/1")
    assert consent.covers("topic:reminders", None, "reminder")
    assert not consent.covers("student:stu_1", "stu_2", "home-observations/1")
    assert not consent.covers("student:stu_1", None, "")
    assert not consent.covers(None, "stu_1", "reminder/1")


@given(st.sampled_from("ABCDE?"), st.text(max_size=12), st.booleans(), st.one_of(st.none(), st.just(EARLIER)))
def test_after_a_stop_nothing_leaves_but_the_confirmation_and_danger(
    letter: str, purpose: str, answers: bool, until: datetime | None
) -> None:
    if not classes.always(letter, purpose):
        assert consent.refusal("stopped", until, message_class=letter, purpose=purpose, now=START, answers_family=answers) == "stopped"


def test_an_unknown_class_is_treated_as_the_strictest() -> None:
    assert classes.of("?") is classes.CLASSES["E"]
    assert [letter for letter, row in classes.CLASSES.items() if row.letter != letter] == []
    assert [letter for letter, row in classes.CLASSES.items() if not row.hours] == ["F"]
