"""One mail, from bytes to words (RFC 5322, 2045-2049, 2231), whatever was done to it on the way.

`read` raises nothing for a mail that is merely wrong: what could not be read is named in `defects` and the rest is there. Limits come
before parsing. It is meant to run in a child process (`apart.read_apart`), since a parser can be kept busy by who knows it (fault 19).
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import policy
from email.message import Message
from email.parser import BytesParser
from email.utils import parsedate_to_datetime
from types import MappingProxyType

from channels.base import MediaRef
from channels.email import headers, html_text
from channels.email.automatic import automatic
from channels.email.bounce import Bounce, bounce
from channels.email.cut import cut

MOST_BYTES = 30_000_000
MOST_PARTS = 200
MOST_BOUNDARIES = 2_000
DEEPEST = 20
LONGEST_TEXT = 400_000
LONGEST_BESIDE = 100_000
MOST_ATTACHMENTS = 25
LONGEST_BOUNCE = 500_000
LONGEST_NAME = 200

_LARGER = {
    "us-ascii": "cp1252", "ascii": "cp1252", "iso-8859-1": "cp1252", "latin-1": "cp1252", "latin1": "cp1252", "iso-8859-9": "cp1254",
    "iso-8859-11": "cp874",
    "gb2312": "gb18030", "gbk": "gb18030", "x-gbk": "gb18030", "big5": "cp950", "shift-jis": "cp932", "euc-kr": "cp949",
    "ks-c-5601-1987": "cp949",
}  # fmt: skip
_ONE_BYTE = frozenset({"cp1252", "cp1254", "cp1251", "cp1256", "windows-1252", "windows-1251", "windows-1256", "iso-8859-15", "koi8-r"})

_BETWEEN = re.compile(r"[\s_.+-]+")
_WORD = re.compile(r"[^\W\d_]+")

_NONE: Mapping[str, tuple[str, ...]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail as read. `text` is everything that was written in it, quotes and signatures included, and `reply` what was written now;
    `beside` are words that stand elsewhere in it (HTML beside plain text, text attached, a mail sent along, a file's name), heard and no
    reply; `sender` is "" when the mail does not name exactly one writer. `to` holds To and Cc. Headers have lower-case names and all their
    values, topmost first. `calendar` is what a calendar program asks or answers in it ("REPLY" after a press on "Yes"). `bounce` when it
    reports that a mail did not arrive; `automatic` says why a program wrote it, "" for a person.
    """

    message_id: str = ""
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    from_addresses: tuple[str, ...] = ()
    sender: str = ""
    to: tuple[str, ...] = ()
    subject: str = ""
    date: datetime | None = None
    text: str = ""
    html: str = ""
    attachments: tuple[MediaRef, ...] = ()
    beside: str = ""
    headers: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: _NONE)
    null_return_path: bool = False
    defects: tuple[str, ...] = ()
    reply: str = ""
    bounce: Bounce | None = None
    automatic: str = ""
    calendar: str = ""

    def header(self, name: str) -> str:
        """The topmost value of a header, or ""."""
        return self.headers.get(name.lower(), ("",))[0]

    @property
    def doubt(self) -> str:
        """Why nobody can say who wrote this, or "": such a mail is put aside, never answered (faults 11 and 19)."""
        for defect in ("unreadable", "too_large", "too_many_parts", "too_many_headers", "nested_too_deep"):
            if defect in self.defects:
                return defect
        if self.sender:
            return ""
        return "several_from" if len(self.from_addresses) > 1 or "several_from" in self.defects else "no_from"


def read(raw: bytes, envelope: str | None = None) -> Mail:
    """A mail from its bytes.

    :param envelope: the sender of the envelope ("" is a null one), None where the delivery did not tell.
    """
    if len(raw) > MOST_BYTES:
        return unread(raw, "too_large", envelope)
    if raw.count(b"\n--") > MOST_BOUNDARIES:
        return unread(raw, "too_many_parts", envelope)
    found, defects = _parse(raw)
    if found is None:
        return unread(raw, "unreadable", envelope)
    words = _Words(defects)
    try:
        words.take(found)
    except RecursionError:
        words.defects["nested_too_deep"] = None
    return _mail(raw, found, words, envelope)


def unread(raw: bytes, defect: str, envelope: str | None = None) -> Mail:
    """What the head alone tells of a mail that is not read; nothing here looks further than a plain search does."""
    names = headers.roughly(raw)
    return Mail(
        message_id=next(iter(headers.ids(_first(names, "message-id"))), ""),
        in_reply_to=next(iter(headers.ids(_first(names, "in-reply-to"))), ""),
        from_addresses=tuple(dict.fromkeys(one for value in names.get("from", ()) for one in headers.named(value))),
        to=tuple(dict.fromkeys(one for value in names.get("to", ()) + names.get("cc", ()) for one in headers.named(value)))[:200],
        headers=MappingProxyType(names),
        null_return_path=_null(names, envelope),
        defects=(defect,),
    )


