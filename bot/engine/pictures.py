"""No photo and no voice note is nobody's: one that came with a command, a "1" or a "thank you" is a line of the record of its own."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from bot.engine import walk
from bot.engine.events import Event, Write
from bot.engine.flow import Step
from bot.engine.talk import Talk
from bot.engine.words import fold

A_SENTENCE = 12
"""Letters without a space that are more than a mistyped word."""


TOLD = "told"


def alone(talk: Talk) -> bool:
    """Whether the message is a photo or a voice note without a word."""
    return bool(talk.scene.media) and not talk.text.strip()


def one_of_many(talk: Talk) -> bool:
    """Whether it may be one picture of an album; who speaks says one thing after the other."""
    return alone(talk) and not talk.scene.voice


def worth_keeping(talk: Talk) -> bool:
    """A picture, a voice, or more than a word: it is kept as it is, whatever becomes of the question. Some languages part no words."""
    folded = fold(talk.text)
    return bool(talk.scene.media) or " " in folded or len(folded) >= A_SENTENCE


def where_none_answers(talk: Talk, step: Step) -> bool:
    """Keep a picture that came where numbers are asked for: no misunderstanding. Of an album that comes as many messages one is thanked
    for."""
    if not alone(talk) or talk.case is None:
        return False
    talk.write("observation", {"note": ""}, visibility=step.visibility, flow=talk.flow)
    if not (talk.scene.second and one_of_many(talk)):
        talk.before("saved_media")
        walk.repeat(talk)
    return True


def say_not_kept(talk: Talk) -> None:
    """Tell who sent a file that nobody may send, once: what was kept, what was not, and which way it can go."""
    lost = talk.scene.not_kept
    if lost in ("", TOLD):
        return
    talk.before("some_kept" if lost == "some" else "words_kept" if talk.text.strip() else "not_kept")
    talk.scene = replace(talk.scene, not_kept=TOLD)


def kept(events: Iterable[Event]) -> bool:
    """Whether some line of the record holds what was sent along."""
    return any(type(event) is Write and event.media for event in events)


def keep(talk: Talk) -> None:
    """Write down what came along with a message, unless the turn has, or an open "which child?" keeps it for later."""
    media = list(talk.scene.media)
    if not media or talk.case is None or talk.scene.prompt != "message" or kept(talk.events):
        return
    if any(isinstance(one.get("w"), list) and media in one["w"] for one in talk.frames()):
        return
    visibility = talk.visibility if talk.visibility in ("staff_only", "safety_only") else "team"
    talk.write("observation", {"note": talk.text}, visibility=visibility)


def says_nothing(talk: Talk, text: str) -> bool:
    """Dots, a question mark, or an empty message that brought no file either."""
    return talk.library.words.says_nothing(text) if text else not (talk.scene.media or talk.scene.not_kept)
