"""The rest of a thought comes in a text of its own."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.store.tables import CaseEntry
from tests.service.receiving import rows, said, sms, start, take


def steps(runtime) -> list[tuple[str, str]]:
    return [(one["step_id"], one["answer_raw"]) for one in rows(runtime, CaseEntry)]


@pytest.mark.parametrize(("seconds", "kept_with"), [(3, "1"), (60, "2")])
def test_what_comes_soon_after_our_question_is_the_rest_of_the_answer(lite, clock, seconds: int, kept_with: str):
    start(lite)
    take(lite, sms("She loves horses"))
    clock.advance(seconds=seconds)
    take(lite, sms("and all kinds of birds"))
    assert steps(lite) == [("1", "She loves horses"), (kept_with, "and all kinds of birds")]
    assert len(said(lite)) == 3


@pytest.mark.parametrize(("seconds", "step"), [(1, "4"), (20, "5")])
def test_what_nobody_can_have_read_is_not_answered(lite, clock, seconds: int, step: str):
    patient = replace(lite, settings=replace(lite.settings, unread_seconds=5.0))
    start(patient)
    for text in ("Horses", "2", "1", "English with me"):
        clock.advance(seconds=60)
        take(patient, sms(text))
    before = len(said(patient))
    clock.advance(seconds=seconds)
    take(patient, sms("Spanish with grandma"))
    assert (step, "Spanish with grandma") in steps(patient)
    assert len(said(patient)) - before == (step == "5")
