"""What was understood, said back: "I wrote: ... 1 Good 2 Change". Change asks which part, asks it again, and writes a correction."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bot.engine import actions, page, walk
from bot.engine.answers import SHORTEST, number_in, read_one
from bot.engine.events import Confirm
from bot.engine.flow import Line, OptionList, Readback, Step
from bot.engine.own_words import OTHER, kept_under
from bot.engine.talk import Talk
from bot.engine.values import of as values_of
from bot.engine.words import fold, made_of
from bot.i18n import language_name
from channels.text import UCS2, Limits, cut, encoding, fits

CUTS = (240, 160, 120, 90, 70, 55, 42, 32, 24, 18, 12)
"""How many characters of each answer are shown; the first that lets the whole fit one message is taken."""
LEAST = 32
"""Cut shorter, an answer cannot be checked: the text is parted in two before that."""
PART_LABEL = 28
_PAUSE = re.compile(r"[.,;!\n]+")
_Piece = tuple[str, tuple[str, ...], tuple[tuple[str, Step | None], ...]]


def begin(talk: Talk) -> bool:
    """Read back what there is; False when nothing the family may see again was answered."""
    talk.open()["at"] = "readback"
    readback = talk.part.readback
    answers = talk.open()["n"]
    if readback is None or not any(said(answers, (name,)) for name in readback.names):
        talk.say_key("readback_nothing")
        return False
    talk.open().pop("m", None)
    if not say(talk):
        return False
    if talk.flow.timeout != "none":
        talk.remind("readback")
    return True


def say(talk: Talk, purpose: str = "readback") -> bool:
    """Say the read-back, cut to fit one message or two."""
    readback = talk.part.readback
    spoken = talk.library.inner["readback"].spoken.get(talk.lang)
    if readback is None or spoken is None or talk.flow.message_class not in talk.classes:
        talk.blocked = True
        return False
    if talk.scene.channel in page.CHANNELS and page.on_page(talk):
        body = page.read_back(talk, _lines(talk, readback), spoken.format)
        talk.speak(body, talk.flow.message_class, f"{talk.flow.id}/readback", purpose)
        return True
    limits = talk.library.length
    if talk.prefix:
        limits = Limits(limits.gsm7 - len(talk.prefix) - 1, limits.ucs2 - len(talk.prefix) - 1)
    bodies = written(readback, talk.open()["n"], talk.lang, lambda name: values_of(talk, name), spoken.format, limits)
    for body in bodies:
        options = spoken.options if body is bodies[-1] else ()
        talk.speak(body, talk.flow.message_class, f"{talk.flow.id}/readback", purpose, options)
    return True


def written(
    readback: Readback, answers: Mapping[str, Any], lang: str, value_of: Callable[[str], str], options: str, limits: Limits
) -> tuple[str, ...]:
    """The read-back's text: one message, or two where one had room for the beginnings of the answers only. `value_of`: what stands in a
    place that no answer fills."""
    pieces = _pieces(readback.lines.get(lang, ()), answers, lang, value_of)
    body = f"{_body(pieces, CUTS[0])} {options}"
    if fits(body, limits):
        return (body,)
    if body := _shortened(pieces, options, limits, least=LEAST if len(pieces) > 1 else CUTS[-1]):
        return (body,)
    half = _half(pieces)
    return tuple(
        _shortened(some, said, limits, least=CUTS[-1]) or cut(f"{_body(some, CUTS[-1])} {said}", limits)
        for some, said in ((pieces[:half], ""), (pieces[half:], options))
    )


def shown(talk: Talk) -> list[str]:
    """Names of answers the read-back can name, in its order."""
    readback = talk.part.readback
    names = talk.open()["n"]
    return [name for name in readback.names if said(names, (name,))] if readback is not None else []


def picked(talk: Talk) -> int:
    """0 for Good, 1 for Change, -1 for a message that is neither."""
    step, words = talk.library.inner["readback"], talk.library.words
    place = read_one(step, talk.text, talk.lang, words, held=False)
    if place < 0:  # "Bien muchas gracias"
        spelled = words.spelled(talk.text)
        place = read_one(step, words.without_thanks(fold(spelled)), talk.lang, words, held=False)
        good = {label for label, at in step.accepted.get(talk.lang, {}).items() if at == 0 and not label.isdigit()}
        said = fold(spelled).split()
        place = 0 if place < 0 and said and made_of(said, good | words.thanks) else place  # "Sí, así es"
    return place if place >= 0 else _before_thanks(talk)


def _before_thanks(talk: Talk) -> int:
    """0 for "Yes, that is right. Thank you, Lola": Good before the thanks, and behind them a name at most; else -1."""
    step = talk.library.inner["readback"]
    parts = [part.strip() for part in _PAUSE.split(talk.text) if part.strip()]
    thanks = next((at for at, part in enumerate(parts) if fold(part) in talk.library.words.thanks), 0)
    behind = " ".join(parts[thanks + 1 :]).split()
    if len(behind) > 1 or any(read_one(step, word, talk.lang, talk.library.words) >= 0 for word in behind):
        return -1
    return 0 if thanks and read_one(step, " ".join(parts[:thanks]), talk.lang, talk.library.words, held=False) == 0 else -1


def reply(talk: Talk) -> bool:
    """Handle the message as a reply to the read-back; say whether it was one."""
    place = picked(talk)
    if place == 0:
        confirm(talk)
        return True
    if place == 1:
        which(talk)
        return True
    said = fold(talk.text).split()
    if len(said) > 1 and said[0] in talk.library.words.changing:  # "change the languages"
        names = shown(talk)
        number = _part_named(talk, names, " ".join(said))
        if number:
            change(talk, names[number - 1])
        else:
            which(talk)
        return True
    return False


def confirm(talk: Talk) -> None:
    """The family said it is right: the entries it saw are confirmed, and the talk is over."""
    entries, joined, names = talk.open()["e"], talk.open().get("j", {}), shown(talk)
    seen = [entries[name] for name in names if name in entries]
    talk.events.append(Confirm((*seen, *(one for name in names for one in joined.get(name, ())))))
    if talk.part.ends is None:
        talk.say_key("confirmed")
    walk.end(talk, "done")


def which(talk: Talk) -> None:
    """Ask which part to change, each shown by its own words; with one part only, ask that again at once."""
    frame = talk.open()
    names = shown(talk)
    if len(names) == 1:
        change(talk, names[0])
        return
    frame["at"] = "which"
    options = _parts(talk, names)
    text = talk.library.text("common", "which_part", talk.lang)
    if text is None:
        talk.blocked = True
        return
    body = f"{talk.fill(text)} {_numbered(options)}"
    talk.speak(body, talk.flow.message_class, "common/which_part", "ask", options)


def which_reply(talk: Talk) -> bool:
    """Handle the message as the choice of a part; say whether it was one."""
    names = shown(talk)
    folded = fold(talk.text)
    number = number_in(folded, talk.library.words, len(names) + 1)
    if not number:  # two parts: the first is asked, the read-back comes again after it
        number = next((int(token) for token in folded.split() if token.isdigit() and 1 <= int(token[:3]) <= len(names)), 0)
    if not number:  # "the second, he is funny too"
        number = number_in(fold(_PAUSE.split(talk.text)[0]), talk.library.words, len(names))
    if not number:
        number = _part_named(talk, names, folded)
    if not number and picked(talk) == 0:
        number = len(names) + 1
    if number == len(names) + 1:
        confirm(talk)
        return True
    if 1 <= number <= len(names):
        change(talk, names[number - 1])
        return True
    return False


def names_part(talk: Talk) -> bool:
    """Whether the message names a part of the read-back, which then wins over a command of that name ("language")."""
    return _part_named(talk, shown(talk), fold(talk.text)) > 0


def _part_named(talk: Talk, names: list[str], folded: str) -> int:
    """The part a reply names: by its answer, the step's readable name or a word of its sentence ("homework"); 0 for none or two."""
    readback = talk.part.readback
    padded = f" {folded} "
    hits = set()
    for place, name in enumerate(names, 1):
        sentences = [s.spoken.get(talk.lang) for s in readback.sentences if name in s.needs] if readback is not None else []
        labels = {word for text in sentences if text is not None for word in fold(text.format).split() if len(word) > SHORTEST}
        value = fold(_value(talk, name))
        if folded and (folded in {value, name} or any(f" {word} " in padded for word in labels)):
            hits.add(place)
    return hits.pop() if len(hits) == 1 else 0


