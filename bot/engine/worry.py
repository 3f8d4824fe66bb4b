"""A worry told out of the blue begins the talk about it (F05), as the word CONCERN does."""

from __future__ import annotations

from bot.engine import commands, walk
from bot.engine.talk import Talk
from bot.engine.words import fold

FLOW = "early-concern"


def told(talk: Talk) -> bool:
    """Whether the message says that its writer worries, asks nothing, and the talk about it may be had in their language."""
    if talk.case is None or talk.frame is not None or talk.scene.screening.question or not talk.library.words.worries(fold(talk.text)):
        return False
    flow = talk.library.latest.get(FLOW)
    return flow is not None and flow.message_class in talk.classes and flow.parts["core"].steps[0].spoken.get(talk.lang) is not None


def begin(talk: Talk, flow_id: str, part: str) -> None:
    """Begin a flow with words that are kept. The team is told at once: a worry reaches the school the same day (S1-04), whether or not
    anything more comes."""
    entry = talk.write("observation", {"note": talk.text.strip()}) if talk.case is not None else ""
    if commands.start_flow(talk, flow_id, part) and entry and talk.frame is not None and talk.frame.get("f") == flow_id:
        talk.open()["e"]["begun"] = entry
        walk.tell_team(talk)
