"""A number that was silent for long or bounced may have a new owner: it is asked first, and learns nothing before (F24, fault 10)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.service import hand_over
from bot.store.tables import CaseEntry, Endpoint, Handoff, Message, Outbox, Session
from tests.service.receiving import ES, change, family_rows, rows, said, sms, start, take

ASKED = "Hello from Maple Elementary. Is this still the phone of Dana? 1 Yes 2 No"
SORRY = "Sorry. I will not text this number again."


def silent(runtime, clock, days: int = 91) -> None:
    """Nobody wrote from this number for so long."""
    long_ago = clock.now() - timedelta(days=days)
    change(runtime, Endpoint, Endpoint.contact_id == "con_demo_en", confirmed_at=long_ago, last_inbound_at=long_ago)


@pytest.fixture(params=["silent", "bounced"])
def doubtful(request, lite, clock):
    if request.param == "silent":
        silent(lite, clock)
    else:
        change(lite, Endpoint, Endpoint.contact_id == "con_demo_en", confirmed_at=None, state="unreachable")
    return lite


def test_after_ninety_silent_days_the_first_text_asks_and_names_no_child(doubtful) -> None:
    take(doubtful, sms("She read two pages by herself"))
    assert said(doubtful) == [ASKED]
    assert family_rows(doubtful)[0]["case_id"] is None
    assert rows(doubtful, CaseEntry) == []


def test_yes_takes_up_what_was_written_and_the_talk_goes_on(doubtful) -> None:
    take(doubtful, sms("She read two pages by herself"))
    take(doubtful, sms("1"))
    kept = [one["answer_raw"] for one in rows(doubtful, CaseEntry) if one["kind"] == "observation"]
    assert kept == ["She read two pages by herself"]
    assert rows(doubtful, Endpoint, Endpoint.id == "end_demo_en_sms")[0]["confirmed_at"] is not None
    assert rows(doubtful, Endpoint, Endpoint.id == "end_demo_en_sms")[0]["state"] == "active"
    take(doubtful, sms("And she wrote a card"))
    assert ASKED not in said(doubtful)[1:]


@pytest.mark.parametrize("answer", ["2", "No", "wrong number"])
def test_no_is_a_wrong_number_and_nothing_of_the_talk_is_said(doubtful, answer: str) -> None:
    take(doubtful, sms("She read two pages by herself"))
    take(doubtful, sms(answer))
    assert said(doubtful) == [ASKED, SORRY]
    assert rows(doubtful, Endpoint, Endpoint.id == "end_demo_en_sms")[0]["state"] == "blocked"
    assert [one["to_role"] for one in rows(doubtful, Handoff)] == ["office"]
    take(doubtful, sms("hello?"))
    assert said(doubtful) == [ASKED, SORRY]


def test_neither_yes_nor_no_twice_is_a_persons_and_keeps_every_word(lite, clock) -> None:
    silent(lite, clock)
    take(lite, sms("She read two pages"))
    take(lite, sms("I also saw her write"))
    assert said(lite) == [ASKED, ASKED]
    take(lite, sms("what is this"))
    (task,) = [one for one in rows(lite, Handoff) if one["reason"] == "number_changed"]
    assert task["body"] == "She read two pages\nI also saw her write"
    assert said(lite)[-1] == "Thank you. A person from Maple Elementary will contact you by Wednesday, November 18."
    assert {one["status"] for one in rows(lite, Session)} == {"done"}


def test_danger_stop_and_an_evaluation_request_do_not_wait_for_it(lite, clock) -> None:
    silent(lite, clock)
    take(lite, sms("I want my child tested for special education"))
    assert {one["reason"] for one in rows(lite, Handoff)} == {"evaluation"}
    take(lite, sms("STOP"))
    assert rows(lite, Outbox, Outbox.purpose == "confirm_stop") != []
    take(lite, sms("I want to kill myself"))
    assert rows(lite, Message)[-1]["visibility"] == "safety_only"


def test_what_the_school_starts_asks_first_and_begins_after_the_yes(runtime, clock) -> None:
    silent(runtime, clock)
    start(runtime, variant="reading")
    assert said(runtime) == [ASKED]
    take(runtime, sms("yes"))
    assert said(runtime)[-1].startswith("Here is the question again:") or "read" in said(runtime)[-1].lower()
    assert rows(runtime, Session, Session.status != "done")[0]["flow_id"] == "home-observations"


def test_words_that_always_work_work_here_too(lite, clock) -> None:
    silent(lite, clock)
    take(lite, sms("She read two pages"))
    take(lite, sms("HELP"))
    assert said(lite)[1].startswith("This is Maple Elementary support")


def test_start_and_help_are_answered_whoever_has_the_number_and_say_nothing_of_a_child(lite, clock):
    start(lite)
    silent(lite, clock)
    for text in ("STOP", "START", "HELP"):
        take(lite, sms(text))
    assert [text.partition(".")[0] for text in said(lite)[2:]] == [
        "Welcome back",
        "This is Maple Elementary support, an automated helper for families",
    ]
    assert family_rows(lite)[-2]["answers_family"]
    take(lite, sms("1"))
    assert said(lite)[-1] == ASKED


def test_a_number_heard_from_lately_is_not_asked(lite, clock) -> None:
    silent(lite, clock, 89)
    take(lite, sms("She read two pages"))
    take(lite, sms("Lee muy bien", ES))
    assert not [text for text in said(lite) if "still the phone" in text or "sigue siendo" in text]


def test_bad_addresses_of_the_provider_are_doubted(lite) -> None:
    assert hand_over.HELD >= {"endpoint_unreachable", "not_confirmed"}
