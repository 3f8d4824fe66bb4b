"""Time passes: nudges, the offer of a call, the close, and days later."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from bot.engine.events import Alert, CancelTimers, Finished, Handoff, Say
from bot.engine.library import Library
from tests.engine.talker import ANA, LUIS, NOON, Talker

MEETING = {
    "meeting_day": "Tuesday, November 24",
    "meeting_time": "3:30 PM",
    "meeting_place": "Room 12",
    "meeting_interpreter": "No",
}


def test_a_question_sets_a_nudge_after_a_day_and_the_close_after_a_week(library: Library) -> None:
    talker = Talker(library)
    talker.start("home-observations")
    assert talker.timers() == {"nudge": NOON + timedelta(hours=24), "close": NOON + timedelta(days=7)}


def test_the_first_nudge_asks_the_same_question_kindly_and_sets_the_second(library: Library) -> None:
    talker = Talker(library)
    talker.start("home-observations")
    talker.later(hours=24)
    now = talker.base.now
    talker.ring("nudge")
    (say,) = talker.of(Say)
    assert say.text.startswith("No rush. When you have a minute: You know Maya best.")
    assert (say.purpose, say.answers_family) == ("nudge", False)
    assert talker.timers() == {"nudge": now + timedelta(hours=48)}


def test_the_second_nudge_offers_a_call_where_the_flow_says_so(library: Library) -> None:
    talker = Talker(library)
    talker.start("home-observations")
    talker.ring("nudge")
    talker.ring("nudge")
    assert talker.said == ["May Ms. Ortiz call instead? 1 Yes 2 Not now"]
    assert talker.timers() == {}
    talker.send("1")
    assert talker.handed() == [("liaison", "call_wish")]
    assert talker.said == ["OK. Ms. Ortiz will call you by Thursday, November 19."]
    talker.send("Dinosaurs")
    assert talker.written() == [("strength", {"interests": "Dinosaurs"})]


def test_other_words_at_the_offer_of_a_call_answer_the_question(library: Library) -> None:
    talker = Talker(library)
    talker.start("home-observations")
    talker.ring("nudge")
    talker.ring("nudge")
    talker.send("She loves dinosaurs")
    assert talker.written() == [("strength", {"interests": "She loves dinosaurs"})]


def test_a_nudge_at_the_read_back_says_it_again(library: Library) -> None:
    talker = Talker(library)
    talker.start("home-observations", "reading")
    for line in ("Comics", "1", "1", "1", "no", "Quiet"):
        talker.send(line)
    talker.ring("nudge")
    assert talker.refs == ["home-observations/readback"]
    assert talker.of(Say)[0].purpose == "nudge"


def test_a_week_of_silence_keeps_the_answers_tells_the_team_and_says_nothing(library: Library) -> None:
    talker = Talker(library)
    talker.start("home-observations")
    talker.send("Dinosaurs")
    talker.later(days=7)
    turn = talker.ring("close")
    assert talker.said == []
    assert talker.of(Finished) == [Finished("closed", "home-observations")]
    assert talker.of(Alert) == [Alert("strength", "general")]
    assert turn.session is None


def test_silence_in_the_welcome_sends_a_person(library: Library) -> None:
    talker = Talker(library)
    talker.start("welcome")
    talker.ring("close")
    assert talker.handed() == [("liaison", "silence")]


def test_a_timer_without_a_talk_does_nothing(library: Library) -> None:
    talker = Talker(library)
    for prompt in ("nudge", "close", "call", "resume"):
        assert talker.ring(prompt).events == ()


def test_an_answer_starts_the_nudges_anew(library: Library) -> None:
    talker = Talker(library)
    talker.start("home-observations")
    talker.ring("nudge")
    talker.send("Dinosaurs")
    talker.ring("nudge")
    assert talker.said[0].startswith("No rush.")


def test_what_is_open_waits_under_what_the_school_starts_and_goes_on_afterwards(library: Library) -> None:
    talker = Talker(library, values=MEETING)
    talker.start("home-observations", "reading")
    talker.send("Comics")
    talker.start("reminder")
    assert (talker.refs, talker.of(Finished), talker.of(CancelTimers)) == (["reminder/1"], [], [])
    talker.send("1")
    assert talker.said[0].startswith("Thank you.")
    assert talker.said[1].startswith("Here is the question again: How often do you read, sing or tell stories together?")
    talker.send("2")
    assert talker.written()[-1] == ("observation", {"reading.routine": "some_days"})


def test_a_timer_finds_its_talk_under_a_reminder_nobody_answered(library: Library) -> None:
    talker = Talker(library, values=MEETING)
    talker.start("home-observations", "reading")
    talker.send("Comics")
    talker.start("reminder")
    talker.ring("nudge")
    assert talker.said[0].startswith("No rush. When you have a minute: How often do you read")
    talker.start("reminder")
    talker.ring("close")
    assert ([one.kind for one in talker.of(Alert)], talker.of(Finished)) == (["strength"], [Finished("closed", "home-observations")])


def test_the_same_talk_begun_again_begins_anew(library: Library) -> None:
    talker = Talker(library)
    talker.start("home-observations", "reading")
    talker.send("Comics")
    talker.start("home-observations", "math")
    talker.start("home-observations", "reading")
    assert [(one["p"], one["at"]) for one in (talker.frame, *talker.frame["k"])] == [("reading", 0), ("math", 0)]


def test_a_talk_about_another_child_waits_in_silence_for_its_own_nudge(library: Library) -> None:
    talker = Talker(library, cases=(ANA, LUIS), values=MEETING)
    talker.base = replace(talker.base, case=ANA)
    talker.start("home-observations", "reading")
    talker.base = replace(talker.base, case=LUIS)
    talker.start("reminder")
    talker.send("1")
    assert talker.refs == ["reminder/1"]  # thanks, and not a word of Ana's question under the name of Luis
    assert talker.last.case_id == "cas_luis"
    assert set(talker.timers()) == {"nudge", "close"}
    talker.base = replace(talker.base, case=None)
    talker.ring("nudge")
    assert talker.said == ["No rush. When you have a minute: What does Ana like to read, look at or listen to, in any language?"]


def test_words_kept_for_which_child_go_to_a_person_when_the_school_begins_something(library: Library) -> None:
    talker = Talker(library, cases=(ANA, LUIS))
    talker.send("She did not sleep well")
    talker.base = replace(talker.base, case=LUIS)
    talker.start("home-observations")
    assert [(one.to_role, one.reason, one.text) for one in talker.of(Handoff)] == [("liaison", "free_note", "She did not sleep well")]


def test_a_pause_moves_the_close_behind_it(library: Library) -> None:
    talker = Talker(library)
    talker.start("home-observations")
    talker.send("pause", found={"command": "pause", "command_exact": True})
    talker.send("1")
    timers = talker.timers()
    assert timers["close"] - timers["resume"] == timedelta(days=7)
    talker.ring("resume")
    assert len(talker.said) == 1
    assert talker.said[0].startswith("Hello again. Here is the next question about Maya. You know Maya best.")


def test_a_pause_over_behind_an_offer_of_a_call_asks_the_question(library: Library) -> None:
    talker = Talker(library)
    talker.start("home-observations")
    for _ in range(2):
        talker.ring("nudge")
    talker.ring("resume")
    assert "You know Maya best." in talker.said[0]
    for line in ("Dinosaurs", "1", "1", "Spanish", "Grandma", "Peace"):
        talker.send(line)
    talker.ring("resume")
    assert talker.refs == ["home-observations/readback"]


def test_a_language_without_approved_texts_gets_a_person_and_no_talk(library: Library) -> None:
    for scene in ({"lang": "so"}, {"lang": "es", "classes_ok": "AF"}, {"lang": "en", "classes_ok": "AF"}):
        talker = Talker(library, **scene)  # type: ignore[arg-type]
        turn = talker.start("home-observations")
        assert talker.said == []
        assert talker.handed() == [("liaison", "unread_language")]
        assert turn.session is None


def test_a_message_in_such_a_language_is_kept_for_a_person_who_is_told_its_words(library: Library) -> None:
    talker = Talker(library, lang="so", classes_ok="AF")
    talker.send("Waxay jeceshahay akhriska")
    assert talker.said == []
    assert [(event.reason, event.text, event.lang) for event in talker.last.events if hasattr(event, "to_role")] == [
        ("unread_language", "Waxay jeceshahay akhriska", "so")
    ]
    assert talker.written() == [("observation", {"note": "Waxay jeceshahay akhriska"})]
