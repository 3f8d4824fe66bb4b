"""What a family's reply means at the open question. Exact look-ups first; close spelling only when they fail.

`read` gives the value that goes into the record (an option's id, a list of ids, a number, an ISO day or time, the words), or
`MISS`. The family's own words are kept beside it in any case, so a reading may be generous where a mistake costs a
read-back, and is never so where two readings are equally good.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from itertools import pairwise
from typing import Any, Final

from rapidfuzz import fuzz, process

from bot.engine.flow import Step
from bot.engine.moments import names_span, read_date, read_days_ago, read_minutes, read_per_week, read_time
from bot.engine.words import AnswerWords, apart, emoji_word, fold
from bot.i18n import MASTER


class _Miss:
    """No meaning found."""

    def __repr__(self) -> str:
        return "MISS"


MISS: Final = _Miss()

CLOSE = 82
"""rapidfuzz ratio from which a spelling counts as close; the next best option must be this much further away:"""
CLEAR = 8
SHORTEST = 4
ADDED = 3
"""So many words at most name something more beside the options picked."""
NO_OTHER = 99
YES_BUT = frozenset({"home-observations", "early-concern", "evaluation-request"})
"""Flows in which a yes may have a condition: a person calls, and reads it."""
_SENTENCE = 120
_NUMBER = re.compile(r"(?<![\w.,])(\d+(?:[.,]\d+)?)(?![\w])")
_COPIED = re.compile(r"\W*(\d{1,2})\W+(\D.*)", re.DOTALL)
"""A number and, behind it, what may be the label it stands for."""
_RANGE = re.compile(r"\d\s*[-–—]\s*\d")
SEGMENT = re.compile(r"[,;/&+\n،、]")
_NOT = frozenset({"not", "no", "never", "dont", "doesnt", "isnt", "nunca", "tampoco", "ni", "sin", "nothing", "nada"})
_DENIES = _NOT | {"cant", "cannot", "wont", "wouldnt", "shouldnt", "couldnt", "arent", "wasnt", "didnt", "havent"}
_SIGNS = {"yes": ("yes", "good", "ok"), "no": ("no", "change")}
_LEFT_OUT_OF_ALL = frozenset({"other", "not_sure", "none"})


def read(step: Step, text: str, lang: str, words: AnswerWords, today: date, own_words: int) -> Any:
    """Read a reply to a step. `own_words`: from how many words on a reply is taken for the option "other"."""
    kind = step.kind
    if kind in {"text", "name", "ack"}:
        return text.strip() or MISS
    if step.options and (copied := _COPIED.match(text)) is not None:
        place = (step.accepted.get(lang) or step.accepted[MASTER]).get(fold(copied[2]), -1)
        if place == int(copied[1]) - 1:  # "1. Under 15 min"
            return [step.options[place].id] if kind == "many" else step.options[place].id
    if words.means_dont_know(text):
        own_words = 99  # no "something else"
    if kind == "many":
        return read_many(step, text, lang, words, own_words)
    if kind in {"one", "yn"}:
        place = _measured(step, text, lang, words, today)
        place = place if place >= 0 else _yes_but(step, text, lang, words)
        place = place if place >= 0 else read_one(step, text, lang, words, own_words)
        if place < 0 and (said := words.without_thanks(fold(text))) != fold(text):
            place = read_one(step, said, lang, words, own_words)
        if place < 0 and step.ages:
            place = read_age(step, text, today, words)
        return MISS if place < 0 else step.options[place].id
    if kind == "num":
        return read_number(text, words)
    if kind == "scale":
        number = read_number(text, words)
        return number if number in {1, 2, 3, 4, 5} else MISS
    if kind == "date":
        found = read_date(text, today, words)
        return MISS if found is None else found.isoformat()
    moment = read_time(text, words)
    return MISS if moment is None else moment.isoformat("minutes")


def no_answer(step: Step, text: str, words: AnswerWords) -> bool:
    """Whether a reply says that there is nothing to say: "I do not know", and where a strength is asked for "nothing really" too."""
    if words.means_dont_know(text):
        return True
    return step.kind == "text" and step.entry_kind == "strength" and words.names_no_strength(text)


def _yes_but(step: Step, text: str, lang: str, words: AnswerWords) -> int:
    """Place of "yes" where a reply begins with it and goes on without a "no": "si, pero después de las 5". -1 where it is no such reply,
    or a yes that must be whole: whose phone it is, who may write, whether somebody is safe."""
    place = _by_id(step, "yes") if step.ref.partition("/")[0] in YES_BUT else -1
    tokens = fold(text).split() if place >= 0 and len(text) <= _SENTENCE else []
    if len(tokens) < 2 or tokens[0] not in words.yes or " ".join(tokens) in (step.accepted.get(lang) or step.accepted[MASTER]):
        return -1
    return place if _DENIES.isdisjoint(tokens) else -1


def _measured(step: Step, text: str, lang: str, words: AnswerWords, today: date) -> int:
    """Place of the option that holds what a reply measures: so many minutes, so often a week, so long ago; -1 where it measures nothing."""
    if step.spans:
        return read_span(step, text, lang, words)
    if step.often and (times := read_per_week(text, words)) is not None:
        return _holding(step.often, times)
    return read_age(step, text, today, words) if step.ages and names_span(text, words) else -1


def read_span(step: Step, text: str, lang: str, words: AnswerWords) -> int:
    """Place of the option whose span of minutes holds the time a reply names, -1 where none is named or an option is named outright."""
    minutes = read_minutes(text, words)
    if minutes is None or fold(text) in (step.accepted.get(lang) or step.accepted[MASTER]):
        return -1
    return _holding(step.spans, minutes)


def read_age(step: Step, text: str, today: date, words: AnswerWords) -> int:
    """Place of the option that means as long ago as a reply names ("since September"), -1 where none is named."""
    days = read_days_ago(text, today, words)
    return -1 if days is None else _holding(step.ages, days)


def _holding(spans: Sequence[tuple[int, int] | None], number: int) -> int:
    return next((place for place, span in enumerate(spans) if span and span[0] <= number <= span[1]), -1)


def read_one(step: Step, text: str, lang: str, words: AnswerWords, own_words: int = 99, *, held: bool = True) -> int:
    """Place of the option a reply picks, -1 for none. `held`: an option's word inside a longer reply picks it as well."""
    accepted = step.accepted.get(lang) or step.accepted[MASTER]
    place = accepted.get(text.strip().lower(), -1)
    if place >= 0:
        return place
    folded = fold(text)
    if not folded:
        return _by_sign(step, emoji_word(text))
    place = accepted.get(folded, -1)
    if place >= 0:
        return place
    tokens = folded.split()
    numbers = {int(token) for token in tokens if token.isdigit() and len(token) < 4}
    if len(numbers) == 1 and len(tokens) <= 4 and not _RANGE.search(text):
        number = numbers.pop()
        named = _held([token for token in tokens if not token.isdigit()], accepted, words) if held else set()
        if len(named) == 1:  # "2 months ago" is no choice of the second
            return named.pop()
        return number - 1 if 1 <= number <= len(step.options) and not counts(tokens, words) else -1
    found = _close(folded, accepted)
    if found < 0 and held and len(tokens) <= 8:
        inside = _held(tokens, accepted, words)
        if inside and (place := _by_id(step, "yes")) in inside and _is_limited(tokens, accepted, place, words):
            inside.discard(place)
        found = inside.pop() if len(inside) == 1 else -1
    if found < 0 and len(tokens) >= own_words and not numbers:
        found = _by_id(step, "other")
    return found


