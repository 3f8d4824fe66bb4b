"""A run of questions on one page, for a channel without the limits of a text: the same questions with the same ids, asked together.

By e-mail a talk asks everything that is open of its part at once; what the family answers is taken one after the other
(`page_reply`), so that the record is the same as by text. Statements between the questions stand where a text would say them. A question
that only comes up because of an earlier answer is asked afterwards; and to an address nobody confirmed yet, what concerns the child
comes only behind the question whose address this is.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from bot.engine import values
from bot.engine.flow import Action, OptionList, Part, Step
from channels.base import MAIL

if TYPE_CHECKING:
    from bot.engine.library import Library
    from bot.engine.scene import Scene
    from bot.engine.talk import Talk

CHANNELS = frozenset({MAIL})
FORM = "webchat"
SHOW = CHANNELS | {FORM}
"""Where a page that went out can be seen."""

TURNS = frozenset({"goto", "start"})
"""What an answer may set off that makes the next question another one."""

APART = frozenset({"crisis", "question", "channel"})
"""Flows that ask one thing at a time whatever the channel: danger, "did that help?", and a code sent to an address."""

ALONE = frozenset(("stop-help", part) for part in ("less", "less_several", "only_child", "only_reminders"))
"""Parts whose next question is a matter of code (`bot.engine.less`): one question a mail."""

FIXED = "F"
CONCERNS_A_CHILD = frozenset("CDE")
ALL_CLASSES = "ABCDEF"


def on_page(talk: Talk) -> bool:
    """Whether this talk asks by the page here and now: by mail, and where a page's own form is answered."""
    frame, scene = talk.frame, talk.scene
    if frame is None or "f" not in frame or "x" in frame or talk.flow.id in APART or (talk.flow.id, talk.part.id) in ALONE:
        return False
    return scene.channel in CHANNELS or bool(scene.whole)


def number(part: Part, step: Step) -> int:
    """The number of a question, the same on every page: questions in their order, then those that only some are asked."""
    asked = [one for one in part.steps if one.kind != "none"]
    always = [one.index for one in asked if one.when is None]
    sometimes = [one.index for one in asked if one.when is not None]
    return [*always, *sometimes].index(step.index) + 1


def together(
    part: Part,
    names: Mapping[str, Any],
    start: int,
    matched: Collection[str] = (),
    *,
    classes: str = ALL_CLASSES,
    trusted: bool = True,
) -> list[Step]:
    """The questions from `start` on that can be asked with it, and the statements between them.

    :param names: answers so far; a condition holds for the page when it holds with these.
    :param classes: what may be said in the family's language. :param trusted: whether the address is known to be theirs.
    """
    steps: list[Step] = []
    for step in part.steps[start:]:
        if step.name in names or (step.when is not None and not step.when(names, tuple(matched))):
            continue
        if steps and not _goes_with(steps[0], step, classes, trusted=trusted):
            break
        steps.append(step)
        if _turns(step):
            break
    while steps and steps[-1].kind == "none":
        steps.pop()
    return steps


def _goes_with(first: Step, step: Step, classes: str, *, trusted: bool) -> bool:
    if FIXED in (first.message_class, step.message_class) or step.message_class not in classes:
        return False
    return trusted or first.message_class in CONCERNS_A_CHILD or step.message_class not in CONCERNS_A_CHILD


def _turns(step: Step) -> bool:
    """Whether what follows this step depends on its answer, or nothing follows."""
    ends = any(line.verb == "end" and line.when is None for line in step.actions)
    return bool(step.next_id) or ends or any(line.verb in TURNS and "after_days" not in _object(line.value) for line in _lines(step))


def _lines(step: Step) -> list[Action]:
    return [*step.actions, *(line for option in step.options for line in option.actions)]


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def about_the_address(part: Part) -> bool:
    """Whether a part asks about the address it is sent to (whose it is, may we write there): only an answer from there can tell."""
    lines = [line for step in part.steps for line in _lines(step)]
    return any(line.verb in ("identity", "consent") for line in lines)


def asked(talk: Talk) -> list[Step]:
    """The questions and statements of the page that is open, or would be asked now; none where it would hold a single question."""
    step, frame = talk.step, talk.frame
    if step is None or frame is None or not on_page(talk):
        return []
    sent = frame.get("u", ())
    if step.index in sent:
        steps = [talk.part.steps[index] for index in sent if talk.part.steps[index].name not in frame["n"]]
    else:
        steps = together(talk.part, frame["n"], step.index, talk.scene.screening.matched, classes=talk.classes, trusted=talk.scene.trusted)
    return steps if sum(one.kind != "none" for one in steps) > 1 else []


def ask(talk: Talk, step: Step, purpose: str) -> bool:
    """Ask the question and all that can be asked with it; False when there is no page to make of them."""
    frame = talk.open()
    frame["at"] = step.index
    frame.pop("u", None)
    steps = asked(talk)
    body = _body(talk, steps)
    if not body or step.message_class not in talk.classes:
        return False
    frame["u"] = [one.index for one in steps]
    talk.speak(body, max(one.message_class for one in steps), step.ref, purpose)
    return True


def still_there(talk: Talk) -> bool:
    """Whether the open page went out already and stands where this message was written: in their mail, or as a form on their own page."""
    return talk.frame is not None and talk.scene.channel in SHOW and _is_open(talk.library, talk.frame, talk.scene.channel)


def beside_the_form(library: Library, scene: Scene, frame: Mapping[str, Any]) -> bool:
    """Whether this was written in the field beside the form of the open page."""
    return scene.channel == FORM and not scene.whole and _is_open(library, frame, FORM)


def _is_open(library: Library, frame: Mapping[str, Any], channel: str) -> bool:
    sent = frame.get("u", ())
    if frame["at"] not in sent or "x" in frame:
        return False
    part = library.flow(frame["f"], frame["v"]).parts[frame["p"]]
    steps = part.steps
    if channel == FORM and about_the_address(part):
        return False
    return sum(steps[index].name not in frame["n"] for index in sent if steps[index].kind != "none") > 1


def body_of(talk: Talk) -> str:
    """The open page as it went out."""
    return _body(talk, asked(talk))


def _body(talk: Talk, steps: list[Step]) -> str:
    """The page, "" when there is none or a text of it is missing in the family's language."""
    opening = "page_left" if any(value is not None for value in talk.open()["n"].values()) else "page_intro"
    blocks = [_common(talk, opening), *(_block(talk, step) for step in steps), _common(talk, "page_end")]
    return "\n\n".join(blocks) if steps and all(blocks) else ""


def _block(talk: Talk, step: Step) -> str:
    """A statement as it is; a question with its number and, in a line of their own, its choices."""
    if step.kind == "none":
        said = step.spoken.get(talk.lang)
        return talk.fill(said) if said is not None else ""
    spoken = step.spoken.get(talk.lang)
    lines = values.in_languages(talk, step)
    if spoken is None or not lines:
        return ""
    said_here = f"{number(talk.part, step)}. " + "\n".join(lines)
    listed = values.listed(talk, step) if step.say_in or step.options_from else spoken.options
    choices = "  ".join(f"{place} {label}" for place, label in listed)
    return f"{said_here}\n   {choices}" if choices else said_here


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
