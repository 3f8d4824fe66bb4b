"""Danger in a message (F23), the first thing looked for, in every language at once whatever else the message says."""

from __future__ import annotations

from collections.abc import Iterable

from bot.screen.wordlists import Hit, Words


def level(words: Words, hits: Iterable[Hit], plain: str, bare: str) -> tuple[int, str]:
    """(level, id of the row that is a whole message or ""): 1 danger now, 2 suicide or self-harm, 3 abuse or violence, 4 strong
    distress, 5 basic need, 0 none. The gravest found counts. "Help me" as all there is is level 1; "help me with math" is not.
    """
    found = [int(hit.row.label) for hit in hits if hit.row.list_name == "danger"]
    cry = words.danger_words.get(plain) or words.danger_words.get(bare)
    if cry is not None:
        return min((int(cry[0]), *found)), cry[1]
    return min(found, default=0), ""
