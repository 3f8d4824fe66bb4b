"""Who is at the other end (F24): wrong number, shared phone, a young person, a new guardian, a request not to be found.

The effects are code, whatever the flows say: a wrong number is blocked at once, a shared phone never sees class D, the rest
is held and goes to a person. The words are data (`flows/identity.yaml`).
"""

from __future__ import annotations

import re
from typing import NamedTuple

from bot.engine import actions, readback, walk
from bot.engine.events import Page, SetIdentity
from bot.engine.flow import Step
from bot.engine.talk import Talk
from bot.engine.words import AnswerWords, fold

FLOW = "identity"
SHORT = 40
"""Characters in which somebody says who they are."""
NAMES_ANSWER = frozenset({"crisis", "stop-help"})
"""Talks where a child's name is an answer, or who writes is not asked now."""
_SENTENCE = re.compile(r"[.!?;,\n،。]")


class Case(NamedTuple):
    """What a signal does: who is told and how soon ("" nobody), whether the talk ends and how."""

    to: str
    within: str
    outcome: str


CASES = {
    "wrong_number": Case("office", "school_day", "stopped"),
    "shared_phone": Case("", "", ""),
    "teen": Case("liaison", "school_day", "silenced"),
    "new_guardian": Case("registrar", "school_day", "silenced"),
    "safety_request": Case("on_call", "now", "silenced"),
}


def take_effect(talk: Talk, signal: str, step: Step | None = None, *, speak: bool = True) -> bool:
    """Put a signal into effect; True when the talk is over. `step`: the question whose answer said so (it wrote the entry itself)."""
    talk.events.append(SetIdentity(signal))
    case = CASES.get(signal)
    if case is None:  # confirmed: the number is who we thought
        return False
    flow = talk.library.latest.get(FLOW)
    if step is None or not step.field:
        visibility = "safety_only" if signal == "safety_request" else "staff_only"
        talk.write("identity_event", {"signal": signal}, visibility=visibility, step_id=signal, flow=flow)
    if signal == "safety_request":
        talk.visibility = "safety_only"
        talk.write("safety_flag", {"level": 3}, visibility="safety_only", step_id=signal, flow=flow)
        talk.events.append(Page(3))
    if signal == "wrong_number":
        told = {"outcome": "wrong_number", "channel": talk.scene.channel}
        talk.write("contact_attempt", told, visibility="staff_only", step_id=signal, raw="", source_role="bot", flow=flow)
    if case.to:
        actions.hand_off(talk, case.to, signal, case.within)
    if case.outcome:
        talk.drop(case.outcome)
    if speak:
        part = f"{signal}_shared" if signal == "safety_request" and talk.scene.shared_phone else signal
        # The goodbye to a wrong number leaves although the number is blocked in the same turn.
        play(talk, FLOW, part, "confirm_stop" if signal == "wrong_number" else "notice")
        if not case.outcome and step is None:
            walk.repeat(talk)
    return bool(case.outcome)


def is_answer(talk: Talk, signal: str) -> bool:
    """Whether the message answers what we asked: "That is wrong" to what we wrote down, or where a question offers it, only sounds like a
    wrong number."""
    if talk.frame is None:
        return False
    guessed = "learned.wrong_number" in talk.scene.screening.matched
    if talk.frame["at"] in {"readback", "which"}:
        return guessed or readback.picked(talk) >= 0
    if guessed and talk.step is not None and fold(talk.text) in talk.step.accepted.get(talk.lang, {}):
        return True
    return _is_offered(talk, signal)


def _is_offered(talk: Talk, signal: str) -> bool:
    """Whether the open question offers this sign as an answer and the message picks it: "I share this phone" (F01). The signs that end a
    talk end it whatever was asked."""
    step, case = talk.step, CASES.get(signal)
    if step is None or case is None or case.outcome:
        return False
    offered = [one.id for one in step.options if any(line.verb == "identity" and line.value == signal for line in one.actions)]
    return bool(offered) and walk.understand(talk, step) in offered


def not_me(talk: Talk) -> bool:
    """Whether the message says "I am not {the person we write to}"."""
    name = fold(talk.scene.values.get("contact_first", ""))
    if not name or len(talk.text) > 60:
        return False
    folded = fold(talk.text)
    return name in folded and any(folded == pattern.replace("name", name) for pattern in talk.library.words.not_me)


def is_child(talk: Talk) -> bool:
    """Whether the message begins with the child saying who it is ("This is Maya my mom is at work"), and not with its mother doing so
    ("This is Maya my daughter")."""
    scene, words, frame = talk.scene, talk.library.words, talk.frame
    if frame is not None and (frame["at"] == "child" or frame.get("f") in NAMES_ANSWER):
        return False
    own = fold(scene.values.get("contact_first", ""))
    said: list[str] = []
    for sentence in _SENTENCE.split(talk.text[:SHORT]):
        said = fold(sentence).split()
        while said and said[0] in words.polite:  # "Hi, it's Maya"
            said = said[1:]
        if said:
            break
    names = {name for case in scene.cases if (name := fold(case.child)) and name != own}
    return any(_says(said, pattern.replace("name", name).split(), words) for name in names for pattern in words.is_child)


def _says(said: list[str], who: list[str], words: AnswerWords) -> bool:
    behind = said[len(who) :]
    return said[: len(who)] == who and (not behind or (behind[0] in words.my and len(behind) > 1 and behind[1] in words.elders))


def play(talk: Talk, flow_id: str, part_id: str, purpose: str) -> bool:
    """Say the statements of a part, and open it as a talk if it also asks. False when there is nothing to say it with."""
    flow = talk.library.latest.get(flow_id)
    part = flow.parts.get(part_id) if flow is not None else None
    if flow is None or part is None:
        talk.blocked = True
        return False
    if any(step.kind != "none" for step in part.steps):
        talk.push(flow, part_id)
        walk.proceed(talk, 0)
        return True
    for step in part.steps:
        talk.say(step.spoken.get(talk.lang), step.message_class, step.ref, purpose)
    return True
