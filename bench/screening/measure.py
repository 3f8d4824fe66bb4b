"""Recall and false alarms of screening by language: `python -m bench.screening.measure [LANG ...] [--strangers] [--tuned]`.

Measured on the held-out phrases: our own, or those of strangers. `--tuned` takes the others, whose misses may be read and mended.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import NamedTuple

from bench.screening.phrases import KINDS, Phrase, phrases, strangers
from bot.lists import shipped_words
from bot.screen.screen import screen
from bot.screen.wordlists import Words
from bot.values.screening import Screening

_DANGER = 3


class Measured(NamedTuple):
    """One kind in one language: what was missed of it, what was falsely taken for it."""

    lang: str
    kind: str
    meant: int
    missed: list[str]
    innocent: int
    false: list[str]

    @property
    def recall(self) -> float:
        """Share of phrases found."""
        return 1 - len(self.missed) / self.meant if self.meant else 1.0

    @property
    def false_rate(self) -> float:
        """Share of other phrases taken for the kind."""
        return len(self.false) / self.innocent if self.innocent else 0.0


def heard(found: Screening, kind: str) -> bool:
    """Whether a finding holds the kind; levels 1 to 3 are danger."""
    return {
        "danger": 0 < found.danger_level <= _DANGER,
        "stop": bool(found.stop),
        "evaluation": bool(found.evaluation),
        "wrong_number": "wrong_number" in found.signs,
        "person": found.person,
    }[kind]


def _other(phrase: Phrase, kind: str) -> bool:
    """Whether the phrase is none of the kind. Somebody with a wrong number may well ask for no more texts, or for a person."""
    return (
        phrase.kind != kind
        and kind not in phrase.also
        and not (phrase.kind and phrase.kind in {"wrong_number", "person"} and kind in {"stop", "person"})
    )


def measured(words: Words, told: Iterable[Phrase]) -> list[Measured]:
    """Every kind in every language of these phrases."""
    seen = [(phrase, screen(words, phrase.text, phrase.lang)) for phrase in told]
    rows = []
    for lang in sorted({phrase.lang for phrase, _ in seen}):
        for kind in KINDS:
            here = [(phrase, found) for phrase, found in seen if phrase.lang == lang]
            meant = [pair for pair in here if (pair[0].kind == kind and pair[0].level <= _DANGER) or kind in pair[0].also]
            others = [pair for pair in here if _other(pair[0], kind)]
            missed = [phrase.text for phrase, found in meant if not heard(found, kind)]
            false = [phrase.text for phrase, found in others if heard(found, kind)]
            rows.append(Measured(lang, kind, len(meant), missed, len(others), false))
    return rows


def ours(*langs: str) -> list[Phrase]:
    """The phrases we wrote ourselves."""
    theirs = set(strangers(*langs))
    return [phrase for phrase in phrases(*langs) if phrase not in theirs]


def main() -> None:
    """Print the table; with `--tuned` also each miss."""
    names = [name for name in sys.argv[1:] if not name.startswith("-")]
    tuned = "--tuned" in sys.argv
    told = strangers(*names) if "--strangers" in sys.argv else ours(*names)
    for row in measured(shipped_words(), [phrase for phrase in told if phrase.held_out != tuned]):
        print(f"{row.lang:4}{row.kind:14}{row.recall:7.1%} of {row.meant:4}   false {row.false_rate:6.1%} of {row.innocent:5}")
        if tuned:
            print(
                "".join(f"        missed {text}\n" for text in row.missed) + "".join(f"        false  {text}\n" for text in row.false),
                end="",
            )


if __name__ == "__main__":
    main()
