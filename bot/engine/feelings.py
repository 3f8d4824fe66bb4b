"""Anger at the school, and grief (domain.md 5.1): acknowledged, given to a person, and the talk left in peace.

The words are kept, but are no answer to what was asked. Nobody is told what they feel.
"""

from __future__ import annotations

from bot.engine import actions, safety, walk
from bot.engine.answers import MISS
from bot.engine.events import CancelTimers, SetTimer
from bot.engine.flow import Step
from bot.engine.talk import Talk

FLOW = "feelings"
_NOT_IN = frozenset({safety.CRISIS, safety.EVALUATION, "identity", FLOW})


def take(talk: Talk) -> bool:
    """Answer anger or grief; False where there is none, or the open question asks about it itself."""
    heard = talk.scene.screening.matched
    if not heard or (talk.frame is not None and talk.frame.get("f") in _NOT_IN):
        return False
    said = {row.partition(".")[0] for row in heard}
    if "grief" in said and talk.scene.consent != "paused" and not _asked_about(talk):
        _grief(talk)
        return True
    if "anger" not in said:
        return False
    _keep(talk)
    for to in ("liaison", "principal") if any(".complaint." in row for row in heard) else ("liaison",):
        actions.hand_off(talk, to, "upset", "four_school_hours")
    if talk.frame is not None and "f" in talk.frame and talk.flow.timeout != "none":
        # What is open may still be answered; nobody who is upset with us is reminded of it.
        talk.events += (CancelTimers(), SetTimer("close", talk.now + talk.library.limits.close, None))
    talk.say_key("upset", "A", FLOW, purpose="promise")
    return True


def reply(talk: Talk, step: Step) -> None:
    """The reply to "would you like someone to call?": whatever is neither yes nor no is kept, and somebody calls."""
    talk.quiet = True  # what was open waits
    value = walk.understand(talk, step)
    if value is not MISS:
        walk.answer(talk, step, value)
        return
    _keep(talk)
    actions.hand_off(talk, "counselor", "grief", "same_day")
    talk.say_key("grief_call", "A", FLOW, purpose="promise")
    walk.end(talk, "done", quiet=True)


def _keep(talk: Talk) -> None:
    talk.visibility = "staff_only"
    talk.entry_id = ""
    if talk.case is not None:
        talk.write("feeling_note", {"note": talk.text}, visibility="staff_only")


def _asked_about(talk: Talk) -> bool:
    """Whether the open question hands a loss to a person itself."""
    step = talk.step
    return step is not None and any(one.verb == "handoff" and one.value["reason"] == "grief" for one in step.actions)


def _grief(talk: Talk) -> None:
    _keep(talk)
    actions.hand_off(talk, "counselor", "grief", "same_day")
    flow = talk.library.latest.get(FLOW)
    if flow is None or flow.parts["grief"].steps[0].spoken.get(talk.lang) is None:
        talk.blocked = True
        return
    frame = talk.push(flow, "grief")
    frame["h"].append(0)
    talk.ask(talk.part.steps[0])
    actions.pause(talk, talk.part.steps[0], talk.now + actions.GRIEF_HOLD)
