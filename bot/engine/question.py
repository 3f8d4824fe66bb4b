"""F04: a question is answered from the bank when it is surely meant, offered the two nearest when it may be, and goes to a person else.

Inside another talk the answer comes first and then the open question again; alone, F04 goes on with "Did that help?".
"""

from __future__ import annotations

import re

from bot.engine import actions, values, walk
from bot.engine.flow import OptionList, Text
from bot.engine.talk import Talk
from bot.engine.words import AnswerWords, fold
from channels.text import UCS2, encoding, fits, units

FLOW = "question"
_MARKS_SHOWN = frozenset("?؟？")
_PARTS = re.compile("[,.;:\n?؟？!¡¿]+")
_SENTENCE = re.compile(r"(?:\b(?:[ye]|pero)\s+¿)?[^.!?؟？\n¡¿;]+[?؟？]+")
_NUMBERS_FIRST = re.compile(r"^\s*\d+(?:\W+(?:(?:y|and)\W+)?\d+)*\s*[,:-]\s")
_UNSURE = 2
"""So few words with a mark ("Soccer?") are an unsure answer and no question."""


def has_mark(text: str) -> bool:
    """Whether the text carries a question mark, in any script that has one of its own."""
    return not _MARKS_SHOWN.isdisjoint(text)


def alone(text: str, words: AnswerWords) -> bool:
    """Whether the message is nothing but a question, greetings and "I have a question" aside. One with other words before or behind the
    question may answer as well, and a word or two with a mark ("Soccer?") is an unsure answer."""
    body = text.strip()
    if not body or body[-1] not in _MARKS_SHOWN:
        return False
    *before, asked = [part for part in _PARTS.split(body) if part.strip()] or [""]
    said = [fold(part) for part in before]
    return len(asked.split()) > _UNSURE and all(words.puts_off(part) or part in words.asks_first for part in said)


def parted(text: str) -> tuple[str, tuple[str, ...]]:
    """(what stands beside the questions of a message, its questions). Numbers with a comma behind them stand beside the question."""
    numbers = _NUMBERS_FIRST.match(text)
    first = numbers[0] if numbers else ""
    text = text[len(first) :]
    asked = tuple(one.strip() for one in _SENTENCE.findall(text) if len(one.split()) > _UNSURE)
    return " ".join((first + _SENTENCE.sub(" ", text).replace("¿", " ")).split()).strip(" ,:-"), asked


def begin(talk: Talk) -> None:
    """Answer, offer, or pass on the message as a question."""
    _, asked = parted(talk.text)
    if len(asked) > 1 and _several(talk, asked):
        return
    match = talk.library.bank.match(talk.text)
    if not match.sure and asked and (alone_asked := talk.library.bank.match(asked[0])).sure:
        match = alone_asked
    inside = talk.frame is not None
    _write(talk, match.sure)
    near = tuple(faq_id for faq_id in match.near if _question(talk, faq_id) is not None)
    if match.sure and not inside and _answer_and_ask(talk, match.sure):
        return
    if match.sure and inside and say_answer(talk, match.sure):
        walk.repeat(talk)
        return
    if len(near) == 2 and not match.sure and FLOW in talk.library.latest:
        offer(talk, near)
        return
    pass_on(talk, talk.text)


def tell(talk: Talk, faq_id: str) -> bool:
    """Write that it was asked, and answer it; False when it may not be answered here."""
    _write(talk, faq_id)
    return say_answer(talk, faq_id)


def _write(talk: Talk, faq_id: str) -> None:
    norm = {"faq_id": faq_id} if faq_id else {}
    talk.write("question", norm, step_id="1", asked_ref="", refs=("S1-23",), flow=talk.library.latest.get(FLOW))


def _several(talk: Talk, asked: tuple[str, ...]) -> bool:
    """Several questions in one message: each that is surely meant is answered. With one that is not, a person gets them all."""
    meant = (talk.library.bank.match(one).sure for one in asked)
    found = [one if one and answer_text(talk, one) is not None else "" for one in meant]
    known = [*dict.fromkeys(filter(None, found))]
    if len(known) < 2 and (not known or all(found)):
        return False
    inside, last = talk.frame is not None, known[-1]
    for faq_id in known if inside or not all(found) else known[:-1]:
        tell(talk, faq_id)
    if not all(found):
        pass_on(talk, talk.text)
    elif inside:
        walk.repeat(talk)
    else:
        _write(talk, last)
        if not _answer_and_ask(talk, last):
            say_answer(talk, last)
    return True


