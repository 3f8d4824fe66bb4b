"""How many segments the carrier will bill: counted here on its own, as a provider counts for itself."""

from __future__ import annotations

from typing import Final

GSM7: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM7_EXTENDED: Final = frozenset("\f^{}\\[~]|€")
"""Characters that cost two septets. GSM 03.38, section 6.2.1."""


def count(text: str) -> int:
    """Segments of one text: 160/153 septets in GSM-7, 70/67 units in UCS-2."""
    if not text:
        return 1
    letters = set(text)
    if letters <= GSM7:
        units, single, joined = len(text), 160, 153
    elif letters <= GSM7 | GSM7_EXTENDED:
        units, single, joined = len(text) + sum(letter in GSM7_EXTENDED for letter in text), 160, 153
    else:
        units, single, joined = len(text.encode("utf-16-be")) // 2, 70, 67
    return 1 if units <= single else -(-units // joined)
