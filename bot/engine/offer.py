"""A language is proposed, never changed by itself: what the family wrote is handled first, then one question in both languages."""

from __future__ import annotations

from bot.engine import commands
from bot.engine.events import Handoff, Page, Say, SetConsent, SetIdentity, SetLanguage
from bot.engine.talk import Talk
from channels.base import MAIL

FLOW = "language-offer"
_NOT_IN = frozenset({"crisis", "welcome", "identity", "evaluation-request", "stop-help", "unclear", FLOW})
_NOT_AFTER = (Page, SetConsent, SetIdentity, SetLanguage)


def consider(talk: Talk) -> None:
    """Lay the proposal over the talk, in place of the next question, which is asked again after the answer."""
    frame, flow = talk.frame, talk.library.latest.get(FLOW)
    if (
        flow is None
        or talk.scene.channel == MAIL
        or talk.blocked
        or talk.quiet
        or talk.visibility != "team"
        or talk.scene.consent in ("stopped", "refused", "paused")
    ):
        return
    if frame is not None and (frame.get("f", FLOW) in _NOT_IN or talk.stack):
        return
    if any(isinstance(event, _NOT_AFTER) or (isinstance(event, Handoff) and event.to_role == "on_call") for event in talk.events):
        return
    if talk.scene.wrote == "?":
        _hold_questions(talk)
        commands.handle(talk, "language")
        return
    own, other = talk.lang, talk.library.resolve(talk.scene.wrote)
    step = flow.parts[flow.first].steps[0]
    spoken = [step.spoken.get(lang) for lang in (other, own)]
    if other == own or None in spoken or step.message_class not in talk.classes:
        return
    _hold_questions(talk)
    talk.push(flow, flow.first)
    laid = talk.open()
    laid["w"], laid["at"] = talk.scene.wrote, 0
    laid["h"].append(0)
    lines, labels = [], []
    for lang in (other, own):
        bare, kept = step.bare.get(lang), talk.lang
        talk.lang = lang
        lines.append(talk.fill(bare) if bare is not None else "")
        talk.lang = kept
        said = step.spoken[lang]
        labels.append(said.options if said is not None else ())
    options = tuple((number, " / ".join(dict.fromkeys((label, labels[1][at][1])))) for at, (number, label) in enumerate(labels[0]))
    body = "\n".join([*dict.fromkeys(lines), " ".join(f"{number} {label}" for number, label in options)])
    talk.speak(body, step.message_class, step.ref, "ask", options)


def _hold_questions(talk: Talk) -> None:
    """One question at a time: the one that would have followed comes after the answer to ours."""
    talk.flush()
    held = [event for event in talk.events if not (isinstance(event, Say) and event.purpose in ("ask", "readback"))]
    talk.events[:] = held
