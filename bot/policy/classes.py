"""The six message classes (domain.md 0.3) as one table: what each may carry where, to whom, in whose words and when."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class MessageClass(NamedTuple):
    """One row of the table.

    `channels`: where the content itself may go; elsewhere only a link to it. `review`: what its words need before they go out
    (template: a person checked the catalogue; certified: legal; fixed: the crisis texts). `identity`: what must be known of the
    receiver (none, number: on file, confirmed: said once "yes, that is me", code: one-time code or PIN, code_and_name). `hours`:
    whether quiet hours bind it. `about_child`: whether it tells something about a student.
    """

    letter: str
    name: str
    channels: frozenset[str]
    review: str
    identity: str
    hours: bool
    about_child: bool


_TEXTED = frozenset({"sms", "whatsapp", "email", "webchat", "voice"})
_WRITTEN = frozenset({"sms", "whatsapp", "email", "webchat"})
_LINKED = frozenset({"webchat", "link"})
_PAPER = frozenset({"link", "email", "paper"})

CLASSES: Mapping[str, MessageClass] = {
    "A": MessageClass("A", "logistics", _TEXTED, "template", "number", hours=True, about_child=False),
    "B": MessageClass("B", "general information", _TEXTED | {"public"}, "template", "none", hours=True, about_child=False),
    "C": MessageClass("C", "student, low sensitivity", _WRITTEN, "template", "confirmed", hours=True, about_child=True),
    "D": MessageClass("D", "student data", _LINKED, "template", "code", hours=True, about_child=True),
    "E": MessageClass("E", "rights and legal", _PAPER, "certified", "code_and_name", hours=True, about_child=True),
    "F": MessageClass("F", "safety", _TEXTED, "fixed", "none", hours=False, about_child=False),
}

STRICTEST = CLASSES["E"]

ANY_HOUR = frozenset({"confirm_stop", "crisis"})
"""Purposes that no hour, consent or hold keeps back: the one confirmation a STOP or a wrong number gets, and danger."""


def of(letter: str) -> MessageClass:
    """The class of this letter; an unknown letter is treated as the strictest."""
    return CLASSES.get(letter, STRICTEST)


def always(message_class: str, purpose: str) -> bool:
    """Whether a message goes whatever else is the case: class F, danger, and the one confirmation."""
    return message_class == "F" or purpose in ANY_HOUR
