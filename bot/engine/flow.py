"""Compiled flows: what a turn reads. Made once per version by `compile`; nothing here is parsed or copied again.

A text is a %-format and the names of what goes in, one per language; None stands where a language has no translation.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from bot.engine.expressions import Condition

OptionList = tuple[tuple[str, str], ...]


class Text(NamedTuple):
    """One text in one language. `format` is filled with the values of `names` in order (none: it is said as it is)."""

    format: str
    names: tuple[str, ...] = ()
    options: OptionList = ()

    def children(self, child: str) -> tuple[str, ...]:
        """The values of a text that names nothing but the child."""
        return (child,) * len(self.names)


Spoken = Mapping[str, Text | None]
"""A text by language."""


class Action(NamedTuple):
    """One thing to do after an answer: `verb` with its value and the other keys of the line, if `when` holds."""

    verb: str
    value: Any
    extra: Mapping[str, Any]
    when: Condition | None = None
    said: Spoken | None = None


class Option(NamedTuple):
    """One choice. `id` goes into the record; labels are per language; `words` are further English words for it."""

    id: str
    label: str
    words: tuple[str, ...] = ()
    actions: tuple[Action, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """One question (or, `kind` "none", one statement).

    :param field: where the answer goes in `answer_norm`; "" when the step writes nothing.
    :param spoken: the question with its numbered options, by language.
    :param bare: the question without options, for steps said in several languages at once.
    :param labels: option id -> label, by language, for the read-back.
    :param plain: nothing hangs on the answer: no actions, no options of the district's.
    :param spans: from how many to how many minutes each option means, where a flow says so.
    :param ages: from how many to how many days ago each option means, where a flow says so.
    :param often: from how many to how many times a week each option means, where a flow says so.
    :param loaded: options that are more than recorded: something hangs on them, or words of one's own are looked for beside them.
    :param followers: for `quick`, where nothing but options has actions: the questions that may come next, each but the last under a
        condition; () where anything else can happen.
    :param last: for `quick`: the part ends behind this one, unless one of the followers applies (all are under a condition).
    :param accepted: folded text -> place of the option, by language (own language first, then all others).
    """

    index: int
    id: str
    name: str
    kind: str
    entry_kind: str
    field: str
    visibility: str
    required: bool
    when: Condition | None
    next_id: str
    actions: tuple[Action, ...]
    message_class: str
    refs: tuple[str, ...]
    asked_ref: str
    ref: str
    options: tuple[Option, ...]
    options_from: str
    say_in: str
    spoken: Spoken
    bare: Spoken
    labels: Mapping[str, Mapping[str, str]]
    accepted: Mapping[str, Mapping[str, int]]
    plain: bool
    spans: tuple[tuple[int, int] | None, ...] = ()
    ages: tuple[tuple[int, int] | None, ...] = ()
    often: tuple[tuple[int, int] | None, ...] = ()
    loaded: frozenset[str] = frozenset()
    followers: tuple[Step, ...] = ()
    last: bool = False


class Sentence(NamedTuple):
    """One sentence of a read-back: left out when one of `needs` was not answered."""

    needs: tuple[str, ...]
    spoken: Spoken


class Line(NamedTuple):
    """One sentence of a read-back in one language: left out when one of `needs` was not answered. `places` are the values its format
    takes: a name, and the step whose answer that is (None: a name or a day that is nobody's answer)."""

    needs: tuple[str, ...]
    format: str
    places: tuple[tuple[str, Step | None], ...]


class Readback(NamedTuple):
    """What was understood, said back: opening, sentences, closing; `names` are the answers it names, in its order, `lines` all of it
    by language, and `plain` says that it names nothing but answers and the child."""

    opening: Spoken | None
    sentences: tuple[Sentence, ...]
    closing: Spoken | None
    names: tuple[str, ...]
    lines: Mapping[str, tuple[Line, ...]]
    plain: bool


@dataclass(frozen=True, slots=True)
class Part:
    """A run of steps: the core of a flow or a variant. `whole` parts are one sitting, whatever their length."""

    id: str
    domain: str
    whole: bool
    steps: tuple[Step, ...]
    by_id: Mapping[str, int]
    by_name: Mapping[str, int]
    readback: Readback | None
    ends: Spoken | None


@dataclass(frozen=True, slots=True)
class Flow:
    """One version of one flow. `source` is the YAML as read, for the checks and the drawing.
    `ordinary` is False for flows whose replies mean more than the next question (crisis, evaluation, questions)."""

    id: str
    number: str
    version: int
    message_class: str
    title: str
    begins: str
    timeout: str
    call_at_nudge: int
    person_after_close: bool
    alert: str
    first: str
    parts: Mapping[str, Part]
    texts: Mapping[str, Spoken]
    source: Mapping[str, Any]
    ordinary: bool = True
