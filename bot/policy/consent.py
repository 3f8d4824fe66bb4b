"""Who may be sent what, by what they said about being texted (F01, F25, faults 3 and 4).

| state | leaves |
|---|---|
| granted | everything |
| unknown (silence) | class A, and answers |
| reminders_only | class A, and answers |
| paused | answers, until the pause ends |
| refused ("use email or paper") | answers: that it was heard, and whatever they then ask by text |
| stopped | nothing |

Answers are to what the family has just written, of every class but D: student data is never sent on the strength of a question alone.
An answer of class E is the dated receipt of a request (F26); the papers themselves never go by text.

A family may also want less and not nothing: no more about one child, or no more reminders (`stopped_for`). Then only answers about that
leave; the rest goes on as the state says.

Class F, danger and the one confirmation of a STOP leave in every state. A state this table does not know is refused like silence, without
its answers: deny by default.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from bot.policy import classes

_ANSWERS = "ABCE"

REMINDERS = "topic:reminders"
TOPICS = {"reminder": REMINDERS}
"""What a text is about besides a child, by the flow its words are from."""


class Said(NamedTuple):
    """Where consent of one address stands: its row."""

    state: str
    until: datetime | None = None
    stopped_for: str | None = None


def about(student_id: str | None, ref: str) -> frozenset[str]:
    """What a message is about, in the words of `stopped_for`: its child, and its topic by the text it says ("reminder/1")."""
    topic = TOPICS.get(ref.partition("/")[0], "")
    return frozenset(filter(None, (f"student:{student_id}" if student_id else "", topic)))


def covers(stopped_for: str | None, student_id: str | None, ref: str) -> bool:
    """Whether a message is about what this family wants no more of."""
    return bool(stopped_for) and not about(student_id, ref).isdisjoint((stopped_for or "").split())


def refusal(
    state: str,
    until: datetime | None,
    *,
    message_class: str,
    purpose: str,
    now: datetime,
    answers_family: bool = False,
    less: bool = False,
) -> str:
    """Why it may not leave: stopped | refused | paused | reminders_only | wants_less | consent_unknown; "" when it may.

    :param until: when a pause ends; None for one that lasts until START.
    :param answers_family: it answers a message this family has just written.
    :param less: it is about what this family wants no more of.
    """
    if classes.always(message_class, purpose):
        return ""
    if state == "stopped":
        return state
    if less and not (answers_family and message_class in _ANSWERS):
        return "wants_less"
    if state == "granted" or (state == "paused" and until is not None and until <= now):
        return ""
    if state not in ("unknown", "reminders_only", "paused", "refused"):
        return "consent_unknown"
    if answers_family and message_class in _ANSWERS:
        return ""
    if state in ("paused", "refused"):
        return state
    if message_class == "A":
        return ""
    return "reminders_only" if state == "reminders_only" else "consent_unknown"
