"""A whole part of a flow on one page, answered by mail: the record is the same as by text."""

from __future__ import annotations

import orjson
import pytest

from bot.engine import page
from bot.engine.events import Handoff, Say, Write
from bot.engine.flow import Step
from bot.engine.library import Library, shipped
from bot.engine.page_reply import together
from bot.values.screening import NOTHING, Screening
from tests.engine.talker import ANA, LUIS, Talker

TEXTS = ["drawing and singing", "1, 3", "1 and 3", "English and Spanish, with grandma", "her aunt Lola", "that she reads with joy"]


def by_text(library: Library, part: str, texts: list[str]) -> Talker:
    talker = Talker(library)
    talker.start("home-observations", part)
    for text in texts:
        talker.send(text)
    return talker


def by_mail(library: Library, part: str = "", **scene: object) -> Talker:
    talker = Talker(library, channel="email", screens=lambda text: NOTHING, **scene)
    talker.start("home-observations", part)
    return talker


def entries(talker: Talker) -> list[tuple[object, ...]]:
    return [
        (event.kind, event.step_id, dict(event.norm), event.raw, event.asked_ref, event.visibility)
        for turn in talker.turns
        for event in turn.events
        if isinstance(event, Write)
    ]


def numbered(texts: list[str]) -> str:
    return "\n".join(f"{number}: {text}" for number, text in enumerate(texts, 1))


def quoted(body: str, answers: dict[int, str], mark: str = "> ") -> str:
    """The page as a mail program quotes it, with answers under its questions."""
    lines = ["On Nov 18, 2026, at 12:00, School <r@mail.example.org> wrote:", ""]
    for block in body.split("\n\n"):
        lines += [f"{mark}{line}".rstrip() for line in block.splitlines()] + [mark.strip()]
        number = int(block.partition(".")[0]) if block.partition(".")[0].isdigit() else 0
        if number in answers:
            lines += ["", answers[number], ""]
    return "\n".join(lines)


def test_all_questions_go_in_one_mail(library: Library) -> None:
    talker = by_mail(library)
    (body,) = talker.said
    assert [block.partition(" ")[0] for block in body.split("\n\n")[1:-1]] == ["1.", "2.", "3.", "4.", "5.", "6."]
    assert "1 Kind  2 Funny" in body
    assert "Maya" in body
    assert talker.last.status == "waiting"
    assert {"nudge", "close"} == set(talker.timers())


@pytest.mark.parametrize("way", ["numbers", "one line", "under the questions", "unmarked quotes", "in order"])
def test_the_same_entries_as_by_text(library: Library, way: str) -> None:
    wanted = by_text(library, "", TEXTS)
    talker = by_mail(library)
    (body,) = talker.said
    answers = dict(enumerate(TEXTS, 1))
    if way == "numbers":
        talker.send(numbered(TEXTS))
    elif way == "one line":
        talker.send(" ".join(f"{number}: {text}" for number, text in answers.items()))
    elif way == "under the questions":
        talker.send("\n".join(TEXTS), whole=quoted(body, answers))
    elif way == "unmarked quotes":
        talker.send("", whole="Sent from my phone\nFrom: School\n" + quoted(body, answers, ""))
    else:
        talker.send("\n".join(TEXTS))
    assert entries(talker) == entries(wanted)
    assert [alert.kind for alert in talker.alerts()] == [alert.kind for alert in wanted.alerts()] == ["strength"]
    (back,) = talker.said
    assert "(1) Maya loves: drawing and singing." in back
    assert "(6) Your hope: that she reads with joy." in back
    talker.send("1")
    wanted.send("1")
    assert len(talker.confirmed()) == len(wanted.confirmed()) == 6
    assert talker.last.session is None


@pytest.mark.parametrize(
    ("part", "texts"),
    [
        ("reading", ["comics", "2", "2, 4", "3", "my brother did", "pictures"]),
        ("math", ["cooking", "2", "2", "Spanish", "counting coins"]),
        ("behaviour", ["in the morning", "homework", "3", "he shouts, then he sleeps", "music", "we moved house"]),
    ],
)
def test_every_variant_gives_the_same_entries(library: Library, part: str, texts: list[str]) -> None:
    wanted = by_text(library, part, texts)
    talker = by_mail(library, part)
    talker.send(numbered(texts))
    assert entries(talker) == entries(wanted)
    assert talker.refs[-1] == wanted.refs[-1]


