"""What is open, said once more in a language just chosen: a family that could not read a question could not read what came with it."""

from __future__ import annotations

from bot.engine import children, question, readback, walk
from bot.engine.events import SetLanguage
from bot.engine.talk import Talk


def go_on(talk: Talk, *, whole: bool = False) -> None:
    """Go on with the talk underneath a question of ours that is answered; `whole` as in `walk.repeat`."""
    if talk.frame is None or not any(type(event) is SetLanguage for event in talk.events):
        walk.repeat(talk, whole=whole)
        return
    at = talk.frame["at"]
    if at == "child":
        children.say(talk, "which_child")
    elif at == "nearest":
        question.ask_nearest(talk)
    elif at == "which":
        readback.which(talk)
    elif at == "rest":
        talk.say_key("resting", talk.flow.message_class)
    elif at == "call":
        talk.say(talk.library.inner["call"].spoken.get(talk.lang), talk.flow.message_class, "common/nudge_call")
    elif talk.flow.id == question.FLOW and at == 0 and question.say_with_answer(talk):
        return
    else:
        walk.repeat(talk)
