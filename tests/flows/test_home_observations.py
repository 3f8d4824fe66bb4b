"""F07 played by a family: every variant to its read-back, and the branches where a person must know."""

from __future__ import annotations

import pytest

from tests.flows.conftest import source

VARIANTS = {
    "": ("1", "2", "3", "4", "5", "6"),
    "reading": ("R1", "R2", "R3", "R4", "R5", "R6"),
    "math": ("M1", "M2", "M3", "M4", "M5"),
    "behaviour": ("B1", "B2", "B3", "B4", "B5", "B6"),
    "attendance": ("A1", "A2", "A3", "A4", "A5"),
    "feelings": ("S1", "S2", "S3", "S4", "S5"),
}
WRITES = {
    "1": "strength.interests", "2": "strength.character", "3": "strength.conditions", "4": "observation.languages",
    "5": "strength.supports", "6": "goal_input.hope",
    "R1": "strength.reading_interest", "R2": "observation.reading.routine", "R3": "observation.reading.signs",
    "R4": "observation.reading.l1", "R5": "observation.reading.family", "R6": "strength.strategies",
    "M1": "strength.math_use", "M2": "observation.math.signs", "M3": "observation.math.minutes", "M4": "observation.math.language",
    "M5": "strength.strategies",
    "B1": "strength.good_times", "B2": "observation.behaviour.what", "B3": "observation.behaviour.when",
    "B4": "observation.behaviour.before_after", "B5": "strength.calming", "B6": "observation.context",
    "A1": "strength.school", "A2": "observation.attendance.barriers", "A3": "observation.attendance.pattern", "A4": "strength.ideas",
    "S1": "strength.people", "S2": "observation.sel.mood", "S3": "observation.sel.body", "S4": "strength.calming",
}  # fmt: skip
STAFF_ONLY = {"R5", "B6", "S2", "S3", "S5", "B6-call"}


def steps(part: str) -> dict[str, dict]:
    return {step["id"]: step for step in source("home_observations")["parts"][part or "core"]["steps"]}


@pytest.mark.parametrize("part", VARIANTS)
def test_each_answer_writes_what_the_domain_says(part):
    asked = steps(part)
    assert [step for step in asked if step in VARIANTS[part]] == list(VARIANTS[part])
    assert {step: asked[step]["write"] for step in VARIANTS[part] if step in WRITES} == {
        step: WRITES[step] for step in VARIANTS[part] if step in WRITES
    }


def test_what_staff_alone_may_see_is_marked():
    marked = {step for part in VARIANTS for step, raw in steps(part).items() if raw.get("visibility") == "staff_only"}
    assert marked == STAFF_ONLY


@pytest.mark.parametrize("lang", ["en", "es"])
@pytest.mark.parametrize("part", VARIANTS)
def test_a_family_walks_each_variant_to_its_read_back(family, lang, part):
    rosa = family(lang=lang)
    rosa.start("home-observations", part)
    for _ in range(12):
        if rosa.refs and rosa.refs[-1].endswith("readback"):
            break
        rosa.say("1")
    assert rosa.refs[-1].endswith("readback")
    assert rosa.said[-1].startswith("I wrote:" if lang == "en" else "Anoté:")
    assert "Maya" in rosa.said[-1] or part in {"math", "attendance", "reading", "behaviour", "feelings"}
    rosa.say("1")
    assert rosa.confirmed() or rosa.turns[-2].events
    assert set(rosa.steps()) >= set(VARIANTS[part])
    assert [alert.domain for alert in rosa.alerts()] == [part or "general"]


def test_worry_about_math_asks_what_helps(family):
    rosa = family()
    rosa.start("home-observations", "math")
    rosa.say("games", "6")
    assert rosa.refs[-1] == "home-observations/S4"
    rosa.say("she hides, music helps")
    assert rosa.refs[-1] == "home-observations/M3"


def test_math_without_worry_goes_straight_on(family):
    rosa = family()
    rosa.start("home-observations", "math")
    rosa.say("games", "1")
    assert rosa.refs[-1] == "home-observations/M3"


def test_homework_of_hours_reaches_the_teacher_at_once(family):
    rosa = family()
    rosa.start("home-observations", "math")
    rosa.say("games", "1", "4")
    assert [(alert.domain, alert.kind) for alert in rosa.alerts()] == [("math", "observation")]
    assert ("teacher", "minutes_high") in rosa.all_handed()


def test_a_counselor_is_offered_when_worry_keeps_a_child_home(family):
    rosa = family()
    rosa.start("home-observations", "attendance")
    rosa.say("his friends", "4")
    assert rosa.refs[-1] == "home-observations/S5"
    rosa.say("1")
    assert ("counselor", "counselor_wish") in rosa.all_handed()
    assert any("Ms. Reed" in text for text in rosa.said)


def test_bullying_goes_to_a_person_the_same_day(family):
    rosa = family(lang="es")
    rosa.start("home-observations", "attendance")
    rosa.say("sus amigos", "1 y 5")
    assert ("liaison", "bullying") in rosa.all_handed()
    assert "S5" not in rosa.refs[-1]


def test_help_with_getting_to_school_is_promised_by_a_day(family):
    rosa = family()
    rosa.start("home-observations", "attendance")
    rosa.say("lunch", "2", "mondays", "a ride", "1")
    assert ("liaison", "not_built") in rosa.all_handed()


@pytest.mark.parametrize("mood", ["3", "4", "5", "6", "1 and 4"])
def test_a_low_mood_and_poor_sleep_make_a_counselor_task(family, mood):
    rosa = family()
    rosa.start("home-observations", "feelings")
    rosa.say("her aunt", mood, "3")
    assert ("counselor", "mood_and_body") in rosa.all_handed()


@pytest.mark.parametrize(("mood", "body"), [("1", "3"), ("2", "3"), ("7", "3"), ("4", "2")])
def test_other_moods_or_other_nights_make_none(family, mood, body):
    rosa = family()
    rosa.start("home-observations", "feelings")
    rosa.say("her aunt", mood, body)
    assert rosa.all_handed() == []


@pytest.mark.parametrize(("lang", "text"), [("en", "we moved and his grandpa died in october"), ("es", "se murió su abuelo en octubre")])
def test_a_loss_is_met_with_sorrow_and_a_counselor(family, lang, text):
    rosa = family(lang=lang)
    rosa.start("home-observations", "behaviour")
    rosa.say("weekends", "waiting", "1", "noise", "music", text)
    assert ("counselor", "grief") in rosa.all_handed()
    assert rosa.refs[-1] == "home-observations/B6-call"
    assert {"B6"} <= rosa.hidden()


def test_a_change_without_loss_goes_on_to_the_read_back(family):
    rosa = family()
    rosa.start("home-observations", "behaviour")
    rosa.say("weekends", "waiting", "1", "noise", "music", "a new baby")
    assert rosa.all_handed() == []
    assert rosa.refs[-1].endswith("readback")


def test_the_read_back_shows_strengths_first_and_nothing_for_staff_alone(family):
    rosa = family()
    rosa.start("home-observations", "reading")
    rosa.say("comics", "2", "3 and 4", "1", "her dad, and me too", "pictures")
    said = rosa.said[-1]
    assert said.index("comics") < said.index("Guesses words")
    assert said.index("pictures") < said.index("Guesses words")
    assert "her dad" not in said
