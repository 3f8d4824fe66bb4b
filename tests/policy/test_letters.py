"""G10 as a property: in 100,000 generated histories nothing stale and nothing unreviewed leaves."""

from __future__ import annotations

import random

import pytest

from bot.policy.letters import LETTER, TEMPLATE, Words, machine_may, refusal

HISTORIES = 100_000


def asked(**known):
    given = {"kind": LETTER, "message_class": "C", "channel": "sms", "same_language": False, "text_index": b"1"}
    return refusal(**(given | known))


@pytest.mark.parametrize(
    ("known", "why"),
    [
        ({"message_class": "F"}, "fixed_texts_only"),
        ({"message_class": "x"}, "fixed_texts_only"),
        ({"message_class": "D"}, "not_by_this_channel"),
        ({"message_class": "E"}, "not_by_this_channel"),
        ({"channel": ""}, "not_by_this_channel"),
        ({}, "untranslated"),
        ({"words": Words("waiting", b"1")}, "untranslated"),
        ({"words": Words("machine", b"1")}, "unchecked"),
        ({"words": Words("checked", b"0")}, "stale"),
        ({"words": Words("checked", b"1")}, ""),
        ({"same_language": True}, ""),
        ({"message_class": "D", "channel": "webchat", "words": Words("machine", b"1")}, "unchecked"),
        ({"kind": TEMPLATE, "same_language": True}, "not_approved"),
        ({"kind": TEMPLATE, "same_language": True, "approved_index": b"0"}, "stale"),
        ({"kind": TEMPLATE, "approved_index": b"1", "words": Words("checked", b"1")}, ""),
        ({"kind": "something new", "same_language": True}, "not_approved"),
    ],
)
def test_why_a_text_may_not_leave(known, why):
    assert asked(**known) == why


def test_a_machine_makes_no_words_of_classes_d_to_f():
    assert [letter for letter in "ABCDEFx" if machine_may(letter)] == ["A", "B", "C"]


def test_no_generated_history_sends_a_stale_or_an_unreviewed_text():
    """The model remembers by itself which exact words a person has seen for which exact text."""
    dice = random.Random(10)
    sent = 0
    for _ in range(HISTORIES):
        kind, message_class = dice.choice((LETTER, TEMPLATE)), dice.choice("ABCDE")
        channel, same = dice.choice(("sms", "webchat", "email")), dice.random() < 0.2
        text, approved, words = 0, None, None
        reviewed: set[tuple[int, int]] = set()
        masters: set[int] = set()
        wording = 0
        for act in dice.choices(("edit", "translate", "check", "rewrite", "approve", "send"), k=7):
            if act == "edit":
                text = dice.randrange(3)  # sometimes back to what it was
            elif act == "translate" and (words is None or words[1] != text):
                wording += 1
                words = ("machine", text, wording)
            elif act in ("check", "rewrite") and words is not None and words[1] == text:
                wording += act == "rewrite"
                words = ("checked", text, wording)
                reviewed.add((text, wording))
            elif act == "approve":
                approved = text
                masters.add(text)
            elif act == "send" and not refusal(
                kind=kind,
                message_class=message_class,
                channel=channel,
                same_language=same,
                text_index=b"%d" % text,
                approved_index=None if approved is None else b"%d" % approved,
                words=None if words is None else Words(words[0], b"%d" % words[1]),
            ):
                sent += 1
                assert same or (text, words[2]) in reviewed
                assert kind == LETTER or text in masters
                assert kind == LETTER or approved == text
    assert sent > HISTORIES / 100
