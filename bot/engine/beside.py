"""What is said beside an open question and answers nothing: "later", "I told the teacher", "I have a new number", "leave it as it was"."""

from __future__ import annotations

from bot.engine import actions, readback, waiting, walk
from bot.engine.flow import Step
from bot.engine.talk import Talk
from bot.engine.words import fold


def take(talk: Talk, step: Step) -> bool:
    """Meet it; False for everything else, which may be an answer."""
    words, text = talk.library.words, talk.text
    if "x" in talk.open() and fold(text) not in step.accepted.get(talk.lang, {}) and words.leaves_it(text):
        readback.again(talk)
    elif talk.case is None and (words.gives_number(text) or words.tells_it_is_told(text)):
        return False
    elif words.gives_number(text):
        _new_number(talk)
    elif step.field and not step.required and words.tells_it_is_told(text):
        _told(talk, step)
    elif waiting.put_off(talk, step):
        waiting.no_rush(talk, step)
    else:
        return False
    return True


def _told(talk: Talk, step: Step) -> None:
    """They told it already: nobody asks twice, and a person looks for it."""
    talk.visibility = step.visibility
    talk.write("observation", {"note": talk.text}, step_id=step.id, visibility=step.visibility, flow=talk.flow)
    actions.hand_off(talk, "liaison", "free_note", "school_day", step.id)
    walk.leave_out(talk, step, "told")


def _new_number(talk: Talk) -> None:
    """Only a person changes where a family is written to; the number is no news for the team."""
    talk.visibility = "staff_only"
    talk.write("observation", {"note": talk.text}, visibility="staff_only", flow=talk.flow)
    actions.hand_off(talk, "liaison", "free_note", "school_day")
    talk.before("free_note")
    walk.repeat(talk)
