"""Time passes: nudges, the offer of a call, the close, and days later."""

from __future__ import annotations

from datetime import timedelta

from bot.engine.events import Alert, Finished, Say
from bot.engine.library import Library
from tests.engine.talker import NOON, Talker


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


def test_a_start_by_the_school_ends_the_talk_before(library: Library) -> None:
    talker = Talker(library)
    talker.start("home-observations")
    talker.send("Dinosaurs")
    talker.start("home-observations", "math")
    assert talker.of(Finished) == [Finished("closed", "home-observations")]
    assert talker.refs == ["home-observations/M1"]


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