def change(talk: Talk, name: str) -> None:
    """Ask one question again; its answer corrects the old entry."""
    frame = talk.open()
    frame["x"] = name
    talk.ask(talk.part.steps[talk.part.by_name[name]])


def corrected(talk: Talk) -> None:
    """The correction is written: read back once more."""
    talk.before("changed")
    again(talk)


def again(talk: Talk) -> None:
    """Read back once more, whatever became of the correction."""
    talk.open().pop("x", None)
    if not begin(talk):
        walk.end(talk, "done")


def unread(talk: Talk) -> None:
    """Neither Good nor Change: words of one's own go to a person and the read-back stays open; a slip is asked again once."""
    frame = talk.open()
    if len(fold(talk.text).split()) >= talk.library.limits.labels_for_other or (talk.scene.media and not talk.text):
        entry = talk.write("observation", {"note": talk.text}, asked_ref=f"{talk.flow.id}/readback@{talk.flow.version}", flow=talk.flow)
        talk.entry_id = entry
        actions.hand_off(talk, "liaison", "free_note", "school_day")
        if frame["at"] == "readback" and _disagrees(talk):
            talk.before("saved")
            which(talk)
            return
        talk.say_key("free_note", purpose="promise")
        return
    frame["m"] = frame.get("m", 0) + 1
    if frame["m"] == talk.library.limits.misunderstood:
        # A person takes over, but Good and Change are still heard.
        actions.hand_off(talk, "liaison", "misunderstood", "school_day")
        talk.say_key("misunderstood")
        return
    if frame["at"] == "which":
        talk.before("pick_number")
        which(talk)
        return
    talk.before("pick_yes_no")
    spoken = talk.library.inner["readback"].spoken.get(talk.lang)
    if spoken is not None:
        talk.speak(_numbered(spoken.options), talk.flow.message_class, f"{talk.flow.id}/readback", "ask", spoken.options)


