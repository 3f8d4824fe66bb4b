"""Catalogues, fall-back between languages, plural, and dates, times and digits as a language writes them.

Catalogues are an argument, never a setting: `open_catalogues(folder)` reads `<folder>/<lang>/LC_MESSAGES/<domain>.po`, or the
`.mo` beside it when it is at least as new. English is the master: its texts are the message ids, so it needs no catalogue.
"""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, time
from functools import lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, NamedTuple

MASTER = "en"

Key = tuple[str, str]
"""(context, message id); the context is "" where there is none."""


class Message(NamedTuple):
    """One translated message: its forms (one, or one per plural class)."""

    forms: tuple[str, ...]


@dataclass(frozen=True)
class Catalogue:
    """One domain in one language: what is translated and not marked fuzzy, and which plural class a number takes."""

    lang: str
    messages: Mapping[Key, Message]
    plural: Callable[[int], int]
    checked: str = ""

    def digest(self) -> str:
        """SHA-256 over what a family can read; comments, order, fuzzy and missing texts do not count.

        An approval names this digest, so it is the same whether the catalogue came from `.po` or `.mo`.
        """
        found = hashlib.sha256()
        for (context, source), message in sorted(self.messages.items()):
            for piece in (context, source, *message.forms):
                found.update(piece.encode())
                found.update(b"\0")
            found.update(b"\n")
        return found.hexdigest()


@dataclass(frozen=True)
class Catalogues:
    """All catalogues of the product, by (domain, language). `templates` are the `.pot` files: the English texts by domain.

    `lists` are files of words that are no gettext catalogue but are approved like one (what a message is screened for).
    """

    found: Mapping[tuple[str, str], Catalogue] = field(default_factory=dict)
    templates: Mapping[str, Traversable] = field(default_factory=dict)
    lists: Mapping[tuple[str, str], Traversable] = field(default_factory=dict)
    _hashes: dict[tuple[str, str], str] = field(default_factory=dict, repr=False, compare=False)

    def languages(self, domain: str) -> tuple[str, ...]:
        """Every language the domain can be said, or was listed, in, English first."""
        return (MASTER, *sorted({lang for kind, lang in (*self.found, *self.lists) if kind == domain} - {MASTER}))

    def resolve(self, domain: str, lang: str) -> str:
        """The nearest language we have texts in: "es-MX" -> "es"; "" when there is none."""
        known = self.languages(domain)
        while lang:
            if lang in known:
                return lang
            lang = lang.rpartition("-")[0]
        return ""

    def text(self, domain: str, lang: str, context: str, source: str) -> str | None:
        """The text in exactly this language, None when it has none: wrong words are worse than no words."""
        catalogue = self.found.get((domain, lang))
        message = catalogue.messages.get((context, source)) if catalogue is not None else None
        if message is not None:
            return message.forms[0]
        return source if lang == MASTER else None

    def gettext(self, domain: str, lang: str, source: str) -> str:
        """The text in this language or a nearer parent, else English: for staff pages only, never for families."""
        found = self.text(domain, self.resolve(domain, lang) or MASTER, "", source)
        return source if found is None else found

    def ngettext(self, domain: str, lang: str, one: str, many: str, number: int) -> str:
        """The form this number takes in this language."""
        catalogue = self.found.get((domain, self.resolve(domain, lang) or MASTER))
        message = catalogue.messages.get(("", one)) if catalogue is not None else None
        if catalogue is None or message is None or len(message.forms) < 2:
            return one if number == 1 else many
        return message.forms[min(catalogue.plural(number), len(message.forms) - 1)]

    def hash(self, domain: str, lang: str) -> str:
        """What an approval of this catalogue names. English is approved like any other: its texts come from the flows."""
        known = self._hashes.get((domain, lang))
        if known is None:  # asked for on every turn and every hand-over; catalogues change with a release
            known = self._hashes[domain, lang] = catalogue_hash(self, domain, lang)
        return known


