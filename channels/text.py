"""How a text travels: GSM-7 or UCS-2, how many segments it costs, how to make it fit. Pure; imports nothing of ours.

A segment holds 160 GSM-7 septets or 70 UCS-2 units; a text of several loses 7 septets or 3 units of each to the joining
header. One curly quote turns a whole text into UCS-2 and more than doubles its price, so our own texts are `normalise`d
before they are counted, stored and sent: what is counted is what leaves.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

GSM7 = "GSM-7"
UCS2 = "UCS-2"

BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENDED = frozenset("\f^{}\\[~]|€")
"""Sent as an escape and a septet: each counts two, and the pair is never split over two segments."""

_ALL_GSM = BASIC | EXTENDED
_ESCAPED = re.compile("[" + "".join(map(re.escape, sorted(EXTENDED))) + "]")

ONE = {GSM7: 160, UCS2: 70}
JOINED = {GSM7: 153, UCS2: 67}
BITS = {GSM7: 7, UCS2: 16}
HEADER_BITS = 48

# What carriers' "smart encoding" puts in the place of characters GSM-7 does not have: ours -> all that look like it.
_SMART: dict[str, str] = {
    '"': "«»“”„‟\u02ba\u02ee\u275d\u275e\u301d\u301e\uff02",
    "'": "`´‘’‛\u02b9\u02bb\u02bc\u02bd\u02c8\u02ca\u02cb\u0313\u0314\u275b\u275c\ufe10\ufe11\uff07",
    "/": "÷\u0337\u0338\u2044\u2215\u29f8\uff0f",
    "\\": "\u20e5\u29f5\u29f9\ufe68\uff3c",
    "1/4": "¼",
    "1/2": "½",
    "3/4": "¾",
    "_": "\u0332\u2017\uff3f",
    "|": "\u20d2\u20d3\u2223\u239c\u239f\u23b8\u23b9\u23d0\uff5c",
    "-": "‐–—―•\u2043\u23bc\u23bd\ufe63\uff0d",
    "@": "\ufe6b\uff20",
    "$": "\ufe69\uff04",
    "!": "\u01c3\ufe15\ufe57\uff01",
    "!!": "\u203c",
    "#": "\ufe5f\uff03",
    "%": "\ufe6a\uff05",
    "&": "\ufe60\uff06",
    ",": "‚\u0326\u3001\ufe50\ufe51\uff0c\uff64",
    "(": "\u2768\u276a\u27ee\u2985\ufe59\uff08",
    ")": "\u2769\u276b\u27ef\u2986\ufe5a\uff09",
    "*": "\u204e\u2217\u229b\u2722\u2723\u2724\u2725\u2731\u2732\u2733\u273a\u273b\u273c\u273d\u2743\u2749\u274a\u274b\u29c6\ufe61\uff0a",
    "+": "\u02d6\ufe62\uff0b",
    ".": "\u3002\ufe52\uff0e\uff61",
    "...": "…",
    ":": "\u02d0\u02f8\u2982\ua789\ufe13\uff1a",
    ";": "\u204f\ufe14\ufe54\uff1b",
    "<": "‹\ufe64\uff1c",
    "=": "\u0347\ua78a\ufe66\uff1d",
    ">": "›\ufe65\uff1e",
    "?": "\ufe16\ufe56\uff1f",
    "^": "\u02c6\u0302\u1dcd\uff3e",
    "{": "\u2774\ufe5b\uff5b",
    "}": "\u2775\ufe5c\uff5d",
    "[": "\uff3b",
    "]": "\uff3d",
    "~": "\u02dc\u02f7\u0303\u0330\u0334\u223c\uff5e",
    " ": "\u2001\u2028\u2029",
    # The published tables say two spaces for these and seven for a tab; we follow them here and only here.
    "  ": "\x80\x8d\x90\x9b\x9f\xa0\u2000\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000",
    "       ": "\t",
    "": "\x00\x03\x04\x10\x11\x12\x13\x14\x17\x19\u200b\u200c\u2060\ufeff",
}
_SMALL_CAPITALS = dict(zip("ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢ", "ABCDEFGHIJKLMNOPRSTUVWYZ", strict=True))
_FULL_WIDTH = {chr(0xFF00 + code - 0x20): chr(code) for code in (*range(0x30, 0x3A), *range(0x41, 0x5B))}
_LOOK_ALIKES = {c: ours for ours, theirs in _SMART.items() for c in theirs}
_SMART_TABLE = str.maketrans(_LOOK_ALIKES | _SMALL_CAPITALS | _FULL_WIDTH)

# What an editor or a translator's keyboard puts into our own texts without meaning it. No letter is ever touched.
_TYPOGRAPHY = str.maketrans(
    {
        **dict.fromkeys("“”„‟«»", '"'),
        **dict.fromkeys("‘’‚‛", "'"),
        **dict.fromkeys("‐‑‒–—―−", "-"),
        **dict.fromkeys("\t\xa0\u202f\u205f\u3000", " "),
        **dict.fromkeys(map(chr, range(0x2000, 0x200B)), " "),
        "…": "...",
        "•": "-",
    }
)
_INVISIBLE = str.maketrans(dict.fromkeys("\u200b\u2060\ufeff\u00ad"))
_TO_LOOK_AT = re.compile("[\u0300-\U0010ffff" + "".join(re.escape(chr(code)) for code in (*_TYPOGRAPHY, *_INVISIBLE)) + "]")
"""What may need mending; every other character is composed already. A search is a tenth of the cost of mending."""

_TWO_UNITS = re.compile("[\U00010000-\U0010ffff]")
_IN_GROUPS = re.compile("[\u0300-\U0010ffff]|\r\n")
"""What may belong together with its neighbours; every other character stands alone and is one unit."""


class Limits(NamedTuple):
    """How much a text may hold: septets when it is GSM-7, units when it is UCS-2."""

    gsm7: int
    ucs2: int


class Count(NamedTuple):
    """What a text costs: `units` are septets or 16-bit units, `characters` septets or graphemes, `bits` include headers."""

    encoding: str
    units: int
    segments: int
    characters: int
    bits: int


def encoding(text: str) -> str:
    """Return the cheapest encoding that holds every character."""
    return GSM7 if _ALL_GSM.issuperset(text) else UCS2


def units(text: str) -> int:
    """Septets (GSM-7) or 16-bit units (UCS-2) of the whole text, headers not counted."""
    return _units(text, encoding(text))


def _units(text: str, kind: str) -> int:
    return len(text) + len((_ESCAPED if kind == GSM7 else _TWO_UNITS).findall(text))


def segments(text: str) -> int:
    """How many segments the text travels in; providers bill an empty text (a photo alone) as one."""
    kind = encoding(text)
    return 1 if _units(text, kind) <= ONE[kind] else _pack(text, kind)


def count(text: str) -> Count:
    """Everything that is known about the text's price."""
    kind = encoding(text)
    total = units(text)
    parts = segments(text)
    header = parts * HEADER_BITS if parts > 1 else 0
    characters = total if kind == GSM7 else sum(1 for _ in graphemes(text))
    return Count(kind, total, parts, characters, total * BITS[kind] + header)


