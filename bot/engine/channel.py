"""EMAIL and TEXT: how this person likes to hear from us (F25).

An address on file is asked about; one that is texted gets a code, and counts once the code was texted back from the phone: a slip of a
finger must not send a child's news to a stranger. Who may not decide this alone (a phone that others read, a number we are not sure of)
gets a person. The open talk stays where it is.
"""

from __future__ import annotations

import re

from bot.engine import actions, question, walk
from bot.engine.answers import MISS
from bot.engine.events import SendCode, UseAddress
from bot.engine.flow import Step
from bot.engine.talk import Talk
from bot.engine.words import fold
from channels.base import MAIL
from channels.text import digits

FLOW = "channel"
TRIES = 3
DIGITS = 6
A_SENTENCE = 12
"""More words than these are not about a code that did not come."""
_ADDRESS = re.compile(r"[^\s@,;:<>()\[\]\"']{1,64}@[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63})*\.[a-z]{2,63}", re.IGNORECASE)


def email(talk: Talk) -> None:
    """EMAIL: to the address on file if they like, else to one they tell and prove."""
    ways = talk.scene.ways
    if talk.scene.channel == MAIL:
        talk.say_key("here", "A", FLOW)
        walk.repeat(talk)
    elif ways is None or not ways.may_choose:
        _a_person(talk)
    else:
        _ask(talk, "known" if ways.mail else "address")


def text(talk: Talk) -> None:
    """TEXT: the way back. A phone that said STOP comes back by its own START alone."""
    ways = talk.scene.ways
    if ways is None or (not ways.mail_first and talk.scene.channel != MAIL):
        talk.say_key("text")
    elif ways.phone == "stopped":
        talk.say_key("start_first", "A", FLOW)
    elif not ways.phone:
        actions.hand_off(talk, "liaison", "not_built", "school_day")
        talk.say_key("text_person", "A", FLOW, "promise")
    else:
        _use(talk, "sms", "")
        talk.say_key("by_text", "A", FLOW)
    walk.repeat(talk)


def reply(talk: Talk, step: Step) -> None:
    """The answer to one of the questions here."""
    typed = _ADDRESS.search(talk.text)
    if typed is not None and talk.scene.ways is not None and typed[0].lower() == talk.scene.ways.mail.lower():
        _by_email(talk, talk.scene.ways.mail)
    elif typed is not None:
        _send(talk, typed[0].lower())
    elif step.name == "known":
        _known(talk, step)
    elif step.name == "code" and len(digits(talk.text)) == DIGITS:
        _check(talk, digits(talk.text))
    elif talk.library.bank.match(talk.text, asked=False).sure:
        question.begin(talk)
    elif talk.case is not None and len(fold(talk.text).split()) > A_SENTENCE:
        _letter(talk)
    elif _has_none(talk):
        _keep_texting(talk)
    else:
        _again(talk, "no_code" if step.name == "code" else "no_address")


def _letter(talk: Talk) -> None:
    """News of their own while we wait for an address or its code."""
    talk.write("observation", {"note": talk.text}, flow=talk.flow)
    actions.hand_off(talk, "liaison", "free_note", "school_day")
    talk.before("free_note")
    walk.repeat(talk)


def _known(talk: Talk, step: Step) -> None:
    value = walk.understand(talk, step)
    if value is MISS:
        walk.misunderstood(talk, step)
    elif value == "yes" and (address := talk.open()["n"].get("address", "")):
        _by_email(talk, address)
    elif value == "yes":
        _give_up(talk)
    elif value == "other":
        talk.pop()
        _ask(talk, "address")
    else:
        _keep_texting(talk)


def _has_none(talk: Talk) -> bool:
    """Whether they say that they have no address, or want none after all ("no tengo", "I don't know")."""
    words, folded = talk.library.words, fold(talk.text)
    return folded.partition(" ")[0] in words.no or folded in words.nothing or words.means_dont_know(talk.text)


def _keep_texting(talk: Talk) -> None:
    talk.before("text")
    walk.end(talk, "done", quiet=True)


def _ask(talk: Talk, part: str) -> None:
    if talk.frame is not None and talk.frame.get("f") == FLOW:
        talk.pop()
    frame = talk.push(talk.library.flow(FLOW), part)
    if part == "known" and talk.scene.ways is not None:
        frame["n"]["address"] = talk.scene.ways.mail
    walk.proceed(talk, 0)


def _send(talk: Talk, address: str) -> None:
    """A code to the address, in its own mail; asked for on the phone."""
    ways, sent = talk.scene.ways, talk.open().get("s", 0) + 1
    code = ways.code(address) if ways is not None and not ways.spent else ""
    letter = talk.library.text(FLOW, "code_mail", talk.lang)
    if not code or letter is None or sent > TRIES:
        _give_up(talk)
        return
    talk.pop()
    frame = talk.push(talk.library.flow(FLOW), "code")
    frame["s"], frame["n"]["address"] = sent, address
    talk.events.append(SendCode(address, talk.fill(letter), talk.lang))
    walk.proceed(talk, 0)


def _check(talk: Talk, code: str) -> None:
    address, ways = talk.open()["n"]["address"], talk.scene.ways
    if ways is not None and code == ways.code(address):
        _by_email(talk, address)
    else:
        _again(talk, "wrong_code")


def _by_email(talk: Talk, address: str) -> None:
    talk.open()["n"]["address"] = address
    _use(talk, MAIL, address)
    talk.say_key("by_email", "A", FLOW)
    walk.end(talk, "done", quiet=True)


def _use(talk: Talk, channel: str, address: str) -> None:
    talk.events.append(UseAddress(channel, address))
    said = f"by_{'email' if address else 'text'}"
    talk.write("preference", {"channels": channel}, raw="", step_id=said, flow=talk.library.latest.get(FLOW))


def _again(talk: Talk, key: str) -> None:
    """Once more in other words; then a person."""
    frame = talk.open()
    frame["m"] = frame.get("m", 0) + 1
    if frame["m"] >= TRIES:
        _give_up(talk)
    else:
        talk.say_key(key, "A", FLOW, "ask")


def _give_up(talk: Talk) -> None:
    _a_person(talk, again=False)
    walk.end(talk, "closed", quiet=True)


def _a_person(talk: Talk, *, again: bool = True) -> None:
    actions.hand_off(talk, "liaison", "not_built", "school_day")
    talk.say_key("email", purpose="promise")
    if again:
        walk.repeat(talk)