def read_many(step: Step, text: str, lang: str, words: AnswerWords, own_words: int) -> Any:
    """Ids of the options a reply picks, in their own order; MISS when it picks none."""
    accepted = step.accepted.get(lang) or step.accepted[MASTER]
    place = accepted.get(text.strip().lower(), -1)
    if place >= 0:
        return [step.options[place].id]
    folded = fold(text)
    tokens = apart(folded).split()
    if tokens and all(token.isdigit() or token in words.and_ for token in tokens):
        places = set() if _RANGE.search(text) else _numbered([token for token in tokens if token.isdigit()], len(step.options))
    else:
        places = _many(step, text, folded, accepted, words, own_words)
    if not places:
        return [] if folded in words.nothing else MISS
    return [step.options[place].id for place in sorted(places)]


def number_in(folded: str, words: AnswerWords, most: int) -> int:
    """The one number up to `most` in a short reply ("2", "la 2", "number two", "the second one"), 0 for none or several."""
    tokens = apart(folded).split()
    if folded in words.number:
        return words.number[folded] if words.number[folded] <= most else 0
    if len(tokens) > 4:
        return 0
    found = {int(token) for token in tokens if token.isdigit() and len(token) < 3}
    if not found:
        found = {words.number[token] for token in tokens if token in words.number and token not in words.articles}
    return found.pop() if len(found) == 1 and max(found) <= most else 0


