"""What is said beside an open question and answers nothing: "later", "I told the teacher", "I have a new number", "leave it as it was",
"5 and 8", which answers the choice before, or words in the field beside a form of all questions."""

from __future__ import annotations

from bot.engine import actions, page, readback, second, waiting, walk
from bot.engine.answers import MISS, number_in, read
from bot.engine.flow import Step
from bot.engine.slips import apologizes, taken_back
from bot.engine.talk import Talk
from bot.engine.words import apart, fold

CHOICES = frozenset({"many", "one", "yn", "scale"})
_NO_OTHER = 99


def take(talk: Talk, step: Step) -> bool:
    """Meet it; False for everything else, which may be an answer."""
    words, text = talk.library.words, talk.text
    if "x" in talk.open() and fold(text) not in step.accepted.get(talk.lang, {}) and words.leaves_it(text):
        readback.again(talk)
    elif "x" in talk.open() and step.kind == "text" and (number := number_in(taken_back(words, text), words, len(readback.shown(talk)))):
        readback.change(talk, readback.shown(talk)[number - 1])  # "no wait, 3": another part than the one they had named
    elif len(talk.open()["h"]) > 1 and "x" not in talk.open() and step.field and _means_change(talk, step):
        walk.back(talk)  # "change" answers no question of ours: they mean the one before
    elif step.kind == "text" and (_chosen_late(talk, step) or _chosen_anew(talk, step)):
        pass
    elif step.kind == "text" and talk.open().get("g") and talk.case is not None and apologizes(words, text, only=True):
        talk.open().pop("g")
        talk.write("observation", {"note": text}, visibility=step.visibility, flow=talk.flow)
        walk.excused(talk, step)
    elif _beside_the_form(talk, step):
        _note(talk)
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


def keep(talk: Talk, step: Step) -> None:
    """Write down what answers no question of numbers, and thank for it where it tells of the child: it is what we are here to hear."""
    talk.write("observation", {"note": talk.text}, visibility=step.visibility, flow=talk.flow)
    if talk.scene.media:
        talk.before("saved_media")
    elif step.message_class != "A" and says_something(talk) and not apologizes(talk.library.words, talk.text):
        talk.before("saved")


def says_something(talk: Talk) -> bool:
    """Words of one's own that answer no question we asked."""
    return len(fold(talk.text).split()) >= talk.library.limits.labels_for_other


def _means_change(talk: Talk, step: Step) -> bool:
    folded = fold(talk.text)
    return folded in talk.library.words.changing and folded not in step.accepted.get(talk.lang, {})


def _chosen_late(talk: Talk, step: Step) -> bool:
    """Take numbers that came where words are asked for as the answer to the choice before, which was left out or not understood: the
    numbered list is the last one they have seen."""
    frame, words = talk.open(), talk.library.words
    asked = frame["h"]
    said = words.without_thanks(apart(fold(talk.text)))
    tokens = said.split()
    if "x" in frame or len(asked) < 2 or asked[-1] != step.index or not any(token.isdigit() for token in tokens):
        return False
    before = talk.part.steps[asked[-2]]
    if before.kind not in CHOICES or frame["n"].get(before.name, "") is not None or before.options_from:
        return False
    if not all(token.isdigit() or token in words.and_ for token in tokens):
        return False
    value = read(before, said, talk.lang, words, talk.now.date(), _NO_OTHER)
    if value is MISS:
        return False
    asked.pop()
    frame["n"].pop(before.name)
    frame["at"] = before.index
    walk.answer(talk, before, value)
    return True


def _chosen_anew(talk: Talk, step: Step) -> bool:
    """Take "no wait, 3" where words are asked for as another answer to the choice before: they saw their mistake."""
    frame, words = talk.open(), talk.library.words
    asked, said = frame["h"], taken_back(words, talk.text)
    if not said or "x" in frame or len(asked) < 2 or asked[-1] != step.index or frame.get("f") in second.NOT_IN:
        return False
    before = talk.part.steps[asked[-2]]
    if before.kind not in CHOICES or frame["n"].get(before.name) is None or before.options_from:
        return False
    accepted = before.accepted.get(talk.lang, {})
    if said not in accepted and not all(word.isdigit() or word in words.and_ or word in words.articles for word in said.split()):
        return False
    value = read(before, said, talk.lang, words, talk.now.date(), _NO_OTHER)
    if value is MISS:
        return False
    if value == frame["n"][before.name]:
        walk.repeat(talk)
        return True
    asked.pop()
    frame["at"] = before.index
    talk.before("changed")
    walk.answer(talk, before, value)
    return True


def _beside_the_form(talk: Talk, step: Step) -> bool:
    """Whether it answers none of the open questions: the form beside it has a field for each."""
    if talk.scene.screening.question or not fold(talk.text) or not page.beside_the_form(talk.library, talk.scene, talk.open()):
        return False
    return step.kind == "text" or walk.understand(talk, step) is MISS


def _note(talk: Talk) -> None:
    from bot.engine.runner import loose  # runner begins with this room: a circle

    loose(talk)


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
