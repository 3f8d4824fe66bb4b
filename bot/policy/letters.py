"""Whether a text that staff wrote may leave for a family: the class, the language, and that a person checked exactly these words (G10).

| | words in the staff's language | in another language |
|---|---|---|
| a letter (one family) | as written | checked by a person, and made from the text as it is now |
| a template | the master approved as it is now | and its translation checked, and made from the master as it is now |

Class F is never composed: its texts are fixed. Where a class's content may not go by a channel (student data by text message), the text
is refused; it goes by a page, by paper or by a person.
"""

from __future__ import annotations

from typing import NamedTuple

from bot.policy import classes

COMPOSED = "ABCDE"
NO_MACHINE = "DEF"
"""Classes whose words no machine translates (domain.md 0.3)."""

LETTER, TEMPLATE = "letter", "template"


class Words(NamedTuple):
    """A translation of a text: its state (machine | checked | waiting) and the digest of what it was made from."""

    state: str
    source_index: bytes


def machine_may(message_class: str) -> bool:
    """Whether a machine may make the first version of a translation."""
    return message_class in COMPOSED and message_class not in NO_MACHINE


def refusal(
    *,
    kind: str,
    message_class: str,
    channel: str,
    same_language: bool,
    text_index: bytes,
    approved_index: bytes | None = None,
    words: Words | None = None,
) -> str:
    """Why it may not leave: fixed_texts_only | not_by_this_channel | not_approved | stale | untranslated | unchecked; "" when it may.

    :param text_index: the digest of the text as it is now.
    :param approved_index: the digest of the master that a person approved, None while nobody has.
    :param words: its translation into the family's language, None while there is none.
    """
    if message_class not in COMPOSED:
        return "fixed_texts_only"
    if channel not in classes.of(message_class).channels:
        return "not_by_this_channel"
    if kind != LETTER and approved_index != text_index:
        return "not_approved" if approved_index is None else "stale"
    if same_language:
        return ""
    if words is None or words.state == "waiting":
        return "untranslated"
    if words.source_index != text_index:
        return "stale"
    return "" if words.state == "checked" else "unchecked"