def read_number(text: str, words: AnswerWords) -> Any:
    """The one number in a reply ("about 20 minutes", "veinte"), MISS for none or several."""
    plain = "".join(fold(char) if char.isdecimal() else char for char in text) if not text.isascii() else text
    found = _NUMBER.findall(plain)
    if len(found) == 1:
        value = float(found[0].replace(",", "."))
        return int(value) if value.is_integer() else value
    if found:
        return MISS
    folded = fold(text)
    if folded in words.number:
        return words.number[folded]
    spelled = {words.number[token] for token in folded.split() if token in words.number}
    return spelled.pop() if len(spelled) == 1 and len(folded.split()) <= 4 else MISS


def _numbered(tokens: list[str], count: int) -> set[int]:
    """Places in a reply of digits only ("1,3", "1 y 3", "13"); none when one of them is no option."""
    places: set[int] = set()
    for token in tokens:
        number = int(token) if len(token) < 6 else 0
        if 1 <= number <= count:
            places.add(number - 1)
        elif len(tokens) == 1 and len(set(token)) == len(token) and all(1 <= int(digit) <= count for digit in token):
            places.update(int(digit) - 1 for digit in token)
        else:
            return set()
    return places


def _many(step: Step, text: str, folded: str, accepted: Mapping[str, int], words: AnswerWords, own_words: int) -> set[int]:
    if folded in accepted:
        return {accepted[folded]}
    if folded in words.all:
        return {place for place, option in enumerate(step.options) if option.id not in _LEFT_OUT_OF_ALL}
    if folded in words.nothing or not folded or _RANGE.search(text):
        return set()
    places: set[int] = set()
    unread = False
    for segment in segments(text, words):
        found = _segment(segment, accepted, len(step.options), words)
        if found is None:
            return set()
        places |= found
        unread = unread or (not found and _adds(segment, words))
    if places and unread and own_words < NO_OTHER:
        places |= {other for other in [_by_id(step, "other")] if other >= 0}
    tokens = folded.split()
    if not places and len(tokens) >= own_words and not any(token.isdigit() for token in tokens):
        other = _by_id(step, "other")
        places = {other} if other >= 0 else set()
    return places


def _adds(segment: str, words: AnswerWords) -> bool:
    """Whether a piece that picks nothing, beside pieces that do, names something of its own in a few words ("reading and homework")."""
    tokens = segment.split()
    if len(tokens) > ADDED or max(map(len, tokens)) < SHORTEST or not _NOT.isdisjoint(tokens) or not words.polite.isdisjoint(tokens):
        return False
    return segment not in words.said_with_it | words.half and not _thanks_or_delay(segment, words)


def _thanks_or_delay(segment: str, words: AnswerWords) -> bool:
    return words.puts_off(segment) or words.thanks_only(segment) or words.wonders(segment) or words.means_dont_know(segment)


def segments(text: str, words: AnswerWords) -> list[str]:
    """Folded pieces between commas and "and" words."""
    pieces = []
    for piece in SEGMENT.split(text):
        held: list[str] = []
        for token in apart(fold(piece)).split():
            if token in words.and_:
                pieces.append(" ".join(held))
                held = []
            else:
                held.append(token)
        pieces.append(" ".join(held))
    return [piece for piece in pieces if piece]


