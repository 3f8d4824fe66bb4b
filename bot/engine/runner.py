"""One turn: a session, a message or a timer, and the time in; the new session and what should happen out.

The order of handling is domain.md 3.0's: danger, STOP, evaluation, identity, other commands, the answer to the open question, a
question of the family's, a free note for a person. Pure: the same scene gives the same turn.
"""

from __future__ import annotations

from collections.abc import Callable

import orjson

from bot.engine import (
    actions,
    beside,
    both,
    channel,
    children,
    commands,
    feelings,
    guardian,
    identity,
    less,
    offer,
    page,
    person,
    pictures,
    question,
    readback,
    safety,
    second,
    still,
    unclear,
    waiting,
    walk,
    worry,
)
from bot.engine.library import Library
from bot.engine.note import note
from bot.engine.page_reply import take_page
from bot.engine.quick import take_ordinary
from bot.engine.scene import Scene, Turn
from bot.engine.talk import Frame, Talk
from bot.engine.words import emoji_word, fold
from bot.errors import FlowUnknown
from bot.values.screening import NOTHING

GO_ON_ALONE = frozenset(
    {"crisis", "identity", "evaluation-request", "stop-help", "language-offer", "unclear", "question", "welcome", "feelings"}
)
"""Flows that are about no child, or must be finished whatever becomes of the case."""

ANYBODY = frozenset({"help", "start"})
"""Words that whoever has the number now is answered: a START is what our last text to a stopped number offers."""


def take(library: Library, scene: Scene) -> Turn:
    """Handle one message, start or timer. Raises `FlowUnknown` only for a start of something that is not shipped."""
    library = library.on(scene.channel)
    session = scene.session
    frame: Frame | None = orjson.loads(session) if session is not None else None
    turn = None
    if frame is not None:
        turn = (take_page if scene.channel in page.CHANNELS or scene.whole else take_ordinary)(library, scene, frame)
    return take_step_by_step(library, scene, frame) if turn is None else turn


def take_step_by_step(library: Library, scene: Scene, frame: Frame | None) -> Turn:
    """The same turn in all its steps; what `quick` does not do."""
    talk = Talk(library, scene)
    if frame is not None:
        try:
            talk.load(frame)
        except FlowUnknown:  # its version was taken out of the package: nothing to go on with, the words still count
            talk.stack, talk.frame = [], None
    lost = _end_without_case(talk)
    _settle_case(talk)
    if lost and scene.prompt == "message":
        talk.case = None  # what was said about that child is no word about another
    if scene.prompt == "message":
        _message(talk)
    else:
        _PROMPTS[scene.prompt](talk)
    if scene.wrote and scene.prompt == "message":
        offer.consider(talk)
    if talk.blocked:
        actions.hand_off(talk, "liaison", "unread_language", "school_day")
    pictures.keep(talk)
    if scene.not_kept:
        talk.flush()
    return talk.turn()


_PROMPTS: dict[str, Callable[[Talk], None]] = {
    "start": waiting.start,
    "nudge": waiting.nudge,
    "close": waiting.close,
    "call": waiting.call,
    "resume": waiting.resume,
}


def _end_without_case(talk: Talk) -> bool:
    """End what is open about a child this person may hear nothing of any more (fault 2): the right has ended, the case is closed."""
    heard_of = {case.case_id for case in talk.scene.cases}
    frames = talk.frames()
    kept = [one for one in frames if one.get("c", "") in heard_of or "c" not in one or one.get("f") in GO_ON_ALONE]
    if len(kept) == len(frames):
        return False
    talk.keep(kept, "closed")
    return True


def _settle_case(talk: Talk) -> None:
    """Which case this is about: the given one, the only one, or (for timers) the talk's own."""
    scene, frame = talk.scene, talk.frame
    if talk.case is None and len(scene.cases) == 1:
        talk.case = scene.cases[0]
    if frame is None or "c" not in frame or (talk.case is not None and talk.case.case_id == frame["c"]):
        return
    own = next((case for case in scene.cases if case.case_id == frame["c"]), None)
    if scene.prompt not in {"message", "start"}:
        talk.case = own
    elif talk.case is not None and scene.prompt == "message":
        # The open talk is about one child, the last choice was another: it is asked, not guessed (fault 9).
        talk.case = None