def _pack(text: str, kind: str) -> int:
    """Fill segments one after the other; an escape pair or a grapheme that does not fit goes whole into the next."""
    room = JOINED[kind]
    if not _IN_GROUPS.search(text) if kind == UCS2 else EXTENDED.isdisjoint(text):
        return -(-len(text) // room)
    parts, free = 1, room
    for size in _septets(text) if kind == GSM7 else _unit_groups(text, room):
        if size > free:
            parts, free = parts + 1, room
        free -= size
    return parts


def _septets(text: str) -> Iterator[int]:
    return (2 if c in EXTENDED else 1 for c in text)


def _unit_groups(text: str, room: int) -> Iterator[int]:
    for grapheme in graphemes(text):
        sizes = [2 if c > "\uffff" else 1 for c in grapheme]
        if sum(sizes) <= room:
            yield sum(sizes)
        else:  # marks stacked higher than a segment are split like plain text
            yield from sizes


def smart(text: str) -> str:
    """Return what a carrier with smart encoding would send; our own texts use the gentler `normalise`."""
    return text.translate(_SMART_TABLE)


def normalise(text: str) -> str:
    """Return our own text in composed letters (NFC), typographic punctuation made plain where that saves it from UCS-2.

    Letters, digits and the joiners that Persian, Indic scripts and emoji need are never touched; a text that is UCS-2
    anyway keeps its own punctuation and loses only characters nobody can see.
    """
    if not _TO_LOOK_AT.search(text):
        return text
    composed = unicodedata.normalize("NFC", text).translate(_INVISIBLE)
    if _ALL_GSM.issuperset(composed):
        return composed
    plain = composed.translate(_TYPOGRAPHY)
    return plain if _ALL_GSM.issuperset(plain) and segments(plain) <= segments(composed) else composed


ENDING = "..."


def fits(text: str, limits: Limits) -> bool:
    """Whether the text keeps to the limits of the encoding it needs."""
    kind = encoding(text)
    return _units(text, kind) <= (limits.gsm7 if kind == GSM7 else limits.ucs2)


def cut(text: str, limits: Limits) -> str:
    """Return the text shortened to the limits, "..." behind it: never inside a grapheme, at a word where one is near.

    Cutting can drop the only character that needed UCS-2; the shorter text is then judged by GSM-7's limit.
    """
    if fits(text, limits):
        return text
    pieces = list(graphemes(text))
    low, high = 0, len(pieces)
    while low < high:
        middle = (low + high + 1) // 2
        if fits("".join(pieces[:middle]) + ENDING, limits):
            low = middle
        else:
            high = middle - 1
    kept = "".join(pieces[:low]).rstrip()
    space = kept.rfind(" ")
    at_word = kept[:space].rstrip()
    inside_word = low < len(pieces) and not pieces[low].isspace()
    if inside_word and space >= len(kept) * 2 // 3 and fits(at_word + ENDING, limits):
        kept = at_word
    return kept + ENDING if fits(kept + ENDING, limits) else ""


def graphemes(text: str) -> Iterator[str]:
    """Yield what a reader sees as one character: letters with their marks, flags, families, keycaps, syllables."""
    start = 0
    flags = 0
    for at in range(1, len(text)):
        before, here = text[at - 1], text[at]
        flags = flags + 1 if _is_flag(before) else 0
        if not _joined(text, at, before, here, flags):
            yield text[start:at]
            start = at
    if text:
        yield text[start:]


def _joined(text: str, at: int, before: str, here: str, flags: int) -> bool:
    if before < "\u0300" and here < "\u0300":
        return before == "\r" and here == "\n"
    if _extends(here):
        return before not in "\r\n"
    if before == "\u200d":  # zero width joiner: families, professions, Indic half forms
        return at >= 2 and (here > "\u2000" or unicodedata.combining(text[at - 2]) == 9)
    if unicodedata.combining(before) == 9:  # a virama binds the consonant after it
        return unicodedata.category(here) == "Lo"
    if _is_flag(here):
        return flags % 2 == 1
    return _hangul(before, here)


def _extends(c: str) -> bool:
    if c < "\u0300":
        return False
    return (
        c in "\u200d\u200c"
        or unicodedata.category(c) in {"Mn", "Me", "Mc"}
        or "\U0001f3fb" <= c <= "\U0001f3ff"
        or "\U000e0020" <= c <= "\U000e007f"
    )


def _is_flag(c: str) -> bool:
    return "\U0001f1e6" <= c <= "\U0001f1ff"


def _hangul(before: str, here: str) -> bool:
    leading = "\u1100" <= before <= "\u115f"
    vowel = "\u1160" <= before <= "\u11a7"
    syllable = "\uac00" <= before <= "\ud7a3"
    if leading:
        return "\u1100" <= here <= "\u11a7" or "\uac00" <= here <= "\ud7a3"
    if vowel or (syllable and (ord(before) - 0xAC00) % 28 == 0):
        return "\u1160" <= here <= "\u11ff"
    return (syllable or "\u11a8" <= before <= "\u11ff") and "\u11a8" <= here <= "\u11ff"


def digits(text: str) -> str:
    """The digits in a text, in whatever script they were typed, as ours; without what stands between them."""
    return "".join(str(unicodedata.digit(sign)) for sign in text if sign.isdecimal())