def say_answer(talk: Talk, faq_id: str) -> bool:
    """Say the bank's answer; False (and nothing said) when it may not be said here or a value of it is not set."""
    body = answer_text(talk, faq_id)
    if body is None:
        return False
    talk.flush()
    talk.speak(_cut(talk, body), _class_of(talk, faq_id), f"faq/{faq_id}", "reply")
    return True


def answer_text(talk: Talk, faq_id: str) -> str | None:
    """The answer filled in; None where the language, its approval or a local value is missing: then a person answers."""
    entry = talk.library.bank.entries.get(faq_id)
    text = entry.answer.get(talk.lang) if entry is not None else None
    if text is None or _class_of(talk, faq_id) not in talk.classes:
        return None
    filled = [values.known(talk, name) for name in text.names]
    if None in filled or "" in filled:
        return None
    return values.tidy(text.format % tuple(filled)) if text.names else text.format


def _answer_and_ask(talk: Talk, faq_id: str) -> bool:
    flow = talk.library.latest.get(FLOW)
    if answer_text(talk, faq_id) is None or flow is None:
        return False
    frame = talk.push(flow, flow.first)
    frame["n"]["faq_id"] = faq_id
    frame["w"] = talk.text
    return say_with_answer(talk)


def say_with_answer(talk: Talk) -> bool:
    """Say the answer the open frame is about and ask "Did that help?"; False when it is not to be had in this language."""
    frame = talk.open()
    faq_id = frame["n"].get("faq_id", "")
    body = answer_text(talk, faq_id)
    if body is None:
        return False
    step = talk.part.steps[0]
    spoken = step.spoken.get(talk.lang)
    if spoken is None or step.message_class not in talk.classes:
        talk.speak(_cut(talk, body), _class_of(talk, faq_id), f"faq/{faq_id}", "reply")
        walk.end(talk, "done", quiet=True)
        return True
    together = f"{body}\n\n{talk.fill(spoken)}" if talk.roomy else f"{body} {talk.fill(spoken)}"
    if talk.roomy or fits(together, talk.library.faq_length):
        talk.speak(together, _class_of(talk, faq_id), f"faq/{faq_id}", "reply", spoken.options)
        frame["at"] = step.index
        frame["h"] = [step.index]
        if talk.flow.timeout != "none":
            talk.remind(step.id)
    else:
        talk.speak(_cut(talk, body), _class_of(talk, faq_id), f"faq/{faq_id}", "reply")
        walk.proceed(talk, 0)
    return True


def offer(talk: Talk, near: tuple[str, ...]) -> None:
    """Ask "Do you mean one of these?" with two questions of the bank."""
    flow = talk.library.flow(FLOW)
    frame = talk.push(flow, flow.first)
    frame["at"], frame["w"], frame["n"]["near"] = "nearest", talk.text, list(near)
    if not ask_nearest(talk):
        talk.pop()
        pass_on(talk, talk.text)
    elif talk.flow.timeout != "none" and not talk.stack:
        talk.remind("nearest")


def ask_nearest(talk: Talk) -> bool:
    """Say the two questions again; False when this language has no words for it."""
    text = talk.library.text(FLOW, "nearest", talk.lang)
    options = _near_options(talk, tuple(talk.open()["n"]["near"]))
    if text is None or not options:
        return False
    body = f"{talk.fill(text)} {' '.join(f'{number} {label}' for number, label in options)}"
    talk.speak(body, talk.flow.message_class, f"{FLOW}/nearest", "ask", options)
    return True


def nearest_reply(talk: Talk) -> bool:
    """Handle the message as the choice among the offered; False when it is something else (the talk underneath hears it then)."""
    frame = talk.open()
    near, words = tuple(frame["n"]["near"]), frame["w"]
    place = _place(talk, near)
    talk.pop()
    if place < 0:
        return False
    if place < len(near):
        if talk.frame is not None and say_answer(talk, near[place]):
            walk.repeat(talk)
        elif talk.frame is not None or not _answer_and_ask(talk, near[place]):
            pass_on(talk, words)
    else:
        pass_on(talk, words)
    return True