def _message(talk: Talk) -> None:
    found = talk.scene.screening
    if found is not NOTHING and found != NOTHING:
        if found.lang_unreviewed:
            actions.hand_off(talk, "liaison", "not_screened", "now")
        if found.danger_level or found.evaluation:
            children.follow(talk)
        for_all = children.asked_for_all(talk)
        if (found.danger_level or found.stop or found.evaluation or found.identity) and safety.screened(talk):
            children.after_request(talk, for_all=for_all)
            return
    in_crisis = talk.frame is not None and talk.frame.get("f") == safety.CRISIS
    if talk.scene.consent == "stopped" and not in_crisis and found.command not in {"start", "help"}:
        if not less.asking(talk) or not less.only_reply(talk):
            note(talk, silent=True)
        return
    if identity.not_me(talk):
        step = talk.step
        asked = step is not None and talk.flow.id == "welcome" and step.name == "phone"  # "Is this the phone of Dana?"
        identity.take_effect(talk, "wrong_number" if asked else "teen")
        return
    if identity.is_child(talk):
        identity.take_effect(talk, "teen")
        return
    if still.asking(talk):
        if found.command in ("help", "person", "language"):
            commands.handle(talk, found.command)
            return
        if not still.reply(talk):
            return
        found = talk.scene.screening
    elif still.needed(talk) and not (found.command_exact and found.command in ANYBODY):
        still.ask(talk)
        return
    if talk.frame is not None and talk.frame["at"] == "child":
        if found.command in commands.ALWAYS and found.command not in {"skip", "back", "more"}:
            commands.handle(talk, found.command)
            return
        if not children.reply(talk):
            return
    elif children.names_another(talk) and not less.choosing(talk):
        talk.case = None
    _told(talk)
    children.lay_down(talk)


def _told(talk: Talk) -> None:
    """Commands, then the open question, then everything else."""
    if talk.scene.screening.command:
        command = commands.meant(talk)
        if command and commands.handle(talk, command):
            return
    if feelings.take(talk):
        return
    pictures.say_not_kept(talk)
    if person.take(talk) or guardian.asks(talk):
        return
    if talk.frame is None and talk.scene.last_said is not None and unclear.loose(talk):
        return
    if talk.case is None and children.unknown(talk) and not _about_no_child(talk):
        if talk.frame is None and talk.library.words.thanks_only(talk.text):
            return
        children.ask(talk)
        return
    if talk.frame is None:
        loose(talk)
        return
    if second.take(talk):
        return
    at = talk.frame["at"]
    if isinstance(at, int):
        _at_step(talk)
    else:
        _STATES[at](talk)


def _about_no_child(talk: Talk) -> bool:
    """Whether the open question was asked about no child: for how long to pause, which language, what number is best in a crisis."""
    return talk.frame is not None and "f" in talk.frame and "c" not in talk.frame


def _at_step(talk: Talk) -> None:
    step = talk.step
    assert step is not None
    flow_id = talk.flow.id
    asked = talk.scene.screening.question
    if flow_id == question.FLOW:
        _at_question(talk)
    elif flow_id == feelings.FLOW:
        feelings.reply(talk, step)
    elif flow_id == channel.FLOW:
        channel.reply(talk, step)
    elif flow_id == less.FLOW and talk.part.id in less.MENU:
        less.menu_reply(talk, step)
    elif flow_id == safety.CRISIS and step.name in safety.LAYS_ASIDE:
        safety.LAYS_ASIDE[step.name](talk, step)
    elif flow_id == safety.EVALUATION and talk.part.id == "ask":
        words = safety.evaluation_reply(talk)
        if words is not None:
            _read_again(talk, words)
    elif talk.library.words.greets(talk.text) and flow_id != safety.CRISIS:
        walk.repeat(talk)
    elif talk.library.words.puzzled(talk.text) and flow_id != safety.CRISIS:
        unclear.at_step(talk, step)
    elif (flow_id != safety.CRISIS and beside.take(talk, step)) or (asked and flow_id != safety.CRISIS and both.take(talk, step)):
        pass
    elif asked and step.kind == "text" and flow_id != safety.CRISIS and fold(talk.text):
        if question.alone(talk.text, talk.library.words) or talk.library.bank.match(talk.text).sure:
            question.begin(talk)
            return
        if question.has_mark(talk.text):
            # It may be an answer in the form of a question: it is both kept and passed on.
            actions.hand_off(talk, "liaison", "question", "school_day", step.id)
            talk.before("question_passed")
        walk.reply(talk, step)
    elif not walk.reply(talk, step):
        if flow_id != safety.CRISIS and fold(talk.text) and (asked or talk.library.bank.match(talk.text, asked=False).sure):
            question.begin(talk)
        elif flow_id == offer.FLOW and beside.says_something(talk):
            talk.pop()  # what they wrote matters more than how we shall write
            _told(talk)
        else:
            if flow_id != safety.CRISIS and pictures.where_none_answers(talk, step):
                return
            if flow_id != safety.CRISIS and talk.case is not None and pictures.worth_keeping(talk):
                beside.keep(talk, step)
            safety.misunderstood(talk, step)


