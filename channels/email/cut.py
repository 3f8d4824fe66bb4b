"""What somebody wrote now, cut out of a mail that also holds what was written before, and a signature.

The best of such programs are right less than half the time on other people's mail, so nothing here is final: every character of the
text is in one of the `pieces`, in order, and whoever cuts keeps and shows the whole beside it (trap 5). In doubt words are the writer's.
Answers written between or under quoted lines are the writer's as well. Languages are data (`quotes`); the code knows none.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from channels.email.quotes import CLOSINGS, FIELDS, ORIGINAL, SENT_FROM, WROTE

OWN, QUOTED, SIGNATURE = "own", "quoted", "signature"

_LONGEST_LINE = 600
_MOST_LINES = 20_000
_INTRODUCTION = 4
"""Lines a mail program may break "On <day>, <name> <address> wrote:" into."""
_HEADER_LINES = 8
_SIGNATURE_LINES = 4
_NAME_WORDS = 5
_SIGNATURE_WIDTH = 64
_DEVICE_WORDS = 8
_WRAPPED_AT = 70


class Piece(NamedTuple):
    """Some lines of the mail. `kind`: own | quoted | signature."""

    kind: str
    text: str


class Cut(NamedTuple):
    """`reply` is what was written now, `rest` everything else; together, in the order of `pieces`, they are the whole."""

    reply: str
    rest: str
    pieces: tuple[Piece, ...] = ()

    @property
    def whole(self) -> str:
        return "".join(piece.text for piece in self.pieces)


def cut(text: str) -> Cut:
    """Cut a mail's text. Linear in its length, whatever it holds."""
    lines = re.split(r"(?<=\n)", text)
    if lines and not lines[-1]:
        lines.pop()
    kinds = _quotes(lines)
    _signatures(lines, kinds)
    if not any(kind == OWN and lines[at].strip() for at, kind in enumerate(kinds)):
        # Nothing left: the words under a phone's signature, else nothing was quoted that we understood.
        kinds = [OWN if kind == SIGNATURE and not _device(lines[at].strip()) else kind for at, kind in enumerate(kinds)]
    pieces = _pieces(lines, kinds)
    reply = "\n".join(one.text.strip("\r\n") for one in pieces if one.kind == OWN and one.text.strip())
    rest = "".join(one.text for one in pieces if one.kind != OWN)
    return Cut(reply.strip(), rest, pieces)


def _pieces(lines: Sequence[str], kinds: Sequence[str]) -> tuple[Piece, ...]:
    pieces: list[tuple[str, list[str]]] = []
    for line, kind in zip(lines, kinds, strict=True):
        if not pieces or pieces[-1][0] != kind:
            pieces.append((kind, []))
        pieces[-1][1].append(line)
    return tuple(Piece(kind, "".join(held)) for kind, held in pieces)


# -- quotes -----------------------------------------------------------------------------------------------------------


_BEFORE = re.compile(r"[\s>*_\-=#.]*")
_RULE = re.compile(r"[ \t]*[-_=*\u2013\u2014]{2,}[ \t]*$")


def _marked(line: str) -> bool:
    return line.lstrip(" \t").startswith(">")


def _quotes(lines: Sequence[str]) -> list[str]:
    kinds = [OWN] * len(lines)
    at = 0
    last = min(len(lines), _MOST_LINES)
    while at < last:
        length, whole = _announced(lines, at)
        if not length:
            if _marked(lines[at]):
                kinds[at] = QUOTED
            at += 1
            continue
        first = _rule_above(lines, kinds, at)
        after = at + length
        following = _next_words(lines, after)
        if not whole and following is not None and _marked(lines[following]):
            kinds[first:following] = [QUOTED] * (following - first)
            at = following
            continue
        kinds[first:] = [QUOTED] * (len(lines) - first)
        return kinds
    for at in range(last, len(lines)):
        kinds[at] = QUOTED if _marked(lines[at]) else OWN
    _wrapped(lines, kinds)
    return kinds


def _announced(lines: Sequence[str], at: int) -> tuple[int, bool]:
    """(how many lines from here announce a quote, whether all that follows is quoted whatever it looks like)."""
    line = lines[at].strip()
    if not line or len(line) > _LONGEST_LINE:
        return 0, False
    if _original(line):
        return 1, True
    fields = _header_block(lines, at)
    if fields:
        return fields, True
    if _marked(lines[at]):
        return 0, False
    return _introduction(lines, at), False