def pass_on(talk: Talk, words: str) -> None:
    """A person answers, by a day that is said; alone, more may be added."""
    actions.hand_off(talk, "liaison", "question", "school_day", text=words)
    flow = talk.library.latest.get(FLOW)
    if talk.frame is None and flow is not None and len(flow.parts[flow.first].steps) > 1:
        frame = talk.push(flow, flow.first)
        frame["w"] = words
        step = talk.part.steps[1]
        frame["h"].append(step.index)
        talk.ask(step)
        return
    if talk.frame is None:
        talk.say_key("free_note")
    else:
        talk.before("question_passed")
        if talk.step is None and talk.frame["at"] != "readback":
            talk.flush()
        walk.repeat(talk)


def helpful_reply(talk: Talk, value: str) -> None:
    """Handle the reply to "Did that help?"."""
    step = talk.step
    assert step is not None
    frame = talk.open()
    talk.record(step, value)
    if value == "yes":
        talk.say_key("thanks", talk.flow.message_class, FLOW)
        walk.end(talk, "done")
        return
    folded, library = fold(talk.text), talk.library
    own = value == "no" and len(folded.split()) >= library.limits.labels_for_other and folded not in library.words.half
    added = talk.text if own else ""
    actions.hand_off(talk, "liaison", "question", "school_day", text="\n\n".join(filter(None, (frame["w"], added))))
    _ask_more(talk)


def thanked(talk: Talk) -> None:
    """Thanks for an answer end it; whether it helped they did not say."""
    talk.say_key("thanks", talk.flow.message_class, FLOW)
    walk.end(talk, "done")


def _ask_more(talk: Talk) -> None:
    frame = talk.open()
    step = talk.part.steps[1]
    frame["h"].append(step.index)
    talk.ask(step)


def more_reply(talk: Talk) -> None:
    """Handle what the family adds for the person who will answer."""
    step = talk.step
    assert step is not None
    folded, words = fold(talk.text), talk.library.words
    if folded in words.nothing_to_add or words.thanks_only(talk.text) or folded.isdigit() or (not folded and not talk.scene.media):
        talk.say_key("thanks", talk.flow.message_class, FLOW)
    else:
        talk.record(step, talk.text.strip())
        actions.hand_off(talk, "liaison", "question", "school_day")
        talk.say_key("added", talk.flow.message_class, FLOW)
    walk.end(talk, "done")


def more(talk: Talk) -> bool:
    """MORE: the rest of an answer that was cut; False when nothing was."""
    frame = talk.frame
    rest = frame.pop("r", "") if frame is not None else ""
    if not rest:
        return False
    talk.speak(_cut(talk, rest), "B", "faq/more", "reply")
    return True


def _cut(talk: Talk, body: str) -> str:
    """An answer too long for its language is cut at a sentence and ends with the word that brings the rest (where a talk is open)."""
    limit = talk.library.faq_length
    if talk.roomy or fits(body, limit):
        return body
    word = talk.library.text(FLOW, "more", talk.lang)
    tail = f" {word.format}" if word is not None else ""
    head, rest = body, ""
    while not fits(head + tail, limit) and ". " in head:
        head, _, last = head.rpartition(". ")
        head += "."
        rest = f"{last} {rest}".strip()
        head = head if not head.endswith("..") else head[:-1]
        if fits(head + tail, limit) or ". " not in head[:-1]:
            break
        head = head[:-1]
    if talk.frame is not None and rest:
        talk.frame["r"] = rest
        return head + tail
    kept = limit.ucs2 if encoding(body) == UCS2 else limit.gsm7
    return body if units(body) <= kept else head


def _class_of(talk: Talk, faq_id: str) -> str:
    return "E" if talk.library.bank.entries[faq_id].tag == "rights" else "B"


def _question(talk: Talk, faq_id: str) -> Text | None:
    return talk.library.bank.entries[faq_id].question.get(talk.lang)


def _near_options(talk: Talk, near: tuple[str, ...]) -> OptionList:
    labels = [text.format for faq_id in near if (text := _question(talk, faq_id)) is not None]
    none = talk.library.text("common", "none_of_these", talk.lang)
    if none is None:
        return ()
    return tuple((str(place), label) for place, label in enumerate([*labels, none.format], 1))


def _place(talk: Talk, near: tuple[str, ...]) -> int:
    options = _near_options(talk, near)
    folded = fold(talk.text)
    number = int(folded) if folded.isdigit() and len(folded) < 3 else talk.library.words.number.get(folded, 0)
    if 1 <= number <= len(options):
        return number - 1
    for place, (_, label) in enumerate(options):
        if fold(label) == folded:
            return place
    if folded in talk.library.words.no or folded in talk.library.words.nothing:
        return len(near)
    return -1