def catalogue_hash(catalogues: Catalogues, domain: str, lang: str) -> str:
    """Digest of one catalogue. English without a file of its own is its template: an approval of it ends when a text changes."""
    if words := catalogues.lists.get((domain, lang)):
        return hashlib.sha256(words.read_bytes()).hexdigest()
    catalogue = catalogues.found.get((domain, lang))
    if catalogue is not None:
        return catalogue.digest()
    template = catalogues.templates.get(domain) if lang == MASTER else None
    return _template_digest(template.read_bytes()) if template is not None else Catalogue(lang, {}, _no_plural).digest()


@lru_cache(maxsize=16)
def _template_digest(template: bytes) -> str:
    """Read once for each content: that takes a while, and a process opens its catalogues more than once."""
    return _from_po(template, MASTER, of_ids=True).digest()


def shipped_catalogues() -> Catalogues:
    """Everything this version ships: what is said, and the lists what families write is screened with."""
    return open_catalogues(files("translations"), words=files("flows") / "words")


def open_catalogues(folder: Traversable, *, words: Traversable | None = None) -> Catalogues:
    """Read every catalogue below the folder. A catalogue that does not parse raises: nothing starts half translated.

    :param words: a folder with one screening list a language, "<lang>.yaml".
    """
    found: dict[tuple[str, str], Catalogue] = {}
    templates = {file.name.removesuffix(".pot"): file for file in folder.iterdir() if file.name.endswith(".pot")}
    for language in sorted(folder.iterdir(), key=lambda entry: entry.name):
        messages = language / "LC_MESSAGES"
        if not language.is_dir() or not messages.is_dir():
            continue
        lang = language.name.replace("_", "-")
        for file in messages.iterdir():
            if file.name.endswith(".po"):
                domain = file.name.removesuffix(".po")
                found[domain, lang] = _read(file, messages / f"{domain}.mo", lang)
    lists = [file for file in words.iterdir() if file.name.endswith(".yaml")] if words is not None else []
    return Catalogues(found, templates, {("words", file.name.removesuffix(".yaml")): file for file in lists})


def compile_all(folder: Path) -> list[Path]:
    """Write the `.mo` beside every `.po` whose `.mo` is missing or older; return what was written."""
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    written = []
    for source in sorted(folder.glob("*/LC_MESSAGES/*.po")):
        target = source.with_suffix(".mo")
        if _fresh(source, target):
            continue
        with source.open("rb") as stream:
            catalogue = read_po(stream, locale=_babel(source.parent.parent.name))
        packed = io.BytesIO()
        write_mo(packed, catalogue)
        target.write_bytes(packed.getvalue())
        written.append(target)
    return written


def _read(po: Traversable, mo: Traversable, lang: str) -> Catalogue:
    if isinstance(po, Path) and isinstance(mo, Path) and _fresh(po, mo):
        return _from_mo(mo, lang)
    return _from_po(po.read_bytes(), lang)


def _fresh(po: Path, mo: Path) -> bool:
    return mo.exists() and mo.stat().st_mtime_ns >= po.stat().st_mtime_ns


def _from_mo(file: Path, lang: str) -> Catalogue:
    import gettext

    with file.open("rb") as stream:
        read = gettext.GNUTranslations(stream)
    raw: Mapping[Any, str] = read._catalog  # type: ignore[attr-defined]  # noqa: SLF001  the only way to list a .mo
    plurals: dict[Key, dict[int, str]] = {}
    messages: dict[Key, Message] = {}
    for key, text in raw.items():
        if isinstance(key, tuple):
            plurals.setdefault(_split(key[0]), {})[key[1]] = text
        elif key:
            messages[_split(key)] = Message((text,))
    for key, forms in plurals.items():
        messages[key] = Message(tuple(forms[index] for index in sorted(forms)))
    plural: Callable[[int], int] = read.plural  # type: ignore[attr-defined]
    return Catalogue(lang, messages, plural, read.info().get("x-checked", ""))


