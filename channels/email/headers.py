"""The head of a mail, read so that nobody can say one thing to us and another to the people who judged the mail before us.

A value is unfolded and decoded as far as it can be; what cannot be is kept as it came. The addresses of From are read three ways (the
modern parser, the old one, and a plain search), and every address any of them sees is told: two readings that differ are two senders.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from email import policy
from email.header import decode_header, make_header
from email.utils import getaddresses

LONGEST_VALUE = 8_000
LONGEST_FROM = 1_000
MOST = 500
LONGEST_HEAD = 256_000

_LINE_END = re.compile(rb"\r\n|\n|\r")
_FROM = re.compile(rb"[\s\x00]*from[\s\x00]*:", re.IGNORECASE)
_ADDRESS = re.compile(r"[^\s<>()\[\],;:\"'@\x00]{1,64}@[^\s<>()\[\],;:\"'@\x00]{1,255}")
_SPEC = r"[^\s<>()\[\],;:\"@]{1,64}@[^\s<>()\[\],;:\"@]{1,255}"
_ONE = re.compile(rf"(?:[^<>@]*)<\s*({_SPEC})\s*>|({_SPEC})")
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')
_COMMENT = re.compile(r"\((?:[^()\\]|\\.)*\)")
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def head(raw: bytes) -> bytes:
    """The bytes before the first empty line."""
    ends = [at for mark in (b"\r\n\r\n", b"\n\n", b"\r\r") if (at := raw.find(mark, 0, LONGEST_HEAD)) >= 0]
    return raw[: min(ends, default=min(len(raw), LONGEST_HEAD))]


def from_lines(raw: bytes) -> int:
    """How many lines of the head a lenient reader would take for a From header: ``From :``, a bare carriage return before it, a NUL
    beside it (published spoofing attacks)."""
    return sum(1 for line in _LINE_END.split(head(raw)) if _FROM.match(line) and not line.startswith((b" ", b"\t")))


def plain(value: object) -> str:
    """A header's value in one line, decoded; a coding nobody knows leaves it as it stands."""
    text = re.sub(r"[\r\n]+[ \t]*", " ", str(value)[:LONGEST_VALUE])
    text = text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    if "=?" in text:
        with suppress(Exception):  # unknown charsets, broken base64, bytes that are no text: all kept as they came
            text = str(make_header(decode_header(text)))
    return _UNPRINTABLE.sub("", text).encode("utf-8", "replace").decode().strip()


def addresses(value: str) -> tuple[str, ...]:
    """Every address the value may be read to hold, lower case, in order of finding."""
    found: list[str] = []
    with suppress(Exception):  # both parsers raise half a dozen kinds of error on hostile values
        found += [one.addr_spec for one in policy.default.header_factory("From", value).addresses]
    with suppress(Exception):
        found += [address for _name, address in getaddresses([value])]
    found += _ADDRESS.findall(value)
    kept = (one.strip().strip("<>\"'").lower() for one in found)
    return tuple(dict.fromkeys(one for one in kept if one.count("@") == 1 and not one.startswith("@") and not one.endswith("@")))


def named(value: str) -> list[str]:
    """The addresses a plain search finds."""
    return [one.lower() for one in _ADDRESS.findall(value[:LONGEST_VALUE])]


def roughly(raw: bytes) -> dict[str, tuple[str, ...]]:
    """Headers of a mail that must not be parsed: lines with a colon, folded ones joined, the first of them."""
    text = head(raw)[:64_000].decode("utf-8", "replace")
    lines = re.sub(r"(?:\r\n|\r|\n)[ \t]+", " ", text).splitlines()[:MOST]
    found: dict[str, list[str]] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if colon and name and name.isascii() and " " not in name:
            found.setdefault(name.lower(), []).append(_UNPRINTABLE.sub("", value[:LONGEST_VALUE]).strip())
    return {name: tuple(values) for name, values in found.items()}


def sender(values: Sequence[object], lines: int) -> tuple[tuple[str, ...], str]:
    """(all addresses of all From headers, the one address that certainly wrote or "").

    :param lines: what `from_lines` counted; it must agree with the number of headers the parser saw.
    """
    raw = [re.sub(r"[\r\n]+[ \t]*", " ", str(one)[:LONGEST_FROM]) for one in values[:10]]
    everybody = tuple(dict.fromkeys(address for one in raw for address in (*addresses(one), *addresses(plain(one)))))
    if len(raw) != 1 or lines != 1 or len(everybody) != 1 or _UNPRINTABLE.search(raw[0]):
        return everybody, ""
    # A quoted name and a comment may hold anything but another address (that one is in `everybody` by now).
    match = _ONE.fullmatch(_without_comments(_QUOTED.sub("", raw[0])).strip())
    if match is None or (match[1] or match[2]).lower() != everybody[0] or len(str(values[0])) > LONGEST_FROM:
        return everybody, ""
    return everybody, everybody[0]


def _without_comments(value: str) -> str:
    """The value with a gap for each comment, `a@b.test (Rosa)`; the innermost first, as they may be nested (RFC 5322 3.2.2)."""
    while (shorter := _COMMENT.sub(" ", value)) != value:
        value = shorter
    return value


def ids(value: str) -> tuple[str, ...]:
    """Message ids in their angle brackets."""
    return tuple(re.findall(r"<[^<>\s]{1,900}>", value[:LONGEST_VALUE]))


def by_name(items: Iterable[tuple[str, object]]) -> dict[str, tuple[str, ...]]:
    """Lower-case names with all their values, in order; not more than `MOST` of them."""
    found: dict[str, list[str]] = {}
    for count, (name, value) in enumerate(items):
        if count >= MOST:
            break
        found.setdefault(plain(name).lower(), []).append(plain(value))
    return {name: tuple(values) for name, values in found.items()}