WAYS = {
    "1.-": lambda texts: "\n".join(f"{number}.- {text}" for number, text in enumerate(texts, 1)),
    "Pregunta 1:": lambda texts: "\n".join(f"Pregunta {number}: {text}" for number, text in enumerate(texts, 1)),
    "Q1. in one line": lambda texts: " ".join(f"Q{number}: {text}" for number, text in enumerate(texts, 1)),
    "1: R:": lambda texts: "\n".join(f"{number}: R: {text}" for number, text in enumerate(texts, 1)),
    "#1) and a farewell": lambda texts: (
        "\n".join(f"#{number}) {text}" for number, text in enumerate(texts, 1)) + "\n\nThank you!\nDana Walker"
    ),
}


@pytest.mark.parametrize("way", WAYS)
def test_people_number_their_answers_in_many_ways(library: Library, way: str) -> None:
    talker = by_mail(library)
    talker.send(WAYS[way](TEXTS))
    assert entries(talker) == entries(by_text(library, "", TEXTS))


def test_thanks_and_later_alone_answer_no_question_of_the_page(library: Library) -> None:
    talker = by_mail(library)
    talker.send("Muchas gracias.\nLuego le contesto")
    assert (entries(talker), talker.said) == ([], ["No rush. Reply any time that is good for you."])
    talker.send(numbered(TEXTS))
    assert entries(talker) == entries(by_text(library, "", TEXTS))


def test_an_hour_is_no_number_of_a_question_and_thanks_in_an_answer_stay(library: Library) -> None:
    talker = by_mail(library)
    talker.send("1: she draws\n3:30 pm with her aunt\n5: Lola\nThanks to her she reads")
    assert [entry[3] for entry in entries(talker)] == ["she draws\n3:30 pm with her aunt", "Lola\nThanks to her she reads"]


def test_what_is_left_out_is_left_out_and_the_rest_is_kept(library: Library) -> None:
    talker = by_mail(library)
    talker.send("2: kind\n5: her aunt")
    assert [(step, norm) for _, step, norm, *_ in entries(talker)] == [("2", {"character": ["kind"]}), ("5", {"supports": "her aunt"})]
    assert talker.frame["at"] == "readback"


def test_plain_words_answer_the_first_question_and_the_others_stay_open(library: Library) -> None:
    talker = by_mail(library)
    talker.send("She loves to draw.")
    assert [step for _, step, *_ in entries(talker)] == ["1"]
    (body,) = talker.said
    assert [block.partition(" ")[0] for block in body.split("\n\n")[1:-1]] == ["2.", "3.", "4.", "5.", "6."]
    talker.send("2: funny\n6: joy")
    assert [step for _, step, *_ in entries(talker)] == ["1", "2", "6"]


def test_who_says_the_same_again_is_not_answered(library: Library) -> None:
    talker = by_mail(library)
    for _ in range(3):
        talker.send("Thank you for your message! We will get back to you.")
    assert [step for _, step, *_ in entries(talker)] == ["1"]
    assert talker.said == []
    assert talker.handed() == [("liaison", "free_note")]
    assert talker.last.status == "waiting"


def test_an_answer_nobody_understood_is_asked_again_then_a_person_takes_over(library: Library) -> None:
    talker = by_mail(library, "math")
    talker.send("1: games\n3: xyz\n4: Spanish")
    assert [step for _, step, *_ in entries(talker)] == ["M1", "M4"]
    assert talker.frame["at"] == 3
    assert talker.handed() == []
    talker.send("xyz")
    talker.send("xyz")
    assert ("liaison", "misunderstood") in [event for turn in talker.turns for event in _handed(turn)]


def _handed(turn: object) -> list[tuple[str, str]]:
    return [(event.to_role, event.reason) for event in turn.events if isinstance(event, Handoff)]  # type: ignore[attr-defined]


def test_two_answers_nobody_understood_twice_go_to_a_person(library: Library) -> None:
    talker = by_mail(library, "math")
    talker.send("1: games\n2: qqq\n3: zzz")
    assert "I want to get this right" in talker.said[0]
    assert "2. " in talker.said[0]
    talker.send("2: qqq\n3: zzz")
    assert talker.handed() == [("liaison", "misunderstood")]
    assert talker.frame["at"] == "readback"
    assert [step for _, step, *_ in entries(talker)] == ["M1"]


def test_a_part_of_a_mail_may_weigh_more_than_the_whole(library: Library) -> None:
    talker = Talker(library, channel="email", screens=lambda text: Screening(evaluation="clear") if "evaluated" in text else NOTHING)
    talker.start("home-observations")
    talker.send("1: drawing\n5: I want her evaluated")
    assert ("evaluation_contact", "evaluation") in talker.handed()


def test_a_list_nobody_reviewed_is_told_of_a_page_too(library: Library) -> None:
    talker = by_mail(library)
    talker.send("1: drawing", found={"lang_unreviewed": True})
    assert ("liaison", "not_screened") in talker.handed()


