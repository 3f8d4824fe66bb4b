"""What the program itself says to staff and on pages: the gettext domain "console", dates, and names of languages.

The conversations with families have their own catalogues and approvals (`bot.i18n`, domain "flows"); nothing here talks about a child.
A text that a catalogue lacks is said in English.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache, lru_cache
from importlib import resources
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_time

from bot.i18n import Catalogues, open_catalogues
from channels.direction import direction

LANGUAGES: tuple[str, ...] = ("en", "es")
"""Languages the console can be used in."""

NATIVE: Mapping[str, str] = {"en": "English", "es": "Español"}


@cache
def _locale(lang: str) -> Locale:
    try:
        return Locale.parse(lang.replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        return Locale("en")


@cache
def _catalogues() -> Catalogues:
    return open_catalogues(resources.files("translations"))


@lru_cache(maxsize=512)
def _language(tag: str, reads: str) -> str:
    try:
        name = Locale.parse(tag.replace("-", "_")).get_display_name(_locale(reads))
    except (UnknownLocaleError, ValueError):
        name = None
    return name or tag


@dataclass(frozen=True, slots=True)
class Wording:
    """One language of the console. `gettext` and `ngettext` are what templates call."""

    lang: str

    @property
    def dir(self) -> str:
        return direction(self.lang)

    def gettext(self, text: str) -> str:
        return _catalogues().gettext("console", self.lang, text)

    def ngettext(self, one: str, many: str, count: int) -> str:
        return _catalogues().ngettext("console", self.lang, one, many, count)

    def language(self, tag: str) -> str:
        """The name of a language in this one ("Arabic", "árabe"); the tag itself when CLDR has no name."""
        return _language(tag, self.lang)

    def day(self, at: datetime | date, zone: str) -> str:
        """A day with the month in words, never slashes (domain.md 8.3)."""
        local = at.astimezone(ZoneInfo(zone)) if isinstance(at, datetime) else at
        return format_date(local, format="long" if self.lang != "en" else "MMMM d, y", locale=_locale(self.lang))

    def moment(self, at: datetime, zone: str) -> str:
        """A day and a time on the clock of the school."""
        local = at.astimezone(ZoneInfo(zone))
        clock = format_time(local, format="h:mm a", locale=_locale(self.lang))
        return f"{self.day(at, zone)}, {clock}"

    def briefly(self, at: datetime, zone: str) -> str:
        """A day and a time as short as a text message wants them, without a sign that makes it longer."""
        local, locale = at.astimezone(ZoneInfo(zone)), _locale(self.lang)
        day = format_date(local, "EEE, MMM d" if self.lang == "en" else "EEE, d 'de' MMM", locale=locale)
        return f"{day}, {self.clock(at, zone)}".replace("\u202f", " ").replace("\xa0", " ")

    def clock(self, at: datetime, zone: str) -> str:
        return format_time(at.astimezone(ZoneInfo(zone)), format="h:mm a", locale=_locale(self.lang))

    def when(self, at: datetime, now: datetime, zone: str) -> str:
        """A moment as one says it: today, tomorrow, yesterday or the weekday where that is plain, else the day and month."""
        local, today = at.astimezone(ZoneInfo(zone)).date(), now.astimezone(ZoneInfo(zone)).date()
        away = (local - today).days
        if away == 0:
            text = self.gettext("today at {time}")
        elif away == 1:
            text = self.gettext("tomorrow at {time}")
        elif away == -1:
            text = self.gettext("yesterday at {time}")
        else:
            text = self.gettext("{day} at {time}")
        pattern = "EEEE" if 1 < away < 7 else "MMMM d" if self.lang == "en" else "d 'de' MMMM"
        return text.format(day=format_date(local, pattern, locale=_locale(self.lang)), time=self.clock(at, zone))


@cache
def wording(lang: str) -> Wording:
    """The console's language for a person's setting: the nearest one there is, English else."""
    primary = lang.replace("_", "-").split("-")[0].lower()
    return Wording(primary if primary in LANGUAGES else "en")
