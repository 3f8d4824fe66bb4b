"""Who said that they are the new guardian and asks "what now?" hears who calls and by when: until then nothing else can be said (F24)."""

from __future__ import annotations

from bot.engine import actions
from bot.engine.identity import CASES
from bot.engine.talk import Talk
from bot.engine.values import local

SIGNAL = "new_guardian"


def asks(talk: Talk) -> bool:
    """Answer "what now?" while a person has yet to decide; False for everything else. A day that has passed is promised anew."""
    by = talk.scene.decides_by
    if by is None or talk.case is not None or not talk.library.words.asks_what_now(talk.text):
        return False
    if by < local(talk.now, talk.scene.zone).date():
        actions.hand_off(talk, CASES[SIGNAL].to, SIGNAL, CASES[SIGNAL].within)
    else:
        talk.day = by
    return talk.say_key("guardian_waits", purpose="promise")
