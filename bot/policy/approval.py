"""Which texts need a person's approval of their language before they leave (domain.md 0.3, 12 rules no. 2 and 12)."""

from __future__ import annotations

ALWAYS = "AF"
"""Class A templates, and the fixed crisis texts: those are checked before a district goes live, and never delayed after."""

ALL = "ABCDEF"


BY_HAND = frozenset({"letter"})
"""Purposes whose very words a person wrote or checked before they were queued (`bot.policy.letters`): no catalogue stands behind them."""


def needed(message_class: str, purpose: str = "") -> bool:
    """Whether a text of this class waits for a district's approval of exactly the catalogue it was taken from."""
    return message_class not in ALWAYS and purpose not in BY_HAND
