"""What the learned weights add to what the lists found. They raise and never lower: a list's finding stands, whatever they say."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from operator import sub
from typing import Any

from bot.screen.likeness import Scores
from bot.screen.wordlists import Words
from bot.values.screening import GRAVEST, Screening

_FEWEST = 2  # one word alone, or none among numbers, is the lists' affair
_SURE = 5.0
"""How far past its threshold a score must be where an idiom of the lists ("homework is killing me") may be all that was heard, or where
the words are in a message about danger ("make him stop")."""
_BESIDE = 0.5
"""How far past its threshold a score must be where the lists hear something else: a wish for no more texts "on this phone" is no wrong
number for that."""
_SHARED = _CALL_ME = 2.0
"""How far past its threshold a stop must be where the lists hear that others read the messages too, and where a person is asked for."""
_KIN, _NAMED = 1.25, 6.0
"""How far past its threshold a stop must be where kin is named and nothing says no: "I am Maria's dad" ends no texts. How far past
its threshold a wrong number must be there: of those that say so without a no six in ten are heard, of the others four in a thousand."""
_SHARE, _HIGHEST = 0.2, 8.0
"""How much of the highest other score, and how much of that at most, each must be past its threshold besides: what sounds much like one
thing sounds a bit like others."""
_CHILD = 1.5
"""How much more past its threshold a danger must be where a child answers: "I'm his son, my dad's not home" is near to one left alone."""
_WITH_REQUEST = 0.3
"""What of both stands before danger where the other thing is an evaluation request: a family tells why it asks, and that may be a child's
danger. Of dangers joined to a request 86 in 100 are heard in English and 95 in Spanish that are heard alone."""
_ANSWERING = Scores(3.0, 3.0, 3.0, 3.0, 3.8, 3.8, 4.0, 4.0, 5.0, 3.8)
"""How much surer the weights must be of the answer to a question we asked: of hundreds of them hardly one is a cry for help. Of strangers'
dangers 98 in 100 are heard as such an answer, and 15 in 1,000 harmless texts; with 1 less everywhere 98 and 19."""
_SURER = {
    "en": (-0.4, -0.1, 0.2, -0.6),
    "es": (-0.9, -0.5, 0.0, -1.1),
    "ar": (0.2, -0.2, -1.2, -0.6),
    "zh": (0.8, 1.0, 0.8, 0.8),
    "vi": (1.0, 1.0, -0.7, -1.4),
    "so": (0.1, 1.2, 0.8, 0.8),
    "ht": (-0.6, 0.4, 0.2, 0.4),
    "pt": (-0.4, 0.0, -1.2, -1.5),
    "ru": (-1.0, -0.6, 0.0, -0.9),
    "hmn": (1.2, -0.6, -0.2, 0.4),
    "ur": (1.6, 0.6, 0.8, 0.1),
    "uk": (-0.2, -0.4, 0.4, 0.0),
}
"""How much surer of danger, of stop, of an evaluation and of a wrong number the weights must be in a language in which they took more of
strangers' harmless texts for them, and how much less sure where they took few."""
_BEHIND, _HARDLY = {1: 1.5, 3: 0.25}, -0.5
"""How far a text's likeness to suicide or self-harm may lie behind that to its own level, and below its threshold. Of held-out texts
of level 2 that are heard as level 1 or 3 a third is known by it, of texts that are of level 1 or 3 two in a hundred."""
_NEAR = -2.0
"""From which likeness on the network is asked: of the texts it would raise one in a thousand lies below, and so do the plain answers that
most turns are made of."""
_NO_SURER = (0.0, 0.0, 0.0, 0.0)
_LEAST = tuple(map(min, zip(_NO_SURER, *_SURER.values(), strict=True)))


def added(words: Words, text_tokens: Sequence[str], listed: Screening, lang: str, *, answering: bool) -> Screening:
    """The lists' finding with what the text's likeness to learned texts adds. A stop heard this way is a phrase, an evaluation request
    a possible one: both are told to a person and undone by one word."""
    scores = _scores(words, text_tokens)
    if scores is None:
        return listed
    found = _added(words, text_tokens, scores, listed, lang, answering=answering)
    return found._replace(self_harm=True) if _like_self_harm(scores, found.danger_level) else found


def _added(words: Words, text_tokens: Sequence[str], scores: Scores, listed: Screening, lang: str, *, answering: bool) -> Screening:
    if answering:
        scores = Scores(*map(sub, scores, _ANSWERING))
    scores = _less(scores, _SURER.get(lang.partition("-")[0], _NO_SURER))
    if max(scores) <= 0:
        return listed
    bars = _bars(scores, listed)
    if says_who(words, text_tokens, lang):
        bars["wrong_number"] = max(bars["wrong_number"], _NAMED)
        bars["stop"] = max(bars["stop"], _KIN)
    level = _level(words, text_tokens, scores._replace(danger=scores.danger - bars["danger"]), listed)
    rows = [f"learned.danger.{level}"] if level != listed.danger_level else []
    changes: dict[str, Any] = {"danger_level": level}
    if not listed.stop and _stands(words, "stop", text_tokens, scores.stop - (_SURE if 0 < level <= GRAVEST else bars["stop"])):
        changes["stop"] = "phrase"
        rows.append("learned.stop")
    if not listed.evaluation and _stands(words, "evaluation", text_tokens, scores.evaluation - bars["evaluation"]):
        changes["evaluation"] = "possible"
        rows.append("learned.evaluation")
    # "we share this phone" is near, and milder
    if not listed.signs and _stands(words, "identity", text_tokens, scores.wrong_number - bars["wrong_number"]):
        changes |= {"signs": ("wrong_number",), "identity": "wrong_number"}
        rows.append("learned.wrong_number")
    if not listed.person and _stands(words, "person", text_tokens, scores.person):
        changes["person"] = True
        rows.append("learned.person")
    return listed._replace(**changes, matched=(*listed.matched, *rows)) if rows else listed


