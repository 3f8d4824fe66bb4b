"""Every inbound text of every channel passes here, inside its turn, before any flow (domain.md 3.0).

Pure: the same words and text give the same finding. All languages' lists apply at once, whatever language the contact has chosen:
people in danger, and people who want to be left alone, write in the language that comes first.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from bot.screen import commands, danger, evaluation, identity, optout, question, script, unforeseen
from bot.screen.fold import as_written, fold, tokens, written
from bot.screen.wordlists import Words, whole
from bot.values.screening import Screening

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


def screen(
    words: Words,
    text: str,
    lang: str = "en",
    enabled: Collection[str] = (),
    *,
    reviewed: Collection[str] | None = None,
    answering: bool = False,
) -> Screening:
    """What the text holds. `reviewed` names the languages whose lists the district has approved; None takes every shipped list as
    reviewed. A list that is not reviewed fires all the same: `lang_unreviewed` only says that a person must look as well.

    `enabled` are the school's languages, and a filter for questions alone: a stop word of a language it did not enable is still meant.
    """
    checked = words.languages if reviewed is None else reviewed
    unreviewed = (lang not in checked and lang.partition("-")[0] not in checked) or script.unheard(text, checked)
    found = tokens(fold(text))
    hits = words.look(written(text, found), lang)
    plain, bare = whole(words, found) if len(found) <= _WHOLE_MESSAGE else ("", "")
    level, danger_row = danger.level(words, hits, plain, bare)
    how, scope, stop_row = optout.stop(words, hits, plain, bare, _outer(text) if level else ())
    if not how and plain and not text.isascii() and (accented := words.stop_words_as_written.get(as_written(text))):
        how, (scope, stop_row) = "word", accented
    word, exact, command_row = commands.command(words, text, plain, bare)
    if asks_who := word == commands.WHO:
        word = "help"
    as_listed = plain in words.commands or bare in words.commands
    asks = question.asks(text, hits, {"en", *(tag.partition("-")[0] for tag in (lang, *enabled))})
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
    )
    if word and (asks_who or as_listed):  # "More please", "fewer texts": the lists know the whole message, there is nothing to guess at
        return listed
    return unforeseen.added(words, found, listed, lang, answering=answering)
