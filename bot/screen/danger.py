"""Danger in a message (F23), the first thing looked for, in every language at once whatever else the message says."""

from __future__ import annotations

from collections.abc import Iterable

from bot.screen.wordlists import Hit


def level(hits: Iterable[Hit]) -> int:
    """1 danger now, 2 suicide or self-harm, 3 abuse or violence, 4 strong distress, 5 basic need; the gravest found, 0 for none."""
    return min((int(hit.row.label) for hit in hits if hit.row.list_name == "danger"), default=0)