def _at_question(talk: Talk) -> None:
    step = talk.step
    assert step is not None
    if step.index > 0:
        if talk.scene.screening.question and talk.library.bank.match(talk.text).sure:
            _ask_anew(talk)
        else:
            question.more_reply(talk)
        return
    puzzled = talk.library.words.puzzled(talk.text)
    if puzzled and unclear.at_answer(talk, step):
        return
    folded, words = fold(talk.text), talk.library.words
    unsure = puzzled or folded in words.half or (folded.partition(" ")[0] in words.no and not talk.scene.screening.question)
    value = "no" if unsure else walk.understand(talk, step)
    if isinstance(value, str):
        question.helpful_reply(talk, value)
    elif words.thanks_only(talk.text):
        question.thanked(talk)
    elif talk.scene.screening.question or talk.library.bank.match(talk.text, asked=False).sure:
        _ask_anew(talk)
    elif len(fold(talk.text).split()) > 1:
        talk.pop()  # news of their own instead of "Did that help?": "by phone", where an answer said "reply with what works"
        _told(talk)
    else:
        walk.misunderstood(talk, step)


def _ask_anew(talk: Talk) -> None:
    """Another question instead of "Did that help?": the first is done with."""
    talk.pop()
    question.begin(talk)


def _read_again(talk: Talk, words: str) -> None:
    """The message meant something else: read it as an answer to what was open, or take it as a note."""
    talk.text = words
    step = talk.step
    if talk.frame is None:
        note(talk)
    elif step is None or not walk.reply(talk, step):
        walk.repeat(talk)


def _at_readback(talk: Talk) -> None:
    if readback.reply(talk):
        return
    if talk.library.words.puzzled(talk.text):
        unclear.at_readback(talk)
        return
    if talk.scene.screening.question or talk.library.bank.match(talk.text, asked=False).sure:
        question.begin(talk)
    else:
        readback.unread(talk)


def _at_which(talk: Talk) -> None:
    if not readback.which_reply(talk):
        readback.unread(talk)


def _at_rest(talk: Talk) -> None:
    if waiting.wants_more(talk):
        waiting.resume(talk)
    elif not waiting.rest_reply(talk):
        if talk.library.words.puts_off(talk.text):
            talk.say_key("resting", talk.flow.message_class)
        elif len(fold(talk.text).split()) < talk.library.limits.labels_for_other and not talk.scene.screening.question:
            # A word or two more for today: kept, and the talk rests on.
            talk.write("observation", {"note": talk.text}, flow=talk.flow)
            talk.say_key("resting", talk.flow.message_class)
        else:
            loose(talk)


def _at_call(talk: Talk) -> None:
    if not waiting.call_reply(talk):
        _told(talk)


def _at_nearest(talk: Talk) -> None:
    if question.nearest_reply(talk):
        return
    if talk.frame is None:
        loose(talk)
    else:
        _told(talk)


_STATES: dict[str, Callable[[Talk], None]] = {
    "readback": _at_readback,
    "which": _at_which,
    "rest": _at_rest,
    "call": _at_call,
    "nearest": _at_nearest,
}


def loose(talk: Talk) -> None:
    """A message that answers nothing: a question, or a note for a person."""
    text = talk.text.strip()
    folded, words = fold(text), talk.library.words
    flow_id, part = talk.scene.start
    if folded and any(flow_id == keyword.get("flow") for keyword in talk.library.keywords.values()):
        # Said to be its beginning: what a word begins (CONCERN), begins with any words, and they are kept.
        worry.begin(talk, flow_id, part)
    elif words.thanks_only(text) or (emoji_word(text) and not talk.scene.media):
        talk.quiet = True
    elif (folded in words.greetings or pictures.says_nothing(talk, text)) and talk.say_key("menu"):
        return
    elif words.gives_number(text):
        talk.visibility = "staff_only"  # only a person changes where a family is written to; it is no news for the team
        note(talk)
    elif worry.told(talk):
        worry.begin(talk, worry.FLOW, "")
    elif folded and talk.lang and _is_question(talk, text):
        question.begin(talk)
    else:
        note(talk)


def _is_question(talk: Talk, text: str) -> bool:
    """A question by its form, by a clear match, or (where one was invited) by any likeness to what the bank knows."""
    bank = talk.library.bank
    if talk.scene.screening.question or bank.match(text, asked=False).sure:
        return True
    return talk.scene.start[0] == question.FLOW and bank.match(text).score >= bank.settings["offer_at"]
