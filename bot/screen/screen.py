"""Every inbound text of every channel passes here, inside its turn, before any flow (domain.md 3.0).

Pure: the same words and text give the same finding. All languages' lists apply at once, whatever language the contact has chosen:
people in danger, and people who want to be left alone, write in the language that comes first.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from bot.screen import commands, danger, evaluation, identity, optout, question, script, unforeseen
from bot.screen.fold import as_written, fold, tokens, written
from bot.screen.wordlists import Hit, Words, whole
from bot.values.screening import SELF_HARM, Screening, Silence

_WHOLE_MESSAGE = 14  # tokens; no stop or command word is longer, however politely it is put


def compile_words(files: Mapping[str, Mapping[str, Any]]) -> Words:
    """`files`: language -> the parsed `flows/words/<language>.yaml`.

    Raises `NotationError` naming the phrase that cannot be read.
    """
    return Words(files)


def _outer(text: str) -> tuple[str, ...]:
    """The first and the last word of a message where they are shouted or a sentence of their own."""
    parts = text.split()
    apart = [part for part in (parts[0], parts[-1]) if part.isupper() or not part[-1].isalnum()]
    if len(parts) > 1 and not parts[-2][-1].isalnum():
        apart.append(parts[-1])
    return tuple("".join(found) for part in apart if len(found := [word for word in tokens(fold(part)) if word.isalnum()]) == 1)


class _First(NamedTuple):
    """What is looked for first, as the whole message and among the phrases found: danger, stop, command (see their modules)."""

    level: int
    danger_row: str
    how: str
    scope: str
    stop_row: str
    word: str
    exact: bool
    command_row: str
    as_listed: bool
    """A list of commands knows the whole message."""


def _first(words: Words, text: str, found: Sequence[str], hits: Sequence[Hit]) -> _First:
    plain, bare = whole(words, found) if len(found) <= _WHOLE_MESSAGE else ("", "")
    level, danger_row = danger.level(words, hits, plain, bare)
    stopped = optout.stop(words, hits, plain, bare, _outer(text) if level else ())
    if not stopped[0] and plain and not text.isascii() and (accented := words.stop_words_as_written.get(as_written(text))):
        stopped = ("word", *accented)
    if not stopped[0] and (alone := optout.unsigned(text)):
        stopped = optout.stop(words, (), *whole(words, tokens(fold(alone))[: _WHOLE_MESSAGE + 1]))
    as_listed = plain in words.commands or bare in words.commands
    return _First(level, danger_row, *stopped, *commands.command(words, text, plain, bare), as_listed)


def silence(words: Words, text: str) -> Silence | None:
    """That neither a list nor the learned weights hear anything in the text, whoever wrote it: in no language, and however unsure; or None.

    So is most of what families answer. It needs nothing but the text, and may be found out before anything is known of the writer.
    """
    found = tokens(fold(text))
    hits = words.look(written(text, found))
    if any(hit.row.list_name != "question" for hit in hits) or (hits and question.asks(text, hits, ())):
        return None
    first = _first(words, text, found, ())
    if first.level or first.how or first.word:
        return None
    as_answer, otherwise = unforeseen.may_add(words, found)
    return None if as_answer else Silence(frozenset(hit.row.lang for hit in hits), otherwise)


def screen(
    words: Words,
    text: str,
    lang: str = "en",
    enabled: Collection[str] = (),
    *,
    reviewed: Collection[str] | None = None,
    answering: bool = False,
    silent: Silence | None = None,
) -> Screening:
    """What the text holds. `reviewed` names the languages whose lists the district has approved; None takes every shipped list as
    reviewed. A list that is not reviewed fires all the same: `lang_unreviewed` only says that a person must look as well.

    `enabled` are the school's languages, and a filter for questions alone: a stop word of a language it did not enable is still meant.
    `silent`: what `silence` has said of this very text.
    """
    checked = words.languages if reviewed is None else reviewed
    unreviewed = (lang not in checked and lang.partition("-")[0] not in checked) or script.unheard(text, checked)
    asking = {"en", *(tag.partition("-")[0] for tag in (lang, *enabled))}
    if silent is not None and (answering or not silent.answers) and silent.asks_in.isdisjoint(asking):
        return Screening(question=question.asks(text, (), asking), lang_unreviewed=unreviewed)
    found = tokens(fold(text))
    hits = words.look(written(text, found), lang)
    level, danger_row, how, scope, stop_row, word, exact, command_row, as_listed = _first(words, text, found, hits)
    if asks_who := word == commands.WHO:
        word = "help"
    asks = question.asks(text, hits, asking)
    if not (hits or level or how or word):
        return unforeseen.added(words, found, Screening(question=asks, lang_unreviewed=unreviewed), lang, answering=answering)
    signs = () if asks_who else identity.signs(hits)
    matched = [hit.row.row_id for hit in hits if hit.row.list_name != "question"]
    matched += [row for row in (danger_row, stop_row, command_row) if row]
    listed = Screening(
        danger_level=level,
        stop=how,
        stop_scope=scope,
        evaluation=evaluation.intent(hits) or ("possible" if word == "evaluation" else ""),
        identity=signs[0] if signs else "",
        signs=signs,
        person=word == "person" or any(hit.row.list_name == "person" for hit in hits),
        command=word,
        command_exact=exact,
        question=asks,
        lang_unreviewed=unreviewed,
        matched=tuple(dict.fromkeys(matched)),
        self_harm=level == 1 and any(hit.row.list_name == "danger" and hit.row.label == str(SELF_HARM) for hit in hits),
    )
    if word and (asks_who or as_listed):  # "More please", "fewer texts": the lists know the whole message, there is nothing to guess at
        return listed
    return unforeseen.added(words, found, listed, lang, answering=answering)
