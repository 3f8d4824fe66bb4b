"""An answer and a question in one message ("Her aunt. How long does the help last?"): the answer is kept, the question is answered too."""

from __future__ import annotations

import re
from typing import Any

from bot.engine import actions, page, question, walk
from bot.engine.answers import MISS
from bot.engine.flow import Step
from bot.engine.talk import Talk
from bot.engine.words import fold

_PIECES = re.compile(r"[.,;:!¡\n]+")


def take(talk: Talk, step: Step) -> bool:
    """Handle a message that answers the open question and asks another; False where it does not do both.

    What is asked and not surely known may be an answer in the form of a question: at an open question, that is left to the step.
    """
    beside, asked = question.parted(talk.text)
    if not asked or not _says_something(talk, beside):
        return False
    meant = [talk.library.bank.match(one).sure for one in asked]
    if talk.scene.channel in page.CHANNELS:  # beside the questions of a mail stand its greetings and names
        if step.kind == "text" and all(meant):
            question.begin(talk)
            return True
        return False
    value = MISS if step.kind == "text" and not any(meant) else _meant(talk, step, beside)
    if value is MISS:
        return False
    told = {faq_id: question.tell(talk, faq_id) for faq_id in dict.fromkeys(meant) if faq_id}
    if not all(told.get(faq_id) for faq_id in meant):
        actions.hand_off(talk, "liaison", "question", "school_day", step.id)
        talk.before("question_passed")
    walk.answer(talk, step, value)
    return True


def _says_something(talk: Talk, beside: str) -> bool:
    """More than a greeting, thanks, "I have a question" or "I don't understand"."""
    words = talk.library.words
    said = [folded for one in _PIECES.split(beside) if (folded := fold(one)) and folded not in words.asks_first]
    return any(not words.puts_off(one) and one not in words.confused for one in said)


def _meant(talk: Talk, step: Step, beside: str) -> Any:
    """What the words beside the question mean: its own words pick no option."""
    if step.kind == "text":
        return MISS if talk.library.words.means_dont_know(beside) else beside
    whole, talk.text = talk.text, beside
    value = walk.understand(talk, step)
    talk.text = whole
    return value