def _parse(raw: bytes) -> tuple[Message | None, dict[str, None]]:
    """The tree of parts. The modern policy first; it reads headers while it parses, and some stop it, which the old one survives."""
    defects: dict[str, None] = {}
    for rules in (policy.default, policy.compat32):
        try:
            return BytesParser(policy=rules).parsebytes(raw), defects
        except Exception as error:  # noqa: BLE001 - the parser has no closed list of what it raises
            defects[f"parser_{type(error).__name__}"[:60]] = None
    return None, defects


def _items(found: Message) -> list[tuple[str, object]]:
    """Headers as they stand, not through the parser of values, which may raise."""
    return list(found.raw_items())


def _mail(raw: bytes, found: Message, words: _Words, envelope: str | None) -> Mail:
    items = _items(found)
    if len(items) > headers.MOST or len(headers.head(raw)) >= headers.LONGEST_HEAD:
        words.defects["too_many_headers"] = None
    names = headers.by_name(items)
    senders = [value for name, value in items if headers.plain(name).lower() == "from"]
    lines = headers.from_lines(raw)
    everybody, sender = headers.sender(senders, lines)
    if len(senders) > 1 or lines > 1:
        words.defects["several_from"] = None
    raw_to = [str(value) for name, value in items[: headers.MOST] if str(name).lower() in ("to", "cc")]
    null = _null(names, envelope)
    text = words.text()
    return Mail(
        message_id=next(iter(headers.ids(_first(names, "message-id"))), ""),
        in_reply_to=next(iter(headers.ids(_first(names, "in-reply-to"))), ""),
        references=headers.ids(" ".join(names.get("references", ()))),
        from_addresses=everybody,
        sender=sender,
        to=tuple(dict.fromkeys(one for value in raw_to for one in headers.addresses(headers.plain(value))))[:200],
        subject=_first(names, "subject")[:998],
        date=_date(_first(names, "date")),
        text=text,
        reply=cut(text).reply,
        html=words.shown(),
        beside=words.beside(),
        attachments=tuple(words.attachments),
        headers=MappingProxyType(names),
        null_return_path=null,
        defects=tuple(words.defects),
        bounce=_bounce(raw, null=null) if null or _kind(found) == "multipart/report" else None,
        calendar=words.calendar,
        automatic=automatic(names, text, sender, null_return_path=null),
    )


def _null(names: Mapping[str, tuple[str, ...]], envelope: str | None) -> bool:
    if envelope is not None and envelope.strip() in ("", "<>"):
        return True
    return any(value.replace(" ", "") == "<>" for value in names.get("return-path", ()))


def _bounce(raw: bytes, *, null: bool) -> Bounce | None:
    """What did not arrive; the finders know mail as the old policy parses it."""
    raw = raw[:LONGEST_BOUNCE]
    try:
        return bounce(raw, BytesParser(policy=policy.compat32).parsebytes(raw), null_sender=null)
    except RecursionError:
        return None


def _first(names: Mapping[str, tuple[str, ...]], name: str) -> str:
    return names.get(name, ("",))[0]


