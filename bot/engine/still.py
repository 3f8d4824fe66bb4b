"""Is this still the same person? (F24, fault 10) A number silent for long, or that bounced, is asked before a child is spoken of.

What was written meanwhile is kept, and taken up once they say yes; no child is named before.
"""

from __future__ import annotations

from dataclasses import replace

from bot.engine import actions, identity, walk
from bot.engine.answers import MISS
from bot.engine.children import KEPT_MOST
from bot.engine.events import SetIdentity
from bot.engine.talk import Talk
from bot.values.screening import NOTHING, Screening

PART = "number_changed"
ABOUT_PHONES = frozenset({"welcome", identity.FLOW, "crisis"})
"""Flows that ask who is there themselves, or may not wait for it."""


def asking(talk: Talk) -> bool:
    """Whether this is the open question."""
    return talk.frame is not None and talk.frame.get("f") == identity.FLOW and talk.frame.get("p") == PART


def needed(talk: Talk) -> bool:
    """Whether it must be asked before the message, or the talk, goes on."""
    return talk.scene.stale and (talk.frame is None or talk.frame.get("f") not in ABOUT_PHONES)


def ask(talk: Talk) -> None:
    """Ask, keeping the message."""
    found = talk.scene.screening
    flow = talk.library.latest.get(identity.FLOW)
    if flow is None or PART not in flow.parts:
        talk.blocked = True
        return
    frame = talk.push(flow, PART)
    if talk.scene.prompt == "message":
        frame["w"] = [
            talk.text[:KEPT_MOST],
            list(talk.scene.media),
            [found.question, found.command, found.command_exact, list(found.matched)],
        ]
        if talk.scene.not_kept:
            frame["lost"] = talk.scene.not_kept
    talk.ask(talk.part.steps[0])


def reply(talk: Talk) -> bool:
    """Handle the message as the answer. True: they are who we thought, and the kept message is in place to be handled now."""
    step = talk.step
    assert step is not None
    value = walk.understand(talk, step)
    if value is MISS:
        _again(talk)
        return False
    talk.write("identity_event", {"still": value}, visibility="staff_only", step_id=step.id, flow=talk.flow)
    kept, not_kept = talk.open().get("w"), talk.open().get("lost", "")
    talk.pop()
    if value != "yes":
        identity.take_effect(talk, "wrong_number")
        return False
    talk.events.append(SetIdentity("confirmed"))
    if kept is None:
        if talk.frame is None:
            talk.say_key("still_thanks", "A", identity.FLOW)
        else:
            walk.repeat(talk)
        return False
    words, media, (question, command, exact, matched) = kept
    screening = Screening(question=question, command=command, command_exact=exact, matched=tuple(matched))
    heard = screening if any(screening) else NOTHING
    talk.scene = replace(talk.scene, text=words, media=tuple(media), not_kept=not_kept, screening=heard, stale=False)
    talk.text = words
    return True


def _again(talk: Talk) -> None:
    """Neither yes nor no: their words join the kept ones; the second time a person finds out."""
    frame = talk.open()
    frame["m"] = frame.get("m", 0) + 1
    if frame["m"] < talk.library.limits.misunderstood:
        if "w" in frame:
            frame["w"][0] = f"{frame['w'][0]}\n{talk.text}"[:KEPT_MOST]
        step = talk.step
        assert step is not None
        talk.ask(step)
        return
    kept = frame["w"][0] if "w" in frame else talk.text
    actions.hand_off(talk, "office", "number_changed", "school_day", text=kept)
    talk.say_key("still_person", "A", identity.FLOW)
    talk.drop("closed")
