"""The "I don't understand" loop: said again in parts, with another language and a person on offer; the second time a person comes.

Never the same sentence again and never "as I said" (domain.md 5.1). An open question stays open: it is asked once more, a line for each
sentence and each answer, so that "2" still answers it. A message that asked nothing is said again, and then one short question follows.
"""

from __future__ import annotations

import re

from bot.engine import actions, question, readback, walk
from bot.engine.events import Say
from bot.engine.flow import Step
from bot.engine.talk import Talk
from channels.text import fits

FLOW = "unclear"
_SENTENCE = re.compile(r"(?<=[.!?。！？؟])(?<!\b[ap]\.)\s+")
"""Where a sentence ends; "3:30 p. m." ends none."""
_LISTED = re.compile(r"\s1 \S.*\s2 \S", re.DOTALL)
_NUMBERED = re.compile(r"\s+(?=\d{1,2} \S)")


def at_step(talk: Talk, step: Step) -> None:
    """The open question is not understood: in parts, then by a person."""
    frame = talk.open()
    spoken = step.spoken.get(talk.lang)
    last = frame.get("m", 0) + 1 >= talk.library.limits.misunderstood
    if last or spoken is None or step.message_class not in talk.classes or step.options_from or step.say_in:
        walk.misunderstood(talk, step)
        return
    frame["m"] = frame.get("m", 0) + 1
    simple = talk.library.text(talk.flow.id, f"simple_{step.id}", talk.lang)
    bare = step.bare.get(talk.lang)
    words = talk.fill(simple) if simple is not None else talk.fill(bare) if bare is not None else talk.fill(spoken)
    _say(talk, [*in_parts(words), *(f"{number} {label}" for number, label in spoken.options)], step.message_class, step.ref, spoken.options)
    if talk.flow.timeout != "none":
        talk.remind(step.id)


def at_readback(talk: Talk) -> None:
    """What we wrote is not understood: the sentences one by one."""
    frame = talk.open()
    if frame.get("m", 0) + 1 >= talk.library.limits.misunderstood:
        readback.unread(talk)
        return
    before = len(talk.events)
    readback.say(talk)
    said = [event for event in talk.events[before:] if isinstance(event, Say)]
    if not said:
        readback.unread(talk)
        return
    frame["m"] = frame.get("m", 0) + 1
    del talk.events[before:]
    words = [line for event in said for line in in_parts(event.text)]
    _say(talk, words, said[-1].message_class, said[-1].ref, said[-1].options)


def at_answer(talk: Talk, step: Step) -> bool:
    """The answer to a question of theirs is not understood: in parts. False when it was said in parts already: then a person answers."""
    frame = talk.open()
    body = question.answer_text(talk, frame["n"].get("faq_id", ""))
    spoken = step.spoken.get(talk.lang)
    if body is None or spoken is None or frame.get("m", 0) + 1 >= talk.library.limits.misunderstood:
        return False
    frame["m"] = frame.get("m", 0) + 1
    _say(talk, [*in_parts(body), *in_parts(talk.fill(spoken))], step.message_class, step.ref, spoken.options)
    return True


def loose(talk: Talk) -> bool:
    """The last thing we said is not understood and nothing is open: again in parts, then ask. False when there is nothing to repeat."""
    last = talk.scene.last_said
    flow = talk.library.latest.get(FLOW)
    if not last or flow is None or flow.parts[flow.first].steps[0].spoken.get(talk.lang) is None:
        return False
    message_class, lang, text = last
    if message_class not in "ABC" or (message_class == "C" and talk.case is None) or message_class not in talk.classes:
        actions.hand_off(talk, "liaison", "not_understood", "school_day")
        talk.say_key("person", purpose="promise")
        return True
    again = talk.library.text(FLOW, "again", talk.lang)
    if again is not None and talk.library.resolve(lang) == talk.lang:
        lines = [talk.fill(again), *in_parts(text)]
        talk.speak("\n".join(lines), message_class, f"{FLOW}/again", "reply")
    talk.push(flow, flow.first)
    walk.proceed(talk, 0)
    return True


def in_parts(text: str) -> list[str]:
    """Sentences and numbered answers, a line each."""
    listed = _LISTED.search(text)
    head, tail = (text[: listed.start()], text[listed.start() :]) if listed is not None else (text, "")
    return [part for part in (*map(str.strip, _SENTENCE.split(head)), *map(str.strip, _NUMBERED.split(tail))) if part]


def _say(talk: Talk, lines: list[str], message_class: str, ref: str, options: tuple[tuple[str, str], ...]) -> None:
    """The parts with what else there is: in one message when it fits, else the offer in a second one."""
    again, offer = (talk.library.text(FLOW, key, talk.lang) for key in ("again", "offer"))
    body = "\n".join([*([talk.fill(again)] if again is not None else []), *lines])
    more = talk.fill(offer) if offer is not None else ""
    if more and fits(f"{body}\n{more}", talk.library.length):
        body, more = f"{body}\n{more}", ""
    talk.speak(body, message_class, ref, "ask", options)
    if more:
        talk.speak(more, "A", f"{FLOW}/offer", "reply")
