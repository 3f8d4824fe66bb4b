"""Whether the family wants no more texts (F25): a stop word as the whole message, or a stop phrase inside a sentence."""

from __future__ import annotations

import re
from collections.abc import Iterable

from bot.screen.wordlists import Hit, Words

_SIGNED = re.compile(
    r"\n\s*(?:-- *\r?\n|(?:sent from|get outlook|enviado desde|enviado de|voye soti"
    r"|отправлено|надіслано|gửi từ|发自|發自|從我的|أرسلت من) ?\S).*",
    re.IGNORECASE | re.DOTALL,
)
"""What a telephone writes under a text by itself."""
_WORDS_OF_A_STOP_WORD = 2
"""More words than this are a sentence, which also goes to a person, even where a list holds it whole."""


def unsigned(text: str) -> str:
    """The text without what the telephone wrote under it; "" where it wrote nothing."""
    found = _SIGNED.search(text) if "\n" in text else None
    return text[: found.start()].strip() if found else ""


def stop(words: Words, hits: Iterable[Hit], plain: str, bare: str, outer: tuple[str, ...] = ()) -> tuple[str, str, str]:
    """(how, scope, id of the row): how is "" | "word" | "phrase", scope "number" | "all".

    `plain` is the whole message in words, `bare` the same without "please": a stop word counts only when it is all there is, since
    "We have got to stop by" and "Ending homework is hard" are not about us. `outer` are the first and last word of a message that
    also tells of danger, if they stand apart: "STOP i want to die" is both.
    """
    found = words.stop_words.get(plain) or words.stop_words.get(bare)
    phrases = [hit.row for hit in hits if hit.row.list_name == "stop"]
    if found is not None and (not phrases or bare.count(" ") < _WORDS_OF_A_STOP_WORD):
        return "word", *found
    if not phrases:
        beside = next((words.stop_words[word] for word in outer if word in words.stop_words), None)
        return ("phrase", *beside) if beside is not None else ("", "number", "")
    row = next((row for row in phrases if row.label == "all"), phrases[0])
    return "phrase", row.label, row.row_id
