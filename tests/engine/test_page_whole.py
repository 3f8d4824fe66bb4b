"""Every flow on one page by mail writes what it writes by text."""

from __future__ import annotations

import pytest

from bot.engine import page_answers
from bot.engine.events import Write
from bot.engine.library import Library
from bot.service import asked_text
from bot.values.screening import NOTHING
from tests.engine.talker import Talker
from tests.engine.test_page import ASKING, PAGE, _handed, by_mail, entries, through, written


@pytest.mark.parametrize("pick", ["first", "last"])
@pytest.mark.parametrize(("flow", "part"), ASKING)
def test_every_flow_writes_by_mail_what_it_writes_by_text(library: Library, flow: str, part: str, pick: str) -> None:
    by_text, texts = through(library, flow, part, pick)
    by_mail, mails = through(library, flow, part, pick, channel="email")
    wanted, found = written(by_text), written(by_mail)
    follow = any(step.when is not None for step in library.latest[flow].parts[part].steps)  # asked behind the others
    assert (sorted(found) == sorted(wanted)) if follow else (found == wanted)
    handed = [one for turn in by_mail.turns for one in _handed(turn)]
    left = [("liaison", "free_note")] if "refused" in str(found) or ("welcome", pick) == (flow, "last") else []  # words behind a "no"
    assert sorted(handed) == sorted([one for turn in by_text.turns for one in _handed(turn)] + left)
    assert mails <= texts


@pytest.mark.parametrize(
    ("flow", "part", "questions"), [("welcome", "core", 5), ("early-concern", "core", 6), ("evaluation-request", "details", 2)]
)
def test_a_whole_flow_is_one_mail(library: Library, flow: str, part: str, questions: int) -> None:
    by_mail, mails = through(library, flow, part, "first", channel="email")
    by_text, texts = through(library, flow, part, "first")
    assert (mails, texts) == (1, questions)
    assert len(by_mail.turns) <= 3
    assert by_text.turns[-1].session is by_mail.turns[-1].session is None


def test_the_words_for_mail_change_words_alone(library: Library) -> None:
    mail = library.on("email")
    assert library.on("sms") is library
    assert set(mail.flows) == set(library.flows)
    for key, flow in mail.flows.items():
        for name, part in flow.parts.items():
            plain = library.flows[key].parts[name]
            assert [(one.id, one.name, [option.id for option in one.options]) for one in part.steps] == [
                (one.id, one.name, [option.id for option in one.options]) for one in plain.steps
            ]
    keys = [key for key in library.latest["stop-help"].texts if key != "start_mail"]  # said by text alone
    said = [text for key in keys for text in (mail.text("stop-help", key, "en"),) if text is not None]
    assert not any(" texts" in text.format for text in said)
    ref = "welcome/2@1"
    assert asked_text.asked(library, ref, "es", "Maya", {}, "email").question.startswith("\u00bfEs este el correo")
    assert asked_text.asked(library, ref, "es", "Maya", {}, "sms").question.startswith("\u00bfEs este el tel\u00e9fono")


@pytest.mark.parametrize(("lang", "phone"), [("en", "this phone"), ("es", "este teléfono")])
def test_a_mail_asks_about_no_phone_the_family_is_not_holding(library: Library, lang: str, phone: str) -> None:
    def asked(flows: Library) -> list[str]:
        steps = [step for flow in flows.latest.values() for part in flow.parts.values() for step in part.steps]
        return [text.format for step in steps if (text := step.spoken.get(lang)) is not None]

    assert any(phone in text.lower() for text in asked(library))
    assert not [text for text in asked(library.on("email")) if phone in text.lower()]


@pytest.mark.parametrize(("lang", "offered"), [("en", ("send a voice", "or voice")), ("es", ("mensaje de voz.", "o voz"))])
@pytest.mark.parametrize("channel", ["email", "webchat"])
def test_no_voice_message_is_offered_where_none_can_be_sent(library: Library, lang: str, offered: tuple[str, ...], channel: str) -> None:
    def asking(flows: Library) -> list[str]:
        steps = [step for flow in flows.latest.values() for part in flow.parts.values() for step in part.steps]
        said = [text.format for step in steps if (text := step.spoken.get(lang)) is not None]
        return [text for text in said if any(one in text for one in offered)]

    assert len(asking(library)) == 2
    assert asking(library.on(channel)) == []


def test_the_last_question_of_a_page_may_still_be_answered_by_its_number(library: Library) -> None:
    talker = Talker(library, channel="email", screens=lambda text: NOTHING, trusted=False)
    talker.start("welcome")
    talker.send("1: 1")
    assert len(talker.said) == 1
    talker.send("2: 1")
    assert [norm for _, _, norm, *_ in entries(talker)][-2:] == [{"phone": "yes"}, {"notice_version": "welcome/3@1"}]


def test_a_photo_goes_with_the_first_answer(library: Library) -> None:
    talker = by_mail(library)
    talker.send("1: drawing\n5: aunt", media=("att_1",))
    written = [event.media for event in talker.last.events if isinstance(event, Write)]
    assert written == [("att_1",), ()]


@pytest.mark.parametrize(
    ("reply", "whole", "found"),
    [
        ("1: a\n2: b", "", {1: "a", 2: "b"}),
        ("1) a\n(2) b", "", {1: "a", 2: "b"}),
        ("1. a\n2. b", "", {1: "a", 2: "b"}),
        ("1 - a\n2 - b", "", {1: "a", 2: "b"}),
        ("1: a 2: b", "", {1: "a", 2: "b"}),
        ("1 a\n2 b c", "", {1: "a", 2: "b c"}),
        ("1 a\n9 b", "", {1: "1 a", 2: "9 b"}),
        ("1: a\nmore\n2: b", "", {1: "a\nmore", 2: "b"}),
        ("2: b\n1: a\n2: c", "", {1: "a", 2: "b\nc"}),
        ("- a\n- b", "", {1: "a", 2: "b"}),
        ("a\n\nb", "", {1: "a", 2: "b"}),
        ("She wakes at 7:30 and reads", "", {}),
        ("1, 3", "", {}),
        ("a b c", "", {}),
        ("", "", {}),
        ("x", "> 1. What does she love\n> or do well?\nx\n> 2. How often does she read?\n> 1 Daily 2 Rarely\n> Thank you for your time and words.\n-- \nMaria", {1: "x"}),
        ("", "From: x\n1. What does she love or do well? Singing!\n2. How often does she read?\n1 Daily 2 Rarely\nDaily\nThank you for your time and words.\nOld mail\n1. What does she love or do well?\nOld", {1: "Singing!", 2: "Daily"}),
        ("2\n1", "> 1. What does she love or do well?\n2\n> 2. How often does she read?\n> 1 Daily  2 Rarely\n1\n> Thank you for your time and words.", {1: "2", 2: "1"}),
        ("y", "y\n\n> 1. What does she love or do well?\n> 2. How often does she read?\n", {}),
    ],
)  # fmt: skip
def test_answers_are_found_however_they_are_given(reply: str, whole: str, found: dict[int, str]) -> None:
    assert dict(page_answers.read(reply, whole, PAGE, [1, 2]).by_number) == found
