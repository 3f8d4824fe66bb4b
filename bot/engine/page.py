"""A run of questions on one page, for a channel without the limits of a text: the same questions with the same ids, asked together.

By e-mail a talk asks everything that is open of its part at once; what the family answers is taken one after the other
(`page_reply`), so that the record is the same as by text. A question something turns on (whose phone is this, may we write, which
language) stands alone, and so does one that only comes up because of an earlier answer.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from bot.engine.flow import OptionList, Part, Step

if TYPE_CHECKING:
    from bot.engine.talk import Talk

CHANNELS = frozenset({"email"})
TURNS = frozenset({"language", "identity", "consent", "end", "goto", "start"})
"""What an answer may set off that makes the next question another one, or none."""


def on_page(talk: Talk) -> bool:
    """Whether this talk asks by the page here and now: by mail, and where a page's own form is answered."""
    frame, scene = talk.frame, talk.scene
    if frame is None or "f" not in frame or "x" in frame or talk.stack or not talk.flow.ordinary:
        return False
    return scene.channel in CHANNELS or bool(scene.whole)


def number(part: Part, step: Step) -> int:
    """The number of a question, the same on every page: questions in their order, then those that only some are asked."""
    asked = [one for one in part.steps if one.kind != "none"]
    always = [one.index for one in asked if one.when is None]
    sometimes = [one.index for one in asked if one.when is not None]
    return [*always, *sometimes].index(step.index) + 1


def together(part: Part, names: Mapping[str, Any], start: int, matched: Collection[str] = ()) -> list[Step]:
    """The questions from `start` on that can be asked with it: unanswered, up to the first that something turns on."""
    steps: list[Step] = []
    for step in part.steps[start:]:
        if step.name in names or (step.when is not None and not step.when(names, tuple(matched))):
            continue
        if step.kind == "none" or (steps and _alone(step)):
            break
        steps.append(step)
        if _alone(step):
            break
    return steps


def _alone(step: Step) -> bool:
    lines = [*step.actions, *(line for option in step.options for line in option.actions)]
    return step.required or bool(step.options_from or step.say_in) or step.when is not None or any(line.verb in TURNS for line in lines)


def asked(talk: Talk) -> list[Step]:
    """What the page asks now; fewer than two is no page."""
    step = talk.step
    if step is None or not on_page(talk):
        return []
    steps = together(talk.part, talk.open()["n"], step.index, talk.scene.screening.matched)
    return steps if len(steps) > 1 else []


def ask(talk: Talk, step: Step, purpose: str) -> bool:
    """Ask the question and all that can be asked with it; False when there is no page to make of them."""
    talk.open()["at"] = step.index
    body = body_of(talk)
    if not body or step.message_class not in talk.classes:
        return False
    talk.speak(body, step.message_class, step.ref, purpose)
    return True


def body_of(talk: Talk) -> str:
    """The page as it goes out, "" when there is none or a text of it is missing in the family's language."""
    steps = asked(talk)
    opening = "page_left" if any(value is not None for value in talk.open()["n"].values()) else "page_intro"
    blocks = [_common(talk, opening), *(question(talk, step) for step in steps), _common(talk, "page_end")]
    return "\n\n".join(blocks) if steps and all(blocks) else ""


def question(talk: Talk, step: Step) -> str:
    """One question with its number and, in a line of their own, its choices."""
    bare, spoken = step.bare.get(talk.lang), step.spoken.get(talk.lang)
    if bare is None or spoken is None:
        return ""
    said = f"{number(talk.part, step)}. {talk.fill(bare)}"
    choices = "  ".join(f"{place} {label}" for place, label in spoken.options)
    return f"{said}\n   {choices}" if choices else said


def parse(body: str) -> dict[int, tuple[str, OptionList]]:
    """The questions of a page that went out, by number: text and choices."""
    found: dict[int, tuple[str, OptionList]] = {}
    for block in body.split("\n\n"):
        said, _, choices = block.partition("\n   ")
        number, dot, text = said.partition(". ")
        if dot and number.isdecimal():
            pairs = [one.strip().partition(" ") for one in choices.split("  ") if one.strip()]
            found[int(number)] = (text, tuple((place, label) for place, _, label in pairs))
    return found


def read_back(talk: Talk, lines: list[tuple[str, str]], options: str) -> str:
    """What was understood, a line an answer, each with the number of its question.

    :param lines: (name of the answer or "" for an opening or closing, sentence).
    """
    shown = [f"({number(talk.part, talk.part.steps[talk.part.by_name[name]])}) {said}" if name else said for name, said in lines]
    return "\n\n".join(filter(None, ("\n".join(shown), options, _common(talk, "page_change"))))


def _common(talk: Talk, key: str) -> str:
    text = talk.library.text("common", key, talk.lang)
    return talk.fill(text) if text is not None else ""
