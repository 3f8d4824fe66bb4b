"""No photo and no voice note is nobody's: one that came with a command, a "1" or a "thank you" is a line of the record of its own."""

from __future__ import annotations

from collections.abc import Iterable

from bot.engine.events import Event, Write
from bot.engine.talk import Talk


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