def test_without_words_in_the_language_a_person_takes_over(library: Library) -> None:
    talker = Talker(library, lang="ar", channel="email", enabled=("ar",), classes_ok="AF")
    turn = talker.start("home-observations")
    assert turn.session is None
    assert ("liaison", "unread_language") in talker.handed()


def test_a_question_that_only_comes_up_now_is_asked_behind_the_others(library: Library) -> None:
    talker = by_mail(library, "math")
    talker.send("1: games\n2: 6\n3: 1\n4: Spanish\n5: coins")
    assert [step for _, step, *_ in entries(talker)] == ["M1", "M2", "M3", "M4", "M5"]
    (body,) = talker.said
    assert "upset" in body
    talker.send("She hums")
    assert [step for _, step, *_ in entries(talker)][-1] == "S4"
    assert talker.frame["at"] == "readback"


def test_the_read_back_is_changed_by_number(library: Library) -> None:
    talker = by_mail(library)
    talker.send(numbered(TEXTS))
    first = entries(talker)
    talker.send("4: only Spanish")
    (_kind, step, norm, raw, *_) = entries(talker)[-1]
    assert (step, norm, raw) == ("4", {"languages": "only Spanish"}, "only Spanish")
    corrected = next(event for event in talker.last.events if isinstance(event, Write))
    assert corrected.corrects
    assert "(4) Languages: only Spanish." in talker.said[0]
    assert len(entries(talker)) == len(first) + 1
    talker.send("1: Good")
    assert len(talker.confirmed()) == 6


def test_a_change_nobody_understood_is_asked_again_and_then_a_persons(library: Library) -> None:
    talker = by_mail(library)
    talker.send(numbered(TEXTS))
    first = entries(talker)
    talker.send("3: hm?")
    assert entries(talker) == first
    assert "I changed it" not in talker.said[0]
    assert talker.said[0].startswith("I want to get this right.")
    talker.send("3: hm?")
    assert [event.reason for event in talker.last.events if isinstance(event, Handoff)] == ["misunderstood"]
    assert entries(talker) == first


def test_what_was_left_out_can_be_added_at_the_read_back(library: Library) -> None:
    talker = by_mail(library)
    talker.send("1: drawing")
    talker.send("6: joy")
    assert [step for _, step, *_ in entries(talker)] == ["1", "6"]
    assert "(6) Your hope: joy." in talker.said[0]


def test_words_of_weight_take_effect_after_the_answers_beside_them_are_kept(library: Library) -> None:
    def screens(text: str) -> Screening:
        return Screening(evaluation="clear") if "evaluated" in text else Screening(danger_level=2) if "die" in text else NOTHING

    talker = Talker(library, channel="email", screens=screens)
    talker.start("home-observations")
    talker.send("1: drawing\n4: I want her evaluated\n5: her aunt", found={"evaluation": "clear"})
    steps = [step for kind, step, *_ in entries(talker) if kind in ("strength", "observation")]
    assert steps == ["1", "5"]
    assert ("evaluation_contact", "evaluation") in talker.handed()

    talker = Talker(library, channel="email", screens=screens)
    talker.start("home-observations")
    turn = talker.send("1: drawing\n2: she says she wants to die", found={"danger_level": 2})
    assert [step for kind, step, *_ in entries(talker) if kind == "strength"] == ["1"]
    said = [event for event in turn.events if isinstance(event, Say)]
    assert said[0].message_class == "F"
    assert turn.message_visibility == "safety_only"
    assert turn.session is None or orjson.loads(turn.session)["f"] == "crisis"


def test_of_several_grave_answers_the_gravest_counts_and_each_has_its_effect() -> None:
    found = [
        Screening(danger_level=4, matched=("a",)),
        Screening(evaluation="possible", stop="phrase", matched=("b",)),
        Screening(danger_level=2, evaluation="clear", identity="shared_phone", signs=("shared_phone",)),
        Screening(stop="phrase", stop_scope="all", identity="safety_request", signs=("safety_request",), matched=("a",)),
    ]
    all_of_it = together(found)
    assert (all_of_it.danger_level, all_of_it.stop, all_of_it.stop_scope, all_of_it.evaluation) == (2, "phrase", "all", "clear")
    assert (all_of_it.identity, all_of_it.signs, all_of_it.matched) == ("safety_request", ("shared_phone", "safety_request"), ("a", "b"))
    assert together([]) == NOTHING