def _next_words(lines: Sequence[str], at: int) -> int | None:
    return next((place for place in range(at, min(at + 4, len(lines))) if lines[place].strip()), None)


def _rule_above(lines: Sequence[str], kinds: Sequence[str], at: int) -> int:
    """The first line that belongs to the quote: a ruled line and empty ones above it do."""
    first = at
    while first > 0 and kinds[first - 1] == OWN and (not lines[first - 1].strip() or _RULE.match(lines[first - 1])):
        first -= 1
    return first


def _wrapped(lines: Sequence[str], kinds: list[str]) -> None:
    """A quoted line that was broken in two by a mail program at its right edge: the second half has no mark, but is no answer."""
    for at in range(1, len(lines) - 1):
        line, above = lines[at].strip(), lines[at - 1].rstrip()
        if kinds[at] != OWN or not line or kinds[at - 1] != QUOTED or not _marked(lines[at - 1]) or not _marked(lines[at + 1]):
            continue
        word = line.split(None, 1)[0]
        if line[0].islower() and len(above) >= _WRAPPED_AT and len(above) + len(word) + 1 > _WRAPPED_AT + 4:
            kinds[at] = QUOTED


def _original(line: str) -> bool:
    """``-----Original Message-----`` in any language: known words between dashes."""
    bare = line.lstrip("> \t")
    if len(bare) > 120 or bare[:2] not in ("--", "__", "==", "**", "—-", "——", "- "):
        return False
    return any(known in bare.casefold() for known in ORIGINAL)


def _field_table() -> dict[str, str]:
    return {name.casefold(): kind for kind, names in FIELDS.items() for name in names}


_FIELD = _field_table()
_FIELD_LINE = re.compile(r"\s*>*\s*\*{0,2}([^\W\d_][^:：*\n]{0,24}?)\s*\*{0,2}\s*[:：]\s*\*{0,2}(.*)")


def _field(line: str) -> tuple[str, str]:
    """(which of the four fields a line is or "", its value)."""
    match = _FIELD_LINE.match(line[:_LONGEST_LINE])
    return (_FIELD.get(match[1].strip().casefold(), ""), match[2]) if match else ("", "")


def _header_block(lines: Sequence[str], at: int) -> int:
    """How many lines from here are the head of a quoted mail: three of its four fields, or From and another with an address."""
    kind, value = _field(lines[at])
    if not kind:
        return 0
    seen, held, end, empty = {kind}, value, at + 1, 0
    for place in range(at + 1, min(at + _HEADER_LINES + 4, len(lines))):
        line = lines[place].strip("> \t\r\n")
        kind, value = _field(lines[place])
        if kind:
            seen.add(kind)
            end = place + 1
        elif not line:
            empty += 1
            if empty > 1 or len(seen) > 2:
                break
        held = f"{held} {value or line}"
    # A letter somebody heads "To: ... From: ... Subject: ..." has neither an address nor an hour in it.
    addressed, timed = "@" in held, _TIME.search(held.casefold()) is not None
    if "from" not in seen or not (addressed or timed):
        return 0
    return end - at if len(seen) >= 3 or (addressed and "sent" in seen) else 0


# -- "On <day>, <somebody> wrote:" ------------------------------------------------------------------------------------

_VERBS = sorted({verb.casefold() for _, verbs in WROTE.values() for verb in verbs}, key=len, reverse=True)
_STARTS = sorted({word.casefold() for words, _ in WROTE.values() for word in words if word}, key=len, reverse=True)
_ENDS_VERB = re.compile(r"(?:" + "|".join(map(re.escape, _VERBS)) + r")\W{0,12}$")
_HOLDS_VERB = re.compile(r"(?:" + "|".join(map(re.escape, _VERBS)) + r")(?!\w)")
_TIME = re.compile(r"(?<!\d)\d{1,2}\s?[:.h時点시]\s?\d{2}|(?<!\d)\d{1,2}\s?[ap]\.?m\b")
_DATE = re.compile(
    r"(?<!\d)(?:19|20)\d\d|(?<!\d)\d{1,2}[./-]\d{1,2}[./-]\d{2,4}|(?<!\d)\d{1,2}\.? [^\W\d]{3,12}|[^\W\d]{3,12}\.? \d{1,2}(?!\d)"
)
_MAIL = re.compile(r"[^\s<>@]+@[^\s<>@]+")
_ENDS_ADDRESS = re.compile(r"[>)]\s*[:：]$")
_BIDI = dict.fromkeys((*range(0x200E, 0x2010), *range(0x202A, 0x202F), *range(0x2066, 0x206A)))
_BROKEN_OFF = re.compile(r"\s*>\s*[:：]|\s*>\s*\S{0,24}\s?\S{0,24}[:：]\s*$")


