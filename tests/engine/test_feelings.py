"""Anger at the school and grief are acknowledged and given to a person; they are no answer to what was asked."""

from __future__ import annotations

import orjson
import pytest

from bot.engine.events import CancelTimers, SetConsent, Write
from bot.engine.library import Library
from tests.engine.talker import Talker, talking

UPSET = {"matched": ("anger.en.upset.0",)}
LOSS = {"matched": ("loss.en.loss.0", "grief.en.grief.0")}


def test_who_is_upset_with_us_is_heard_and_called_within_four_school_hours(library: Library) -> None:
    talker = talking(library)
    at = talker.frame["at"]
    talker.send("You people never listen to us", found=UPSET)
    assert talker.said == [
        "I hear that this is upsetting. You should talk with a person, not with me. Ms. Ortiz will call you by Wednesday, November 18."
    ]
    assert talker.handed() == [("liaison", "upset")]
    assert [(event.kind, event.visibility) for event in talker.of(Write)] == [("feeling_note", "staff_only")]
    assert talker.last.message_visibility == "staff_only"
    assert talker.of(CancelTimers)
    assert "nudge" not in talker.timers()
    talker.send("1")  # what was open is answered when they like
    assert talker.frame["at"] == at + 1


def test_who_means_to_complain_is_told_to_the_principal_too(library: Library) -> None:
    talker = Talker(library)
    talker.send("I will complain to the district", found={"matched": ("anger.en.complaint.0",)})
    assert talker.handed() == [("liaison", "upset"), ("principal", "upset")]


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        ("1", "Someone from school will call you by Wednesday, November 18."),
        ("no", "That is OK. Reply PERSON any time you want to talk."),
        ("She was everything to us", "Someone from school will call you by Wednesday, November 18."),
    ],
)
def test_grief_holds_what_can_wait_and_offers_a_call(library: Library, reply: str, said: str) -> None:
    talker = talking(library)
    talker.send("Her grandma passed away", found=LOSS)
    assert talker.said == [
        "I am so sorry. Take the time you need. I will hold other messages for now. Would you like someone from school to call? 1 Yes 2 No"
    ]
    assert talker.handed() == [("counselor", "grief")]
    (held,) = talker.of(SetConsent)
    assert (held.state, held.until) == ("paused", talker.turns[-1] and talker.timers()["resume"])
    assert {event.visibility for event in talker.of(Write)} == {"staff_only"}
    talker.send(reply, consent="paused")
    assert talker.said == [said]
    assert talker.frame["f"] == "home-observations"  # taken up again in two weeks, or when they write


def test_a_loss_told_again_while_we_hold_our_messages_is_an_answer(library: Library) -> None:
    talker = talking(library)
    talker.send("Since her dad died she is quiet", found=LOSS, consent="paused")
    assert talker.handed() == []


def test_the_question_about_changes_at_home_answers_for_itself(library: Library) -> None:
    talker = Talker(library)
    talker.start("home-observations", "behaviour")
    for reply in ("Mornings", "Bedtime", "1", "Noise", "Her blanket"):
        talker.send(reply)
    talker.send("Her grandpa died", found=LOSS)
    assert talker.handed() == [("counselor", "grief")]
    assert talker.of(SetConsent)[0].state == "paused"
    assert orjson.loads(talker.last.session or b"")["f"] == "home-observations"
