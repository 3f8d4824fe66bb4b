"""A text of ours in another language than it was said in: the same words, with the very day, hour and names that were said (F25).

What was said is matched with the texts of its flow, so that nothing is promised anew: "by Monday, November 23" stays that Monday. Words
of a person, and what is no text of ours, are not retold.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date, time, timedelta

from bot.engine.flow import Action, Flow, Spoken, Text
from bot.engine.library import Library
from bot.i18n import say_date, say_day, say_time

NEAR = timedelta(days=60)
"""How far from the day of a message the days it names may lie."""

OF_A_PERSON = frozenset({"strength", "topic", "answer", "wrote", "question"})
"""Places whose words are somebody's own, or belong to one language."""

_DAYS: tuple[Callable[[date, str], str], ...] = (say_day, say_date)


def retold(library: Library, ref: str, body: str, was: str, lang: str, said_on: date) -> str | None:
    """`body` in `lang`; None when it is not wholly a text of the flow that `ref` names, or not to be had in that language.

    :param was: the language it was said in.
    :param said_on: the day it was said.
    """
    flow = library.latest.get(ref.partition("/")[0])
    said = " ".join(body.split())
    found: tuple[int, Text, tuple[str, ...]] | None = None
    for spoken in _texts(flow) if flow is not None else ():
        old, new = spoken.get(was), spoken.get(lang)
        match = _pattern(old).search(said) if old is not None and new is not None else None
        if match is not None and new is not None and old is not None and (found is None or len(match[0]) > found[0]):
            given = dict(zip(old.names, match.groups(), strict=True))
            values = [_value(library, name, given.get(name, ""), was, lang, said_on) for name in new.names]
            if all(values):
                found = len(match[0]), new, tuple(map(str, values))
    return None if found is None else found[1].format % found[2] if found[2] else found[1].format


def _texts(flow: Flow) -> Iterator[Spoken]:
    """What the flow says without asking anything."""
    yield from flow.texts.values()
    for part in flow.parts.values():
        if part.ends is not None:
            yield part.ends
        for step in part.steps:
            if step.kind == "none":
                yield step.spoken
            yield from _of(step.actions)
            for option in step.options:
                yield from _of(option.actions)


def _of(actions: tuple[Action, ...]) -> Iterator[Spoken]:
    yield from (one.said for one in actions if one.said is not None)


def _pattern(text: Text) -> re.Pattern[str]:
    """The text with anything in its places, standing by itself in a message."""
    marks = tuple(f"\0{place}\0" for place in range(len(text.names)))
    plain = " ".join((text.format % marks if marks else text.format).split())
    pattern = re.escape(plain)
    for mark in marks:
        pattern = pattern.replace(re.escape(mark), "(.+?)", 1)
    return re.compile(rf"(?:^|(?<=\s)){pattern}(?=\s|$)")


def _value(library: Library, name: str, said: str, was: str, lang: str, said_on: date) -> str | None:
    """What stood in a place, as the other language says it; None when nobody can tell."""
    if name in OF_A_PERSON or not said:
        return None
    if name in {"time", "meeting_time"}:
        return next((say_time(one, lang) for one in _times() if say_time(one, was) == said), None)
    if "day" in name:
        days = (said_on + timedelta(days=count) for count in range(-NEAR.days, NEAR.days))
        return next((say(day, lang) for day in days for say in _DAYS if say(day, was) == said), None)
    for key in ("your_child", "yes", "no"):
        old, new = library.text("common", key, was), library.text("common", key, lang)
        if old is not None and new is not None and said == old.format:
            return new.format
    return said


def _times() -> Iterator[time]:
    return (time(hour, minute) for hour in range(24) for minute in range(60))