def _from_po(source: bytes, lang: str, *, of_ids: bool = False) -> Catalogue:
    from babel.messages.pofile import read_po

    catalogue = read_po(io.BytesIO(source), locale=_babel(lang))
    messages: dict[Key, Message] = {}
    for message in catalogue:
        said = message.id if of_ids else message.string
        forms = tuple(form for form in (said if isinstance(said, (tuple, list)) else (said,)) if form)
        if message.fuzzy or not message.id or not forms:
            continue
        first = message.id[0] if isinstance(message.id, (tuple, list)) else message.id
        messages[message.context or "", first] = Message(forms)
    headers = {name.lower(): value for name, value in catalogue.mime_headers}
    return Catalogue(lang, messages, _plural(catalogue.plural_expr), headers.get("x-checked", ""))


def _split(key: str) -> Key:
    context, separator, source = key.rpartition("\x04")
    return (context, source) if separator else ("", source)


def _plural(expression: str) -> Callable[[int], int]:
    import gettext

    compiled: Callable[[int], int] = gettext.c2py(expression)
    return compiled


def _no_plural(number: int) -> int:
    return int(number != 1)


# -- dates, times, digits ---------------------------------------------------------------------------------------------


def _babel(lang: str) -> str:
    """Babel's spelling of a language it knows, English's rules for one it does not (Hmong)."""
    from babel import Locale, UnknownLocaleError

    try:
        return str(Locale.parse(lang.replace("-", "_"), resolve_likely_subtags=True))
    except (UnknownLocaleError, ValueError):
        return MASTER


_NO_COMMA = frozenset({"es"})
"""Languages that say the day and the date in one breath inside a sentence: "el lunes 23 de noviembre"."""


@lru_cache(maxsize=4096)
def say_day(day: date, lang: str) -> str:
    """Say "Tuesday, November 24": the month is a word, because 11/24 and 24/11 are read differently by different families."""
    from babel import Locale
    from babel.dates import format_date, match_skeleton

    known = Locale.parse(_babel(lang)).datetime_skeletons
    found = match_skeleton("MMMMEEEEd", known)
    pattern = re.sub(r"[EC]+", "EEEE", re.sub(r"M{3,}", "MMMM", str(known[found]))) if found else "EEEE d MMMM"
    said = _plain(format_date(day, pattern, locale=_babel(lang)))
    return digits(said.replace(",", "", 1) if lang.partition("-")[0] in _NO_COMMA else said, lang)


@lru_cache(maxsize=4096)
def say_date(day: date, lang: str) -> str:
    """Say "November 24, 2026", with the year, for what is kept (an evaluation request)."""
    from babel.dates import format_date

    return digits(_plain(format_date(day, "long", locale=_babel(lang))), lang)


@lru_cache(maxsize=4096)
def say_time(moment: time, lang: str) -> str:
    """Say "3:05 PM": always the 12-hour clock, as the school writes it."""
    from babel.dates import format_time

    return digits(_plain(format_time(moment, "h:mm a", locale=_babel(lang))), lang)


_NATIVE = {"ar": 0x660, "fa": 0x6F0, "ps": 0x6F0, "ur": 0x6F0, "my": 0x1040, "ne": 0x966}
"""Languages whose readers expect their own digits in running text: first digit's code point. CLDR's default for bare "ar" is Latin,
but the families we write to read Arabic-Indic; both are understood in answers."""


def digits(text: str, lang: str) -> str:
    """The text with European digits replaced by the language's own."""
    zero = _NATIVE.get(lang.partition("-")[0])
    if zero is None:
        return text
    return text.translate({0x30 + value: zero + value for value in range(10)})


def _plain(text: str) -> str:
    """CLDR separates with no-break spaces, which GSM-7 has not: they would more than double the price of a text."""
    return text.replace("\u202f", " ").replace("\xa0", " ").replace("\u200f", "")


@lru_cache(maxsize=256)
def language_name(lang: str) -> str:
    """What the language calls itself, as its readers look for it in a list: "Español"."""
    from babel import Locale

    spelled = _babel(lang)
    if spelled == MASTER and lang.partition("-")[0] != MASTER:
        return lang
    name = Locale.parse(spelled.split("_")[0]).get_display_name() or lang
    return name[:1].upper() + name[1:]


if __name__ == "__main__":
    compile_all(Path(__file__).resolve().parent.parent / "translations")