def _like_self_harm(scores: Scores, level: int) -> bool:
    """Whether a text heard as danger now, or as abuse, is nearly as much like one of suicide or self-harm."""
    behind = _BEHIND.get(level)
    return behind is not None and scores.two > max(scores.one, scores.three) - behind and scores.two > _HARDLY


def may_add(words: Words, text_tokens: Sequence[str]) -> tuple[bool, bool]:
    """Whether `added` could add anything where the lists hear nothing, whatever language the family writes: to the answer to a question
    of ours, and to any other text."""
    scores = _scores(words, text_tokens)
    if scores is None:
        return False, False
    scores = _less(scores, _LEAST)
    return max(map(sub, scores, _ANSWERING)) > 0, max(scores) > 0


def says_who(words: Words, text_tokens: Sequence[str], lang: str) -> bool:
    """Whether somebody is named as kin and nothing says no: "this is Maria's mom" differs from "this is not Maria's mom" by one word, and
    what is learned word by word hears both alike."""
    said, none = frozenset(text_tokens), frozenset[str]()
    own = lang.partition("-")[0]
    return not said.isdisjoint(words.kin.get(own, none)) and said.isdisjoint(words.says_no.get(own, none))


def _less(scores: Scores, surer: Sequence[float]) -> Scores:
    danger, stop, evaluation, wrong_number = surer
    return scores._replace(
        danger=scores.danger - danger,
        stop=scores.stop - stop,
        evaluation=scores.evaluation - evaluation,
        wrong_number=scores.wrong_number - wrong_number,
    )


def _scores(words: Words, text_tokens: Sequence[str]) -> Scores | None:
    if words.likeness is None or sum(map(str.isalpha, text_tokens)) < _FEWEST:
        return None
    scores = words.likeness.score(text_tokens)
    if words.network is None or max(scores.danger, scores.stop, scores.evaluation, scores.wrong_number) < _NEAR:
        return scores
    heard = words.network.hear(text_tokens)
    return scores._replace(**{kind: getattr(scores, kind) + score for kind, score in zip(heard._fields, heard, strict=True)})


def _bars(scores: Scores, listed: Screening) -> dict[str, float]:
    """How far past its threshold each score must be, by what else the message says."""
    said = {
        "danger": listed.grave,
        "stop": listed.stop,
        "evaluation": listed.evaluation,
        "wrong_number": listed.signs,
    }
    bars = {}
    for kind in said:
        if kind == "wrong_number" and any(row.startswith("anger.") for row in listed.matched):
            bars[kind] = _SURE  # "you people never help" is nobody's wrong number
            continue
        high = beside = 0.0
        for name, found in said.items():
            if name == kind:
                continue
            of_it = _WITH_REQUEST if (kind, name) == ("danger", "evaluation") else 1.0
            high = max(high, of_it * min(getattr(scores, name), _HIGHEST))
            beside = max(beside, of_it * _BESIDE if found else 0.0)
        bars[kind] = _SHARE * high + beside
    if "teen" in listed.signs:
        bars["danger"] += _CHILD
    if "safety_request" in listed.signs:
        bars["stop"] = inf  # everything is held until a person calls; "her dad must not know of this" ends no texts besides
    if "shared_phone" in listed.signs:
        bars["stop"] = max(bars["stop"], _SHARED)
    elif listed.person:
        bars["stop"] = max(bars["stop"], _CALL_ME)
    return bars


def _stands(words: Words, list_name: str, text_tokens: Sequence[str], score: float) -> bool:
    return score > 0 and (score > _SURE or not words.shielded(list_name, text_tokens))


def _level(words: Words, text_tokens: Sequence[str], scores: Scores, listed: Screening) -> int:
    """A family in fear that asks us to keep its address to ourselves (F24) is met as level 3 without being told of danger, unless what it
    tells of is more like danger now, or suicide: "he has a court order and just took her"."""
    level = listed.danger_level
    if listed.grave:
        return level
    each = (scores.one, scores.two, scores.three)
    likeliest = each.index(max(each)) + 1
    if listed.identity == "safety_request":
        return likeliest if scores.danger > _BESIDE and likeliest < GRAVEST else level
    if _stands(words, "danger", text_tokens, scores.danger):
        return likeliest
    if not level and max(scores.four, scores.five) > 0:
        return 4 if scores.four >= scores.five else 5
    return level
