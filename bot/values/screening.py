"""What screening found in one inbound text (domain.md 3.0, steps 1 to 5 and 7)."""

from __future__ import annotations

from typing import NamedTuple

GRAVEST = 3
SELF_HARM = 2


class Screening(NamedTuple):
    """Several may fire on one message, and each is recorded.

    danger_level: 0 none, 1 danger now, 2 suicide or self-harm, 3 abuse or violence, 4 strong distress, 5 basic need.
    stop: "" | "word" (whole message) | "phrase" (inside a sentence: also opens a staff task).
    stop_scope: "all" when the words say everything (every channel), else "number".
    evaluation: "" | "clear" (a plain request) | "possible" (intent words only).
    identity: "" | wrong_number | shared_phone | teen | new_guardian | safety_request: of several signs the one that needs most care.
    signs: every sign of identity found.
    person: the family asks for a human being, in a sentence or by the command word.
    command: "" or the English command word, lower case (help, pause, start, language, person, skip, back, menu, more, mtss, ...).
    command_exact: the command matched letter for letter (needed at an open text question, where close spelling is not enough).
    question: the text looks like a question (F04).
    lang_unreviewed: the message's language has no list the district has reviewed: a person must look as well.
    self_harm: beside danger of level 1 or 3 the text sounds of suicide or self-harm too (level 2).
    matched: opaque ids of the list rows that fired, for the record; never the family's text.
    """

    danger_level: int = 0
    stop: str = ""
    stop_scope: str = "number"
    evaluation: str = ""
    identity: str = ""
    signs: tuple[str, ...] = ()
    person: bool = False
    command: str = ""
    command_exact: bool = False
    question: bool = False
    lang_unreviewed: bool = False
    matched: tuple[str, ...] = ()
    self_harm: bool = False

    @property
    def grave(self) -> bool:
        """Danger the rota is paged for, and that only trained staff may read of: levels 1 to 3."""
        return 0 < self.danger_level <= GRAVEST

    @property
    def fired(self) -> tuple[str, ...]:
        """Names of what fired, in the order of handling."""
        found = []
        if self.danger_level:
            found.append(f"danger:{self.danger_level}")
        if self.stop:
            found.append("stop")
        if self.evaluation:
            found.append("evaluation")
        if self.identity:
            found.append(f"identity:{self.identity}")
        if self.command:
            found.append(f"command:{self.command}")
        return tuple(found)


NOTHING = Screening()


class Silence(NamedTuple):
    """Nothing is heard in a text, whoever wrote it and however unsure, apart from what is told here.

    asks_in: the languages in whose way of asking it may be a question (F04).
    answers: only as the answer to a question of ours, which must be very like danger to be taken for it.
    """

    asks_in: frozenset[str] = frozenset()
    answers: bool = False
