"""One thought in two texts: the rest of it belongs to the question it answers, not to the next one.

Soon after our question only what begins as the rest of a sentence does, or more numbers behind numbers, and only once: the next text is an
answer whatever it says. A picture without a word does as often as one comes: an album arrives as a message for each. Where nobody can
have read the question yet, everything is the rest that picks no answer to it.
"""

from __future__ import annotations

from typing import Any

from bot.engine import actions, pictures, readback, walk
from bot.engine.answers import MISS, read
from bot.engine.flow import Step
from bot.engine.question import has_mark
from bot.engine.talk import Talk
from bot.engine.words import fold

OPEN_KINDS = frozenset({"text", "name", "ack"})
NOT_IN = frozenset({"crisis", "identity", "stop-help", "language-offer", "unclear", "question", "welcome", "channel"})
"""Flows whose answers are no thoughts."""
_NO_OTHER = 99


def take(talk: Talk) -> bool:
    """Keep the message with the answer before; False where it is an answer of its own."""
    before = _before(talk) if talk.scene.second else None
    if before is None:
        return False
    more = before.name in talk.open().get("j", {}) or talk.open()["n"].get(before.name) == ""  # of several pictures one was thanked for
    chosen = _chosen(talk, before)
    if chosen:
        talk.record(before, chosen)
        talk.open().setdefault("j", {}).setdefault(before.name, [])
    elif _is_rest(talk):
        _keep(talk, before)
    else:
        return False
    if talk.scene.second != "unread" and not (more and pictures.one_of_many(talk)):
        talk.before("saved")
        walk.repeat(talk)
    return True


def _before(talk: Talk) -> Step | None:
    """The question that was answered just before; None where there is none in this part, or the talk is about something else by now."""
    frame = talk.frame
    if frame is None or talk.case is None or frame.get("f", "crisis") in NOT_IN or "m" in frame or "x" in frame:
        return None
    asked, at = frame["h"], frame["at"]
    answered = asked if at == "readback" else asked[:-1] if asked[-1:] == [at] else []
    step: Step | None = talk.part.steps[answered[-1]] if answered else None
    if (
        step is None
        or frame["n"].get(step.name) is None
        or (talk.scene.second == "soon" and step.name in frame.get("j", {}) and not pictures.one_of_many(talk))
    ):
        return None
    return step


def _chosen(talk: Talk, before: Step) -> list[str]:
    """What was chosen where several may be, once more numbers came behind the first: numbers alone answer no open question."""
    step, folded = talk.step, fold(talk.text)
    if step is None or step.kind != "text" or before.kind != "many" or not folded.replace(" ", "").isdigit():
        return []
    found: Any = read(before, talk.text, talk.lang, talk.library.words, talk.now.date(), _NO_OTHER)
    if found is MISS or any(one.actions and one.id in found for one in before.options):
        return []
    both = {*talk.open()["n"][before.name], *found}
    return [one.id for one in before.options if one.id in both]


def _is_rest(talk: Talk) -> bool:
    text, words, step = talk.text, talk.library.words, talk.step
    folded = fold(text)
    asks = has_mark(text) or talk.scene.screening.question or words.puzzled(text)
    if asks or words.puts_off(text) or words.means_dont_know(text):
        return False
    if words.goes_on(text) or (pictures.one_of_many(talk) and step is not None):
        return True
    if talk.scene.second != "unread" or not (folded or talk.scene.media) or talk.library.bank.match(text, asked=False).sure:
        return False
    if step is None:
        return readback.picked(talk) < 0
    return step.kind in OPEN_KINDS or read(step, text, talk.lang, words, talk.now.date(), _NO_OTHER) is MISS


def _keep(talk: Talk, step: Step) -> None:
    """An entry of its own beside the answer's, under the same question; whoever was given the answer is given this too."""
    frame, text = talk.open(), talk.text.strip()
    if step.kind in OPEN_KINDS and step.field:
        kind, norm = step.entry_kind, {step.field: text}
        frame["n"][step.name] = f"{frame['n'][step.name]} {text}".strip()[: talk.library.limits.answer_kept]
    else:
        kind, norm = "observation", {"note": text}
    entry = talk.write(kind, norm, step_id=step.id, visibility=step.visibility, refs=step.refs, flow=talk.flow)
    frame.setdefault("j", {}).setdefault(step.name, []).append(entry)
    if step.visibility != "team":
        talk.visibility = step.visibility
    actions.run(talk, step, tuple(one for one in step.actions if one.verb == "handoff"))