def _introduction(lines: Sequence[str], at: int) -> int:
    """How many lines from here say who wrote when, or 0: of all readings that end on one line the one that begins last."""
    for length in range(1, _INTRODUCTION + 1):
        end = at + length
        if end > len(lines) or not lines[end - 1].strip():
            return 0
        if _marked(lines[end - 1]) and (length == 1 or "<" not in lines[end - 2] or not _BROKEN_OFF.match(lines[end - 1])):
            return 0
        if _says_who(lines, at, end):
            return 0 if any(_says_who(lines, later, end) for later in range(at + 1, end)) else length
    return 0


def _says_who(lines: Sequence[str], at: int, end: int) -> bool:
    line = " ".join(one.strip() for one in lines[at:end]).translate(_BIDI)
    if len(line) > _LONGEST_LINE or not any(char.isdigit() for char in line):
        return False
    folded = _BEFORE.sub("", line.casefold(), count=1).strip(" -_=")
    when = _MAIL.sub(" ", folded)  # "r+out_7QX519590@": an address holds digits that are no year and no hour
    addressed, timed = when != folded, _TIME.search(when) is not None
    if not _DATE.search(when):
        return False
    following = _next_words(lines, end)
    quoted = following is not None and _marked(lines[following])
    if _ENDS_VERB.search(folded):
        starts = any(folded.startswith((f"{word} ", f"{word},")) for word in _STARTS)
        return addressed or (quoted and (timed or starts))
    if folded.endswith((":", "：")) and _HOLDS_VERB.search(folded):
        return addressed or (quoted and timed)
    return addressed and timed and _ENDS_ADDRESS.search(folded) is not None


# -- signatures -------------------------------------------------------------------------------------------------------

_DELIMITER = re.compile(r"(?:--|__+)[ \t]*$")
_SENT_FROM = tuple(words.casefold() for words in SENT_FROM)
_CLOSING = frozenset(CLOSINGS)
_NUMBERED = re.compile(r"\s*\(?\d{1,2}\s*[:.)\-=]")


def _signatures(lines: Sequence[str], kinds: list[str]) -> None:
    """Mark what stands at the end of each own stretch: behind ``--``, from a phone's own words on, or after a formal farewell."""
    start = 0
    while start < len(lines):
        if kinds[start] != OWN:
            start += 1
            continue
        end = start
        while end < len(lines) and kinds[end] == OWN:
            end += 1
        first = _signed_from(lines, start, end)
        kinds[first:end] = [SIGNATURE] * (end - first)
        start = end


def _signed_from(lines: Sequence[str], start: int, end: int) -> int:
    written = False
    for at in range(start, end):
        line = lines[at].strip()
        if (_DELIMITER.match(lines[at].rstrip("\r\n")) or _device(line)) and not _answers(lines[at + 1 : end]):
            return at
        if written and _farewell(line) and _only_a_name(lines[at + 1 : end]):
            return at
        written = written or bool(line)
    return end


def _answers(lines: Sequence[str]) -> bool:
    """Whether somebody goes on answering by number, below a line of dashes or a farewell."""
    return any(_NUMBERED.match(line) for line in lines)


def _device(line: str) -> bool:
    """Whether a line is a phone's or a program's own signature: its fixed words, and no sentence."""
    folded = line.casefold().lstrip("*_-> ")
    if len(line) > 200 or not folded.startswith(_SENT_FROM):
        return False
    words = re.sub(r"<[^<>]*>|https?://\S+", "", folded).rstrip("*_ ")
    return (
        len(words.split()) <= _DEVICE_WORDS
        and "," not in words
        and "?" not in words
        and not (words.endswith(".") and len(words.split()) > 6)
    )


def _farewell(line: str) -> bool:
    return len(line) <= _SIGNATURE_WIDTH and line.casefold().strip(" ,.!،，。*_") in _CLOSING


def _only_a_name(lines: Sequence[str]) -> bool:
    held = [line.strip() for line in lines if line.strip()]
    if held and _device(held[-1]):
        held.pop()
    if not 0 < len(held) <= _SIGNATURE_LINES or _answers(held):
        return False
    return all(len(one) <= _SIGNATURE_WIDTH and len(one.split()) <= _NAME_WORDS and not one.endswith((".", "?", "!?")) for one in held)
