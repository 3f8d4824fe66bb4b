"""A wish for a person inside a sentence: told to a person at once, the open question kept (H-std).

Screening hears every talk of talking to somebody; here it counts only where a sentence begins with the family's own wish ("can someone call
me", "necesito hablar con alguien"). "He needs to talk to someone at lunch" is an answer.
"""

from __future__ import annotations

import re
from collections.abc import Set as AbstractSet

from bot.engine import actions
from bot.engine.answers import MISS, read
from bot.engine.events import Alert
from bot.engine.talk import Talk
from bot.engine.words import fold

_SENTENCES = re.compile(r"[.!?;\n,:\u060c\u3002]+")
_NOT_IN = frozenset({"crisis", "identity"})
_OWN_WORDS = 99
"""No step takes the wish for "something else" of one's own."""

MORE_THAN_A_WISH = 5
"""So many words beside the wish are an answer of their own."""


def sure(talk: Talk, text: str) -> bool:
    """Whether a text surely asks for a person."""
    return talk.scene.screening.person and any(_is_wish(talk, fold(part)) for part in _SENTENCES.split(text))


def take(talk: Talk) -> bool:
    """Act on a wish for a person; False where the message is an answer, a command, or asks for nobody."""
    frame = talk.frame
    if not talk.scene.screening.person or (frame is not None and (frame.get("f") in _NOT_IN or frame["at"] == "call")):
        return False
    asked = sure(talk, talk.text)
    if not (asked or _cannot_read(talk, fold(talk.text))) or _picks_an_option(talk):
        return False
    hand(talk)
    step = talk.step
    private = step is not None and step.visibility != "team" and not asked  # "has anyone in the family found reading hard?"
    if step is not None and step.kind == "text" and (private or _beside(talk) >= MORE_THAN_A_WISH):
        talk.before(_promised(talk))
        return False
    promise(talk)
    return True


def _cannot_read(talk: Talk, folded: str) -> bool:
    """Whether they say of themselves that they cannot read, and nothing else but their wish for a call: more texts are no help to them."""
    words = talk.library.words
    rest = _after(talk, folded, words.cannot_read)
    if rest is None:
        return False
    left = " ".join(one for one in rest.split() if one not in words.polite)
    return not left or _is_wish(talk, left)


def promise(talk: Talk) -> None:
    """Who calls and by when."""
    talk.say_key(_promised(talk), purpose="promise")


def _promised(talk: Talk) -> str:
    """Whoever asks again hears the day they were told."""
    if talk.scene.called_by is None:
        return "person"
    talk.day = talk.scene.called_by
    return "person_again"


def hand(talk: Talk) -> None:
    """Give it to the liaison, and tell the team."""
    actions.hand_off(talk, "liaison", "person", "school_day")
    domain = talk.part.domain if talk.frame is not None and "f" in talk.frame else "general"
    talk.events.append(Alert("person", domain, urgent=True))


def _is_wish(talk: Talk, folded: str) -> bool:
    words = talk.library.words
    for known in (words.cannot_read, words.confused):  # "i cant read good can u call me": nothing parts the two
        folded = _after(talk, folded, known) or folded
    parts = folded.split()
    begins = [[part for part in parts if part not in words.polite], parts]
    while parts and parts[0] in words.polite:  # "sorry, please call me"; "me" is polite in English and not in "me pueden llamar"
        parts = parts[1:]
        begins.append(parts)
    said = [f"{' '.join(one)} " for one in begins]
    return any(one.startswith(f"{wish} ") for one in said for wish in words.wants_person)


def _after(talk: Talk, folded: str, phrases: AbstractSet[str]) -> str | None:
    """The words behind the longest of these phrases that the text begins with, politeness before it left out; None without one."""
    tokens = folded.split()
    for begin in range(len(tokens)):
        ends = [end for end in range(begin + 1, len(tokens) + 1) if " ".join(tokens[begin:end]) in phrases]
        if ends:
            return " ".join(tokens[ends[-1] :])
        if tokens[begin] not in talk.library.words.polite:
            return None
    return None


def _beside(talk: Talk) -> int:
    """How many words stand in sentences that are no wish for a person."""
    parts = [fold(part) for part in _SENTENCES.split(talk.text)]
    return sum(len(part.split()) for part in parts if not (_cannot_read(talk, part) or _is_wish(talk, part)))


def _picks_an_option(talk: Talk) -> bool:
    step = talk.step
    if step is None or step.kind in ("text", "name", "ack"):
        return False
    return read(step, talk.text, talk.lang, talk.library.words, talk.now.date(), _OWN_WORDS) is not MISS
