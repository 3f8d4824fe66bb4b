"""Less, not nothing (F25): no more about one child, or no more reminders, while the rest goes on.

STOP always stops everything at once. Where a sentence that says stop also says of what ("no more texts about Luis"), its one confirmation
asks whether only that was meant; without an answer everything stays stopped. CHOOSE asks what there is too much of.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.engine import actions, children, walk
from bot.engine.answers import MISS
from bot.engine.events import CancelTimers, SetConsent
from bot.engine.flow import Step
from bot.engine.scene import CaseRef
from bot.engine.talk import Talk
from bot.engine.words import fold

FLOW = "stop-help"
REMINDERS = "topic:reminders"
ONLY = {"case": "only_child", "topic": "only_reminders"}
"""The part that asks whether only this was meant, by the kind of scope."""

MENU = frozenset({"less", "less_several"})
ANSWER_WITHIN = timedelta(hours=24)
"""Later than this a "1" is no answer to our question any more: everything stays stopped."""


def narrower(talk: Talk) -> str:
    """What a sentence that says stop names besides: "case:<id>", "topic:reminders", "" for nothing that could be stopped alone."""
    scene = talk.scene
    if scene.screening.stop != "phrase" or scene.screening.stop_scope == "all" or scene.screening.danger_level:
        return ""
    padded = f" {fold(talk.text)} "
    named = [case for case in scene.cases if children.named(case, padded)]
    if len(scene.cases) > 1 and len(named) == 1 and scene.trusted and not scene.shared_phone:
        return f"case:{named[0].case_id}"
    return REMINDERS if any(f" {word} " in padded for word in talk.library.words.reminders) else ""


def confirm(talk: Talk, scope: str) -> bool:
    """Say the confirmation of a STOP with the question whether only this was meant; False when it cannot be said."""
    flow = talk.library.latest.get(FLOW)
    part = ONLY[scope.partition(":")[0]]
    step = flow.parts[part].steps[0] if flow is not None and part in flow.parts else None
    text = step.spoken.get(talk.lang) if step is not None else None
    if flow is None or step is None or text is None or talk.scene.answered_by_provider:
        return False
    talk.case = _case(talk, scope) or talk.case
    frame = talk.push(flow, part)
    frame["w"] = [scope, talk.now.isoformat(), talk.scene.consent]
    return talk.say(text, step.message_class, step.ref, "confirm_stop")


def asking(talk: Talk) -> bool:
    """Whether the open question is the one of a confirmation."""
    return talk.frame is not None and talk.frame.get("f") == FLOW and talk.frame.get("p") in ONLY.values()


def choosing(talk: Talk) -> bool:
    """Whether the open question is which child there shall be no texts about."""
    return talk.step is not None and talk.flow.id == FLOW and talk.step.name == "less_child"


def only_reply(talk: Talk) -> bool:
    """Handle the reply to "did you mean only ...?"; False when it was none. Nothing is said unless they meant only that."""
    step = talk.step
    assert step is not None
    scope, asked, before = talk.open()["w"]
    value = walk.understand(talk, step)
    late = talk.now - datetime.fromisoformat(asked) > ANSWER_WITHIN
    walk.leave(talk)
    if value != "only" or late:
        talk.quiet = True
        return value == "all" and not late
    _stop_only(talk, scope, before if before in ("unknown", "reminders_only") else "granted")
    return True


def menu_reply(talk: Talk, step: Step) -> None:
    """Handle the reply to "What should there be less of?", or to which child it is about."""
    if step.name == "less_child":
        _which(talk, step)
        return
    value = walk.understand(talk, step)
    if value is MISS:
        walk.misunderstood(talk, step)
        return
    talk.record(step, value)
    if value == "child":
        frame = talk.open()
        frame["at"] = step.index + 1
        frame.pop("m", None)
        children.say(talk, "less_which")
    elif value == "all":
        from bot.engine import safety

        walk.leave(talk)
        safety.stop(talk, speak=True)
    elif value == "no_reminders":
        walk.leave(talk)
        _stop_only(talk, REMINDERS, "")
    else:
        walk.leave(talk)
        talk.events.append(SetConsent("reminders_only"))
        _written(talk, "reminders_only", "number", "less_only_reminders")
        talk.say_key("less_only_reminders", "A", FLOW)
        _forget_talk(talk)


def _which(talk: Talk, step: Step) -> None:
    chosen = children.chosen(talk)
    if chosen is None:
        frame = talk.open()
        frame["m"] = frame.get("m", 0) + 1
        if frame["m"] < talk.library.limits.misunderstood:
            children.say(talk, "less_which")
            return
        actions.hand_off(talk, "liaison", "wants_less", "school_day", step.id)
        talk.say_key("misunderstood", purpose="promise")
        walk.leave(talk)
        return
    walk.leave(talk)
    _stop_only(talk, f"case:{chosen.case_id}", "")


def _stop_only(talk: Talk, scope: str, back: str) -> None:
    """Stop this part, tell staff (the law's papers go another way), and say what goes on and how to come back."""
    case, about = _case(talk, scope), talk.case
    talk.case = case or about
    talk.events.append(SetConsent("less", scope, back=back))
    said = "less_child" if case is not None else "less_reminders"
    _written(talk, "stopped", scope, said)
    actions.hand_off(talk, "liaison", "wants_less", "school_day")
    talk.say_key(said, "A", FLOW)
    if case is not None and talk.frame is not None and talk.frame.get("c") == case.case_id:
        _forget_talk(talk)
    elif talk.frame is not None:
        talk.case = next((one for one in talk.scene.cases if one.case_id == talk.open().get("c")), about)
        walk.repeat(talk)


def _forget_talk(talk: Talk) -> None:
    """What was being asked is part of what they want no more of."""
    if talk.frame is not None:
        talk.drop("stopped")
    else:
        talk.events.append(CancelTimers())


def _written(talk: Talk, state: str, scope: str, said: str) -> None:
    talk.write("consent", {"state": state, "scope": scope}, step_id=said, flow=talk.library.latest.get(FLOW))


def _case(talk: Talk, scope: str) -> CaseRef | None:
    kind, _, wanted = scope.partition(":")
    return next((case for case in talk.scene.cases if kind == "case" and case.case_id == wanted), None)
