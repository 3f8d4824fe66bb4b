"""Whether the family wants no more texts (F25): a stop word as the whole message, or a stop phrase inside a sentence."""

from __future__ import annotations

from collections.abc import Iterable

from bot.screen.wordlists import Hit, Words


def stop(words: Words, hits: Iterable[Hit], plain: str, bare: str) -> tuple[str, str, str]:
    """(how, scope, id of the row): how is "" | "word" | "phrase", scope "number" | "all".

    `plain` is the whole message in words, `bare` the same without "please": a stop word counts only when it is all there is, since
    "We have got to stop by" and "Ending homework is hard" are not about us.
    """
    found = words.stop_words.get(plain) or words.stop_words.get(bare)
    if found is not None:
        return "word", *found
    phrases = [hit.row for hit in hits if hit.row.list_name == "stop"]
    if not phrases:
        return "", "number", ""
    row = next((row for row in phrases if row.label == "all"), phrases[0])
    return "phrase", row.label, row.row_id
