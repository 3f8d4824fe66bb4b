"""Less, not nothing (F25): STOP stops everything at once; who named a part is asked whether only that was meant; CHOOSE asks ahead."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.engine.events import SetConsent
from bot.engine.less import ANSWER_WITHIN
from bot.engine.library import Library
from bot.engine.scene import CaseRef
from tests.engine.talker import ANA, LUIS, MAYA, Talker

PHRASE = {"stop": "phrase"}
STOPPED = "You will get no more texts from Cedar School support. Call (555) 010-0100 for help. Reply START to come back."


def siblings(library: Library, **scene: object) -> Talker:
    return Talker(library, cases=(ANA, LUIS), **scene)  # type: ignore[arg-type]


def at_home_with(library: Library, child: CaseRef) -> Talker:
    """A talk about this child is open."""
    talker = siblings(library)
    talker.base = replace(talker.base, case=child)
    talker.start("home-observations")
    return talker


def consents(talker: Talker) -> list[tuple[str, str, str]]:
    return [(event.state, event.scope, event.back) for event in talker.of(SetConsent)]


def test_a_stop_about_one_child_stops_everything_and_asks_once_whether_only_that_was_meant(library: Library) -> None:
    talker = siblings(library)
    talker.send("Please stop texting me about Luis", found=PHRASE)
    assert consents(talker) == [("stopped", "number", "")]
    assert talker.said == [f"{STOPPED} Did you mean only texts about Luis? 1 Only those 2 All texts"]
    talker.send("1", consent="stopped")
    assert consents(talker) == [("less", "case:cas_luis", "granted")]
    assert talker.said == ["OK. No more texts about Luis. Other texts go on. Reply START to get them again, or STOP to end all texts."]
    assert talker.handed() == [("liaison", "wants_less")]
    assert talker.session is None


def test_who_is_not_sure_of_us_yet_keeps_what_they_had(library: Library) -> None:
    talker = siblings(library, consent="reminders_only")
    talker.send("no more messages about Ana", found=PHRASE)
    talker.send("only those", consent="stopped")
    assert consents(talker) == [("less", "case:cas_ana", "reminders_only")]


@pytest.mark.parametrize(("reply", "kept"), [("2", False), ("all texts", False), ("Maya is sick", True), ("", True)])
def test_any_other_reply_leaves_everything_stopped_in_silence(library: Library, reply: str, kept: bool) -> None:
    talker = siblings(library)
    talker.send("Please stop texting me about Luis", found=PHRASE)
    talker.send(reply, consent="stopped", media=("med_1",))
    assert (talker.said, consents(talker), talker.session) == ([], [], None)
    assert bool(talker.handed()) is kept


def test_a_day_later_a_bare_number_opens_nothing(library: Library) -> None:
    talker = siblings(library)
    talker.send("Please stop texting me about Luis", found=PHRASE)
    talker.later(seconds=ANSWER_WITHIN.total_seconds() + 1)
    talker.send("1", consent="stopped")
    assert consents(talker) == []
    assert talker.handed() == [("liaison", "free_note")]


def test_start_and_help_are_heard_while_it_is_asked(library: Library) -> None:
    talker = siblings(library)
    talker.send("Please stop texting me about Luis", found=PHRASE)
    talker.send("START", consent="stopped", found={"command": "start", "command_exact": True})
    assert consents(talker) == [("started", "number", "")]
    assert talker.session is None


@pytest.mark.parametrize(
    ("text", "found", "scene"),
    [
        ("STOP", {"stop": "word"}, {}),
        ("stop texting about Luis and everything", {"stop": "phrase", "stop_scope": "all"}, {}),
        ("stop texting me about Luis", PHRASE, {"shared_phone": True}),
        ("stop texting me about Luis", PHRASE, {"trusted": False}),
        ("stop texting me about Ana and Luis", PHRASE, {}),
        ("stop texting me", PHRASE, {}),
    ],
)
def test_a_plain_stop_is_confirmed_with_one_plain_text(library: Library, text: str, found: dict, scene: dict) -> None:  # type: ignore[type-arg]
    talker = siblings(library, **scene)
    talker.send(text, found=found)
    assert talker.said == [STOPPED]
    assert talker.session is None


def test_the_only_child_is_everything_and_reminders_are_a_part(library: Library) -> None:
    talker = Talker(library)
    talker.send("stop texting me about Maya", found=PHRASE)
    assert talker.said == [STOPPED]
    talker.send("stop sending me reminders", found=PHRASE)
    assert talker.said == [f"{STOPPED} Did you mean only meeting reminders? 1 Only those 2 All texts"]
    talker.send("yes", consent="stopped")
    assert consents(talker) == [("less", "topic:reminders", "granted")]
    assert talker.said[0].startswith("OK. No more meeting reminders.")


def test_in_spanish(library: Library) -> None:
    talker = siblings(library, lang="es")
    talker.send("ya no me escriban de Luis", found=PHRASE)
    assert talker.said[0].endswith("¿Quería decir solo los textos sobre Luis? 1 Solo esos 2 Todos los textos")
    talker.send("solo esos", consent="stopped")
    assert talker.said[0].startswith("Está bien. Ya no habrá textos sobre Luis.")


def test_a_language_without_these_words_gets_no_question(library: Library) -> None:
    talker = siblings(library, lang="so")
    talker.send("stop texting me about Luis", found=PHRASE)
    assert consents(talker) == [("stopped", "number", "")]
    assert talker.session is None


CHOOSE = {"command": "choose", "command_exact": True}


@pytest.mark.parametrize(
    ("pick", "consent", "begins"),
    [
        ("1", ("reminders_only", "number", ""), "OK. From now on I only text you about meetings."),
        ("no reminders", ("less", "topic:reminders", ""), "OK. No more meeting reminders."),
        ("3", ("stopped", "number", ""), STOPPED),
    ],
)
def test_choose_offers_less(library: Library, pick: str, consent: tuple[str, str, str], begins: str) -> None:
    talker = Talker(library)
    talker.send("CHOOSE", found=CHOOSE)
    assert talker.said == ["What would you like? 1 Only meeting reminders 2 No meeting reminders 3 No texts at all"]
    talker.send(pick)
    assert consents(talker) == [consent]
    assert talker.said[0].startswith(begins)
    assert talker.session is None


def test_choose_with_several_children_may_leave_one_out_and_its_talk_ends(library: Library) -> None:
    talker = at_home_with(library, LUIS)
    talker.send("CHOOSE", found=CHOOSE)
    talker.send("3")
    assert talker.said == ["Which child should I not text about: 1 Ana 2 Luis?"]
    talker.send("2")
    assert consents(talker) == [("less", "case:cas_luis", "")]
    assert talker.session is None


def test_the_talk_about_the_other_child_goes_on(library: Library) -> None:
    talker = at_home_with(library, LUIS)
    for text, found in (("CHOOSE", CHOOSE), ("3", {}), ("Ana", {})):
        talker.send(text, found=found)
    assert consents(talker) == [("less", "case:cas_ana", "")]
    assert talker.said[0].startswith("OK. No more texts about Ana.")
    assert "Luis" in " ".join(talker.said)
    assert talker.session is not None


def test_a_child_nobody_can_tell_is_asked_once_more_and_then_a_person(library: Library) -> None:
    talker = siblings(library)
    talker.send("CHOOSE", found=CHOOSE)
    talker.send("what else")
    assert talker.said[0].startswith("Let me try another way.")
    talker.send("3")
    talker.send("the little one")
    assert talker.said == ["Which child should I not text about: 1 Ana 2 Luis?"]
    talker.send("the little one")
    assert talker.handed() == [("liaison", "wants_less")]
    assert talker.session is None


def test_only_reminders_ends_what_was_being_asked_and_start_brings_all_back(library: Library) -> None:
    talker = Talker(library)
    talker.start("home-observations")
    talker.send("CHOOSE", found=CHOOSE)
    talker.send("1")
    assert talker.session is None
    for away in ({"consent": "reminders_only"}, {"wants_less": True}):
        talker.send("START", found={"command": "start", "command_exact": True}, **away)
        assert consents(talker) == [("started", "number", "")]


def test_at_an_open_question_choose_is_a_word_of_an_answer_unless_shouted(library: Library) -> None:
    talker = Talker(library, cases=(MAYA,))
    talker.start("home-observations")
    talker.send("choose", found=CHOOSE)
    assert ("strength", {"interests": "choose"}) in talker.written()
