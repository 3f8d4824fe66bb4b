"""Signs that this is not, or not only, the adult we mean to write to (F24)."""

from __future__ import annotations

from collections.abc import Iterable

from bot.screen.wordlists import LISTS, Hit

_GRAVEST_FIRST = ("safety_request", "wrong_number", "new_guardian", "teen", "shared_phone")


def signs(hits: Iterable[Hit]) -> tuple[str, ...]:
    """Every sign found, the one that asks for the most care first."""
    found = {hit.row.label for hit in hits if hit.row.list_name == "identity"}
    return tuple(label for label in _GRAVEST_FIRST if label in found)


assert set(_GRAVEST_FIRST) == set(LISTS["identity"])