def _segment(segment: str, accepted: Mapping[str, int], count: int, words: AnswerWords) -> set[int] | None:
    """Places one piece picks; None when it holds a number that is no option, which makes the whole reply doubtful."""
    if segment in accepted:
        return {accepted[segment]}
    tokens = segment.split()
    digits = [int(token) for token in tokens if token.isdigit() and len(token) < 4]
    if digits:
        if not all(1 <= number <= count for number in digits):
            return None
        picked = set() if counts(tokens, words) else {number - 1 for number in digits}
        return picked | _held([token for token in tokens if not token.isdigit()], accepted, words)
    found = _close(segment, accepted)
    if found >= 0:
        return {found}
    if words.last.intersection(tokens) and not _NOT.intersection(tokens):
        return _held(tokens, accepted, words) | {count - 1}
    places = _held(tokens, accepted, words)
    # What is left over may be options too, misspelt ("kind funny curiuos").
    if not _NOT.intersection(tokens):
        places |= {place for token in tokens if _may_be_misspelt(token, words) and (place := _close(token, accepted)) >= 0}
    return places


def _may_be_misspelt(token: str, words: AnswerWords) -> bool:
    return len(token) > SHORTEST and token not in words.number


def _close(folded: str, accepted: Mapping[str, int]) -> int:
    """The option whose label or word is spelled nearly so, if no other option is nearly as near. "You can't text me" is not nearly "you can
    text me"."""
    if len(folded) < SHORTEST:
        return -1
    ranked = process.extract(folded, accepted.keys(), scorer=fuzz.ratio, score_cutoff=CLOSE - CLEAR, limit=8)
    agrees = _DENIES.isdisjoint(folded.split())
    ranked = [one for one in ranked if _DENIES.isdisjoint(one[0].split()) == agrees]
    if not ranked or ranked[0][1] < CLOSE:
        return -1
    best = accepted[ranked[0][0]]
    if any(accepted[label] != best and ranked[0][1] - score < CLEAR for label, score, _ in ranked):
        return -1
    return int(best)


def counts(tokens: list[str], words: AnswerWords) -> bool:
    """Whether a number of the reply counts something ("4 times a week", "dos páginas"): it is no option's then."""
    return any(token in words.counted and before.isdigit() for before, token in pairwise(tokens))


def denies(tokens: list[str]) -> bool:
    """Whether a reply denies something: "no English"."""
    return not _DENIES.isdisjoint(tokens)


def _held(tokens: list[str], accepted: Mapping[str, int], words: AnswerWords) -> set[int]:
    """Options whose label or word stands in the reply as whole words; where the reply denies something, only those that deny it too ("no
    puedo ir, trabajo"). A number word ("the first", "la segunda") is one only where little else is said: "I read it first"."""
    denies = not _NOT.isdisjoint(tokens)
    padded = f" {' '.join(tokens)} "
    found = {(label, place) for label, place in accepted.items() if len(label) >= SHORTEST and f" {label} " in padded}
    numbers = {one for one in found if words.is_number(one[0])}
    if numbers and (numbers != found or not all(token in words.number or token in words.around_number for token in tokens)):
        found -= numbers
    return {place for label, place in found if not denies or not _NOT.isdisjoint(label.split())}


def _is_limited(tokens: list[str], accepted: Mapping[str, int], place: int, words: AnswerWords) -> bool:
    """Whether what is said beside the yes says for what it holds, or whose it is: "yeah but only about meetings"."""
    padded = f" {' '.join(tokens)} "
    for label in sorted((one for one, at in accepted.items() if at == place), key=len, reverse=True):
        padded = padded.replace(f" {label} ", "  ")
    return not words.limits.isdisjoint(padded.split())


def _by_sign(step: Step, meant: str) -> int:
    """A thumb up or down picks yes or no, at a read-back Good or Change: "after a change at school" is not what a thumb down says."""
    found = max((_by_id(step, one) for one in _SIGNS.get(meant, ())), default=-1)
    return found if found < 0 or step.options[found].id != "change" or _by_id(step, "good") >= 0 else -1


def _by_id(step: Step, option_id: str) -> int:
    for place, option in enumerate(step.options):
        if option_id and option.id == option_id:
            return place
    return -1