def _date(value: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(value)
    except Exception:  # noqa: BLE001 - dates raise ValueError, TypeError, IndexError and OverflowError
        return None
    try:
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (OverflowError, ValueError):
        return None


class _Words:
    """What the parts of a mail hold, collected in one walk."""

    def __init__(self, defects: dict[str, None]) -> None:
        self.defects = defects
        self.attachments: list[MediaRef] = []
        self.calendar = ""
        self._plain: list[str] = []
        self._html: list[str] = []
        self._aside: list[tuple[str, str]] = []
        self._parts = 0
        self._room = LONGEST_TEXT
        self._room_aside = LONGEST_BESIDE

    def take(self, found: Message) -> None:
        for part, inside in _leaves(found, 0, self.defects):
            self._parts += 1
            if self._parts > MOST_PARTS:
                self.defects["too_many_parts"] = None
                return
            self._leaf(part, inside=inside)

    def _leaf(self, part: Message, *, inside: bool) -> None:
        kind, name, disposition = _kind(part), _name(part), _disposition(part)
        if kind.startswith("multipart/"):  # without a boundary, or without parts: what stands there are words
            kind = "text/plain"
        if kind in ("text/plain", "text/html") and disposition != "attachment" and not name and not inside:
            words = self._decoded(part)
            if kind == "text/html":
                self._html.append(words)
            elif words.strip():
                self._plain.append(words)
            return
        if kind.startswith("text/"):
            self._aside.append((kind, self._decoded_aside(part)))
        if said := _named_in_words(name):
            self._aside.append(("text/plain", said))
        if kind == "text/calendar" and not inside:
            self.calendar = self.calendar or _parameter(part, "method").upper()
        if inside or kind == "message/delivery-status":
            return
        data = _bytes(part)
        if data is None or len(self.attachments) >= MOST_ATTACHMENTS:
            self.defects["attachment_left_out"] = None
        elif data:
            self.attachments.append(MediaRef(kind, data=data, provider_id=name[:200]))

    def _decoded(self, part: Message) -> str:
        data = _bytes(part) or b""
        if len(data) > self._room:
            data = data[: self._room]
            self.defects["text_cut"] = None
        self._room -= len(data)
        return decode(data, _charset(part), self.defects)

    def _decoded_aside(self, part: Message) -> str:
        data = (_bytes(part) or b"")[: self._room_aside]
        self._room_aside -= len(data)
        return decode(data, _charset(part), {})

    def beside(self) -> str:
        """Words that `text` does not hold."""
        found = [words for kind, words in self._aside if kind != "text/html"]
        hidden = [words for kind, words in self._aside if kind == "text/html"] + (self._html if self._plain else [])
        try:
            found += [html_text.text(one) for one in hidden]
        except RecursionError:
            self.defects["html_unreadable"] = None
        return "\n".join(found).replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "")[:LONGEST_BESIDE]

    def text(self) -> str:
        if self._plain:
            return "\n".join(self._plain).replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "")
        try:
            return "\n".join(html_text.text(one) for one in self._html).replace("\x00", "")
        except RecursionError:
            self.defects["html_unreadable"] = None
            return ""

    def shown(self) -> str:
        return "".join(html_text.clean(one) for one in self._html)


def _leaves(part: Message, depth: int, defects: dict[str, None], *, inside: bool = False) -> Iterator[tuple[Message, bool]]:
    """The parts that hold something; `inside` are those of a mail that was sent along, which is nobody's words here. Of alternatives
    all are given: `text` takes plain before HTML."""
    if depth > DEEPEST:
        defects["nested_too_deep"] = None
        return
    payload = part.get_payload()
    if not isinstance(payload, list):
        yield part, inside
        return
    forwarded = inside or _kind(part).startswith("message/")
    for one in payload:
        if isinstance(one, Message):
            yield from _leaves(one, depth + 1, defects, inside=forwarded)


def decode(data: bytes, charset: str, defects: dict[str, None]) -> str:
    """Text of bytes: by the charset named if it is one and fits, else UTF-8, else the commonest of the West. Nothing is dropped.

    A charset of one byte fits anything: bytes that are UTF-8 beyond ASCII are taken for it whatever they are called. Names that programs
    use for more than they say (gb2312 for GBK) are read as the larger one.
    """
    named = _LARGER.get(charset.lower().replace("_", "-"), charset)
    for name in ("utf-8", named) if named in _ONE_BYTE else (named, "utf-8"):
        try:
            codecs.lookup(name)
            return data.decode(name).encode("utf-8", "replace").decode()  # some codings hold half a character, which nothing takes
        except (LookupError, UnicodeError, ValueError, AssertionError):
            if name == named:
                defects["charset"] = None
    return data.decode("cp1252", "replace")


def _bytes(part: Message) -> bytes | None:
    try:
        data = part.get_payload(decode=True)
    except Exception:  # noqa: BLE001 - broken base64, uuencode and transfer headers raise what they like
        return None
    return data if isinstance(data, bytes) else None


def _value(part: Message, name: str) -> str:
    return next((headers.plain(value) for key, value in _items(part)[: headers.MOST] if str(key).lower() == name), "")


def _kind(part: Message) -> str:
    kind = _value(part, "content-type").partition(";")[0].strip().lower()
    return kind if kind.count("/") == 1 and kind.isascii() and " " not in kind else "text/plain"


def _disposition(part: Message) -> str:
    return _value(part, "content-disposition").partition(";")[0].strip().lower()


def _charset(part: Message) -> str:
    try:
        found = part.get_content_charset("")
    except Exception:  # noqa: BLE001 - as above
        return "utf-8"
    return str(found) or "utf-8"


def _parameter(part: Message, name: str) -> str:
    try:
        found = part.get_param(name, "")
    except Exception:  # noqa: BLE001 - as above
        return ""
    return found[:40] if isinstance(found, str) else ""


def _named_in_words(name: str) -> str:
    """The name of a file as somebody would say it; "" for one word, such as a camera gives."""
    said = _BETWEEN.sub(" ", name.rpartition(".")[0] or name)[:LONGEST_NAME].strip()
    return said if len(_WORD.findall(said)) > 1 else ""


def _name(part: Message) -> str:
    try:
        return headers.plain(part.get_filename("") or "")
    except Exception:  # noqa: BLE001 - as above
        return ""
