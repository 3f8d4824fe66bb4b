"""A message about a child goes to nobody without a live right to that child's case (G1, faults 1 and 2)."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import product
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.policy.recipients import Standing, is_confirmed, is_live, is_of_age, refusal
from tests.fakes.clock import START

WELL = Standing("active", shared=False, confirmed=True, identity="confirmed", live=True, may_receive=True, rights_holder=True)


def why(standing: Standing, message_class: str = "C", purpose: str = "ask", *, about_case: bool = True, answers: bool = False) -> str:
    return refusal(standing, message_class=message_class, purpose=purpose, about_case=about_case, now=START, answers_family=answers)


@pytest.mark.parametrize("letter", "ABCDEF")
def test_a_rights_holder_on_a_confirmed_phone_of_their_own_may_receive_every_class(letter: str) -> None:
    assert why(WELL, letter) == ""


@pytest.mark.parametrize(
    ("change", "refused"),
    [
        # what is changed, and the reason for A B C D E about the child
        ({"endpoint_state": "blocked"}, ["endpoint_blocked"] * 5),
        ({"endpoint_state": "unreachable"}, ["endpoint_unreachable"] * 5),
        ({"endpoint_state": "a word from tomorrow"}, ["endpoint_unreachable"] * 5),
        ({"identity": "wrong_number"}, ["wrong_number"] * 5),
        ({"identity": "held"}, ["identity_held"] * 5),
        ({"live": False}, ["no_guardianship"] * 5),
        ({"live": False, "may_receive": False}, ["no_guardianship"] * 5),
        ({"may_receive": False}, ["restricted"] * 5),
        ({"restriction": "court_order"}, ["restricted"] * 5),
        ({"hold": "new_guardian"}, ["held"] * 5),
        ({"safety_hold": True}, ["safety_hold"] * 5),
        ({"rights_holder": False}, ["", "", "no_rights", "no_rights", "no_rights"]),
        ({"confirmed": False}, ["", "", "not_confirmed", "not_confirmed", "not_confirmed"]),
        ({"identity": "unconfirmed"}, ["", "", "", "not_confirmed", "not_confirmed"]),
        ({"shared": True}, ["", "", "", "shared_phone", "shared_phone"]),
        ({"of_age": True}, ["of_age"] * 5),
        ({"of_age": True, "themselves": True}, [""] * 5),
        ({"others_words": True}, ["not_shared"] * 5),
        ({"others_words": True, "shared_with": True}, [""] * 5),
    ],
)
def test_each_thing_that_is_wrong_closes_what_it_must(change: dict[str, Any], refused: list[str]) -> None:
    standing = WELL._replace(**change)
    assert [why(standing, letter) for letter in "ABCDE"] == refused
    assert why(standing, "F") == ""
    assert why(standing, "A", "confirm_stop") == ""
    assert why(standing, "A", "crisis") == ""


@pytest.mark.parametrize("change", [{"hold": "teen"}, {"identity": "held"}])
def test_a_hold_lets_a_plain_answer_through_that_a_person_will_call(change: dict[str, Any]) -> None:
    standing = WELL._replace(**change)
    assert [bool(why(standing, letter, "reply", answers=True)) for letter in "ABCDE"] == [False, True, True, True, False]


@pytest.mark.parametrize("change", [{"shared": True}, {"confirmed": False}, {"rights_holder": False}, {"identity": "unconfirmed"}])
def test_whoever_asks_for_an_evaluation_is_told_the_date_of_it_and_nothing_else_of_class_e(change: dict[str, Any]) -> None:
    standing = WELL._replace(**change)
    assert why(standing, "E", "reply", answers=True) == ""
    assert why(standing, "E", "reply", answers=True, about_case=False) == ""
    assert why(standing, "E", "notice") != ""


@pytest.mark.parametrize(
    "change",
    [
        {"safety_hold": True},
        {"of_age": True},
        {"others_words": True},
        {"restriction": "x"},
        {"live": False},
        {"identity": "wrong_number"},
        {"endpoint_state": "blocked"},
    ],
)
def test_a_closed_door_answers_nobody(change: dict[str, Any]) -> None:
    assert all(why(WELL._replace(**change), letter, "reply", answers=True) for letter in "ABCDE")


@pytest.mark.parametrize(("channel", "refused"), [("sms", "needs_link"), ("email", "needs_link"), ("webchat", ""), ("link", ""), ("", "")])
def test_student_data_goes_behind_a_link_and_never_in_the_open(channel: str, refused: str) -> None:
    asked = {"purpose": "notice", "about_case": True, "now": START, "channel": channel}
    assert refusal(WELL, message_class="D", **asked) == refused
    assert refusal(WELL, message_class="C", **asked) == ""


@pytest.mark.parametrize(
    ("confirmed", "heard", "known"),
    [(None, None, False), (None, 0, False), (0, None, True), (89, None, True), (90, None, False), (400, 89, True), (400, 90, False)],
)
def test_a_number_silent_for_ninety_days_is_nobodys_until_it_says_yes_again(confirmed: int | None, heard: int | None, known: bool) -> None:
    def ago(days: int | None) -> datetime | None:
        return None if days is None else START - timedelta(days=days)

    assert is_confirmed(ago(confirmed), ago(heard), START) is known


@pytest.mark.parametrize(
    ("born", "day", "grown"),
    [
        ("2008-11-17", "2026-11-16", False),
        ("2008-11-17", "2026-11-17", True),
        ("2008-02-29", "2026-02-28", False),
        ("2008-02-29", "2026-03-01", True),
        ("2000-12-31", "2026-01-01", True),
        ("", "2026-01-01", False),
        (None, "2026-01-01", False),
        ("17/11/2008", "2030-01-01", False),
    ],
)
def test_the_eighteenth_birthday_is_a_day(born: str | None, day: str, grown: bool) -> None:
    assert is_of_age(born, date.fromisoformat(day)) is grown


def test_what_is_about_no_child_needs_no_guardianship() -> None:
    stranger = Standing()
    assert [why(stranger, letter, about_case=False) for letter in "ABCDEF?"] == ["", "", *["not_confirmed"] * 3, "", "not_confirmed"]
    assert why(stranger, "C", about_case=True) == "no_guardianship"


@pytest.mark.parametrize(
    ("valid_from", "valid_to", "live"),
    [
        (None, None, False),
        (START, None, True),
        (START + timedelta(seconds=1), None, False),
        (START - timedelta(days=1), START, False),
        (START - timedelta(days=1), START + timedelta(microseconds=1), True),
    ],
)
def test_a_guardianship_has_a_first_and_a_last_moment(valid_from: datetime | None, valid_to: datetime | None, live: bool) -> None:
    assert is_live(valid_from, valid_to, START) is live


# --- against an oracle that knows nothing of the code ------------------------------------------------------------------------------------


class Facts(NamedTuple):
    """One decision as a person would describe it."""

    court_order: bool
    moved_away: bool
    not_to_receive: bool
    knows_rights: bool
    phone_is_somebody_else_s: bool
    phone_shared: bool
    said_yes_its_me: bool
    person_must_look_first: bool
    child_in_danger_flag: bool
    child_data: bool
    names_child: bool
    danger: bool
    just_answering_that_a_person_calls: bool


def may(fact: Facts) -> bool:
    """The rule of the house in one sentence a line, from domain.md 0.2 to 0.4 and faults 1, 2, 9 and 10."""
    if fact.danger:
        return True
    if fact.phone_is_somebody_else_s or fact.court_order or fact.moved_away or fact.not_to_receive:
        return False
    if fact.child_in_danger_flag:
        return False
    if fact.person_must_look_first and not fact.just_answering_that_a_person_calls:
        return False
    if fact.child_data:
        return fact.knows_rights and fact.said_yes_its_me and not fact.phone_shared
    if fact.names_child:
        return fact.knows_rights and fact.said_yes_its_me
    return True


def decide(fact: Facts) -> bool:
    standing = Standing(
        endpoint_state="blocked" if fact.phone_is_somebody_else_s else "active",
        shared=fact.phone_shared,
        confirmed=fact.said_yes_its_me,
        identity="wrong_number" if fact.phone_is_somebody_else_s else ("confirmed" if fact.said_yes_its_me else "unconfirmed"),
        live=not fact.moved_away,
        may_receive=not fact.not_to_receive,
        rights_holder=fact.knows_rights,
        restriction="court_order" if fact.court_order else "",
        hold="new_guardian" if fact.person_must_look_first else "",
        safety_hold=fact.child_in_danger_flag,
    )
    letter = "F" if fact.danger else "D" if fact.child_data else "C" if fact.names_child else "A"
    return not why(standing, letter, "reply", answers=fact.just_answering_that_a_person_calls)


def sensible(fact: Facts) -> bool:
    """A plain answer names nobody and holds no data: those two are different messages."""
    return not (fact.just_answering_that_a_person_calls and (fact.child_data or fact.names_child))


def test_every_combination_of_facts_is_decided_as_the_oracle_does() -> None:
    """8,192 decisions: all there are."""
    wrong = [fact for fact in (Facts(*bits) for bits in product([True, False], repeat=13)) if sensible(fact) and decide(fact) != may(fact)]
    assert wrong == []


@settings(max_examples=500)
@given(
    st.builds(
        Standing,
        endpoint_state=st.sampled_from(["active", "blocked", "unreachable", "?"]),
        shared=st.booleans(),
        confirmed=st.booleans(),
        identity=st.sampled_from(["unconfirmed", "confirmed", "wrong_number", "held", "?"]),
        live=st.booleans(),
        may_receive=st.booleans(),
        rights_holder=st.booleans(),
        restriction=st.sampled_from(["", "court_order", "?"]),
        hold=st.sampled_from(["", "teen", "?"]),
        safety_hold=st.booleans(),
    ),
    st.sampled_from("ABCDE?"),
    st.sampled_from(["ask", "reply", "readback", "nudge", "notice", "promise", "?"]),
    st.booleans(),
)
def test_whatever_else_is_the_case_no_right_means_no_message(standing: Standing, letter: str, purpose: str, answers: bool) -> None:
    goes = not why(standing, letter, purpose, answers=answers)
    if goes:
        assert standing.live
        assert standing.may_receive
        assert not standing.restriction
        assert standing.endpoint_state == "active"
        assert standing.identity != "wrong_number"
        assert not standing.safety_hold
        if letter not in "AB" and not (answers and letter == "E"):
            assert standing.rights_holder
            assert standing.confirmed
            assert not standing.hold
            assert not standing.safety_hold
        if letter not in "ABC" and not (answers and letter == "E"):
            assert not standing.shared
            assert standing.identity == "confirmed"