def test_stop_commands_and_questions_are_what_they_always_are(library: Library) -> None:
    talker = by_mail(library)
    talker.send("HELP", found={"command": "help", "command_exact": True})
    assert entries(talker) == []
    talker = by_mail(library)
    talker.send("STOP", found={"stop": "word"})
    assert (entries(talker)[-1][0], len(talker.said)) == ("consent", 1)
    talker = by_mail(library)
    talker.send("What is MTSS?", found={"question": True})
    assert [kind for kind, *_ in entries(talker)] != ["strength"]


def test_a_question_inside_an_answer_is_kept_and_passed_on(library: Library) -> None:
    talker = Talker(library, channel="email", screens=lambda text: Screening(question="?" in text))
    talker.start("home-observations")
    talker.send("1: drawing\n5: her aunt. May she come to the meeting?")
    assert ("liaison", "question") in talker.handed()
    assert [step for _, step, *_ in entries(talker)] == ["1", "5"]


def test_a_longer_word_beside_the_answers_is_a_note_for_a_person(library: Library) -> None:
    talker = by_mail(library)
    talker.send("Thank you for writing to us about this, her grandfather died in the spring and she is very quiet\n1: drawing")
    assert ("liaison", "free_note") in talker.handed()
    talker = by_mail(library)
    talker.send("Hello, here are my answers\n1: drawing")
    assert talker.handed() == []


def test_which_child_is_asked_as_always(library: Library) -> None:
    talker = Talker(library, cases=(ANA, LUIS), channel="email", screens=lambda text: NOTHING)
    talker.base.case = ANA
    talker.start("home-observations")
    talker.base.case = None
    talker.send("1: drawing")
    assert "Ana" in talker.said[0]
    assert "Luis" in talker.said[0]


def test_a_nudge_sends_the_page_again(library: Library) -> None:
    talker = by_mail(library)
    talker.ring("nudge")
    assert "6. What do you hope" in talker.said[0]


def answer_to(step: Step, pick: str) -> str:
    """What this family says to a question: its first choice or its last, or words of its own."""
    many = len(step.options)
    if step.options_from:
        return "1"
    if step.kind in ("one", "yn"):
        return "1" if pick == "first" else str(many)
    if step.kind == "many":
        return "1, 2" if pick == "first" else f"{many - 1}, {many}"
    return {"date": "May 4", "num": "3", "scale": "4", "time": "7:30 am"}.get(step.kind, f"our words for {step.name}")


def through(library: Library, flow: str, part: str, pick: str, **scene: object) -> tuple[Talker, int]:
    """A talk from its start to its end, every question answered; and how many messages that took."""
    talker = Talker(library, screens=lambda text: NOTHING, values={"strength": "tries", "topic": "math"}, **scene)
    if flow == "evaluation-request":  # the school cannot start it
        talker.send("I want her evaluated", found={"evaluation": "clear" if part == "details" else "possible"})
    else:
        talker.start(flow, part)
    sent = 0
    while talker.session is not None and talker.frame["at"] != "readback":
        frame = talker.frame
        part_now = library.latest[frame["f"]].parts[frame["p"]]
        asked = [part_now.steps[at] for at in frame.get("u", [frame["at"]])]
        lines = [
            f"{page.number(part_now, one)}: {answer_to(one, pick)}" for one in asked if one.kind != "none" and one.name not in frame["n"]
        ]
        talker.send("\n".join(lines) if len(lines) > 1 else lines[0].partition(": ")[2])
        sent += 1
    if talker.session is not None:
        talker.send("1")
    return talker, sent


def written(talker: Talker) -> list[str]:
    """The record, as far as it does not name the channel."""
    return [
        f"{kind} {step} {asked} {visibility} {norm}".replace("email", "sms") for kind, step, norm, _, asked, visibility in entries(talker)
    ]


ASKING = [
    (flow.id, part.id)
    for flow in shipped().latest.values()
    for part in flow.parts.values()
    if flow.id not in page.APART and any(step.kind != "none" for step in part.steps) and flow.id != "language-offer"
]


def test_a_page_about_no_child_asks_for_none(library: Library) -> None:
    """With two children there is nobody to choose before somebody says whose address it is."""
    talker = Talker(library, cases=(ANA, LUIS), channel="email", screens=lambda text: NOTHING)
    talker.start("welcome")
    talker.send("1: 1\n2: 1\n3: 1\n4: 1\n5: nights")
    assert [step for _, step, *_ in entries(talker)] == ["1", "2", "3", "4", "5", "6"]
    assert talker.frame["at"] == "readback"


PAGE = "Hello there, dear family of the school.\n\n1. What does she love or do well?\n\n2. How often does she read?\n   1 Daily  2 Rarely\n\nThank you for your time and words."