def _disagrees(talk: Talk) -> bool:
    """Whether the words begin with "no" or "that is wrong": what is right they have said, where it belongs they are asked."""
    first = fold(_PAUSE.split(talk.text.strip())[0])
    return first.split()[:1] == ["no"] or read_one(talk.library.inner["readback"], first, talk.lang, talk.library.words, held=False) == 1


def _lines(talk: Talk, readback: Readback) -> list[tuple[str, str]]:
    """(the first answer a sentence names or "", the sentence with its answers whole)."""
    lines = []
    for line in readback.lines.get(talk.lang, ()):
        pieces = _pieces((line,), talk.open()["n"], talk.lang, lambda name: values_of(talk, name))
        if pieces:
            lines.append((next((name for name in line[0] if name in talk.part.by_name), ""), _body(pieces, CUTS[0])))
    return lines


def _pieces(lines: Sequence[Line], answers: Mapping[str, Any], lang: str, value_of: Callable[[str], str]) -> list[_Piece]:
    """Sentences as format, values, and whose values they are (only answers are cut)."""
    pieces: list[_Piece] = []
    for needs, pattern, places in lines:
        if needs and not said(answers, needs):
            continue
        values = [value_of(name) if step is None else _shown(step, answers, lang) for name, step in places] if places else ()
        pieces.append((pattern, tuple(values), places))
    return pieces


def said(answers: Mapping[str, Any], names: tuple[str, ...]) -> bool:
    """Whether all of these were answered."""
    for name in names:
        value = answers.get(name)
        if value is None or (not value and value != 0):
            return False
    return True


def _shortened(pieces: list[_Piece], options: str, limits: Limits, *, least: int) -> str:
    """The text with its answers cut, at `least` to so many characters, until the whole fits; "" where it does not. How much each cut saves
    is reckoned first, so that few are tried."""
    answers = [len(value) for _, values, places in pieces for value, (_, step) in zip(values, places, strict=True) if step is not None]
    body = f"{_body(pieces, CUTS[0])} {options}".rstrip()
    room, length = limits.ucs2 if encoding(body) == UCS2 else limits.gsm7, len(body)
    for longest in CUTS:
        if longest < least:
            break
        if length - sum([size - longest for size in answers if size > longest]) > room:
            continue
        body = f"{_body(pieces, longest)} {options}".rstrip()
        if fits(body, limits):
            return body
    return ""


def _half(pieces: list[_Piece]) -> int:
    """Where a text is parted into two of about the same length."""
    lengths = [len(_body([piece], CUTS[0])) for piece in pieces]
    return min(range(1, len(pieces)), key=lambda at: abs(sum(lengths[:at]) - sum(lengths[at:])))


def _body(pieces: list[_Piece], longest: int) -> str:
    """The sentences with their answers cut; at the first, longest cut nothing is longer and nothing is looked at."""
    spoken = []
    for pattern, values, places in pieces:
        if values and longest < CUTS[0]:
            kept = [value if step is None else _cut(value, longest) for value, (_, step) in zip(values, places, strict=True)]
            spoken.append(pattern % tuple(kept))
        else:
            spoken.append(pattern % values if values else pattern)
    return " ".join(spoken).replace("....", "...")


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - 3].rstrip() + "..."


def _value(talk: Talk, name: str) -> str:
    return _shown(talk.part.steps[talk.part.by_name[name]], talk.open()["n"], talk.lang)


def _shown(step: Step, answers: Mapping[str, Any], lang: str) -> str:
    """An answer as it is shown: labels in the family's language, words verbatim, without a full stop of their own."""
    value: Any = answers.get(step.name)
    if step.kind == "text":
        text: str = value if "\n" not in value else " ".join(value.split())
        return text.rstrip(".") if text[-1:] == "." and text[-3:] != "..." else text
    labels = step.labels.get(lang, {})
    if own := answers.get(kept_under(step.name)):
        labels = {**labels, OTHER: own}
    if isinstance(value, list):
        return ", ".join([labels.get(item, item) for item in value])
    if step.options_from == "languages" and value not in labels:
        return language_name(str(value))
    return labels.get(value, str(value)) if isinstance(value, str) else str(value)


def _parts(talk: Talk, names: list[str]) -> OptionList:
    labels = [_cut(_value(talk, name), PART_LABEL) for name in names]
    good = talk.library.text("common", "all_good", talk.lang)
    if good is not None:
        labels.append(good.format)
    return tuple((str(place), label) for place, label in enumerate(labels, 1))


def _numbered(options: OptionList) -> str:
    return " ".join(f"{number} {label}" for number, label in options)
