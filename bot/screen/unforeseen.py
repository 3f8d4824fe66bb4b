"""What the learned weights add to what the lists found. They raise and never lower: a list's finding stands, whatever they say."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bot.screen.likeness import Scores
from bot.screen.wordlists import Words
from bot.values.screening import Screening

_FEWEST = 2  # one word alone, or none among numbers, is the lists' affair
_SURE = 2.0
"""How far past its threshold a score must be where an idiom of the lists ("homework is killing me") may be all that was heard, or where
the words are in a message about danger ("make him stop")."""
_GRAVEST = 3
_LESS_SURE = {"so": 0.8, "hmn": 0.3, "ur": 0.6, "ar": 0.3, "ht": 0.6}
"""How much surer of danger the weights must be in a language they have learned few innocent texts of; its lists are as good as any."""


def added(words: Words, text_tokens: Sequence[str], listed: Screening, lang: str) -> Screening:
    """The lists' finding with what the text's likeness to learned texts adds. A stop heard this way is a phrase, an evaluation request
    a possible one: both are told to a person and undone by one word."""
    if words.likeness is None or sum(map(str.isalpha, text_tokens)) < _FEWEST:
        return listed
    scores = words.likeness.score(text_tokens)
    if max(scores) <= 0:
        return listed
    scores = scores._replace(danger=scores.danger - _LESS_SURE.get(lang.partition("-")[0], 0.0))
    level = _level(words, text_tokens, scores, listed)
    rows = [f"learned.danger.{level}"] if level != listed.danger_level else []
    changes: dict[str, Any] = {"danger_level": level}
    if not listed.stop and _stands(words, "stop", text_tokens, scores.stop - (_SURE if 0 < level <= _GRAVEST else 0)):
        changes["stop"] = "phrase"
        rows.append("learned.stop")
    if not listed.evaluation and _stands(words, "evaluation", text_tokens, scores.evaluation):
        changes["evaluation"] = "possible"
        rows.append("learned.evaluation")
    if not listed.signs and _stands(words, "identity", text_tokens, scores.wrong_number):  # "we share this phone" is near, and milder
        changes |= {"signs": ("wrong_number",), "identity": "wrong_number"}
        rows.append("learned.wrong_number")
    if not listed.person and _stands(words, "person", text_tokens, scores.person):
        changes["person"] = True
        rows.append("learned.person")
    return listed._replace(**changes, matched=(*listed.matched, *rows)) if rows else listed


def _stands(words: Words, list_name: str, text_tokens: Sequence[str], score: float) -> bool:
    return score > 0 and (score > _SURE or not words.shielded(list_name, text_tokens))


def _level(words: Words, text_tokens: Sequence[str], scores: Scores, listed: Screening) -> int:
    """A family in fear that asks us to keep its address to ourselves (F24) is met as level 3 without being told of danger."""
    level = listed.danger_level
    if 0 < level <= _GRAVEST:
        return level
    if listed.identity == "safety_request":
        return level
    if _stands(words, "danger", text_tokens, scores.danger):
        each = (scores.one, scores.two, scores.three)
        return each.index(max(each)) + 1
    if not level and max(scores.four, scores.five) > 0:
        return 4 if scores.four >= scores.five else 5
    return level
