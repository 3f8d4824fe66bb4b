"""Misbehaviour on demand: what the vendors do on a bad day, by rate or for the next N requests, repeatable with a seed.

A rule names a method (`twilio.create`, `slack.chat.postMessage`, `callback`, `webhook`, with * as in file names) and a kind:

    429          refused with Retry-After, not processed
    500_before   500, not processed
    500_after    processed, then 500
    drop_before  connection cut, not processed
    drop_after   processed, then the connection is cut without an answer
    late         processed, answered after `seconds`
    duplicate    (callback, webhook, event) posted twice
    reorder      (callback) held back until after the next one of the same message
    withhold     (callback, webhook, event) never posted

What only translators do (`translator.google`, `translator.libre`) is told in `bot.sandbox.translators`.
"""

from __future__ import annotations

import fnmatch
import random
from dataclasses import dataclass, field
from typing import Any, Final

ANSWERS: Final = ("429", "500_before", "500_after", "drop_before", "drop_after", "late")
POSTS: Final = ("duplicate", "reorder", "withhold", "late")
TRANSLATIONS: Final = ("captcha", "wrong_figures", "dropped_tokens", "doubled_tokens", "other_language", "source_back")
KINDS: Final = frozenset(ANSWERS + POSTS + TRANSLATIONS)


class BadRule(Exception):
    """A rule of misbehaviour that makes no sense."""


@dataclass(slots=True)
class Rule:
    """One wish. Either `rate` (0 to 1) or `next` (how many more times)."""

    method: str
    kind: str
    rate: float = 0.0
    next: int = 0
    retry_after: float = 1.0
    seconds: float = 1.0
    times: int = 0
    dice: random.Random = field(default_factory=random.Random)

    def strikes(self, *, first: bool) -> bool:
        """Whether this rule wants the request; `first` says that no earlier rule took it."""
        if self.rate > 0:
            # Thrown for every matching request, so that one rule's luck does not hang on another's.
            return self.dice.random() < self.rate and first
        if self.next > 0 and first:
            self.next -= 1
            return True
        return False


class Misbehaviour:
    """The rules in force, asked once per request and once per post."""

    def __init__(self, seed: int | None) -> None:
        self.seed = seed
        self.rules: list[Rule] = []
        self._made = 0

    def add(self, wish: dict[str, Any]) -> Rule:
        """Add one rule from JSON: {"method", "kind", "rate" | "next", "retry_after"?, "seconds"?}."""
        try:
            rule = Rule(
                method=str(wish["method"]),
                kind=str(wish["kind"]),
                rate=float(wish.get("rate", 0)),
                next=int(wish.get("next", 0)),
                retry_after=float(wish.get("retry_after", 1)),
                seconds=float(wish.get("seconds", 1)),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise BadRule(f"needs method, kind and rate or next: {error}") from error
        if rule.kind not in KINDS:
            raise BadRule(f"kind is one of {', '.join(sorted(KINDS))}")
        if not (0 <= rule.rate <= 1) or rule.next < 0 or (rule.rate == 0) == (rule.next == 0):
            raise BadRule("either rate in (0, 1] or next > 0")
        self._made += 1
        rule.dice = random.Random(None if self.seed is None else f"{self.seed}/{self._made}/{rule.method}/{rule.kind}")  # noqa: S311 - luck, not secrets
        self.rules.append(rule)
        return rule

    def clear(self) -> None:
        self.rules.clear()

    def draw(self, method: str, kinds: tuple[str, ...] = ANSWERS) -> Rule | None:
        """Return the rule that strikes now, the first one added wins; None on a good day."""
        struck: Rule | None = None
        for rule in self.rules:
            if rule.kind in kinds and fnmatch.fnmatchcase(method, rule.method) and rule.strikes(first=struck is None):
                struck = rule
        if struck is not None:
            struck.times += 1
        return struck

    def report(self) -> list[dict[str, Any]]:
        """Return the rules as JSON with how often each struck."""
        return [
            {"method": rule.method, "kind": rule.kind, "rate": rule.rate, "next": rule.next, "times": rule.times} for rule in self.rules
        ]
