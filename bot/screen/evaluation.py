"""Whether the family asks for a special education evaluation (F26), in any flow and any words."""

from __future__ import annotations

from collections.abc import Iterable

from bot.screen.wordlists import Hit


def intent(hits: Iterable[Hit]) -> str:
    """Grade the request: "clear" a plain one | "possible" the words are there, a person should ask | "" neither."""
    found = {hit.row.label for hit in hits if hit.row.list_name == "evaluation"}
    return "clear" if "clear" in found else "possible" if found else ""
